"""The JAX kernel: second derivatives, special angles, depth, batches."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.extend.core import jaxprs_in_params

from qffc.ir.diagnostics import QffcError
from qffc.ir.evaluate import Instance
from qffc.ir.reference import moments as reference_moments
from qffc.library import load
from qffc.passes.lower_jax.program import lower_jax


@pytest.mark.parametrize("seed", range(2))
def test_second_derivatives_of_random_programs(example, seed):
    case = example(seed, qubits=3 + seed % 3)
    lowered = lower_jax(case.program)
    generator = np.random.default_rng(seed)
    slots = jnp.asarray(generator.normal(size=(3, lowered.split.slot_count)))
    weights = jnp.asarray(generator.normal(size=(3, len(case.program.observables))))
    u, v = (jnp.asarray(generator.normal(size=slots.shape)) for _ in range(2))

    @jax.jit
    def energy(s):
        # Not linear in the moments, so that the cotangent depends on the slots as well.
        return jnp.sum(weights * jnp.sin(lowered.moments(s)))

    gradient = jax.jit(jax.grad(energy))
    product = jax.jit(jax.grad(lambda s: jnp.sum(u * jax.grad(energy)(s))))(slots)
    step = 1e-5
    central = (gradient(slots + step * v) - gradient(slots - step * v)) / (2 * step)
    np.testing.assert_allclose(jnp.sum(product * v), jnp.sum(central * u), rtol=1e-6, atol=1e-7)
    slope = (energy(slots + step * v) - energy(slots - step * v)) / (2 * step)
    np.testing.assert_allclose(jnp.sum(gradient(slots) * v), slope, rtol=1e-6, atol=1e-7)


def test_small_rotations_keep_two_derivatives():
    lowered = lower_jax(load("water-demo", depth=1, breaking=False))
    generator = np.random.default_rng(3)
    start = generator.normal(size=(1, lowered.split.slot_count))
    along = jnp.asarray(generator.normal(size=start.shape))
    moments = jax.jit(lowered.moments)
    gradient = jax.jit(jax.grad(lambda s: jnp.sum(lowered.moments(s))))
    product = jax.jit(jax.grad(lambda s: jnp.sum(jax.grad(lambda t: jnp.sum(lowered.moments(t)))(s) * along)))
    # The formula of a rotation changes at a length of 0.01: both sides, the seam, and zero.
    for scale in (0.0, 1e-9, 5e-3, 1.1e-2, 2.0):
        slots = start.copy()
        slots[:, len(lowered.split.scalars) :] *= scale
        step = 1e-6
        central = (gradient(slots + step * along) - gradient(slots - step * along)) / (2 * step)
        np.testing.assert_allclose(product(slots), central, atol=2e-8)
        slope = jnp.sum(moments(slots + step * along) - moments(slots - step * along)) / (2 * step)
        np.testing.assert_allclose(jnp.sum(gradient(slots) * along), slope, atol=2e-8)


@pytest.mark.parametrize("name", ["water-demo", "sivqlm-lih", "sivqlm-h2o"])
def test_every_parameter_has_a_gradient(name):
    program = load(name, depth=2)
    lowered = lower_jax(program)
    generator = np.random.default_rng(0)
    parameters = {p.name: jnp.asarray(generator.normal(size=program.shape(p))) for p in program.parameters}
    positions = jnp.asarray(generator.normal(size=(len(program.sites), 3)))
    species = jnp.asarray([program.species.index(str(site.species)) for site in program.sites])

    def energy(p):
        m = lowered.moments(lowered.angles(p, positions, species)[None])[0]
        return lowered.readout(m, p, positions, species)

    gradients = jax.jit(jax.grad(energy))(parameters)
    dead = {
        f"{key}{list(map(int, entry))}"
        for key, gradient in gradients.items()
        for entry in np.argwhere(np.abs(np.asarray(gradient)) < 1e-12)
    }
    # The demonstration measures qubits 0 and 1 only: its last rotations on 2 and 3 are not seen.
    unseen = {"alpha[2, 2]", "alpha[3, 2]", "epsilon[1, 2]", "epsilon[1, 3]"}
    assert dead == (unseen if name == "water-demo" else set())


def count(jaxpr):
    return sum(1 + sum(count(inner) for inner in jaxprs_in_params(e.params)) for e in jaxpr.eqns)


@pytest.mark.parametrize("kernel", ["auto", "portable"])
def test_the_trace_of_a_kernel_does_not_grow_with_depth(kernel):
    def size(depth):
        lowered = lower_jax(load("water-demo", depth=depth), kernel)
        slots = jnp.zeros((2, lowered.split.slot_count))
        return count(jax.make_jaxpr(jax.grad(lambda s: jnp.sum(lowered.moments(s))))(slots).jaxpr)

    assert size(40) == size(4)


def test_the_trace_of_angles_does_not_grow_with_depth():
    def size(depth):
        program = load("ring", qubits=4, depth=depth)
        lowered = lower_jax(program)
        parameters = {p.name: jnp.ones(program.shape(p)) for p in program.parameters}
        sites = jnp.ones((5, 3)), jnp.zeros(5, jnp.int32)
        return count(jax.make_jaxpr(lambda p: lowered.angles(p, *sites))(parameters).jaxpr)

    assert size(40) == size(4)


def test_a_batch_is_its_circuits_one_by_one():
    program = load("water-demo", depth=2)
    lowered = lower_jax(program)
    moments = jax.jit(lowered.moments)
    slots = jnp.asarray(np.random.default_rng(1).normal(size=(5, lowered.split.slot_count)))
    np.testing.assert_allclose(moments(slots), [moments(row[None])[0] for row in slots], atol=1e-14)


def test_channels_and_species_pick_their_own_entries():
    program = load("pair", channels=2, depth=1)
    lowered = lower_jax(program)
    angles, moments, generator = jax.jit(lowered.angles), jax.jit(lowered.moments), np.random.default_rng(2)
    parameters = {p.name: generator.normal(size=program.shape(p)) for p in program.parameters}
    positions = generator.normal(size=(3, 3))
    for species in ((0, 1, 1), (1, 0, 1)):
        for channel in range(2):
            instance = Instance(positions, np.array(species), parameters, channel)
            slots = angles(parameters, jnp.asarray(positions), jnp.asarray(species), channel)
            np.testing.assert_allclose(moments(slots[None])[0], reference_moments(program, instance), atol=1e-12)


def test_jit_sums_large_batches_right():
    # One release of JAX reduced a rotated batch of more than 16,384 rows wrongly under jit.
    matrix = jnp.asarray(np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0])
    rows = jnp.ones((16_385, 3)) * jnp.arange(16_385.0)[:, None]

    def total(r):
        return jnp.sum(jax.vmap(lambda x: jnp.sum((matrix @ x) ** 2))(r))

    np.testing.assert_allclose(jax.jit(total)(rows), total(rows), rtol=1e-12)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"positions": np.zeros((2, 3))}, r"positions of another shape\n  found:    \(2, 3\)(.|\n)*\(3, 3\)"),
        ({"species": np.zeros(2, int)}, r"species of another shape(.|\n)*\(3,\)"),
        ({"moments": np.zeros(5)}, r"moments of another shape\n  found:    \(5,\)"),
        ({"parameters": {"J": np.zeros(7)}}, r"parameter 'J' of another shape\n  found:    \(7,\)"),
    ],
    ids=str,
)
def test_arrays_of_another_shape_are_refused(change, wanted):
    lowered = lower_jax(load("sivqlm-h2o", depth=1))
    program = lowered.program
    given = {
        "parameters": {each.name: np.zeros(program.shape(each)) for each in program.parameters},
        "positions": np.arange(9.0).reshape(3, 3),
        "species": np.zeros(3, int),
        "moments": np.zeros(len(program.observables)),
    } | {name: value for name, value in change.items() if name != "parameters"}
    given["parameters"] |= change.get("parameters", {})
    with pytest.raises(QffcError, match=wanted):
        lowered.readout(**given)
    if "moments" not in change:
        del given["moments"]
        with pytest.raises(QffcError, match=wanted):
            lowered.angles(**given)
