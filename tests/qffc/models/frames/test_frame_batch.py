from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qffc.data import load_embedded
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.force_field import trainable_names, untrained
from qffc.models.frames.array_sizes import SizeSteps
from qffc.models.frames.frame_batch import frame_energies, join_frames, joined_places, joined_positions, needed_sizes
from qffc.models.frames.frame_circuits import CircuitLists
from qffc.models.molecule_circuits import ATOM_ENERGY

WATER, AMMONIA = load_embedded("water"), load_embedded("ammonia")
SPECIES = ("H", "N", "O")
FRAMES = [(WATER, 0), (AMMONIA, 3), (WATER, 7), (AMMONIA, 1)]
PROGRAMS = {
    "pairs with messages": load("pair", species=SPECIES, channels=2, depth=1, hidden=(5,), cutoff=3.0, messages=1),
    "atoms with ghosts": load("revised", species=SPECIES, slots=4, depth=1),
    "atoms and mirror images": load("initial", species=SPECIES, slots=3, depth=1),
}


def molecules():
    return [(data.numbers, data.positions[index]) for data, index in FRAMES]


def joined(model, room):
    lists = CircuitLists(model.lowered)
    frames = [lists.of(*molecule) for molecule in molecules()]
    needed = needed_sizes(lists.plan, frames)
    sizes = [size + room if size > 1 else size for size in needed]
    places = [positions for _, positions in molecules()]
    return join_frames(lists.plan, frames, sizes), joined_positions(places, sizes[1])


@pytest.mark.parametrize(("name", "room"), list(zip(PROGRAMS, (5, 0, 5), strict=True)))
def test_joined_frames_have_the_energies_and_forces_of_the_frames_alone(name, room):
    model = untrained(PROGRAMS[name], seed=3)
    batch, positions = joined(model, room)
    energies, forces, _ = model.predict_joined(batch, positions)
    assert energies.shape == (len(FRAMES) + room,)
    start = 0
    for number, (numbers, places) in enumerate(molecules()):
        energy, force = model.predict(numbers, places[None])
        assert np.abs(force).max() > 1e-3
        np.testing.assert_allclose(energies[number], energy[0], rtol=1e-11)
        np.testing.assert_allclose(forces[0, start : start + len(numbers)], force[0], atol=1e-11)
        start += len(numbers)
    np.testing.assert_array_equal(energies[len(FRAMES) :], 0.0)
    np.testing.assert_array_equal(forces[0, start:], 0.0)


@pytest.mark.parametrize("name", PROGRAMS)
def test_joined_frames_have_the_gradients_of_the_frames_alone(name):
    model = untrained(PROGRAMS[name], seed=4)
    batch, positions = joined(model, 3)
    arrays = {key: jnp.asarray(value) for key, value in model.arrays.items()}
    weights = jnp.arange(1.0, 1 + len(FRAMES))

    def together(trained):
        return frame_energies(model.lowered, batch, {**arrays, **trained}, jnp.asarray(positions))[: len(FRAMES)]

    def apart(trained):
        here = {**arrays, **trained, ATOM_ENERGY: jnp.zeros_like(arrays[ATOM_ENERGY])}
        energies = jnp.zeros(len(FRAMES))
        for data in (WATER, AMMONIA):
            rows = np.array([row for row, (each, _) in enumerate(FRAMES) if each is data])
            places = jnp.asarray(data.positions[[FRAMES[row][1] for row in rows]])
            energies = energies.at[rows].set(model.molecule(data.numbers).energies(here, places))
        return energies

    trained = {key: arrays[key] for key in trainable_names(model.program)}
    found, expected = (
        jax.jit(jax.grad(lambda p, f=function: jnp.sum(weights * f(p) ** 2)))(trained) for function in (together, apart)
    )
    assert any(np.abs(value).max() > 1e-3 for value in expected.values())
    for key, value in expected.items():
        np.testing.assert_allclose(found[key], value, rtol=1e-9, atol=1e-11)


def test_one_molecule_with_its_atoms_in_two_orders_joins_without_an_atomic_readout():
    model = untrained(load("sivqlm-h2o", depth=1), seed=0)
    places = WATER.positions[0]
    turned = [(np.array([8, 1, 1]), places), (np.array([1, 8, 1]), places[[1, 0, 2]])]
    lists = CircuitLists(model.lowered)
    frames = [lists.of(*molecule) for molecule in turned]
    sizes = [size + 2 for size in needed_sizes(lists.plan, frames)]
    batch = join_frames(lists.plan, frames, sizes)
    energies, forces, _ = model.predict_joined(batch, joined_places(frames, [each for _, each in turned], *sizes[1:3]))
    expected, expected_forces = model.predict(*((turned[0][0]), places[None]))
    np.testing.assert_allclose(energies[:2], np.repeat(expected, 2), rtol=1e-12)
    np.testing.assert_allclose(np.asarray(forces)[0, [4, 3, 5]], expected_forces[0], atol=1e-12)


def test_a_molecule_that_does_not_fit_the_sites_is_refused():
    lists = CircuitLists(untrained(load("sivqlm-h2o", depth=1), seed=0).lowered)
    with pytest.raises(QffcError, match="does not know|does not fit"):
        lists.of(AMMONIA.numbers, AMMONIA.positions[0])


def test_sizes_do_not_depend_on_what_was_asked_before():
    steps = SizeSteps((100, 0, 7))
    assert steps.fitting((100, 0, 7)) == (100, 0, 7)
    assert steps.fitting((101, 0, 7)) == steps.fitting((90, 0, 8)) == (110, 0, 8)
    assert steps.fitting((1, 0, 1)) == (14, 0, 1)
    for needed in ((333, 0, 2), (4, 0, 50), (57, 0, 4)):
        assert all(want <= has for want, has in zip(needed, steps.fitting(needed), strict=True))
