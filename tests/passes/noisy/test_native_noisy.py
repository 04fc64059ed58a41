"""The native noisy kernel against the one in JAX, which the other tests hold against matrices."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.passes.circuit.split_program import split_program
from qffc.passes.lower_jax.double_precision import double_precision
from qffc.passes.lower_jax.kernel import KERNEL_VARIABLE
from qffc.passes.lower_jax.native_calls import INSTRUCTIONS_VARIABLE
from qffc.passes.native_library import native_state
from qffc.passes.noisy.make import noisy_functions, noisy_kernel
from qffc.passes.noisy.native import NativeNoisyKernel
from qffc.passes.target_noise import NoiseModel
from qffc.targets.catalogue import target

LOUD = target("H2-1LE").with_noise(
    NoiseModel(0.01, 0.02, 0.01, preparation=0.04, measurement_0=0.03, measurement_1=0.05)
)

pytestmark = pytest.mark.skipif(not native_state().available, reason="the native library was not built")


@pytest.fixture(autouse=True)
def _double():
    with double_precision():
        yield


def kernel_of(name, **choices):
    return noisy_kernel(split_program(load(name, **choices)), LOUD)


def numbers(kernel, circuits, kind=np.float64):
    """Slots and a direction, weights and theirs."""
    random = np.random.default_rng(4)
    sizes = 2 * [kernel.split.slot_count] + 2 * [len(kernel.plan.terms)]
    return [jnp.asarray(random.normal(size=(circuits, size)), kind) for size in sizes]


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        pytest.param("initial", {}, marks=pytest.mark.slow),  # a pair that an exchange prepares
        # Axes that follow the longest rotation.
        pytest.param("sivqlm-h2o", {"depth": 1}, marks=pytest.mark.slow),
        pytest.param("gathered", {"depth": 1}, marks=pytest.mark.slow),
    ],
)
def test_moments_are_those_of_the_kernel_in_jax(name, choices):
    kernel = kernel_of(name, **choices)
    slots = numbers(kernel, 3)[0]
    np.testing.assert_allclose(NativeNoisyKernel(kernel).moments(slots), kernel.moments(slots), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("name", "choices"), [("initial", {}), ("water-demo", {"depth": 1})])
def test_gradients_are_those_of_the_kernel_in_jax(name, choices):
    kernel = kernel_of(name, **choices)
    x, _, w, _ = numbers(kernel, 2)

    def gradient(moments):
        return jax.jit(jax.grad(lambda y: jnp.sum(w * moments(y))))(x)

    here, there = gradient(noisy_functions(kernel, "native").moments), gradient(kernel.moments)
    np.testing.assert_allclose(here, there, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("pair", {"depth": 2}),
        ("sivqlm-h2o", {"depth": 2}),
        ("gathered", {}),
        ("sivqlm-lih", {"depth": 2}),
        ("water-demo", {"depth": 2}),
    ],
)
def test_derivatives_are_slopes(name, choices):
    native = NativeNoisyKernel(kernel := kernel_of(name, **choices))
    x, v, w, u = numbers(kernel, 3)
    moments, along = native.moments_along(x, v)
    gradient, gradient_along, again = native.gradient_along(x, w, v, u)
    np.testing.assert_allclose(native.gradient(x, w), gradient, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(again, along)
    np.testing.assert_allclose(native.moments(x), moments, rtol=0, atol=1e-14)
    step = 1e-5

    def slope(function):
        return (function(1) - function(-1)) / (2 * step)

    np.testing.assert_allclose(along, slope(lambda s: native.moments(x + s * step * v)), rtol=0, atol=1e-7)
    np.testing.assert_allclose(jnp.sum(gradient * v, axis=1), jnp.sum(w * along, axis=1), rtol=0, atol=1e-11)
    turned = slope(lambda s: native.gradient(x + s * step * v, w + s * step * u))
    np.testing.assert_allclose(gradient_along, turned, rtol=0, atol=1e-6)


def test_turns_by_nothing_and_by_a_lot_have_derivatives():
    native = NativeNoisyKernel(kernel := kernel_of("pair", depth=1))
    x, v, w, u = numbers(kernel, 3)
    x = x * jnp.asarray([[0.0], [1e-6], [9.0]])  # axes along which nothing turns are z in every form
    found = native.gradient_along(x, w, v, u)
    assert all(bool(jnp.all(jnp.isfinite(each))) for each in found)
    step = 1e-5
    slope = (native.moments(x[2:] + step * v[2:]) - native.moments(x[2:] - step * v[2:])) / (2 * step)
    np.testing.assert_allclose(found[2][2:], slope, rtol=0, atol=1e-6)


def test_single_precision_is_double_precision_rounded():
    native = NativeNoisyKernel(kernel := kernel_of("pair", depth=2))
    x, v, w, u = numbers(kernel, 5)
    narrow = native.gradient_along(*(each.astype(np.float32) for each in (x, w, v, u)))
    for here, there in zip(narrow, native.gradient_along(x, w, v, u), strict=True):
        assert here.dtype == np.float32
        np.testing.assert_allclose(here, there, rtol=0, atol=2e-4 * float(jnp.abs(there).max()))


@pytest.mark.parametrize("instructions", ["portable", "avx2", "avx512"])
def test_circuits_are_alike_however_many_there_are(instructions, monkeypatch):
    kernel = kernel_of("pair", depth=1)
    x, v, w, u = numbers(kernel, 19)
    monkeypatch.setenv(INSTRUCTIONS_VARIABLE, instructions)
    native = NativeNoisyKernel(kernel)
    try:
        together = native.gradient_along(x, w, v, u)
    except jax.errors.JaxRuntimeError:
        pytest.skip(f"no {instructions} on this machine")
    for start, stop in ((0, 0), (0, 1), (3, 19)):
        part = native.gradient_along(x[start:stop], w[start:stop], v[start:stop], u[start:stop])
        for here, there in zip(part, together, strict=True):
            np.testing.assert_array_equal(here, there[start:stop])
    np.testing.assert_array_equal(native.moments(x[3:]), native.moments(x)[3:])


def test_derivatives_of_jax_are_those_of_the_kernel():
    functions = noisy_functions(kernel := kernel_of("initial"), "native")
    native = NativeNoisyKernel(kernel)
    x, v, w, u = numbers(kernel, 2)

    def gradient(y, z):
        return jax.grad(lambda a: jnp.sum(z * functions.moments(a)))(y)

    found = (*jax.jvp(gradient, (x, w), (v, u)), functions.moments_along(x, v)[1])
    for here, there in zip(found, native.gradient_along(x, w, v, u), strict=True):
        np.testing.assert_allclose(here, there, rtol=0, atol=1e-12)


def test_a_mapped_axis_is_more_circuits():
    functions = noisy_functions(kernel := kernel_of("initial"), "native")
    slots = numbers(kernel, 6)[0]
    mapped = jax.vmap(functions.moments)(slots.reshape(2, 3, -1))
    np.testing.assert_array_equal(mapped.reshape(6, -1), functions.moments(slots))


def test_which_kernel_computes_is_chosen_as_for_exact_circuits(monkeypatch):
    kernel = kernel_of("initial")
    slots = numbers(kernel, 1)[0]
    assert "qffc_noisy" in jax.jit(noisy_functions(kernel).moments).lower(slots).as_text()
    monkeypatch.setenv(KERNEL_VARIABLE, "portable")
    assert "qffc_noisy" not in jax.jit(noisy_functions(kernel).moments).lower(slots).as_text()
    with pytest.raises(QffcError, match="unknown kernel"):
        noisy_functions(kernel, "fast")


def test_slots_of_another_shape_are_refused():
    functions = noisy_functions(kernel_of("initial"), "native")
    with pytest.raises(QffcError, match="slots of another shape"):
        functions.moments(jnp.zeros((2, 1)))
