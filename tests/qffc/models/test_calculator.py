from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms, units
from ase.build import molecule
from ase.md.verlet import VelocityVerlet

from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.calculator import Calculator
from qffc.models.force_field import untrained

REFERENCE = np.array([[0.0, 0.0, 0.12], [0.0, 0.76, -0.48], [0.0, -0.76, -0.48]])


@pytest.fixture(scope="module")
def model():
    return untrained(load("sivqlm-h2o", depth=1, radial="bessel"), seed=2)


@pytest.fixture
def water(model):
    atoms = Atoms("OHH", REFERENCE)
    atoms.calc = Calculator(model)
    return atoms


def test_energy_and_forces_are_those_of_the_model(water, model):
    energies, forces = model.predict(water.numbers, water.positions[None])
    assert water.get_potential_energy() == energies[0]
    assert water.get_potential_energy(force_consistent=True) == energies[0]
    assert np.array_equal(water.get_forces(), forces[0])


def test_forces_are_minus_the_slope(water):
    forces = water.get_forces()
    step = 1e-4
    numeric = np.zeros_like(forces)
    for atom in range(3):
        for axis in range(3):
            for sign in (1, -1):
                water.positions[atom, axis] += sign * step
                numeric[atom, axis] -= sign * water.get_potential_energy() / (2 * step)
                water.positions[atom, axis] -= sign * step
    assert np.abs(forces).max() > 1e-3
    assert np.allclose(forces, numeric, atol=1e-6)


def test_order_of_the_atoms_is_free(model, water):
    other = Atoms("HOH", REFERENCE[[1, 0, 2]])
    other.calc = Calculator(model)
    assert other.get_potential_energy() == pytest.approx(water.get_potential_energy(), abs=1e-10)
    assert np.allclose(other.get_forces(), water.get_forces()[[1, 0, 2]], atol=1e-10)


def test_molecular_dynamics_keeps_the_energy(water):
    spread = np.sqrt(300 * units.kB * water.get_masses())[:, None]
    water.set_momenta(spread * np.random.default_rng(0).normal(size=(3, 3)))
    dynamics = VelocityVerlet(water, timestep=0.2 * units.fs)
    totals, potentials = [], []
    for _ in range(60):
        dynamics.run(1)
        totals.append(water.get_total_energy())
        potentials.append(water.get_potential_energy())
    assert np.ptp(potentials) > 5e-3
    assert np.ptp(totals) < 0.02 * np.ptp(potentials)


def test_periodic_cells_are_refused(water):
    water.cell, water.pbc = np.eye(3) * 9, True
    with pytest.raises(QffcError, match="periodic"):
        water.get_potential_energy()


@pytest.mark.parametrize("name", ["NH3", "CO2", "H2"])
def test_molecules_that_do_not_fit_are_refused(model, name):
    atoms = molecule(name)
    atoms.calc = Calculator(model)
    with pytest.raises(QffcError):
        atoms.get_potential_energy()


def test_calculator_needs_atoms(model):
    with pytest.raises(QffcError, match="without atoms"):
        Calculator(model).calculate()
