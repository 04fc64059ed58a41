"""Rounds of circuits, and sums over neighbours: models against loops with the dense reference simulator."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ase.build import molecule
from rounds_model import energy_of
from scipy.spatial.transform import Rotation
from slopes import need_forces_of_slope

import qffc as qf
from qffc import dsl
from qffc.ir import parse_program
from qffc.ir.values import dot
from qffc.library import load
from qffc.models.circuits.instances import instances_of
from qffc.models.circuits.neighbours import reach
from qffc.models.energy import MoleculeEnergy
from qffc.models.force_field import untrained
from qffc.models.frames.frame_batch import frame_energies, frame_energies_along, join_frames, joined_positions
from qffc.models.frames.frame_circuits import CircuitLists, lists_pay
from qffc.models.moving_atoms import MovingAtoms
from qffc.models.rounds import Carried
from qffc.models.rows.row_evaluator import RowEvaluator
from qffc.models.rows.slot_tables import slot_tables
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.lower_jax.program import lower_jax

METHANOL = molecule("CH3OH")
WATER = molecule("H2O")


def program(**options):
    choices = {"species": ("C", "H", "O"), "channels": 2, "depth": 2, "hidden": (5, 4), "vectors": 3} | options
    return load("gathered", **choices)


@qf.ansatz(name="gated", scope="atom", species=("O", "H"))
def gated(a):
    """Sums that are not linear in learned functions, of numbers too, and scalars that open them."""
    a.channels(2)
    a.rounds(2, 3)
    centre, near = a.centre(), a.gathered()
    first, second, third, fourth = a.qubits(4)
    a.singlet(first, second)
    a.singlet(third, fourth)
    for layer in a.layers(2):
        plain, other = layer.radials("f", 2, centre, near)
        (gate,) = layer.scalars("g", 1, near)
        (own,) = layer.vectors("u", 1, centre)
        vector = a.sum(near, plain * (1 + dsl.tanh(gate)) * near.direction) + own
        for wire, sign in ((first, 1), (third, -1)):
            a.rotate(wire, sign * vector)
        a.exchange(first, fourth, angle=a.sum(near, dsl.pi * other) * layer.param("J"))
        a.exchange(second, third, angle=a.sum(near, dsl.pi * other) * layer.param("J"))
        a.exchange(first, third, angle=a.sum(near, other**2))
        a.exchange(second, fourth, angle=layer.param("K") * a.sum(near, other * near.distance))
    return a.atomic_energy(
        [a.dot(first, third), a.dot(second, fourth), a.dot(first, second) + a.dot(third, fourth)], hidden=(4, 3)
    )


def near_less(a, near):
    """A vector without parameters, which has no channels."""
    return a.sum(near, near.cutoff(4) * near.position)


@qf.ansatz(name="averaged", scope="atom", species=("O", "H"))
def averaged(a):
    """Three vectors, so that the mirror image has to be averaged over; a neighbour's vectors are read, too."""
    a.average("inversion")
    a.channels(2)
    a.rounds(2, 3)
    centre, near = a.centre(), a.gathered()
    qubits = a.qubits(4)
    a.singlet(qubits[0], qubits[1])
    a.singlet(qubits[2], qubits[3])
    for layer in a.layers(2):
        functions = layer.radials("f", 3, centre, near)
        (own,) = layer.vectors("u", 1, centre)
        (others,) = layer.vectors("v", 1, near)
        sums = [a.sum(near, function * near.direction) for function in functions]
        a.rotate(qubits[0], dot(sums[0], sums[0]) * sums[0])
        a.rotate(qubits[1], dot(sums[0], sums[1]) * sums[2] + own)
        a.rotate(qubits[2], dot(sums[1], sums[1]) * sums[1] + layer.param("L") * near_less(a, near))
        a.rotate(qubits[3], a.sum(near, functions[0] * others))
        a.exchange(qubits[0], qubits[2], angle=layer.param("J"))
        a.exchange(qubits[1], qubits[2], angle=layer.param("K"))
    return a.atomic_energy([a.dot(qubits[0], qubits[3]), a.dot(qubits[1], qubits[2])], hidden=(4, 3))


@pytest.mark.parametrize("ansatz", [gated, averaged], ids=lambda ansatz: ansatz.name)
def test_sums_of_every_form_are_those_of_loops(ansatz):
    chosen = with_random_constants(untrained(ansatz.program, seed=2))
    assert all(verdict.status == "proven" for verdict in check_equivariance(chosen.program).verdicts)
    energies, _ = chosen.predict(WATER.numbers, WATER.positions[None])
    wanted = energy_of(chosen.program, chosen.arrays, np.array([0, 1, 1]), WATER.positions)
    assert energies[0] == pytest.approx(wanted, abs=1e-9)


@pytest.fixture(scope="module")
def model():
    return with_random_constants(untrained(program(), seed=3))


def with_random_constants(model):
    """Constants that are not neutral, so that what is done with them shows."""
    random = np.random.default_rng(0)
    arrays = {
        name: value + 0.3 * random.uniform(size=value.shape) if name.startswith("constant.") else value
        for name, value in model.arrays.items()
    }
    return replace(model, arrays=arrays)


@pytest.mark.parametrize("rounds", [1, 3])
def test_energies_are_those_of_loops_over_neighbours(rounds):
    chosen = with_random_constants(untrained(program(rounds=rounds), seed=rounds))
    energies, _ = chosen.predict(WATER.numbers, WATER.positions[None])
    species = np.array([chosen.program.species.index(symbol) for symbol in WATER.get_chemical_symbols()])
    wanted = energy_of(chosen.program, chosen.arrays, species, WATER.positions)
    assert energies[0] == pytest.approx(wanted, abs=1e-9)


def test_forces_are_minus_the_slope(model):
    need_forces_of_slope(model, METHANOL.numbers, METHANOL.positions, ((0, 0), (2, 1), (5, 2)), within=1e-6)


def test_a_molecule_is_the_same_turned_moved_mirrored_and_with_like_atoms_exchanged(model):
    start, forces = model.predict(METHANOL.numbers, METHANOL.positions[None])
    turn = Rotation.from_euler("xyz", (0.3, -1.1, 2.0)).as_matrix()
    for matrix in (turn, -turn):
        energies, turned = model.predict(METHANOL.numbers, (METHANOL.positions @ matrix.T + 1.5)[None])
        np.testing.assert_allclose(energies, start, atol=1e-10)
        np.testing.assert_allclose(turned, forces @ matrix.T, atol=1e-9)
    order = np.arange(len(METHANOL))
    hydrogens = np.flatnonzero(METHANOL.numbers == 1)
    order[hydrogens] = np.roll(hydrogens, 1)
    energies, exchanged = model.predict(METHANOL.numbers, METHANOL.positions[order][None])
    np.testing.assert_allclose(energies, start, atol=1e-10)
    np.testing.assert_allclose(exchanged, forces[:, order], atol=1e-9)


def test_derivatives_along_a_direction_are_those_of_the_gradient(model):
    energy = MoleculeEnergy(model.lowered, instances_of(model.program, METHANOL.numbers))
    arrays = {name: jnp.asarray(value) for name, value in model.arrays.items()}
    positions = jnp.asarray(METHANOL.positions[None])
    direction = jnp.asarray(np.random.default_rng(1).normal(size=positions.shape))
    found, slopes = jax.jit(energy.raw_energies_along)(arrays, positions, direction)
    wanted, gradient = jax.jit(jax.value_and_grad(lambda r: jnp.sum(energy.raw_energies(arrays, r))))(positions)
    assert float(found[0]) == pytest.approx(float(wanted), abs=1e-10)
    assert float(slopes[0]) == pytest.approx(float(jnp.sum(gradient * direction)), abs=1e-9)


def test_what_lasts_is_all_that_later_rounds_need_to_know_of_positions(model):
    energy = MoleculeEnergy(model.lowered, instances_of(model.program, METHANOL.numbers))
    arrays = {name: jnp.asarray(value) for name, value in model.arrays.items()}
    positions, generator = jnp.asarray(METHANOL.positions[None]), np.random.default_rng(2)
    carried = Carried(*(jnp.asarray(generator.normal(size=shape)) for shape in ((1, 6, 5), (1, 6, 3, 3), (1, 6, 5))))

    @partial(jax.jit, static_argnums=1)
    def found(frames, number, lasting=None):
        evaluator = RowEvaluator(
            energy.plan, energy.value_rows, arrays, frames, carried=carried, round=number, lasting=lasting
        )
        return slot_tables(evaluator, energy.plan)[1][0], evaluator.found_lasting

    before, lasting = found(positions, 1)
    expected, _ = found(positions, 2)
    moved, _ = found(1.1 * positions, 2, lasting)
    assert any(name.startswith("sums ") for name in lasting)
    for one, other, earlier in zip(moved, expected, before, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-13)
        assert np.abs(np.asarray(earlier) - np.asarray(other)).max() > 1e-6


def test_every_parameter_has_a_gradient(model):
    energy = MoleculeEnergy(model.lowered, instances_of(model.program, METHANOL.numbers))
    positions = jnp.asarray(METHANOL.positions[None])
    gradient = jax.jit(jax.grad(lambda a: jnp.sum(energy.energies(a, positions))))(
        {name: jnp.asarray(value) for name, value in model.arrays.items()}
    )
    for name, value in gradient.items():
        if not name.startswith("constant."):
            assert np.any(np.asarray(value)), name


def test_neighbours_beyond_the_cutoff_are_left_out():
    near = with_random_constants(untrained(program(cutoff=2.0), seed=3))
    assert reach(near.program) == 2.0
    atoms = MovingAtoms(near, METHANOL.numbers, skin=0.3)
    for frame in (METHANOL.positions, METHANOL.positions * 1.03):
        energy, forces = atoms.predict(frame)
        energies, wanted = near.predict(METHANOL.numbers, frame[None])
        assert energy == pytest.approx(float(energies[0]), abs=1e-9)
        np.testing.assert_allclose(forces, wanted[0], atol=1e-8)
    assert atoms.counts.neighbours < 30


@pytest.mark.slow
def test_joined_frames_are_the_frames_alone():
    near = with_random_constants(untrained(program(cutoff=2.0), seed=3))
    lists = CircuitLists(near.lowered)
    frames = [(METHANOL.numbers, METHANOL.positions), (WATER.numbers, WATER.positions)]
    sizes = (2, 12, 60, 14, *(90,) * len(lists.plan.domains))
    batch = join_frames(lists.plan, [lists.of(*frame) for frame in frames], sizes)
    positions = jnp.asarray(joined_positions([frame[1] for frame in frames], 12))
    arrays = {name: jnp.asarray(value) for name, value in near.arrays.items()}
    found = jax.jit(lambda b, r: frame_energies(near.lowered, b, arrays, r))(batch, positions)
    direction = jnp.asarray(np.random.default_rng(1).normal(size=positions.shape))
    slopes = jax.jit(lambda b, r, d: frame_energies_along(near.lowered, b, arrays, r, d))(batch, positions, direction)[
        1
    ]
    start = 0
    for (numbers, place), energy, slope in zip(frames, found, slopes, strict=True):
        energies, forces = near.predict(numbers, place[None])
        assert float(energy) + near.reference_energy(
            np.array([near.program.species.index({1: "H", 6: "C", 8: "O"}[z]) for z in numbers.tolist()])
        ) == pytest.approx(float(energies[0]), abs=1e-9)
        along = -float(np.sum(forces[0] * np.asarray(direction[0, start : start + len(numbers)])))
        assert float(slope) == pytest.approx(along, abs=1e-8)
        start += len(numbers)


def test_an_atom_without_neighbours_has_an_energy_and_no_forces(model):
    for numbers, positions in (([8], [[0.0, 0, 0]]), ([8, 1], [[0.0, 0, 0], [0, 0, 9.0]])):
        energies, forces = model.predict(np.array(numbers), np.array([positions]))
        energy, others = MovingAtoms(model, np.array(numbers)).predict(np.array(positions))
        assert energy == pytest.approx(float(energies[0]), abs=1e-10)
        np.testing.assert_allclose(forces[0], 0.0, atol=1e-12)
        np.testing.assert_allclose(others, 0.0, atol=1e-12)


@pytest.mark.parametrize("atoms", [pytest.param(METHANOL, marks=pytest.mark.slow), METHANOL[:1]])
def test_layers_in_jax_alone_give_the_same(model, atoms):
    plain = type(model)(model.program, model.arrays, lower=lambda given: lower_jax(given, "portable"))
    assert not plain.molecule(atoms.numbers).native
    for found, expected in zip(
        plain.predict(atoms.numbers, atoms.positions[None]),
        model.predict(atoms.numbers, atoms.positions[None]),
        strict=True,
    ):
        np.testing.assert_allclose(found, expected, atol=1e-9)


def test_the_reach_is_that_of_the_farthest_sum_or_message_and_none_where_a_sum_has_no_end():
    assert reach(program(cutoff=3.0)) == 3.0
    text = program(cutoff=3.0, rounds=1).text
    assert reach(parse_program(text.replace("unit(r(c, j))", "r(c, j)"))) == 3.0
    endless = "rotate q0, sum(j, unit(r(c, j)))\nrotate q0, "
    assert reach(parse_program(text.replace("rotate q0, ", endless, 1))) is None
    assert lists_pay(program(cutoff=1.2), [METHANOL.positions[None]])
    assert not lists_pay(program(cutoff=9.0), [METHANOL.positions[None]])
