"""Hessians against differences of forces, and as ASE takes them."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.vibrations import VibrationsData

from qffc.data import load_embedded
from qffc.library import load
from qffc.models.calculator import Calculator
from qffc.models.ensemble import Ensemble
from qffc.models.force_field import untrained

WATER = load_embedded("water")
FRAMES = WATER.positions[:2]


def gathered():
    return untrained(load("gathered", channels=1, depth=1, rounds=2, vectors=2, hidden=(4,), basis_size=4), seed=1)


def pairs():
    return untrained(load("pair", channels=1, depth=1, hidden=(4,)), seed=1)


def by_differences(model, frame, step=1e-4):
    moves = step * np.eye(frame.size).reshape(-1, *frame.shape)
    _, forces = model.predict(WATER.numbers, np.concatenate([frame + moves, frame - moves]))
    up, down = forces.reshape(2, frame.size, frame.size)
    return -(up - down) / (2 * step)


@pytest.mark.parametrize("make", [gathered, pairs])
def test_a_hessian_is_the_change_of_forces(make):
    model = make()
    found = model.hessian(WATER.numbers, FRAMES)
    assert found.shape == (2, 9, 9)
    assert np.abs(found).max() > 0.01
    np.testing.assert_allclose(found, np.swapaxes(found, 1, 2), atol=1e-12)
    np.testing.assert_allclose(found[1], by_differences(model, FRAMES[1]), atol=2e-6 * np.abs(found).max())
    np.testing.assert_allclose(model.hessian(["O", "H", "H"], FRAMES[1]), found[1], atol=1e-12)
    # Nothing pulls a molecule back that is moved as a whole.
    np.testing.assert_allclose(found.reshape(2, 9, 3, 3).sum(axis=2), 0, atol=1e-11)


def test_the_hessian_of_a_calculator_is_what_ase_takes():
    model = pairs()
    atoms = Atoms(WATER.numbers, FRAMES[0], calculator=Calculator(model))
    energy = atoms.get_potential_energy()
    expected = model.hessian(WATER.numbers, FRAMES[0])
    assert "hessian" not in atoms.calc.results, "nobody has asked yet"
    np.testing.assert_array_equal(atoms.calc.get_hessian(), expected)
    np.testing.assert_array_equal(atoms.calc.get_property("hessian", atoms), expected)
    assert atoms.get_potential_energy() == energy
    vibrations = VibrationsData.from_2d(atoms, expected)
    assert vibrations.get_energies().shape == (9,)
    atoms.positions += 0.01 * np.arange(9.0).reshape(3, 3) ** 2
    assert np.abs(atoms.calc.get_hessian(atoms) - expected).max() > 1e-4


def test_an_ensemble_has_the_mean_of_its_hessians():
    members = [untrained(load("pair", channels=1, depth=1, hidden=(4,)), seed=seed) for seed in (1, 2)]
    atoms = Atoms(WATER.numbers, FRAMES[0], calculator=Calculator(Ensemble(members)))
    each = [member.hessian(WATER.numbers, FRAMES[0]) for member in members]
    np.testing.assert_allclose(atoms.calc.get_hessian(atoms), np.mean(each, axis=0), atol=1e-14)
