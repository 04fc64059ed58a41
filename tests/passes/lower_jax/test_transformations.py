"""Kernels under all transformations of JAX, against plain operations of JAX under the same."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from table_cases import table_case

from qffc.passes.circuit.split_program import split_program
from qffc.passes.lower_jax.kernel_derivatives import differentiable
from qffc.passes.lower_jax.native import NativeKernel, NativeTableKernel
from qffc.passes.lower_jax.portable import PortableKernel
from qffc.passes.native_library import native_state

needs_native = pytest.mark.skipif(not native_state().available, reason="no native kernel")
SHAPE = (2, 3, 2)


@pytest.fixture(
    params=[
        pytest.param("portable", marks=pytest.mark.slow),
        *(pytest.param(name, marks=needs_native) for name in ("native", "tables")),
    ]
)
def both(request, example):
    """Functions of a tree of numbers to moments: by the kernel, and by plain operations; and three such trees."""
    split = split_program(example(3, qubits=3, length=2).program)
    if request.param == "tables":
        case = table_case(split, SHAPE, seed=1)
        kernel, given = NativeTableKernel(split, case.tables, SHAPE), lambda tables: (tables, case.inputs[1])
        trees = [case.inputs[0], case.along, tuple(jnp.cos(each) for each in case.along)]
    else:
        kernel = PortableKernel(split) if request.param == "portable" else NativeKernel(split)
        given = lambda slots: slots  # noqa: E731  # of one line
        numbers = np.random.default_rng(0).normal(size=(3, 2, split.slot_count))
        trees = [jnp.asarray(each) for each in numbers]
    ours = differentiable(kernel)
    return (lambda x: ours.moments(given(x))), (lambda x: kernel.in_jax(given(x))), trees


def need_equal(transformed, functions, *given, atol=1e-11):
    ours, expected = (jax.jit(lambda *x, f=each: transformed(f, *x))(*given) for each in functions)
    for one, other in zip(jax.tree.leaves(ours), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=atol)
    assert any(np.abs(each).max() > 1e-3 for each in jax.tree.leaves(expected))


def wave(moments):
    return lambda x: jnp.sum(jnp.sin(2 * moments(x)))


def along(function, x, v):
    return jax.jvp(function, (x,), (v,))[1]


def test_first_derivatives_and_those_of_gradients(both):
    *functions, (x, v, w) = both

    def transformed(moments, x, v, w):
        f = wave(moments)
        return (
            along(f, x, v),
            jax.linearize(f, x)[1](w),
            along(jax.grad(f), x, v),
            jax.grad(lambda u: along(f, x, u))(v),
        )

    need_equal(transformed, functions, x, v, w)


@pytest.mark.slow
def test_other_second_derivatives(both):
    *functions, (x, v, w) = both

    def transformed(moments, x, v, w):
        f = wave(moments)
        return (
            along(lambda y: along(f, y, v), x, w),
            jax.grad(lambda y: along(f, y, v))(x),
            jax.vjp(jax.grad(f), x)[1](v),
        )

    need_equal(transformed, functions, x, v, w)


@pytest.mark.slow
def test_third_order(both):
    *functions, (x, v, w) = both

    def transformed(moments, x, v, w):
        f = wave(moments)
        return (
            along(lambda y: along(jax.grad(f), y, v), x, w),
            jax.grad(lambda y: along(lambda z: along(f, z, v), y, w))(x),
        )

    need_equal(transformed, functions, x, v, w)


@pytest.mark.parametrize("both", [pytest.param("native", marks=pytest.mark.slow), "tables"], indirect=True)
@needs_native
def test_mapped_axes(both):
    """Of numbers, of directions, of weights, and one within the other."""
    *functions, (x, v, w) = both
    many, ways = (jax.tree.map(lambda *each: jnp.stack(each), *trees) for trees in ((x, v, w), (v, w)))

    def transformed(moments, x, many, ways):
        f = wave(moments)
        return (
            jax.vmap(jax.value_and_grad(f))(many),
            jax.vmap(lambda u: along(jax.grad(f), x, u))(ways),
            jax.vmap(lambda y: jax.vmap(lambda u: along(f, y, u))(ways))(many),
            jax.vmap(lambda c: jax.vjp(moments, x)[1](jnp.full_like(moments(x), c)))(jnp.array([1.0, 2.0])),
        )

    need_equal(transformed, functions, x, many, ways)


@needs_native
def test_rows_that_are_mapped_too(example):
    """Other atoms at each place of the mapped axis, as where neighbours change."""
    split = split_program(example(3, qubits=3, length=2).program)
    case = table_case(split, SHAPE, seed=1)
    kernel = NativeTableKernel(split, case.tables, SHAPE)
    moments = differentiable(kernel).moments
    tables, rows = case.inputs
    many = tuple(jnp.stack([each, each[::-1]]) for each in rows)
    found = jax.vmap(lambda r: jax.grad(lambda t: jnp.sum(moments((t, r)) ** 2))(tables))(many)
    for number in range(2):
        here = tuple(each[number] for each in many)
        expected = jax.grad(lambda t, here=here: jnp.sum(moments((t, here)) ** 2))(tables)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one[number], other, atol=1e-12)
