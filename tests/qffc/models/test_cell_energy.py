"""The energy of atoms in a cell as a function for JAX, against the calculator."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ase import Atoms

from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.calculator import Calculator
from qffc.models.force_field import ForceField, untrained

SMALL = {"channels": 2, "depth": 1, "hidden": (4,), "basis_size": 3, "cutoff": 2.6}

PROGRAMS = {
    "one round": load("gathered", **SMALL | {"channels": 1}, rounds=1, vectors=0),
    "sums": load("gathered", **SMALL, rounds=2, vectors=2),
    "pairs": load("pair", **SMALL, messages=1),
}


@pytest.fixture(autouse=True)
def _wide():
    with jax.enable_x64(True):
        yield


def model_of(name):
    generator = np.random.default_rng(1)
    fresh = untrained(PROGRAMS[name], seed=2).arrays
    return ForceField(
        PROGRAMS[name], {key: value + 0.1 * generator.random(value.shape) for key, value in fresh.items()}
    )


def crystal(pbc=True, seed=0):
    generator = np.random.default_rng(seed)
    cell = 3.1 * (np.eye(3) + 0.1 * generator.normal(size=(3, 3)))
    return Atoms([8, 1, 1], generator.uniform(-1.0, 2.0, size=(3, 3)) @ cell, cell=cell, pbc=pbc)


def strained(energy, atoms):
    """The energy as a function of a strain of the atoms and their cell."""
    here, cell = jnp.asarray(atoms.positions), jnp.asarray(atoms.cell.array)
    numbers = jnp.asarray(atoms.numbers)

    def of(strain):
        change = jnp.eye(3) + 0.5 * (strain + strain.T)
        return energy(here @ change, numbers, cell @ change)

    return of


@pytest.mark.parametrize(
    ("name", "pbc", "kernel"),
    [
        ("sums", True, "auto"),
        ("sums", (True, False, True), "auto"),
        pytest.param("pairs", True, "portable", marks=pytest.mark.slow),
    ],
)
def test_energy_forces_and_stress_are_those_of_the_calculator(name, pbc, kernel):
    model, atoms = model_of(name), crystal(pbc)
    energy = model.cell_energy_fn(atoms.positions, atoms.numbers, atoms.cell.array, pbc, kernel=kernel)
    atoms.calc = Calculator(model)
    here = jnp.asarray(atoms.positions)
    value, slope = jax.jit(jax.value_and_grad(energy))(here)
    assert float(value) == pytest.approx(atoms.get_potential_energy(), abs=1e-9)
    np.testing.assert_allclose(-slope, atoms.get_forces(), atol=1e-9)
    virial = jax.jit(jax.grad(strained(energy, atoms)))(jnp.zeros((3, 3)))
    np.testing.assert_allclose(virial / atoms.cell.volume, atoms.get_stress(voigt=False), atol=1e-9)


def test_lists_follow_the_atoms_in_loops_and_maps():
    model, atoms = model_of("one round"), crystal()
    energy = model.cell_energy_fn(atoms.positions, atoms.numbers, atoms.cell.array, room=3.0)
    calculator, begin = Calculator(model), jnp.asarray(atoms.positions)
    way = jnp.asarray(np.random.default_rng(4).normal(size=(3, 3)))

    @jax.jit
    def walked(here):
        return jax.lax.scan(lambda r, _: (r + 0.4 * way, energy(r)), here, None, length=4)[1]

    expected = []
    for step in range(4):
        moved = atoms.copy()
        moved.positions += 0.4 * step * np.asarray(way)
        moved.calc = calculator
        expected.append(moved.get_potential_energy())
    np.testing.assert_allclose(walked(begin), expected, atol=1e-9)
    together = jax.jit(jax.vmap(energy))(jnp.stack([begin + 0.4 * step * way for step in range(4)]))
    np.testing.assert_allclose(together, expected, atol=1e-9)


def test_species_and_cell_may_be_others():
    model, atoms = model_of("sums"), crystal()
    energy = model.cell_energy_fn(atoms.positions, ["O", "H", "H"], atoms.cell.array, room=2.0)
    other = crystal()
    other.numbers = [1, 8, 1]
    other.set_cell(1.05 * other.cell.array)
    other.calc = Calculator(model)
    found = jax.jit(energy)(jnp.asarray(other.positions), jnp.array([1, 8, 1]), jnp.asarray(other.cell.array))
    assert float(found) == pytest.approx(other.get_potential_energy(), abs=1e-9)
    parameters = {name: 1.1 * value for name, value in model.parameters().items()}
    other.calc = Calculator(ForceField(model.program, {**model.arrays, **parameters}))
    function = jax.jit(lambda p: energy(jnp.asarray(other.positions), other.numbers, other.cell.array, parameters=p))
    again = function(parameters)
    assert float(again) == pytest.approx(other.get_potential_energy(), abs=1e-9)


def test_what_has_no_room_or_no_meaning_is_no_number():
    model, atoms = model_of("sums"), crystal()
    energy = model.cell_energy_fn(atoms.positions, atoms.numbers, atoms.cell.array, room=1.0)
    here, numbers, cell = jnp.asarray(atoms.positions), jnp.asarray(atoms.numbers), jnp.asarray(atoms.cell.array)
    assert energy.fits(here)
    assert not energy.fits(here, cell=0.6 * cell)
    with jax.debug_nans(False):
        function = jax.jit(jax.value_and_grad(energy))
        value, slope = function(here, numbers, 0.6 * cell)
        assert np.isnan(value)
        assert np.isnan(slope).all()
        assert np.isfinite(function(here, numbers, cell)[0])
        assert np.isnan(function(here, 0 * numbers + 79, cell)[0])
        assert np.isnan(function(here, numbers, 0 * cell)[0])


def test_single_precision_and_a_vacuum():
    model, atoms = model_of("sums"), crystal(False)
    energy = model.cell_energy_fn(atoms.positions, atoms.numbers, reference=False)
    atoms.calc = Calculator(model)
    reference = sum(model.arrays["constant.atom_energy"][model.program.species.index(s)] for s in atoms.symbols)
    wanted = atoms.get_potential_energy() - reference
    found = jax.jit(energy)(jnp.asarray(atoms.positions, jnp.float32))
    assert found.dtype == jnp.float32
    assert float(found) == pytest.approx(wanted, abs=1e-4)


def test_what_makes_no_function_is_refused():
    model, atoms = model_of("sums"), crystal()
    with pytest.raises(QffcError, match="periodic atoms of a model without a cutoff"):
        untrained(load("sivqlm-h2o", depth=1), 0).cell_energy_fn(np.eye(3), ["O", "H", "H"], 9 * np.eye(3))
    with pytest.raises(QffcError, match="cell that is none"):
        model.cell_energy_fn(atoms.positions, atoms.numbers, np.ones((3, 3)))
    with pytest.raises(QffcError, match="room for less"):
        model.cell_energy_fn(atoms.positions, atoms.numbers, atoms.cell.array, room=0.5)
    energy = model.cell_energy_fn(atoms.positions, atoms.numbers, atoms.cell.array)
    with pytest.raises(QffcError, match="positions of another molecule"):
        energy(jnp.zeros((2, 3)))
