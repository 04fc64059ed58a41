"""Both kernels, on every instruction set of this machine, against dense matrices; what they share with each other."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from dense_programs import dense_program
from kernel_jets import moment_jets
from numpy._core import _multiarray_umath

from qffc.ir.diagnostics import QffcError
from qffc.ir.observables import OBSERVABLES
from qffc.ir.ops import OPERATIONS
from qffc.library import load
from qffc.passes import native_library
from qffc.passes.circuit.split_program import split_program
from qffc.passes.lower_jax import kernel
from qffc.passes.lower_jax.kernel import KERNEL_VARIABLE, make_kernel, make_moments
from qffc.passes.lower_jax.kernel_derivatives import differentiable
from qffc.passes.lower_jax.native import NativeKernel
from qffc.passes.lower_jax.native_calls import INSTRUCTIONS_VARIABLE
from qffc.passes.lower_jax.portable import PortableKernel
from qffc.passes.lower_jax.program import lower_jax
from qffc.passes.native_library import NativeState, native_state

BUILT = native_state()
needs_native = pytest.mark.skipif(not BUILT.available, reason=f"no native kernel: {BUILT.reason}")
SETS = ("portable", "avx2", "avx512")
INSTRUCTIONS = SETS[: 1 + SETS.index(BUILT.reason)] if BUILT.available else ()
"""The best set of this machine, and those below it."""


def numbers(split, seed, rows=3):
    """Slots, two directions, weights and their direction."""
    rng = np.random.default_rng(seed)
    shapes = [(rows, split.slot_count)] * 3 + [(rows, len(split.observables))] * 2
    return [rng.normal(size=shape) for shape in shapes]


def program_of(seed, example):
    return dense_program(seed) if seed % 3 == 0 else example(seed, qubits=3 + seed % 3).program


@cache
def dense_jets(split, seed, rows):
    """What kernels are compared with; each set of instructions gets the same."""
    slots, u, v, weights, turned = numbers(split, seed, rows)
    slots[0] *= 0.0  # no rotation at all
    slots[-1] *= 1e-5
    jets = [moment_jets(split, *row) for row in zip(slots, u, v, strict=True)]
    return (slots, u, v, weights, turned), tuple(np.array(part) for part in zip(*jets, strict=True))


def check_against_dense(kernel, split, seed, rows=3):
    (slots, u, v, weights, turned), (value, by_u, by_v, mixed) = dense_jets(split, seed, rows)
    moments, along = jax.jit(kernel.moments_along)(slots, u)
    gradient, gradient_along, moments_along = jax.jit(kernel.gradient_along)(slots, weights, v, turned)
    exact = {"rtol": 0, "atol": 1e-10}
    np.testing.assert_allclose(jax.jit(kernel.moments)(slots), value, **exact)
    np.testing.assert_allclose(moments, value, **exact)
    np.testing.assert_allclose(along, by_u, **exact)
    np.testing.assert_allclose(moments_along, by_v, **exact)
    np.testing.assert_allclose(np.sum(gradient * u, axis=1), np.sum(weights * by_u, axis=1), **exact)
    np.testing.assert_allclose(jax.jit(kernel.gradient)(slots, weights), gradient, **exact)
    second = np.sum(weights * mixed + turned * by_u, axis=1)
    np.testing.assert_allclose(np.sum(gradient_along * u, axis=1), second, **exact)


@needs_native
@pytest.mark.parametrize("instructions", INSTRUCTIONS)
@pytest.mark.parametrize("seed", range(12))
def test_native_kernel_against_dense_matrices(example, monkeypatch, instructions, seed):
    monkeypatch.setenv(INSTRUCTIONS_VARIABLE, instructions)
    split = split_program(program_of(seed, example))
    check_against_dense(NativeKernel(split, tile_qubits=2 + seed % 4), split, seed, rows=1 + 3 * (seed % 4))


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
def test_portable_kernel_against_dense_matrices(example, seed):
    split = split_program(example(seed, qubits=3 + seed % 2).program)
    check_against_dense(PortableKernel(split), split, seed)


def test_every_operation_and_observable_is_among_the_programs(example):
    programs = [program_of(seed, example) for seed in range(12)]
    assert {type(op) for program in programs for op in program.ops} == set(OPERATIONS)
    assert {type(each) for program in programs for _, each in program.observables} == set(OBSERVABLES)


@needs_native
@pytest.mark.parametrize("name", ["ring", "pair"])
def test_single_precision_is_the_double_one_rounded(name):
    split = split_program(load(name, depth=3))
    slots, u, _, weights, turned = numbers(split, seed=5, rows=20)
    single = [x.astype(np.float32) for x in (slots, weights, u, turned)]
    double = [jnp.asarray(x) for x in (slots, weights, u, turned)]
    kernel = NativeKernel(split)
    for rounded, exact in zip(kernel.gradient_along(*single), kernel.gradient_along(*double), strict=True):
        assert rounded.dtype == jnp.float32
        scale = float(np.max(np.abs(exact)))
        np.testing.assert_allclose(rounded, exact, rtol=0, atol=3e-6 * scale)


@needs_native
@pytest.mark.parametrize("size", [1e3, 1e5, 1e7])
def test_large_angles_keep_their_digits(size):
    split = split_program(load("water-demo", depth=1))
    slots = size * numbers(split, seed=1)[0]
    value = NativeKernel(split).moments(jnp.asarray(slots))
    expected = [moment_jets(split, row, 0 * row, 0 * row)[0] for row in slots]
    np.testing.assert_allclose(value, expected, atol=1e-14 * max(size, 1e3))


@needs_native
@pytest.mark.parametrize("qubits", [8, 10, 12])
def test_tiles_do_not_change_what_is_computed(qubits):
    split = split_program(load("ring", qubits=qubits, depth=2))
    slots, u, _, weights, turned = (jnp.asarray(x) for x in numbers(split, seed=qubits, rows=2))
    whole = NativeKernel(split, tile_qubits=qubits).gradient_along(slots, weights, u, turned)
    for width in (2, 3, 5):
        tiled = NativeKernel(split, tile_qubits=width).gradient_along(slots, weights, u, turned)
        for one, other in zip(tiled, whole, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-12)


@needs_native
def test_twenty_qubits():
    """Only the first four meet each other, so that four qubits know the answer."""
    small, large = (split_program(load("ring", qubits=q, depth=1)) for q in (4, 20))
    slots = numbers(large, seed=2, rows=1)[0]
    scalars = len(large.scalars)
    slots[:, 3:scalars] = 0.0  # no exchange beyond qubits 0 to 3
    few = np.zeros((1, small.slot_count))
    few[:, :3], few[:, len(small.scalars) :] = slots[:, :3], slots[:, scalars : scalars + 12]
    ours, expected = (NativeKernel(s).moments(jnp.asarray(x)) for s, x in ((large, slots), (small, few)))
    np.testing.assert_allclose(ours[:, :3], expected[:, :3], atol=1e-13)


@needs_native
@pytest.mark.parametrize("rows", [0, 1, 7, 8, 9, 33])
def test_any_number_of_circuits(rows):
    split = split_program(load("pair", depth=1))
    slots, _, _, weights, _ = (jnp.asarray(x) for x in numbers(split, seed=0, rows=rows))
    kernel = NativeKernel(split)
    together = jax.jit(kernel.gradient)(slots, weights)
    alone = [kernel.gradient(slots[k : k + 1], weights[k : k + 1])[0] for k in range(rows)]
    np.testing.assert_array_equal(together, np.array(alone).reshape(together.shape))


@needs_native
def test_a_batch_of_batches():
    split = split_program(load("pair", depth=1))
    slots = jnp.asarray(numbers(split, seed=0, rows=12)[0])
    moments = make_moments(split, "native")
    nested = jax.vmap(moments)(slots.reshape(3, 4, -1))
    np.testing.assert_array_equal(nested.reshape(12, -1), moments(slots))
    by_row = jax.vmap(jax.grad(lambda row: jnp.sum(moments(row[None]))))(slots)
    np.testing.assert_array_equal(by_row, jax.grad(lambda s: jnp.sum(moments(s)))(slots))


@needs_native
def test_one_bad_circuit_spoils_no_other():
    split = split_program(load("pair", depth=1))
    slots = numbers(split, seed=0, rows=9)[0]
    spoiled = slots.copy()
    spoiled[4, 3] = np.nan
    kernel = NativeKernel(split)
    with jax.debug_nans(False):
        ours, bad = (np.asarray(kernel.moments(jnp.asarray(each))) for each in (slots, spoiled))
    assert np.isnan(bad[4]).any()
    np.testing.assert_array_equal(np.delete(bad, 4, axis=0), np.delete(ours, 4, axis=0))


@pytest.mark.parametrize("kernel", [PortableKernel, pytest.param(NativeKernel, marks=needs_native)])
def test_a_directional_derivative_replaces_the_second_reverse_pass(kernel):
    """The gradient of u . gradient(energy) in the slots: by two reverse passes, and by the derivative along u."""
    split = split_program(load("sivqlm-lih", depth=1))
    functions = differentiable(kernel(split))
    slots, u, _, weights, more = (jnp.asarray(x) for x in numbers(split, seed=4))

    def nested(s):
        gradient = jax.grad(lambda t: jnp.sum(weights * functions.moments(t)))(s)
        return jnp.sum(u * gradient) + jnp.sum(more * functions.moments(s))

    def directional(s):
        moments, along = functions.moments_along(s, u)
        return jnp.sum(weights * along) + jnp.sum(more * moments)

    (value, ours), (expected, reverse) = (jax.jit(jax.value_and_grad(f))(slots) for f in (directional, nested))
    np.testing.assert_allclose(value, expected, atol=1e-12)
    np.testing.assert_allclose(ours, reverse, atol=1e-12)


@needs_native
@pytest.mark.parametrize("name", ["native", "portable"])
def test_programs_without_gates_or_slots(name, example):
    program = example(0, qubits=4, length=0).program
    functions = make_kernel(split_program(program), name)
    slots = jnp.zeros((3, 0))
    np.testing.assert_allclose(functions.moments(slots)[:, 0], 3 * [functions.moments(slots)[0, 0]])
    assert jax.grad(lambda s: jnp.sum(functions.moments(s)))(slots).shape == (3, 0)


def test_the_kernel_is_chosen_by_argument_and_environment(monkeypatch):
    program = load("sivqlm-lih", depth=1)
    assert lower_jax(program, "portable").kernel.name == "portable"
    monkeypatch.setenv(KERNEL_VARIABLE, "portable")
    assert lower_jax(program).kernel.name == "portable"
    monkeypatch.delenv(KERNEL_VARIABLE)
    assert lower_jax(program).kernel.name == ("native" if BUILT.available else "portable")


def test_a_kernel_that_is_not_there_is_refused(monkeypatch):
    split = split_program(load("sivqlm-lih", depth=1))
    monkeypatch.setattr(kernel, "native_state", lambda: NativeState(None, "it was not built"))
    assert make_kernel(split).name == "portable"
    with pytest.raises(QffcError, match="no native kernel"):
        make_kernel(split, "native")
    monkeypatch.setenv(KERNEL_VARIABLE, "fast")
    with pytest.raises(QffcError, match="QFFC_KERNEL"):
        make_kernel(split)


@pytest.mark.parametrize("name", [pytest.param("native", marks=needs_native), "portable"])
@pytest.mark.parametrize(
    "slots",
    [np.zeros((2, 131)), np.zeros((2, 133)), np.zeros(132), np.zeros((2, 2, 132)), np.zeros((2, 132), np.int32)],
    ids=lambda slots: f"{slots.shape} {slots.dtype}",
)
def test_slots_of_another_shape_are_refused(name, slots):
    """JAX takes the last entry of an array where an index is beyond it."""
    functions = make_kernel(split_program(load("water-demo")), name)
    wanted = re.escape(f"found:    {slots.shape}, {slots.dtype}\n  expected: (batch, 132), float32 or float64")
    for function in (functions.moments, jax.jit(functions.moments), lambda s: functions.moments_along(s, s)):
        with pytest.raises(QffcError, match=wanted):
            function(jnp.asarray(slots))
    right = jnp.zeros((2, 132))
    with pytest.raises(QffcError, match="slots of another shape"):
        functions.moments_along(right, right[:1])


@pytest.mark.parametrize("name", ["auto", "portable"])
def test_more_qubits_than_states_are_held_for_are_refused_when_simulated(name):
    lowered = lower_jax(load("ring", qubits=kernel.MOST_QUBITS + 2, depth=1), name)
    assert lowered.split.qubit_count == 28
    with pytest.raises(QffcError, match=r"too many qubits to simulate(.|\n)*28 qubits in 'ring'"):
        lowered.moments(np.zeros((1, lowered.split.slot_count)))


@pytest.mark.parametrize("name", ["auto", "portable"])
def test_fewer_qubits_are_simulated_where_memory_is_small(name, monkeypatch):
    monkeypatch.setattr(kernel, "_memory", lambda: 2**10 * 256)
    assert kernel.most_qubits() == 10
    lowered = lower_jax(load("ring", qubits=12, depth=1), name)
    with pytest.raises(QffcError, match=r"12 qubits in 'ring'\s*expected: at most 10 on this machine"):
        lowered.moments(np.zeros((1, lowered.split.slot_count)))
    smaller = lower_jax(load("ring", qubits=10, depth=1), name)
    assert smaller.moments(np.zeros((1, smaller.split.slot_count))).shape == (1, len(smaller.split.observables))


@pytest.mark.parametrize("qubits", [32, 34, 64, 66])
def test_masks_beyond_the_integers_of_the_native_kernel_are_never_made(qubits, monkeypatch):
    monkeypatch.setattr(kernel, "_memory", lambda: 2**200)
    lowered = lower_jax(load("ring", qubits=qubits, depth=1))
    assert lowered.kernel.name == "none"
    with pytest.raises(QffcError, match=f"{qubits} qubits in 'ring'"):
        lowered.moments(np.zeros((1, lowered.split.slot_count)))


def test_a_library_that_does_not_load_says_why(tmp_path, monkeypatch):
    library = tmp_path / "_native.so"
    library.write_text("not a library")
    monkeypatch.setattr(native_library, "LIBRARY", library)
    state = native_state.__wrapped__()
    assert not state.available
    assert "does not load" in state.reason
    library.unlink()
    assert "not built" in native_state.__wrapped__().reason


def test_a_library_of_other_sources_is_not_used(monkeypatch):
    monkeypatch.setattr(native_library, "LIBRARY", Path(_multiarray_umath.__file__))
    assert native_state.__wrapped__().reason == "it was built from other sources: install qffc again"


@needs_native
def test_an_instruction_set_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setenv(INSTRUCTIONS_VARIABLE, "abacus")
    split = split_program(load("sivqlm-lih", depth=1))
    with pytest.raises(jax.errors.JaxRuntimeError, match="no such instruction set"):
        jax.block_until_ready(NativeKernel(split).moments(jnp.zeros((1, split.slot_count))))
