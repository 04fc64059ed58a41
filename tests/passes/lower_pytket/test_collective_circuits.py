"""Collective exchanges as exchanges, in closed form, and as circuits; what has no circuit is refused by name."""

from __future__ import annotations

from dataclasses import replace
from math import pi

import numpy as np
import pytest
from pytket.circuit import OpType
from scipy.linalg import expm
from set_programs import program_of

from qffc.ir import Evaluator, Instance
from qffc.ir.diagnostics import QffcError
from qffc.ir.ops import Collective, Exchange
from qffc.ir.reference import dense, statevector
from qffc.ir.values import as_value
from qffc.passes.circuit.exchange_runs import plane_matrix
from qffc.passes.circuit.split_program import split_program
from qffc.passes.lower_pytket.collective import collective_exchanges, first_positions
from qffc.passes.lower_pytket.compare import compare_with_pytket
from qffc.passes.lower_pytket.kernel import PytketKernel
from qffc.passes.lower_pytket.lone_pairs import lone_pairs
from qffc.passes.schedule.clock import circuit_depth
from qffc.passes.target import MinimumAngles
from qffc.targets.catalogue import target

EXACT = replace(target("H2-1LE"), minimum=MinimumAngles())
TARGETS = [EXACT, EXACT.preferring("ZZPhase")]
SPECIAL = [0.0, 1e-12, 1e-7, pi / 12, pi / 6, pi / 4, pi / 3, pi / 2, 2 * pi / 3, pi, -pi / 6, -pi / 4, -7.9, 1e3]
TURNS = "\n".join(f"rotate q{k}, {k + 1}*r(A, B) + vector(1, {k}, 0)" for k in range(6))


def case(lines: str, qubits: int = 6):
    program = program_of(lines, qubits)
    tables = {"J": np.array([0.31, -0.83, 1.27, 2.9])}
    instance = Instance(np.array([[0.1, -0.4, 0.3], [0.7, 0.2, -0.5]]), np.zeros(2, dtype=int), tables)
    split = split_program(program)
    evaluate = Evaluator(program, instance)
    slots = np.concatenate([np.atleast_1d(evaluate(value)) for value in (*split.scalars, *split.vectors)])
    return program, instance, split, np.asarray(slots, dtype=float)


def bound(lines: str, where=EXACT, qubits: int = 6, **options: bool):
    """The kernel, and the circuit, whose state is that of the reference."""
    program, instance, split, slots = case(lines, qubits)
    kernel = PytketKernel(split, where, **options)
    circuit = kernel.bind(slots)
    overlap = abs(np.vdot(circuit.get_statevector(), statevector(program, instance)))
    assert options.get("fix_frame") or overlap == pytest.approx(1, abs=1e-10)
    return kernel, circuit


@pytest.mark.parametrize("count", [3, 4])
def test_the_closed_form_is_the_exponential(count):
    places = tuple(range(count))
    generator = dense(Collective.unit_generator(places), places)
    pairs = {(a, b): dense(Exchange.unit_generator((a, b)), places) for a in places for b in places if a < b}
    for angle in (*np.linspace(-4, 4, 173), *SPECIAL):
        found = np.eye(2**count)
        for a, b, t in collective_exchanges(count, angle):
            found = expm(-1j * t * pairs[a, b]) @ found
        wanted = expm(-1j * angle * generator)
        phase = np.vdot(found, wanted)
        np.testing.assert_allclose(found * phase / abs(phase), wanted, rtol=0, atol=1e-12 * max(1, abs(angle)))


def test_how_many_exchanges_there_are():
    for count, size in ((3, 4), (4, 12)):
        period = Collective(tuple(range(count)), as_value(0)).period
        for angle in np.linspace(0.05, 0.95, 19) * float(period) * pi:
            assert len(collective_exchanges(count, angle)) == size
        assert collective_exchanges(count, 0.0) == ()


def test_three_exchanges_do_not_make_one_of_three_qubits():
    """Two or three exchanges of alternating pairs leave a turn of the spins 1/2, whatever their angles are."""
    grid = np.linspace(-pi / 4, pi / 4, 25)[1:-1]
    grid = grid[np.abs(grid) > 0.05]
    least = min(
        np.abs(matrix - matrix[0, 0] * np.eye(2)).max()
        for p in grid
        for q in grid
        for r in grid
        for matrix in (plane_matrix([(0, 1, p), (1, 2, q), (0, 2, r)]), plane_matrix([(0, 1, p), (1, 2, q), (0, 1, r)]))
    )
    assert least > 0.01


@pytest.mark.parametrize("where", TARGETS, ids=["TK2", "ZZPhase"])
@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("angle", [*SPECIAL[:-1], 0.37, -1.9])
def test_circuits_at_special_angles(angle, fold, where):
    for names in ("q4, q0, q3", "q5, q2, q1, q0"):
        kernel, circuit = bound(f"{TURNS}\ncollective {names}, {angle!r}", where, fold_swaps=fold)
        assert kernel.counts(circuit).other == 0


def test_frames_and_settings_keep_the_moments():
    lines = f"{TURNS}\ncollective q4, q0, q3, J[0]\n{TURNS}\ncollective q5, q2, q1, q0, J[1]\n{TURNS}"
    program, instance, split, slots = case(lines)
    state = statevector(program, instance)
    wanted = np.vdot(state, dense(program.observables[0][1].paulis, tuple(range(6))) @ state).real
    for frames in (False, True):
        kernel = PytketKernel(split, EXACT, fix_frame=frames)
        plan = kernel.measurements
        value = plan.constants[0]
        for s, k, weight in plan.terms[0]:
            circuit = kernel.bind_measured(slots, plan.settings[s])
            places = {c.qubits[0].index[0]: c.bits[0].index[0] for c in circuit if c.op.type == OpType.Measure}
            bare = type(circuit)(circuit.n_qubits)
            for command in circuit:
                if command.op.type != OpType.Measure:
                    bare.add_gate(command.op, [q.index[0] for q in command.qubits])
            outcome = np.abs(bare.get_statevector().reshape((2,) * 6)) ** 2
            qubits = [q for q, _ in plan.settings[s].strings[k]]
            assert set(qubits) <= set(places)
            axes = np.meshgrid(*[[1, -1]] * 6, indexing="ij")
            value += weight * np.sum(outcome * np.prod([axes[q] for q in qubits], axis=0))
        assert value == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize(("names", "exchanges", "absorbed"), [
    ("q0, q2, q4", 4, ()), ("q0, q1, q4", 4, ((0, 1),)), ("q2, q0, q3", 4, ((1, 2),)),
    ("q0, q2, q4, q1", 12, ((0, 1),)), ("q0, q1, q2, q3", 12, ((0, 1), (2, 3))),
    ("q0, q4, q2, q5", 12, ((2, 3),)),
])  # fmt: skip
def test_the_first_exchanges_go_to_pairs_that_have_met_nobody_else(names, exchanges, absorbed):
    """Turns first, so that the state is no eigenstate; the three singlets take three gates."""
    kernel, circuit = bound(f"{TURNS}\ncollective {names}, J[0]")
    assert lone_pairs(kernel.split).get(9, ()) == absorbed
    assert kernel.counts(circuit).two_qubit == 3 + exchanges - len(absorbed)


def test_runs_of_exchanges_on_three_qubits_stay_four():
    lines = f"{TURNS}\nexchange q0, q2, J[0]\ncollective q0, q2, q4, J[1]\nexchange q2, q4, J[2]\nexchange q0, q4, J[3]"
    kernel, circuit = bound(lines)
    assert kernel.counts(circuit).two_qubit == 3 + 4


def test_depth_that_is_scheduled_is_that_of_the_circuit():
    for names, depth in (("q0, q2, q4", 4), ("q0, q2, q4, q5", 6)):
        program, *_ = case(f"{TURNS}\ncollective {names}, J[0]\n{TURNS}\ncollective {names}, J[1]")
        assert circuit_depth(program) == 1 + 2 * depth


def test_orders_of_positions():
    assert first_positions(3, ()) == (0, 1, 2)
    assert first_positions(3, [(1, 2)]) == (1, 2, 0)
    assert first_positions(4, [(0, 3), (1, 2)]) == (0, 3, 1, 2)


@pytest.mark.parametrize("count", [5, 6])
def test_larger_sets_are_refused_by_name(count):
    names = ", ".join(f"q{k}" for k in range(count))
    *_, split, _ = case(f"{TURNS}\ncollective {names}, J[0]")
    with pytest.raises(QffcError) as caught:
        PytketKernel(split, EXACT)
    quoted = ", ".join(f"'q{k}'" for k in range(count))
    assert str(caught.value) == (
        "error: collective exchange without a circuit\n"
        f"  found:    a collective exchange of {count} qubits: {quoted}\n"
        "  expected: at most 4 qubits, which are written as exchanges\n"
        "  help:     couple sets of three or four qubits, or compute with JAX: training and 'lower-jax' take up to 6"
    )


def test_pytket_compiles_the_same_state():
    *_, split, slots = case(f"{TURNS}\ncollective q0, q2, q4, J[0]\ncollective q1, q3, q5, q0, J[1]")
    comparison = compare_with_pytket(split.program, slots, target("H2-1"))
    assert comparison.equal
    assert comparison.native.cost <= comparison.preferred.cost
