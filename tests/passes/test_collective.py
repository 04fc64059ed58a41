"""Collective exchanges of every size: kernels, shifts, states, rules of commutation and merging, the identity test."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, permutations
from random import Random

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from kernel_jets import moment_jets
from scipy.linalg import expm
from set_programs import program_of

from qffc.ir import Instance
from qffc.ir.ops import Chirality, Collective, Exchange, PauliRotation, Rotate
from qffc.ir.program import Program
from qffc.ir.reference import dense, statevector
from qffc.ir.values import Displacement, ParameterEntry, Pi
from qffc.passes.circuit.commutation import commute, turns_together
from qffc.passes.circuit.split_program import split_program
from qffc.passes.circuit.total_spin import spin_projectors
from qffc.passes.lower_jax.kernel import make_moments
from qffc.passes.lower_jax.native import NativeKernel
from qffc.passes.lower_jax.native_calls import INSTRUCTIONS_VARIABLE
from qffc.passes.lower_jax.portable import PortableKernel
from qffc.passes.measurement.kernel_states import kernel_states
from qffc.passes.native_library import native_state
from qffc.passes.parameter_shift import shift_rule
from qffc.passes.pipeline import run_pipeline
from qffc.passes.pipeline_text import parse_pipeline
from qffc.passes.simplify.normal_form import normal
from qffc.targets.catalogue import target

J, K, R = ParameterEntry("J"), ParameterEntry("K"), Displacement("A", "B")
SIZES = [2, 3, 4, 5, 6]
# An odd and an even size in every run: what is slow here is compiled for each.
FEW_SIZES = [pytest.param(size, marks=[pytest.mark.slow] * (size not in (3, 6))) for size in SIZES]
BUILT = native_state()
SETS = ("portable", "avx2", "avx512")
INSTRUCTIONS = SETS[: 1 + SETS.index(BUILT.reason)] if BUILT.available else ()


def sets_of(size: int, qubits: int = 6) -> Program:
    """All spins turned, then two overlapping sets with turns around them, on qubits in no order."""
    random = Random(size)
    names = [f"q{k}" for k in range(qubits)]
    first, second = random.sample(names, size), random.sample(names, size)
    turns = "\n".join(f"rotate {name}, {k + 1}*r(A, B)*J[3] + {k}*vector(1, 0, 0)*J[2]" for k, name in enumerate(names))
    lines = [turns, f"collective {', '.join(first)}, J[0]", f"rotate {first[0]}, r(A, B)"]
    lines += [f"collective {', '.join(second)}, 2*J[1] - 3/2*J[0] + 1/7", f"rotate {second[-1]}, vector(J[2], 1, 0)"]
    seen = "observable m = dot(q0, q1)\nobservable n = X(q2) Z(q4)\nobservable k = dot(q1, q3)*dot(q0, q5)\n"
    return program_of("\n".join(lines), qubits, f"{seen}energy moment(m) + moment(n)*moment(k)\n")


def check_kernel(kernel: object, program: Program) -> None:
    split = split_program(program)
    random = np.random.default_rng(3)
    slots, u, v = (random.normal(size=(2, split.slot_count)) for _ in range(3))
    weights, turned = (random.normal(size=(2, len(split.observables))) for _ in range(2))
    jets = [moment_jets(split, *row) for row in zip(slots, u, v, strict=True)]
    value, by_u, by_v, mixed = (np.array(part) for part in zip(*jets, strict=True))
    gradient, gradient_along, along = jax.jit(kernel.gradient_along)(slots, weights, v, turned)
    exact = {"rtol": 0, "atol": 1e-10}
    assert np.abs(by_u).max() > 0.1
    np.testing.assert_allclose(jax.jit(kernel.moments)(slots), value, **exact)
    np.testing.assert_allclose(along, by_v, **exact)
    np.testing.assert_allclose(np.sum(gradient * u, axis=1), np.sum(weights * by_u, axis=1), **exact)
    second = np.sum(weights * mixed + turned * by_u, axis=1)
    np.testing.assert_allclose(np.sum(gradient_along * u, axis=1), second, **exact)


@pytest.mark.parametrize("instructions", INSTRUCTIONS)
@pytest.mark.parametrize("size", SIZES)
def test_native_kernel(monkeypatch, size, instructions):
    monkeypatch.setenv(INSTRUCTIONS_VARIABLE, instructions)
    program = sets_of(size)
    check_kernel(NativeKernel(split_program(program)), program)


@pytest.mark.skipif(not BUILT.available, reason=f"no native kernel: {BUILT.reason}")
@pytest.mark.parametrize("size", FEW_SIZES)
def test_tiles_do_not_change_what_is_computed(size):
    split = split_program(sets_of(size, qubits=8))
    random = np.random.default_rng(4)
    slots, v = (jnp.asarray(random.normal(size=(2, split.slot_count))) for _ in range(2))
    weights, turned = (jnp.asarray(random.normal(size=(2, len(split.observables)))) for _ in range(2))
    wanted = jax.jit(PortableKernel(split).gradient_along)(slots, weights, v, turned)
    for tile in (2, 3, 5, 8):
        found = NativeKernel(split, tile_qubits=tile).gradient_along(slots, weights, v, turned)
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-11)


@pytest.mark.parametrize("size", FEW_SIZES)
def test_portable_kernel(size):
    program = sets_of(size)
    check_kernel(PortableKernel(split_program(program)), program)


@pytest.mark.slow
def test_portable_kernel_with_sets_of_all_sizes_and_a_chirality():
    lines = "\n".join(f"collective {', '.join(f'q{k}' for k in range(size))}, J[{size % 3}]" for size in SIZES)
    turns = "\n".join(f"rotate q{k}, {k + 1}*r(A, B)" for k in range(6))
    program = program_of(f"{turns}\nrotate q2, vector(J[3], 1, 0)\nchirality q0, q2, q4, J[3]\n{lines}\n{turns}")
    check_kernel(PortableKernel(split_program(program)), program)


@pytest.mark.skipif(not BUILT.available, reason=f"no native kernel: {BUILT.reason}")
@pytest.mark.parametrize("size", SIZES)
def test_single_precision_is_the_double_one_rounded(size):
    split = split_program(sets_of(size))
    random = np.random.default_rng(5)
    slots, weights = random.normal(size=(9, split.slot_count)), random.normal(size=(9, len(split.observables)))
    kernel = NativeKernel(split)
    exact = kernel.gradient(jnp.asarray(slots), jnp.asarray(weights))
    rounded = kernel.gradient(slots.astype(np.float32), weights.astype(np.float32))
    assert rounded.dtype == jnp.float32
    np.testing.assert_allclose(rounded, exact, rtol=0, atol=1e-5 * float(np.max(np.abs(exact))))


@pytest.mark.parametrize("size", FEW_SIZES)
def test_states_and_shifted_circuits(size):
    program = sets_of(size, qubits=6)
    split = split_program(program)
    slots = np.random.default_rng(size).normal(size=(2, split.slot_count))
    states = kernel_states(split, slots)
    for row, state in zip(slots, states, strict=True):
        value = moment_jets(split, row, 0 * row, 0 * row)[0]
        found = [np.vdot(state, dense(each.paulis, tuple(range(6))) @ state).real for each in split.observables]
        np.testing.assert_allclose(found, value, atol=1e-12)
    rule = shift_rule(split)
    rows = rule.slots(slots)
    moments = np.asarray(make_moments(rule.split)(jnp.asarray(rows.reshape(-1, rows.shape[-1]))))
    jacobian = rule.jacobian(slots, moments.reshape(*rows.shape[:2], -1))
    along = np.random.default_rng(9).normal(size=split.slot_count)
    wanted = [moment_jets(split, row, along, 0 * row)[1] for row in slots]
    np.testing.assert_allclose(jacobian @ along, wanted, atol=1e-9)


@pytest.mark.parametrize("size", SIZES)
def test_levels_and_projectors_are_those_of_the_total_spin(size):
    places = tuple(range(size))
    generator = dense(Collective.unit_generator(places), places)
    spins = [Fraction(size, 2) - k for k in range(size // 2 + 1)]
    assert list(Collective.levels(size)) == [2 * spin * (spin + 1) - Fraction(3 * size, 2) for spin in spins]
    projectors = spin_projectors(size)
    np.testing.assert_allclose(sum(projectors), np.eye(2**size), atol=1e-13)
    for level, projector in zip(Collective.levels(size), projectors, strict=True):
        np.testing.assert_allclose(projector @ projector, projector, atol=1e-13)
        np.testing.assert_allclose(generator @ projector, level * projector, atol=1e-12)
    moved = [generator.reshape((2,) * 2 * size).transpose(*order, *(size + k for k in order))
             for order in list(permutations(places))[:30]]  # fmt: skip
    assert all(np.array_equal(each.reshape(generator.shape), generator) for each in moved)


@pytest.mark.parametrize("size", SIZES)
def test_the_period_is_the_smallest_angle_that_is_a_phase(size):
    op = Collective(tuple(range(size)), J)
    generator = dense(Collective.unit_generator(range(size)), tuple(range(size)))
    assert op.period is not None
    for part in range(1, 13):
        gate = expm(-1j * np.pi * float(op.period) / part * generator)
        assert (abs(abs(np.trace(gate)) / 2**size - 1) < 1e-9) == (part == 1)
    assert normal(op.with_value(J + Pi() * op.period * 3)) == normal(op)


COMMUTING = [
    (Collective((0, 1, 2), J), Exchange(0, 2, K), True),
    (Collective((0, 1, 2, 3), J), Collective((1, 3, 0), K), True),
    (Collective((0, 1, 2, 3), J), Chirality(0, 2, 3, K), True),
    (Collective((0, 1, 2), J), Collective((2, 1, 0), K), True),
    (Collective((0, 1, 2), J), Collective((3, 4, 5), K), True),
    (Collective((0, 1, 2), J), Exchange(0, 3, K), False),
    (Collective((0, 1, 2), J), Collective((1, 2, 3), K), False),
    (Collective((0, 1, 2), J), PauliRotation(((0, "Z"), (1, "Z")), K), False),
    (Collective((0, 1, 2), J), Rotate(0, R), False),
]


@pytest.mark.parametrize(("one", "other", "wanted"), COMMUTING)
def test_it_commutes_with_what_keeps_the_total_spin_of_its_set(one, other, wanted):
    assert commute(one, other) == commute(other, one) == wanted
    assert turns_together(one)


def canonical(lines: str, pipeline: str = "canonicalize") -> list[str]:
    program = program_of(
        f"rotate q0, r(A, B)\nrotate q3, r(A, B)\n{lines}\nrotate q1, r(A, B)\nrotate q0, J[3]*r(A, B)"
    )
    after = run_pipeline(parse_pipeline(pipeline), program, target("ideal")).program
    names = [qubit.name for qubit in after.qubits]
    return [op.text(names) for op in after.ops if isinstance(op, Collective | Exchange)]


def test_canonical_forms():
    one = "collective q0, q1, q2, {}"
    assert canonical("collective q2, q0, q1, J[0]") == [one.format("J[0]")]
    # Equal sets merge, across all that keeps their total spin.
    inside = "exchange q2, q1, J[1]\ncollective q3, q1, q2, q0, J[2]"
    merged = canonical(f"collective q0, q1, q2, J[0]\n{inside}\ncollective q1, q2, q0, 2*J[0]")
    assert merged == [one.format("3*J[0]"), "exchange q1, q2, J[1]", "collective q0, q1, q2, q3, J[2]"]
    # Not across what does not.
    apart = f"{one.format('J[0]')}\nexchange q0, q4, J[1]\n{one.format('J[0]')}"
    assert canonical(apart) == [one.format("J[0]"), "exchange q0, q4, J[1]", one.format("J[0]")]
    # Nothing is left of what is undone, of a period, and of zero; two qubits have an exchange.
    assert canonical(f"{one.format('J[0]')}\n{one.format('-J[0]')}") == []
    assert canonical(f"{one.format('pi/3')}\n{one.format('0')}\ncollective q0, q1, q2, q3, pi/2") == []
    assert canonical(one.format("pi/2")) == [one.format("1/6*pi")]
    assert canonical("collective q1, q0, J[0]\nexchange q0, q1, J[1]") == ["exchange q0, q1, J[0] + J[1]"]
    # Equal turns of all qubits of a set pass it.
    turned = "\n".join(f"rotate q{k}, J[3]*r(A, B)" for k in (0, 1, 2))
    back = turned.replace("J[3]", "-J[3]")
    program = program_of(f"{turned}\n{one.format('J[0]')}\n{back}\nrotate q4, r(A, B)")
    after = run_pipeline(parse_pipeline("canonicalize"), program, target("ideal")).program
    assert [op.word for op in after.ops if not op.prepares] == ["collective", "rotate"]


def test_what_no_observable_sees_goes():
    seen = "observable m = 1*dot(q0, q1) + 1*dot(q0, q2) + 1*dot(q1, q2)\nenergy moment(m)\n"
    lines = "rotate q0, r(A, B)\nrotate q3, r(A, B)\n{}collective q0, q1, q2, J[0]"
    for more, left in (("", 0), ("collective q0, q1, q2, q3, J[1]\n", 0), ("collective q2, q3, q4, J[1]\n", 1)):
        program = program_of(lines.format(more), more=seen)
        after = run_pipeline(parse_pipeline("light-cone"), program, target("ideal")).program
        # A set within, or around, what is measured as a whole is not seen; what mixes it with others is.
        assert sum(isinstance(op, Collective) for op in after.ops) == left
    prepared = program_of("collective q0, q1, q2, q3, J[0]\nrotate q0, r(A, B)\nrotate q2, J[1]*r(A, B)")
    after = run_pipeline(parse_pipeline("light-cone"), prepared, target("ideal")).program
    assert not any(isinstance(op, Collective) for op in after.ops)  # two singlets have one total spin


def test_the_state_is_that_of_all_pairs_at_once():
    """Against the exponential of the sum of all exchanges, written here from Pauli matrices."""
    paulis = [np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1])]

    def on(letters: dict[int, np.ndarray]) -> np.ndarray:
        found = np.eye(1)
        for k in range(6):
            found = np.kron(found, letters.get(k, np.eye(2)))
        return found

    turns = "\n".join(f"rotate q{k}, vector({k}, 1/{k + 1}, 1)" for k in range(6))
    for members in ((0, 2, 3), (5, 1, 0, 3), (0, 1, 2, 4, 5), (0, 1, 2, 3, 4, 5)):
        names = ", ".join(f"q{k}" for k in members)
        before, after = program_of(turns), program_of(f"{turns}\ncollective {names}, 3/7")
        generator = sum(on({a: p, b: p}) for a, b in combinations(members, 2) for p in paulis)
        instance = instance_of(before)
        wanted = expm(-3j / 7 * generator) @ statevector(before, instance)
        np.testing.assert_allclose(statevector(after, instance), wanted, atol=1e-12)


def instance_of(program: Program) -> Instance:
    tables = {each.name: np.arange(1.0, 5.0) / 3 for each in program.parameters}
    return Instance(np.eye(3)[: len(program.sites)], np.zeros(len(program.sites), dtype=int), tables)
