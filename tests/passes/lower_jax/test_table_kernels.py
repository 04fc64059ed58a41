"""The native kernel on tables against the same slots written out: values, and first and second derivatives."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from dense_programs import dense_program
from table_cases import table_case

from qffc.library import load
from qffc.passes.circuit.split_program import split_program
from qffc.passes.lower_jax.kernel import KernelFunctions, make_kernel
from qffc.passes.lower_jax.native import NativeTableKernel
from qffc.passes.lower_jax.native_calls import INSTRUCTIONS_VARIABLE
from qffc.passes.native_library import native_state

BUILT = native_state()
SETS = ("portable", "avx2", "avx512")
INSTRUCTIONS = SETS[: 1 + SETS.index(BUILT.reason)] if BUILT.available else ()
SHAPES = [(3, 7, 2), (1, 40, 3), (5, 1, 1), (2, 1, 9), (1, 1, 1)]

pytestmark = pytest.mark.skipif(not BUILT.available, reason=f"no native kernel: {BUILT.reason}")


def functions_of(case):
    """Of tables read by the kernel, and of slots written out for it."""
    native = make_kernel(case.split, "native")
    written_out = KernelFunctions("native", native.moments, native.moments_along)
    return [each.on_tables(case.tables, case.shape) for each in (native, written_out)]


def results(functions, case):
    """Moments, gradient, and its derivative in both ways: through two reverse passes, and along a direction."""
    values, rows = case.inputs

    def moments(tables):
        return functions.moments((tables, rows))

    def gradient(tables, weights):
        return jax.grad(lambda t: jnp.sum(weights * moments(t)))(tables)

    def curved(tables, weights):
        slopes = gradient(tables, weights)
        return sum(jnp.sum(a * b) for a, b in zip(slopes, case.along, strict=True)) + jnp.sum(jnp.sin(moments(tables)))

    def directional(tables, along):
        value, derivative = functions.moments_along((tables, rows), (along, None))
        return jnp.sum(case.weights * derivative) + jnp.sum(case.weights_along * value)

    return (
        moments(values),
        gradient(values, case.weights),
        jax.grad(curved, (0, 1))(values, case.weights),
        functions.moments_along(case.inputs, (case.along, None)),
        jax.grad(directional, (0, 1))(values, case.along),
    )


def check(case, tolerance):
    ours, expected = (jax.jit(lambda f=each: results(f, case))() for each in functions_of(case))
    for one, other in zip(jax.tree.leaves(ours), jax.tree.leaves(expected), strict=True):
        scale = max(1.0, float(jnp.max(jnp.abs(other))))
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance * scale)


# The best instruction set on every shape, those below it on the first two.
@pytest.mark.parametrize(
    ("seed", "instructions"), [(seed, each) for seed in range(5) for each in INSTRUCTIONS[-1 if seed > 1 else 0 :]]
)
def test_tables_are_slots_written_out(example, monkeypatch, seed, instructions):
    monkeypatch.setenv(INSTRUCTIONS_VARIABLE, instructions)
    program = dense_program(seed) if seed % 2 else example(seed, qubits=3 + seed % 3).program
    check(table_case(split_program(program), SHAPES[seed], seed), 1e-12)


@pytest.mark.parametrize("far", ["the same for all", "some frames", "everywhere"])
def test_angles_beyond_series_and_reduction(far):
    """Numbers that all circuits read are prepared once for many blocks, and the way that they take with them."""
    case = table_case(split_program(dense_program(5)), (5, 40, 2), 4)
    values, rows = case.inputs
    last = len(case.tables.reads) - 1  # the read of the table of one row
    angles = [column for read, column in case.tables.scalars if read == last]
    vectors = [at[1] for at, length in case.tables.vectors if at[0] == last and length is None]
    assert angles, "no exchange is the same for all circuits"
    assert vectors, "no rotation is the same for all circuits"
    columns = jnp.array([*angles, *(start + k for start in vectors for k in range(3))])
    some = jnp.where(jnp.arange(5) < 2, 1e6, 1.0)[:, None, None, None]
    own = [table * 0.2 for table in values[:-1]]  # near
    if far != "the same for all":
        own[:2] = [table * some for table in own[:2]]
    values = (*own, values[-1].at[..., columns].multiply(1.0 if far == "some frames" else 1e6))
    check(replace(case, inputs=(values, rows)), 1e-9)


def test_tables_in_single_precision():
    check(table_case(split_program(load("pair", depth=2)), (2, 30, 4), 1, np.float32), 3e-5)


def test_results_do_not_depend_on_the_number_of_calls_or_on_what_ran_before():
    case = table_case(split_program(load("pair", depth=1)), (2, 300, 4), 2, np.float32)
    kernel = NativeTableKernel(case.split, case.tables, case.shape)
    first, *others = (kernel.gradient(case.inputs, case.weights)[0] for _ in range(4))
    for other in others:
        for one, again in zip(first, other, strict=True):
            np.testing.assert_array_equal(one, again)


def test_no_circuits_give_gradients_of_zero():
    case = table_case(split_program(load("pair", depth=1)), (2, 0, 4), 0)
    gradient, _ = NativeTableKernel(case.split, case.tables, case.shape).gradient(case.inputs, case.weights)
    for slope, table in zip(gradient, case.inputs[0], strict=True):
        np.testing.assert_array_equal(slope, np.zeros(table.shape))


def test_a_table_of_another_size_is_refused():
    case = table_case(split_program(load("pair", depth=1)), (2, 5, 4), 0)
    kernel = NativeTableKernel(case.split, case.tables, (3, 5, 4))
    with pytest.raises(jax.errors.JaxRuntimeError, match="do not fit"):
        jax.block_until_ready(kernel.moments(case.inputs))
