"""Every operation of the table, everywhere: an operation is tested here by being listed in ``ops.py``.

Text, numbers, derivatives, circuits, shifts, renaming, inverse, parts, commutation, conjugation and the proof, each
against matrices that scipy or the dense simulator make of the generator alone.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import permutations, product

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from dense_programs import J, K, R, S, dense_instance, dense_program, unitary
from expm_moments import dense_moments, matrix
from scipy.linalg import expm
from scipy.spatial.transform import Rotation

from qffc.dsl.gates import Gates
from qffc.ir import Evaluator, Instance, parse_program, parse_value
from qffc.ir.declarations import EnergyReadout, Qubit
from qffc.ir.observables import DotObservable, PauliObservable
from qffc.ir.operation import ALL_AXES, Coupling, Gate, Op
from qffc.ir.ops import OPERATIONS, PauliRotation, Singlet, Zero, make_op
from qffc.ir.pauli import spin_component
from qffc.ir.program import Program
from qffc.ir.reference import moments
from qffc.ir.values import Component, FrameVector, Pi
from qffc.passes.circuit.commutation import commute, turns_together
from qffc.passes.circuit.conjugation import conjugated
from qffc.passes.circuit.split_program import split_program
from qffc.passes.circuit.trace import letter_of
from qffc.passes.circuit.wires import Step
from qffc.passes.equivariance.rules.rotation import step_residual
from qffc.passes.lower_jax.kernel import make_moments
from qffc.passes.lower_jax.program import lower_jax
from qffc.passes.lower_pytket.kernel import PytketKernel
from qffc.passes.parameter_shift import shift_rule
from qffc.passes.pipeline import run_pipeline
from qffc.passes.pipeline_text import parse_pipeline
from qffc.passes.target import MinimumAngles
from qffc.reports.circuit_drawing import draw_circuit
from qffc.targets.catalogue import target

EXACT = replace(target("H2-1LE"), minimum=MinimumAngles())
TABLE = pytest.mark.parametrize("kind", OPERATIONS, ids=lambda kind: kind.declaration.word)
GATES = pytest.mark.parametrize(
    "kind", [kind for kind in OPERATIONS if issubclass(kind, Gate)], ids=lambda kind: kind.declaration.word
)
LETTERS = ("X", "Y", "Z")


def example_of(kind: type[Op], first: int = 0, turn: int = 0) -> Op:
    """An operation of a kind on qubits from ``first`` on, of four, its value other for every ``turn``."""
    said = kind.declaration
    qubits = [(first + k) % 4 for k in range(4)]
    angle = (J, 2 * K, J + Pi() / 4)[turn % 3]
    value = (R, J * S, K * R)[turn % 3] if said.vector else angle if said.angle else None
    string = tuple((qubits[k], LETTERS[(k + turn) % 3]) for k in range(2 + turn % 2)) if said.string else ()
    moves = tuple(zip(qubits[:3], (*qubits[1:3], qubits[0]), strict=True)) if said.moves else ()
    size = said.counts[(1, 0, 2)[turn % 3] % len(said.counts)]
    return make_op(said.word, qubits[:size], value, string=string, moves=moves)


def program_with(op: Op) -> Program:
    """Two singlets, or what the operation prepares, all spins turned and coupled, with the operation among it."""
    prepared = set(op.qubits) if op.prepares else set()
    rest = [qubit for qubit in range(4) if qubit not in prepared]
    pairs = [Singlet(*rest[:2]), *([Singlet(*rest[2:4])] if len(rest) == 4 else map(Zero, rest[2:]))]
    around = [make_op("rotate", (k,), (k + 1) * R + J * S) for k in range(4)]
    ops = [*([op] if op.prepares else []), *pairs, *around, *([] if op.prepares else [op])]
    ops += [make_op("exchange", (0, 2), J), make_op("rotate", (1,), S)]
    observables = {
        "dot": DotObservable(0, 1),
        "far": DotObservable(1, 3),
        "string": PauliObservable(((0, "Z"), (1, "X"), (2, "Y"))),
        "one": PauliObservable(((2, "X"),)),
    }
    return replace(
        dense_program(0),
        qubits=tuple(Qubit(f"q{k}") for k in range(4)),
        ops=tuple(ops),
        observables=tuple(observables.items()),
        readout=EnergyReadout(parse_value("moment(dot) + 2*moment(far)*moment(string) + moment(one)")),
    )


def instance_of(seed: int = 3) -> Instance:
    random = np.random.default_rng(seed)
    numbers = {"J": np.array(random.normal()), "K": np.array(random.normal())}
    return Instance(random.normal(size=(3, 3)), np.zeros(3, dtype=int), numbers)


def slots_of(program: Program, instance: Instance) -> np.ndarray:
    given = {name: jnp.asarray(value) for name, value in instance.parameters.items()}
    angles = jax.jit(lower_jax(program).angles)
    return np.asarray(angles(given, jnp.asarray(instance.positions), jnp.asarray(instance.species)))


@TABLE
def test_text(kind):
    for turn in range(3):
        op = example_of(kind, turn=turn)
        program = program_with(op)
        again = parse_program(program.text)
        assert again == program
        assert op in again.ops
        assert op.text(["q0", "q1", "q2", "q3"]).split()[0] == kind.declaration.word


@TABLE
def test_the_author_has_a_method_of_that_name_and_drawings_a_symbol(kind, tmp_path):
    assert callable(getattr(Gates, kind.declaration.word))
    draw_circuit(program_with(example_of(kind)), tmp_path / "circuit.png")
    assert (tmp_path / "circuit.png").stat().st_size > 1000


@TABLE
@pytest.mark.parametrize("kernel", ["portable", "native"])
def test_moments_and_derivatives_of_every_kernel(kind, kernel):
    program, instance = program_with(example_of(kind, 1, 2)), instance_of()
    lowered = lower_jax(program, kernel)
    given = {name: jnp.asarray(value) for name, value in instance.parameters.items()}
    species = jnp.asarray(instance.species)

    def at(positions):
        return lowered.moments(lowered.angles(given, positions, species)[None])[0]

    along = np.random.default_rng(5).normal(size=(3, 3))
    positions = jnp.asarray(instance.positions)
    truth, slope = dense_moments(program, instance, along)
    found, jacobian = jax.jit(lambda x: (at(x), jax.jacrev(at)(x)))(positions)
    assert np.ptp(truth) > 0.1
    np.testing.assert_allclose(found, truth, atol=1e-9)
    np.testing.assert_allclose(moments(program, instance), truth, atol=1e-9)
    np.testing.assert_allclose(jnp.sum(jacobian * along[None], axis=(1, 2)), slope, atol=1e-8)


@TABLE
def test_circuits_in_native_gates(kind):
    program, instance = program_with(example_of(kind, 1, 2)), instance_of()
    state = PytketKernel(split_program(program), EXACT).bind(slots_of(program, instance)).get_statevector()
    truth, _ = dense_moments(program, instance)
    evaluate = Evaluator(program, instance)
    found = [np.vdot(state, matrix(o.paulis, 4, evaluate) @ state).real for _, o in program.observables]
    np.testing.assert_allclose(found, truth, atol=1e-9)


@GATES
def test_derivatives_from_shifted_circuits(kind):
    program, instance = program_with(example_of(kind)), instance_of()
    split = split_program(program)
    slots = slots_of(program, instance)[None]
    plain = make_moments(split, "portable")
    jacobian = np.asarray(jax.jit(jax.jacrev(lambda row: plain(row[None])[0]))(jnp.asarray(slots[0])))
    rule = shift_rule(split)
    rows = rule.slots(slots)
    values = np.asarray(make_moments(rule.split)(jnp.asarray(rows.reshape(-1, rows.shape[-1]))))
    found = rule.jacobian(slots, values.reshape(*rows.shape[:2], -1))
    np.testing.assert_allclose(found[0], jacobian, atol=1e-9)


@TABLE
@pytest.mark.parametrize("pipeline", ["canonicalize", "canonicalize,light-cone,slide-singlet,canonicalize"])
def test_passes_keep_the_response(kind, pipeline):
    for turn in range(3):
        program = program_with(example_of(kind, turn, turn))
        after = run_pipeline(parse_pipeline(pipeline), program, target("ideal")).program
        here, there = (moments(each, instance_of()) for each in (program, after))
        places = {name: k for k, (name, _) in enumerate(program.observables)}
        np.testing.assert_allclose(there, here[[places[name] for name, _ in after.observables]], atol=1e-10)


@GATES
def test_the_unitary_is_the_exponential_of_the_generator(kind):
    op = example_of(kind, 1, 1)
    assert equal_up_to_a_phase(matrix_of(op), unitary_of_generator(op, dense_instance(7)))
    assert equal_up_to_a_phase(matrix_of(op, op.inverse()), np.eye(16))
    assert equal_up_to_a_phase(matrix_of(*op.parts()), matrix_of(op))


@cache
def matrix_of(*word: Op) -> np.ndarray:
    return unitary(list(word), 7)


BARE = replace(dense_program(0), qubits=tuple(Qubit(f"q{k}") for k in range(4)), ops=tuple(map(Zero, range(4))))


def unitary_of_generator(op: Gate, instance: Instance) -> np.ndarray:
    return expm(-1j * matrix(op.generator, 4, Evaluator(BARE, instance)))


@pytest.mark.parametrize("kind", [kind for kind in OPERATIONS if not kind.declaration.prepares])
def test_renamed_qubits(kind):
    op = example_of(kind)
    places = {0: 2, 1: 0, 2: 3, 3: 1}
    swap = matrix_of(make_op("relabel", moves=tuple(places.items())))
    wanted = swap @ matrix_of(op) @ swap.conj().T
    assert equal_up_to_a_phase(matrix_of(op.relabelled(places)), wanted)
    assert equal_up_to_a_phase(matrix_of(op.relabelled(places).ordered()), wanted)


@GATES
def test_the_orders_of_its_qubits(kind):
    """Every declared order is the same gate, the angle with its sign; no other one is."""
    op, said = example_of(kind), kind.declaration
    for places in permutations(range(len(op.qubits) if said.members else len(said.qubits))):
        moved = op.relabelled({op.qubits[k]: op.qubits[place] for k, place in enumerate(places)})
        sign = 1 if said.members else said.orders.get(places)
        for guess in (1, -1):
            same = equal_up_to_a_phase(matrix_of(moved.with_value(op.value * guess)), matrix_of(op))
            assert same == (guess == sign)


@GATES
def test_a_period_of_the_angle_is_a_phase(kind):
    for turn in range(3):
        op = example_of(kind, 0, turn)
        period = op.period
        if period is None:
            continue
        assert equal_up_to_a_phase(matrix_of(op.with_value(op.value + Pi() * period)), matrix_of(op))
        for part in (2, 3):
            assert not equal_up_to_a_phase(matrix_of(op.with_value(op.value + Pi() * period / part)), matrix_of(op))


@pytest.mark.parametrize("turn", range(3))
def test_what_is_said_to_commute_does(turn):
    gates = [kind for kind in OPERATIONS if issubclass(kind, Gate)]
    seen = 0
    for (one, other), first in product(product(gates, repeat=2), range(4)):
        a, b = example_of(one, 0, turn), example_of(other, first, turn + first)
        if commute(a, b):
            seen += 1
            np.testing.assert_allclose(matrix_of(a, b), matrix_of(b, a), atol=1e-12)
    assert seen > len(gates)


@GATES
def test_equal_turns_of_all_qubits_are_passed_where_that_is_said(kind):
    op = example_of(kind)
    turns = [make_op("rotate", (qubit,), J * R) for qubit in op.qubits]
    passed = np.allclose(matrix_of(op, *turns), matrix_of(*turns, op), atol=1e-10)
    assert turns_together(op) == (passed and len(op.qubits) > 1)


@GATES
def test_conjugation_by_a_pauli_string(kind):
    op = example_of(kind)
    known = 0
    for letters in product(("", *LETTERS), repeat=len(op.qubits)):
        paulis = {qubit: letter for qubit, letter in zip(op.qubits, letters, strict=True) if letter}
        letter = conjugated(letter_of(op, op.value), paulis)
        if letter is None:
            continue
        known += 1
        flips = [PauliRotation(((qubit, name),), Pi()) for qubit, name in paulis.items()]
        image = (
            op.with_value(letter.value) if letter.shape.qubits == op.qubits else op.ordered().with_value(letter.value)
        )
        assert equal_up_to_a_phase(matrix_of(*flips, op, *flips), matrix_of(image))
    assert known >= 4


@GATES
def test_the_proof_of_rotation_says_what_matrices_say(kind):
    """U(R x) = U_R U(x) U_R^dagger at a random rotation, exactly where the rule says so."""
    frame = FrameVector(*(Component(R, axis) * k for k, axis in ((1, "x"), (2, "y"), (3, "z"))))
    values = [R, frame] if kind.declaration.vector else [J, Component(R, "x")]
    for value in values:
        op = example_of(kind).with_value(value)
        assert (step_residual(Step(op, 0)) is None) == turns_along(op, ALL_AXES)
        assert (step_residual(Step(op, 0), (2,)) is None) == turns_along(op, (2,))


def turns_along(op: Gate, axes: tuple[int, ...]) -> bool:
    instance = dense_instance(7)
    vector = np.array([0.7, -0.4, 1.1]) * np.isin(range(3), axes)
    turned = replace(instance, positions=Rotation.from_rotvec(vector).apply(instance.positions))
    evaluate = Evaluator(BARE, instance)
    spin = sum(
        size * matrix(spin_component(range(4), letter), 4, evaluate)
        for size, letter in zip(vector, LETTERS, strict=True)
    )
    turn = expm(-1j * spin)
    here, there = unitary_of_generator(op, instance), unitary_of_generator(op, turned)
    return bool(np.allclose(there, turn @ here @ turn.conj().T, atol=1e-9))


def equal_up_to_a_phase(one: np.ndarray, other: np.ndarray) -> bool:
    overlap = np.vdot(one, other) / len(one)
    return bool(abs(abs(overlap) - 1) < 1e-9)


def test_the_table_is_whole():
    """Every class of an operation is in the table, and every coupling knows its generator."""

    def below(kind: type[Op]) -> set[type[Op]]:
        return {kind} | {each for child in kind.__subclasses__() for each in below(child)}

    assert below(Op) - {Op, Gate, Coupling} == set(OPERATIONS)
    assert len({kind.declaration.word for kind in OPERATIONS}) == len(OPERATIONS)
