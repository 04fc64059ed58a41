from __future__ import annotations

from dataclasses import replace

import jax
import numpy as np
import pytest
from ase import Atoms, units
from ase.build import molecule
from ase.md.verlet import VelocityVerlet
from scipy.spatial.transform import Rotation

from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.calculator import Calculator
from qffc.models.force_field import untrained
from qffc.models.moving_atoms import MovingAtoms
from qffc.models.shared_functions import forget_functions

WATER = molecule("H2O").positions
NUMBERS = np.array([8, 1, 1])


def cluster(side, spacing=3.0):
    grid = np.stack(np.meshgrid(*[np.arange(side)] * 3, indexing="ij"), axis=-1).reshape(-1, 3) * spacing
    turns = Rotation.random(len(grid), random_state=1).as_matrix()
    return np.concatenate([WATER @ turn.T + place for turn, place in zip(turns, grid, strict=True)])


@pytest.fixture(scope="module")
def model():
    return untrained(load("pair", channels=2, depth=1, hidden=(6,), cutoff=2.8), seed=0)


def test_the_list_gives_what_all_circuits_give(model):
    positions = cluster(2)[:18]
    numbers = np.tile(NUMBERS, 6)
    moving = MovingAtoms(model, numbers, skin=0.3)
    energy, forces = moving.predict(positions)
    energies, all_forces = model.predict(numbers, positions[None])
    assert moving.counts.circuits < len(model.molecule(numbers).instances) / 4
    assert np.abs(forces).max() > 1e-3
    np.testing.assert_allclose(energy, energies[0], rtol=1e-12)
    np.testing.assert_allclose(forces, all_forces[0], atol=1e-12)


def test_the_list_is_made_anew_after_half_the_skin(model):
    positions = cluster(2)[:18]
    numbers = np.tile(NUMBERS, 6)
    moving = MovingAtoms(model, numbers, skin=0.4)
    for step, builds in ((0.0, 1), (0.19, 1), (0.21, 2), (0.4, 2), (0.42, 3)):
        moved = positions + np.where(np.arange(18) == 3, step, 0.0)[:, None] * np.array([[0.6, 0.0, 0.8]])
        energy, forces = moving.predict(moved)
        assert moving.counts.builds == builds
        energies, all_forces = model.predict(numbers, moved[None])
        np.testing.assert_allclose(energy, energies[0], rtol=1e-12)
        np.testing.assert_allclose(forces, all_forces[0], atol=1e-12)


def test_atoms_far_apart_have_their_own_energies(model):
    alone = np.arange(9.0).reshape(3, 3) * 50.0
    moving = MovingAtoms(model, NUMBERS)
    energy, forces = moving.predict(alone)
    assert moving.counts.neighbours == 0
    assert moving.counts.filled == 1.0
    energies, _ = model.predict(NUMBERS, alone[None])
    np.testing.assert_allclose(energy, energies[0], rtol=1e-12)
    np.testing.assert_array_equal(forces, 0.0)
    # The circuits come into an array of the size that is there already.
    near, _ = moving.predict(WATER)
    np.testing.assert_allclose(near, model.predict(NUMBERS, WATER[None])[0][0], rtol=1e-12)
    assert moving.counts.sizes == 2


def test_nothing_is_filled_up_where_all_atoms_see_all(model):
    moving = MovingAtoms(model, np.array([*NUMBERS, 1]))
    moving.predict(np.concatenate([WATER, [[0.3, 1.9, 1.2]]]))
    assert (moving.counts.neighbours, moving.counts.circuits, moving.counts.filled) == (12, 12, 0.0)


def test_circuits_grow_with_the_atoms():
    model = untrained(load("pair", channels=1, depth=1, hidden=(4,), cutoff=2.5), seed=0)
    counts = []
    for side in (3, 4):
        positions = cluster(side)
        moving = MovingAtoms(model, np.tile(NUMBERS, side**3), skin=0.2)
        moving.predict(positions)
        counts.append(moving.counts.circuits / side**3)
        assert 0 <= moving.counts.filled < 0.1
    assert counts[1] < 1.4 * counts[0]


def test_dynamics_of_64_waters_keeps_the_energy():
    model = untrained(load("pair", channels=1, depth=1, hidden=(4,), cutoff=2.5), seed=0)
    atoms = Atoms("OHH" * 64, cluster(4))
    atoms.calc = Calculator(model, skin=0.1)
    spread = np.sqrt(300 * units.kB * atoms.get_masses())[:, None]
    atoms.set_momenta(spread * np.random.default_rng(0).normal(size=(192, 3)))
    totals, potentials = [], []
    dynamics = VelocityVerlet(atoms, timestep=0.5 * units.fs)
    for _ in range(12):
        dynamics.run(1)
        totals.append(atoms.get_total_energy())
        potentials.append(atoms.get_potential_energy())
    counts = atoms.calc.neighbours
    assert counts.builds > 1
    assert counts.sizes <= counts.builds
    assert np.ptp(potentials) > 5e-3
    assert np.ptp(totals) < 0.05 * np.ptp(potentials)


def test_what_does_not_fit_is_refused(model):
    with pytest.raises(QffcError, match="without a cutoff"):
        MovingAtoms(untrained(load("sivqlm-h2o", depth=1), 0), NUMBERS)
    with pytest.raises(QffcError, match="skin"):
        MovingAtoms(model, NUMBERS, skin=-1.0)
    with pytest.raises(QffcError, match="does not know"):
        MovingAtoms(model, np.array([8, 1, 6]))
    with pytest.raises(QffcError, match="another shape"):
        MovingAtoms(model, NUMBERS).predict(WATER[:2])
    with pytest.raises(QffcError, match="too small"):
        MovingAtoms(model, NUMBERS[:2]).predict(WATER[:2])


@pytest.fixture
def optimized():
    """Code as users run it: how much is lost to rounding depends on it."""
    before = jax.config.values["jax_disable_most_optimizations"]
    jax.config.update("jax_disable_most_optimizations", False)
    forget_functions()
    yield
    jax.config.update("jax_disable_most_optimizations", before)
    forget_functions()


@pytest.mark.usefixtures("optimized")
def test_half_the_bits_give_the_same_to_single_precision(model):
    positions = cluster(2)[:18] + 300.0
    numbers = np.tile(NUMBERS, 6)
    arrays = {**model.arrays, "constant.atom_energy": np.array([-2000.0, -13.5])}
    absolute = replace(model, arrays=arrays)
    (energy, forces), (rounded, rounded_forces) = (
        MovingAtoms(absolute, numbers, precision=bits).predict(positions) for bits in (64, 32)
    )
    assert energy < -12000
    assert rounded_forces.dtype == np.float64
    # Not a bit of the reference is lost, and what is computed has seven digits.
    assert 0 < abs(rounded - energy) < 1e-4
    np.testing.assert_allclose(rounded_forces, forces, atol=1e-4)


def test_an_unknown_precision_is_refused(model):
    with pytest.raises(QffcError, match="unknown precision"):
        MovingAtoms(model, NUMBERS, precision=16)


@pytest.mark.parametrize(("name", "value"), [("skin", 2.0), ("numbers", np.array([1, 1, 8]))])
def test_what_the_list_was_made_with_cannot_be_changed(model, name, value):
    moving = MovingAtoms(model, NUMBERS)
    if name == "skin":
        with pytest.raises(AttributeError, match="skin"):
            moving.skin = value
        return
    with pytest.raises(ValueError, match="read-only"):
        moving.numbers[:] = value
