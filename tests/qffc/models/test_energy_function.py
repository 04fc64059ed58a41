"""The energy as a function for JAX: the same numbers on both kernels, under transformations, in other hands."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import export
from jax.sharding import PartitionSpec

from qffc.data import load_embedded
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.force_field import trainable_names, untrained
from qffc.passes.native_library import CALLS, native_state

needs_native = pytest.mark.skipif(not native_state().available, reason="no native kernel")
WATER = load_embedded("water")
FRAMES = WATER.positions[:3]


@pytest.fixture(scope="module")
def gathered():
    return untrained(load("gathered", channels=1, depth=1, rounds=2, vectors=2, hidden=(4,), basis_size=4), seed=1)


@pytest.fixture(scope="module")
def pairs():
    return untrained(load("pair", channels=1, depth=1, hidden=(4,)), seed=1)


def test_any_axes_stand_in_front(pairs):
    energy, parameters = jax.jit(pairs.energy_fn(["O", "H", "H"])), pairs.parameters()
    expected, forces = pairs.predict(WATER.numbers, FRAMES)
    np.testing.assert_allclose(energy(parameters, FRAMES), expected, atol=1e-10)
    assert energy({}, FRAMES[0]).shape == ()
    np.testing.assert_allclose(energy({}, FRAMES[None, :, None]), expected[None, :, None], atol=1e-10)
    found = -jax.jit(jax.grad(lambda r: jnp.sum(energy({}, r))))(jnp.asarray(FRAMES))
    np.testing.assert_allclose(found, forces, atol=1e-11)
    bare = jax.jit(pairs.energy_fn(WATER.numbers, reference=False))
    species = np.array([pairs.program.species.index(each) for each in "OHH"])
    np.testing.assert_allclose(bare({}, FRAMES) + pairs.reference_energy(species), expected, atol=1e-10)


def test_parameters_are_those_of_training_and_are_taken(pairs):
    energy, parameters = pairs.energy_fn(WATER.numbers), pairs.parameters()
    assert tuple(parameters) == trainable_names(pairs.program)
    name = next(iter(parameters))
    step, frame = 1e-6 * jnp.ones_like(parameters[name]), jnp.asarray(FRAMES[0])
    slope = jax.jit(jax.grad(energy))({name: parameters[name]}, frame)[name]
    energy = jax.jit(energy)
    up, down = (energy({name: parameters[name] + s * step}, frame) for s in (1, -1))
    np.testing.assert_allclose((up - down) / 2e-6, jnp.sum(slope), atol=1e-5)
    assert abs(float(jnp.sum(slope))) > 1e-3


def test_mapped_scanned_and_forward(gathered):
    energy, parameters, frames = gathered.energy_fn(WATER.numbers), gathered.parameters(), jnp.asarray(FRAMES)
    direction = frames[1] - frames[0]

    def transformed():
        bound = partial(energy, parameters)
        total, each = jax.lax.scan(lambda total, r: (total + bound(r), bound(r)), 0.0, frames)
        return total, each, jax.vmap(jax.grad(bound))(frames), jax.jvp(bound, (frames[0],), (direction,))[1]

    total, each, slopes, along = jax.jit(transformed)()
    energies, forces = gathered.predict(WATER.numbers, FRAMES)
    np.testing.assert_allclose(total, energies.sum(), atol=1e-9)
    np.testing.assert_allclose(each, energies, atol=1e-10)
    np.testing.assert_allclose(slopes, -forces, atol=1e-10)
    np.testing.assert_allclose(along, -np.sum(forces[0] * direction), atol=1e-10)


@pytest.mark.slow
@needs_native
def test_transformations_are_those_of_the_other_kernel(gathered):
    frames, parameters = jnp.asarray(FRAMES), gathered.parameters()
    direction = frames[1] - frames[0]

    def transformed(energy):
        bound = partial(energy, parameters)
        return (
            jax.hessian(bound)(frames[0]),
            jax.jvp(lambda r: jax.jvp(bound, (r,), (direction,))[1], (frames[0],), (direction,))[1],
            jax.vmap(jax.grad(energy), (None, 0))(parameters, frames[:2]),
            jax.jvp(lambda p: jax.grad(energy)(p, frames[0]), (parameters,), (parameters,))[1],
        )

    kernels = ("native", "portable")
    ours, other = (jax.jit(partial(transformed, gathered.energy_fn(WATER.numbers, kernel=k)))() for k in kernels)
    for one, two in zip(jax.tree.leaves(ours), jax.tree.leaves(other), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kernel", [pytest.param("native", marks=needs_native), "portable"])
def test_on_several_devices(pairs, kernel):
    energy = pairs.energy_fn(WATER.numbers, kernel=kernel)
    mesh = jax.make_mesh((1,), ("frames",), axis_types=(jax.sharding.AxisType.Auto,))

    def own(parameters, frames):
        energies, gradient = jax.value_and_grad(lambda r: jnp.sum(energy(parameters, r)))(frames)
        return energies[None], -gradient

    along = PartitionSpec("frames")
    shared = jax.jit(jax.shard_map(own, mesh=mesh, in_specs=(PartitionSpec(), along), out_specs=(along, along)))
    energies, forces = shared(pairs.parameters(), jnp.asarray(FRAMES))
    expected, expected_forces = pairs.predict(WATER.numbers, FRAMES)
    np.testing.assert_allclose(energies[0], expected.sum(), atol=1e-9)
    np.testing.assert_allclose(forces, expected_forces, atol=1e-10)


@needs_native
def test_a_native_function_is_exported_for_this_machine(pairs):
    energy = pairs.energy_fn(WATER.numbers, kernel="native")
    allowed = [export.DisabledSafetyCheck.custom_call(name) for name in CALLS]
    frame = jnp.asarray(FRAMES[0])
    made = export.export(jax.jit(partial(energy, {})), disabled_checks=allowed)(frame)
    found = export.deserialize(made.serialize()).call(frame)
    np.testing.assert_allclose(found, energy({}, frame), atol=1e-12)


def test_single_precision_of_a_user_who_has_no_other(pairs):
    with jax.enable_x64(False):
        energy = pairs.energy_fn(WATER.numbers, reference=False)
        found = jax.jit(energy)(pairs.parameters(), jnp.asarray(FRAMES))
    assert found.dtype == jnp.float32
    np.testing.assert_allclose(found, pairs.energy_fn(WATER.numbers, reference=False)({}, FRAMES), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("parameters", "positions", "match"),
    [
        ({}, FRAMES[0][:2], "positions of another molecule"),
        ({}, np.zeros((3, 3), int), "positions of another molecule"),
        ({"weights": np.zeros(2)}, FRAMES[0], "parameters that do not fit"),
        ({"J": np.zeros(2)}, FRAMES[0], "parameters that do not fit"),
    ],
)
def test_other_shapes_and_names_are_refused(pairs, parameters, positions, match):
    with pytest.raises(QffcError, match=match):
        pairs.energy_fn(WATER.numbers)(parameters, positions)
