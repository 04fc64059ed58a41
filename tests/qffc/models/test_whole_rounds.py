"""Rounds as one native function against the functions of JAX that say what is meant, and which programs have one."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ase.build import molecule
from crystals import slab
from drawn_limits import with_limits

from qffc.library import load
from qffc.models.circuits.instances import circuits_of_neighbours, fill_instances, instances_of, species_of
from qffc.models.energy import MoleculeEnergy
from qffc.models.force_field import ForceField, untrained
from qffc.models.force_gradient import with_forces
from qffc.models.molecule_circuits import ATOM_ENERGY, ENERGY_SCALE
from qffc.models.moving_atoms import MovingAtoms
from qffc.models.whole_rounds import bonds_of, whole_rounds
from qffc.passes.lower_jax.double_precision import double_precision
from qffc.passes.lower_jax.native_calls import INSTRUCTIONS_VARIABLE
from qffc.passes.lower_jax.program import lower_jax
from qffc.passes.native_library import native_state

pytestmark = pytest.mark.skipif(not native_state().available, reason="no native kernel")

METHANOL = molecule("CH3OH")
SMALL = {"channels": 2, "rounds": 2, "depth": 1, "vectors": 3, "hidden": (5, 4), "basis_size": 3, "cutoff": 3.0}
SIZES = {
    "small": ({"species": ("C", "H", "O")} | SMALL, METHANOL, "silu"),
    "three rounds": (
        {"species": ("H", "O"), **SMALL, "rounds": 3, "depth": 2, "channels": 3, "hidden": (6,), "basis_size": 9},
        molecule("H2O"),
        "tanh",
    ),
}


@pytest.fixture(autouse=True)
def doubles():
    with double_precision():
        yield


def model_of(name):
    """A model in which nothing is small, and some frames of its molecule."""
    options, atoms, activation = SIZES[name]
    program = load("gathered", **options)
    program = replace(program, readout=replace(program.readout, activation=activation))
    generator = np.random.default_rng(1)
    fresh = untrained(program, seed=2).arrays
    arrays = {key: value + 0.3 * generator.random(size=value.shape) for key, value in fresh.items()}
    frames = atoms.positions + generator.normal(0.0, 0.05, size=(2, len(atoms), 3))
    return ForceField(program, arrays), atoms.numbers, frames


def arrays_of(model, dtype="float64"):
    return {name: jnp.asarray(value, dtype) for name, value in model.arrays.items()}


def by_jax(model, instances, frames):
    """Energies without references, grades, and forces."""
    energy = MoleculeEnergy(model.lowered, instances)
    arrays = arrays_of(model)
    bare = {**arrays, ATOM_ENERGY: jnp.zeros_like(arrays[ATOM_ENERGY])}

    def total(r):
        energies, grades = energy.energies_and_grades(bare, r)
        return jnp.sum(energies), (energies, grades)

    gradient, (energies, grades) = jax.jit(jax.grad(total, has_aux=True))(jnp.asarray(frames))
    return np.asarray(energies), np.asarray(grades), -np.asarray(gradient)


@pytest.fixture(scope="module")
def small():
    with double_precision():
        model, numbers, frames = model_of("small")
        model = with_limits(model)
        return model, numbers, frames, by_jax(model, instances_of(model.program, numbers), frames)


@pytest.mark.parametrize(
    ("dtype", "instructions", "tolerance"),
    [("float64", "", 1e-12), ("float64", "portable", 1e-12), ("float32", "", 1e-4)],
)
def test_energies_grades_and_forces_are_those_of_jax(small, monkeypatch, dtype, instructions, tolerance):
    model, numbers, frames, (energies, grades, forces) = small
    assert grades.min() < 1 < grades.max()
    monkeypatch.setenv(INSTRUCTIONS_VARIABLE, instructions)
    step = whole_rounds(model.lowered).step(model.arrays, instances_of(model.program, numbers), np.dtype(dtype))
    for k, frame in enumerate(frames):
        found = step(frame[None].astype(dtype))
        scale = max(1.0, np.abs(forces).max())
        own_grades, own_energies, own_forces = np.split(found, [len(numbers), 2 * len(numbers)])
        np.testing.assert_allclose(own_energies.sum(), energies[k], rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(own_grades, grades[k], rtol=tolerance)
        np.testing.assert_allclose(own_forces.reshape(-1, 3), forces[k], rtol=0, atol=tolerance * scale)


def test_a_list_that_is_filled_up_changes_nothing(small):
    model, numbers, frames, (energies, _, forces) = small
    centres, others = np.nonzero(~np.eye(len(numbers), dtype=bool))
    listed = circuits_of_neighbours(model.program, species_of(model.program, numbers), centres[::-1], others[::-1])
    filled = fill_instances(listed, len(listed), len(listed.edges) + 7)
    found = whole_rounds(model.lowered).step(model.arrays, filled, np.dtype("float64"))(frames[:1])
    np.testing.assert_allclose(found[len(numbers) : 2 * len(numbers)].sum(), energies[0], rtol=1e-12)
    np.testing.assert_allclose(
        found[2 * len(numbers) :].reshape(-1, 3), forces[0], rtol=0, atol=1e-11 * np.abs(forces).max()
    )


def test_moving_atoms_and_predictions_take_it_and_compile_nothing(small):
    model, numbers, frames, (energies, _, slopes) = small
    fresh = ForceField(model.program, model.arrays)
    expected = fresh.reference_energy(species_of(model.program, numbers)) + energies
    said, forces = fresh.predict(numbers, frames)
    np.testing.assert_allclose(said, expected, rtol=1e-12)
    np.testing.assert_allclose(forces, slopes, rtol=0, atol=1e-11 * np.abs(slopes).max())
    moving = MovingAtoms(fresh, numbers)
    energy, forces = moving.predict(frames[1])
    np.testing.assert_allclose(energy, expected[1], rtol=1e-12)
    np.testing.assert_allclose(forces, slopes[1], rtol=0, atol=1e-11 * np.abs(slopes).max())
    assert not fresh._functions


def test_frames_in_cells_are_those_of_jax():
    """A frame in a vacuum and two with images, as one large molecule and joined by JAX; in several parts."""
    model = untrained(load("gathered", species=("Al", "Cu"), **SMALL | {"cutoff": 3.2}), seed=2)
    data = slab()
    given = data.positions, data.cells, data.pbc & np.array([[False], [True], [True]])
    found = model._predict_whole(model.whole, data.numbers, *given)
    parts = [model._predict_whole(model.whole, data.numbers, *(each[k : k + 2] for each in given)) for k in (0, 2)]
    expected = model._predict_listed(data.numbers, *given)
    for one, some, other in zip(found, zip(*parts, strict=True), expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-11 * np.abs(other).max())
        np.testing.assert_allclose(np.concatenate(some), one, rtol=1e-13, atol=1e-13 * np.abs(one).max())


def test_atoms_alone_and_together():
    model, _, _ = model_of("small")
    model = with_limits(model)
    numbers, far = np.array([8, 1]), np.array([[[0.0, 0, 0], [50.0, 0, 0]]])
    step = whole_rounds(model.lowered).step(model.arrays, instances_of(model.program, numbers), np.dtype("float64"))
    assert not np.any(step(far)[2:4])  # energies of free atoms, without references
    assert np.all(np.isfinite(step(0.0 * far)))


@pytest.mark.parametrize("name", ["small", pytest.param("three rounds", marks=pytest.mark.slow)])
def test_a_loss_of_energies_and_forces_has_the_gradient_of_jax(name):
    model, numbers, frames = model_of(name)
    instances = instances_of(model.program, numbers)
    energy, arrays, positions = MoleculeEnergy(model.lowered, instances), arrays_of(model), jnp.asarray(frames)
    plain = with_forces(
        lambda a, r, _: a[ENERGY_SCALE] * energy.raw_energies(a, r),
        lambda a, r, _, d: tuple(a[ENERGY_SCALE] * each for each in energy.raw_energies_along(a, r, d)),
    )
    generator = np.random.default_rng(4)
    weights = (jnp.asarray(generator.normal(size=2)), jnp.asarray(generator.normal(size=frames.shape)))

    def loss(values):
        def of(a, r):
            energies, forces = values(a, r, None)
            return jnp.sum(weights[0] * energies) + jnp.sum(weights[1] * forces) + jnp.sum(forces**2)

        return jax.jit(jax.value_and_grad(of, (0, 1)))

    whole = whole_rounds(model.lowered).raw_energies_and_forces(instances)
    value, (by_arrays, by_positions) = loss(whole)(arrays, positions)
    expected, (slopes, moved) = loss(plain)(arrays, positions)
    np.testing.assert_allclose(value, expected, rtol=1e-12)
    np.testing.assert_allclose(by_positions, moved, rtol=0, atol=1e-11 * np.abs(moved).max())
    trained = [key for key in arrays if not key.startswith("constant.")]
    assert all(np.any(slopes[key]) for key in trained)
    for key in trained:
        np.testing.assert_allclose(
            by_arrays[key], slopes[key], rtol=0, atol=1e-11 * np.abs(slopes[key]).max(), err_msg=key
        )


def test_frames_of_a_batch_are_apart():
    model, numbers, frames = model_of("three rounds")
    whole, instances = whole_rounds(model.lowered), instances_of(model.program, numbers)
    bonds = bonds_of(instances, 2)
    assert np.array_equal(bonds.receivers[len(bonds.receivers) // 2 :] - 3, instances.edges[:, 0])
    values = jax.jit(whole.raw_energies_and_forces(instances))
    arrays = arrays_of(model)
    both = values(arrays, jnp.asarray(frames), None)
    for k in range(2):
        one = values(arrays, jnp.asarray(frames[k : k + 1]), None)
        for found, expected in zip(both, one, strict=True):
            np.testing.assert_allclose(found[k], expected[0], rtol=1e-12, atol=1e-12)


def test_other_programs_have_none():
    program = load("gathered", species=("H", "O"), **SMALL)
    assert whole_rounds(lower_jax(program)) is not None
    assert whole_rounds(lower_jax(program, "portable")) is None
    assert whole_rounds(lower_jax(load("pair"))) is None
    assert whole_rounds(lower_jax(load("gathered", species=("H", "O"), **SMALL | {"rounds": 1}))) is None
    fewer = replace(program, readout=replace(program.readout, features=program.readout.features[::-1]))
    assert whole_rounds(lower_jax(fewer)) is None
