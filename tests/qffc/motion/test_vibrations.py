"""Relaxations and vibrations beside ASE's own, in any orientation."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms, units
from ase.build import molecule
from ase.data import atomic_masses
from ase.vibrations import Vibrations

from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.calculator import Calculator
from qffc.models.ensemble import Ensemble
from qffc.models.files.model_file import load_model
from qffc.models.force_field import untrained
from qffc.motion.relaxing import relax_exactly
from qffc.motion.vibrations import harmonic_vibrations

WATER = molecule("H2O")


@pytest.fixture(scope="module")
def model():
    return load_model("trained:water")


@pytest.fixture(scope="module")
def minimum(model):
    return relax_exactly(model, WATER.numbers, WATER.positions, force=1e-5)


def test_a_relaxed_geometry_has_no_forces_and_less_energy(model, minimum):
    energies, forces = model.predict(WATER.numbers, np.stack([WATER.positions, minimum.positions]))
    assert minimum.converged
    assert minimum.energies == pytest.approx(energies.tolist(), abs=1e-9)
    assert energies[1] < energies[0]
    assert np.linalg.norm(forces[1], axis=1).max() < 1e-5
    assert minimum.grade < 1
    short = relax_exactly(model, WATER.numbers, WATER.positions + 0.1 * np.eye(3), force=1e-5, steps=1)
    assert (short.converged, short.steps) == (False, 1)


def test_frequencies_are_those_of_ase(model, minimum, tmp_path):
    found = harmonic_vibrations(model, WATER.numbers, minimum.positions)
    atoms = Atoms(WATER.numbers, minimum.positions, calculator=Calculator(model))
    theirs = Vibrations(atoms, delta=2e-3, nfree=4, name=str(tmp_path / "vibrations"))
    theirs.run()
    np.testing.assert_allclose(found.frequencies, theirs.get_frequencies().real[-3:], rtol=0, atol=0.05)
    assert found.zero_point_energy == pytest.approx(0.5 * theirs.get_energies().real[-3:].sum(), abs=1e-5)
    assert found.largest_rigid < 10
    assert found.imaginary == 0
    assert 1500 < found.frequencies[0] < 1700 < 3500 < found.frequencies[1]
    own = theirs.get_mode(-1).reshape(-1)
    assert abs(own @ found.modes[-1].reshape(-1)) / np.linalg.norm(own) == pytest.approx(1, abs=1e-3)


def test_frequencies_do_not_depend_on_orientation_and_place(model, minimum):
    turned = Atoms(WATER.numbers, minimum.positions)
    turned.rotate(71, (1, -2, 0.3), center=(3, 1, 4))
    one, other = (harmonic_vibrations(model, WATER.numbers, each) for each in (minimum.positions, turned.positions))
    np.testing.assert_allclose(one.frequencies, other.frequencies, rtol=0, atol=1e-3)


def test_a_linear_molecule_has_one_more_vibration():
    """Of two atoms it is that of the second derivative along the bond, imaginary where that is below zero."""
    model = untrained(load("sivqlm-lih", depth=1), seed=2)
    numbers, along = np.array([3, 1]), np.array([2.0, -1.0, 2.0]) / 3
    signs = set()
    for length in (1.6, 2.4, 3.0):
        found = harmonic_vibrations(model, numbers, np.outer([0, length], along))
        frames = np.stack([np.outer([0, length + step], along) for step in (-1e-3, 0, 1e-3)])
        energies, _ = model.predict(numbers, frames)
        masses = atomic_masses[numbers]
        squared = np.diff(energies, 2)[0] / 1e-6 * masses.sum() / masses.prod()
        expected = np.sign(squared) * np.sqrt(abs(squared)) * units._hbar * 1e10 / np.sqrt(units._e * units._amu)
        np.testing.assert_allclose(found.frequencies, [expected / units.invcm], rtol=1e-3)
        signs.add(found.imaginary)
    assert signs == {0, 1}


def test_an_ensemble_has_the_vibrations_of_its_mean(model, minimum):
    softer = dict(model.arrays)
    softer["constant.energy_scale"] = 0.5 * softer["constant.energy_scale"]
    softer["constant.validity_binding"] = 0.5 * softer["constant.validity_binding"]
    both = Ensemble([model, type(model)(model.program, softer)])
    own, mean = (harmonic_vibrations(each, WATER.numbers, minimum.positions) for each in (model, both))
    np.testing.assert_allclose(mean.frequencies, np.sqrt(0.75) * own.frequencies, rtol=1e-3)


def test_what_cannot_be_is_refused(model):
    with pytest.raises(QffcError, match="single atom"):
        harmonic_vibrations(model, ["O"], np.zeros((1, 3)))
    with pytest.raises(QffcError, match="without an end"):
        relax_exactly(model, WATER.numbers, WATER.positions, force=0.0)
