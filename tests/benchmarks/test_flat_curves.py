"""What the experiments about flat learning curves measure, on small models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ase.build import molecule

from qffc.data import Dataset
from qffc.library import load
from qffc.models.force_field import ForceField, trainable_names, untrained
from qffc.training.config import training_config

pytest.importorskip("benchmarks.forcefields", reason="needs the source tree on the path: python -m pytest")

from benchmarks.forcefields.flat_dimension import Linearized, linearized, tangent_of
from benchmarks.forcefields.flat_learning import stretched
from benchmarks.forcefields.flat_periodic import along_bond, repetition, spreads
from benchmarks.forcefields.flat_slots import exchange_errors, like_order, occupation, slot_error
from qffc.trainability.fisher import starting_model

SPECIES = ("C", "H", "O")
INITIAL = untrained(load("initial", channels=1, depth=1, slots=8, species=SPECIES), seed=0)
PAIR = untrained(load("pair", channels=1, depth=1, hidden=(4,), species=SPECIES), seed=0)


def frames(name: str, count: int) -> Dataset:
    atoms = molecule(name)
    positions = atoms.positions + 0.05 * np.random.default_rng(0).normal(size=(count, len(atoms), 3))
    forces = np.random.default_rng(1).normal(size=positions.shape)
    return Dataset(atoms.numbers, positions, np.linspace(-1.0, 1.0, count), forces, name=name)


def test_two_atoms_with_one_alpha_have_a_period():
    repeats, swing = repetition(alpha=0.7, seed=0)
    assert repeats < 1e-11
    assert swing > 0.1


def test_an_atom_far_away_acts_on_initial_alone():
    distances = np.linspace(0.8, 30.0, 40)
    atoms = molecule("CH3CH2OH")
    far = {model.program.name: spreads(distances, along_bond(model, atoms, distances))[1] for model in (INITIAL, PAIR)}
    assert far["initial"] > 1e-2
    assert far["pair"] < 1e-12


def test_another_order_of_like_atoms_is_another_energy_for_initial_alone():
    data = frames("CH3OH", 3)
    energy, force = exchange_errors(INITIAL, data, orders=2, seed=0)
    assert energy > 1e-2
    assert force > 1e-2
    assert exchange_errors(PAIR, data, orders=2, seed=0) == pytest.approx((0.0, 0.0), abs=1e-11)
    assert slot_error(INITIAL, data, orders=2, seed=0) > 1e-2


def test_like_orders_keep_elements():
    numbers = molecule("CH3CH2OH").numbers
    order = like_order(numbers, np.random.default_rng(0))
    np.testing.assert_array_equal(numbers[order], numbers)
    assert sorted(order) == list(range(9))
    assert not np.array_equal(order, np.arange(9))


def test_slots_hold_other_elements_in_another_molecule():
    ethanol, methanol = (occupation(INITIAL.program, frames(name, 1)) for name in ("CH3CH2OH", "CH3OH"))
    assert ethanol["O"] == ["C", "C", *"HHHHHH"]
    assert methanol["O"] == ["C", *"HHHH", *"---"]
    assert ethanol["C"] == ["C", *"HHHHHH", "O"]


def test_small_sets_get_more_epochs():
    config = training_config({"train": 100, "epochs": 30, "evaluate_every": 10})
    assert [stretched(config, largest, 5.0).epochs for largest in (100, 200, 1000)] == [30, 60, 150]
    assert stretched(config, 1000, 5.0).evaluate_every == 50


def test_a_small_change_of_the_parameters_is_linear():
    data = frames("H2O", 4)
    model = starting_model(PAIR.program, data, seed=0)
    generator = np.random.default_rng(2)
    change = {name: 1e-7 * generator.normal(size=model.arrays[name].shape) for name in trainable_names(model.program)}
    moved = ForceField(model.program, {name: value + change.get(name, 0.0) for name, value in model.arrays.items()})
    energies, forces = moved.predict(data.numbers, data.positions)
    near = linearized(model, Dataset(data.numbers, data.positions, energies, forces), (1.0, 1.0))
    # In units of what is wanted, not of the mean energy.
    near = Linearized(near.jacobian, near.wanted, near.wanted)
    flat = np.concatenate([value.reshape(-1) for value in change.values()])
    left = near.left(flat)
    assert near.left(np.zeros_like(flat)).energy == pytest.approx(1.0)
    assert left.energy < 1e-3
    assert left.force < 1e-3


@pytest.mark.slow
def test_the_best_small_change_does_better_than_the_start_on_its_frames():
    data = frames("H2O", 24)
    model = starting_model(PAIR.program, data, seed=0)
    reference = replace(untrained(PAIR.program, seed=5), arrays={**model.arrays, **_moved(model, 0.05)})
    energies, forces = reference.predict(data.numbers, data.positions)
    data = Dataset(data.numbers, data.positions, energies, forces)
    tangent = tangent_of(model, data, frames=12, seed=0)
    assert tangent.parameters == sum(model.arrays[name].size for name in trainable_names(model.program))
    assert 0 < tangent.rank <= min(tangent.parameters, 12 * 10)
    assert tangent.fitted.force < 0.2


def _moved(model: ForceField, size: float) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(3)
    names = trainable_names(model.program)
    return {name: model.arrays[name] + size * generator.normal(size=model.arrays[name].shape) for name in names}
