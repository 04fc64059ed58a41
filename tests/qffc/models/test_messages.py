"""Messages between atoms in the head of an atomic readout."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ase.build import molecule
from scipy.spatial.transform import Rotation

from qffc.ir import parse_program
from qffc.library import load
from qffc.models.edges import Edges
from qffc.models.force_field import untrained
from qffc.models.head import atomic_energies, head_shapes
from qffc.models.moving_atoms import MovingAtoms

METHANOL = molecule("CH3OH")


def program(messages=1, **options):
    choices = {"species": ("C", "H", "O"), "channels": 2, "depth": 1, "hidden": (6, 5), "cutoff": 3.0} | options
    return load("pair", messages=messages, **choices)


@pytest.fixture(scope="module")
def model():
    return untrained(program(messages=2), seed=0)


def test_the_text_holds_the_messages():
    chosen = program(messages=2)
    assert " messages 2 radial bessel 8 cutoff 3 head 6, 5 silu" in chosen.text
    assert parse_program(chosen.text) == chosen
    assert "messages" not in program(messages=0).text


def test_a_round_is_the_sum_over_neighbours():
    chosen = program()
    arrays = untrained(chosen, seed=1).arrays
    head = {name: np.asarray(arrays[name]) for name in head_shapes(chosen)}
    generator = np.random.default_rng(0)
    features = generator.normal(size=(1, 3, chosen.feature_count))
    species = np.array([2, 0, 1], dtype=np.int32)
    distances = np.array([[0.9, 1.4, 0.9, 2.2]])
    centres, others = np.array([0, 0, 1, 2], np.int32), np.array([1, 2, 0, 1], np.int32)
    edges = Edges(centres, others, jnp.asarray(distances), jnp.zeros((1, 4, 3)))
    given = {k: jnp.asarray(v) for k, v in head.items()}
    energies = jax.jit(lambda h, f: atomic_energies(chosen.readout, h, f, species, edges))(given, features)

    def silu(x):
        return x / (1 + np.exp(-x))

    orders = np.arange(1, 9)
    x = distances[0][:, None] / 3.0
    basis = (1 - 28 * x**6 + 48 * x**7 - 21 * x**8) * np.sqrt(2 / 3.0) * np.sin(orders * np.pi * x) / (3.0 * x)
    h = np.stack(
        [silu(features[0, i] @ head["head.weight0"][z] + head["head.bias0"][z]) for i, z in enumerate(species)]
    )
    received = np.zeros_like(h)
    for edge, (i, j) in enumerate(zip(centres, others, strict=True)):
        chosen_filter = head["head.filter0"][species[i], species[j]] @ basis[edge]
        received[i] += chosen_filter * (h[j] @ head["head.sent0"][species[j]])
    for i, z in enumerate(species):
        h[i] += silu(np.concatenate([h[i], received[i]]) @ head["head.update0"][z] + head["head.shift0"][z])
        value = silu(h[i] @ head["head.weight1"][z] + head["head.bias1"][z])
        value = value @ head["head.weight2"][z] + head["head.bias2"][z]
        np.testing.assert_allclose(energies[0, i], value[0], rtol=1e-12)


def test_symmetries_and_forces_hold(model):
    numbers, positions = METHANOL.numbers, METHANOL.positions[None]
    energies, forces = model.predict(numbers, positions)
    like = np.flatnonzero(numbers == 1)
    order = np.arange(len(numbers))
    order[like[[0, 1]]] = like[[1, 0]]
    turn = -Rotation.random(random_state=3).as_matrix()
    turned, turned_forces = model.predict(numbers, positions[:, order] @ turn.T + 1.0)
    np.testing.assert_allclose(turned, energies, rtol=1e-12)
    np.testing.assert_allclose(turned_forces, forces[:, order] @ turn.T, atol=1e-11)
    step = 1e-5 * np.eye(6 * 3)[7].reshape(1, 6, 3)
    slope = (model.predict(numbers, positions + step)[0] - model.predict(numbers, positions - step)[0]) / 2e-5
    np.testing.assert_allclose(-slope[0], forces[0, 2, 1], atol=1e-7)


def test_messages_reach_beyond_the_circuits():
    """An atom that no circuit sees together with another one still feels it through the atom between them."""
    near, far = untrained(program(messages=0, cutoff=2.0), 0), untrained(program(messages=1, cutoff=2.0), 0)
    numbers = np.array([1, 6, 8, 6, 1])
    chain = np.array([[0.0, 0, 0], [1.1, 0, 0], [2.5, 0.2, 0], [3.9, 0, 0], [5.0, 0, 0]])
    pushed = chain.copy()
    pushed[4, 1] += 0.3
    effects = []
    for field in (near, far):
        force = [field.predict(numbers, r[None])[1][0, 0] for r in (chain, pushed)]
        effects.append(np.abs(force[1] - force[0]).max())
    assert effects[0] < 1e-12
    assert effects[1] > 1e-6


@pytest.mark.slow
def test_listed_neighbours_give_the_same(model):
    generator = np.random.default_rng(2)
    numbers = np.tile(METHANOL.numbers, 2)
    positions = np.concatenate([METHANOL.positions, METHANOL.positions + [3.4, 0.3, 0]])
    moving = MovingAtoms(model, numbers, skin=0.3)
    for _ in range(3):
        energy, forces = moving.predict(positions)
        energies, all_forces = model.predict(numbers, positions[None])
        np.testing.assert_allclose(energy, energies[0], rtol=1e-12)
        np.testing.assert_allclose(forces, all_forces[0], atol=1e-11)
        positions = positions + generator.normal(size=positions.shape) * 0.1


def test_an_atom_with_one_neighbour_still_gets_its_message(model):
    """It is in no circuit as a centre: messages go along edges of their own."""
    numbers = np.array([6, 8, 1, 1])
    positions = np.array([[0.0, 0, 0], [1.3, 0, 0], [2.2, 0.3, 0], [4.6, 1.2, 0]])
    assert (np.linalg.norm(positions - positions[3], axis=-1) < 3.0).sum() == 2
    moving = MovingAtoms(model, numbers, skin=0.0)
    energies, forces = model.predict(numbers, positions[None])
    energy, listed = moving.predict(positions)
    np.testing.assert_allclose(energy, energies[0], rtol=1e-12)
    np.testing.assert_allclose(listed, forces[0], atol=1e-12)


def test_every_array_of_the_messages_has_a_gradient(model):
    molecule_energy = model.molecule(METHANOL.numbers)
    arrays = {name: jnp.asarray(value) for name, value in model.arrays.items()}
    positions = jnp.asarray(METHANOL.positions[None])
    gradient = jax.jit(jax.grad(lambda a: molecule_energy.energies(a, positions)[0]))(arrays)
    for name in head_shapes(model.program):
        assert np.abs(np.asarray(gradient[name])).max() > 1e-9, name


def test_atoms_that_meet_leave_finite_numbers(model):
    positions = np.repeat(METHANOL.positions[None], 2, axis=0)
    positions[0, 1] = positions[0, 0]
    positions[1, 5] = positions[1, 4]
    for frame in positions:
        energies, forces = model.predict(METHANOL.numbers, frame[None])
        assert np.isfinite(energies).all()
        assert np.isfinite(forces).all()
