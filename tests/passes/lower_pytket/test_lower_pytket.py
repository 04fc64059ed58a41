from __future__ import annotations

from dataclasses import dataclass, replace
from math import pi

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pytket.circuit import Circuit, OpType

from qffc.ir.diagnostics import QffcError
from qffc.ir.evaluate import Evaluator
from qffc.ir.observables import DotObservable, PauliObservable, ProductObservable, SumObservable
from qffc.ir.ops import Chirality, Exchange, PauliRotation, Rotate, Singlet, Zero
from qffc.ir.reference import expectation, statevector
from qffc.ir.text.parser import parse_program
from qffc.ir.values import Displacement, ParameterEntry, as_value
from qffc.passes.circuit.split_program import split_program
from qffc.passes.lower_pytket.compare import compare_with_pytket
from qffc.passes.lower_pytket.counts import count_circuit
from qffc.passes.lower_pytket.kernel import PytketKernel
from qffc.passes.lower_pytket.lower import LowerPytket
from qffc.passes.lower_pytket.turns import half_turns
from qffc.passes.measurement.kernel_states import kernel_states
from qffc.passes.measurement.settings import measurement_plan
from qffc.passes.target import MinimumAngles
from qffc.targets.catalogue import target
from qffc.testing import instances, programs

EXACT = replace(target("H2-1LE"), minimum=MinimumAngles())
TARGETS = [EXACT, EXACT.preferring("ZZPhase")]
J, K = ParameterEntry("J"), ParameterEntry("K")
R = Displacement("A", "B")


def slots_of(split, instance):
    evaluate = Evaluator(split.program, instance)
    parts = [np.atleast_1d(evaluate(value)) for value in (*split.scalars, *split.vectors)]
    return np.concatenate([np.asarray(part, dtype=float) for part in parts]) if parts else np.zeros(0)


def with_gates(example, *ops, qubits=4):
    case = example(0, qubits=qubits)
    program = case.program.with_ops((*(Zero(q) for q in range(qubits)), *ops))
    return replace(case, program=program)


@dataclass(frozen=True)
class Case:
    program: object
    instance: object


def lower(case, where, **options):
    split = split_program(case.program)
    return PytketKernel(split, where, **options), slots_of(split, case.instance)


def overlap(case, circuit):
    return abs(np.vdot(circuit.get_statevector(), statevector(case.program, case.instance)))


def test_qubit_zero_of_pytket_is_the_most_significant():
    assert np.argmax(np.abs(Circuit(3).X(0).get_statevector())) == 4


@pytest.mark.parametrize("where", TARGETS, ids=["TK2", "ZZPhase"])
@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("seed", range(40))
def test_the_state_is_that_of_the_reference(example, seed, fold, where):
    case = example(seed, qubits=3 + seed % 3)
    kernel, slots = lower(case, where, fold_swaps=fold)
    circuit = kernel.bind(slots)
    assert overlap(case, circuit) == pytest.approx(1, abs=1e-9)
    counts = kernel.counts(circuit)
    assert counts.other == 0
    assert {c.op.type for c in circuit} <= {OpType.PhasedX, OpType.Rz, OpType.TK2, OpType.ZZPhase}


@given(st.data(), st.sampled_from(TARGETS))
def test_the_state_of_any_program(data, where):
    program = data.draw(programs(native=True))
    case = Case(program, data.draw(instances(program)))
    kernel, slots = lower(case, where)
    assume(np.abs(slots).max(initial=0.0) < 1e6)  # angles that are only rounding modulo 2 pi have no right answer
    assert overlap(case, kernel.bind(slots)) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("where", TARGETS, ids=["TK2", "ZZPhase"])
@pytest.mark.parametrize("seed", range(10))
def test_every_setting_sees_the_expectation_value(example, seed, where):
    case = example(seed)
    kernel, slots = lower(case, where)
    plan = kernel.measurements
    probabilities = []
    for setting in plan.settings:
        circuit = kernel.bind_measured(slots, setting)
        measured = {c.bits[0].index[0]: c.qubits[0].index[0] for c in circuit if c.op.type == OpType.Measure}
        assert measured == dict(enumerate(setting.measured))
        bare = Circuit(circuit.n_qubits)
        for command in circuit:
            if command.op.type != OpType.Measure:
                bare.add_gate(command.op, [q.index[0] for q in command.qubits])
        probabilities.append(np.abs(bare.get_statevector()) ** 2)
    state = statevector(case.program, case.instance)
    n = len(case.program.qubits)
    bits = (np.arange(2**n)[:, None] >> np.arange(n)[::-1]) & 1
    for observable, constant, terms in zip(kernel.split.observables, plan.constants, plan.terms, strict=True):
        value = constant
        for s, k, weight in terms:
            qubits = [q for q, _ in plan.settings[s].strings[k]]
            value += weight * probabilities[s] @ (1 - 2 * (bits[:, qubits].sum(axis=1) % 2))
        assert value == pytest.approx(expectation(observable, state, n), abs=1e-9)


@pytest.mark.parametrize("angle", [0.0, 1e-9, 0.3, -0.3, pi / 8, pi / 4, pi / 2, pi, 1.7, -2.9])
@pytest.mark.parametrize("kind", ["exchange", "chirality", "pauli"])
@pytest.mark.parametrize("where", TARGETS, ids=["TK2", "ZZPhase"])
def test_each_gate_at_special_angles(example, kind, angle, where):
    gate = {
        "exchange": Exchange(2, 0, J),
        "chirality": Chirality(2, 0, 1, J),
        "pauli": PauliRotation(((0, "Y"), (1, "X"), (2, "Z")), J),
    }[kind]
    scramble = [Rotate(q, (q + 1) * R) for q in range(3)]
    meet = [Exchange(0, 1, as_value(0.2)), Exchange(1, 2, as_value(0.3)), Exchange(2, 0, as_value(0.1))]
    case = with_gates(example, *scramble, *meet, gate, *scramble, qubits=3)
    case.instance.parameters["J"][...] = angle
    kernel, slots = lower(case, where)
    circuit = kernel.bind(slots)
    assert overlap(case, circuit) == pytest.approx(1, abs=1e-9)
    most = {"exchange": 1, "chirality": 4, "pauli": 3}[kind]
    if where.two_qubit == "ZZPhase" and kind != "pauli":
        most *= 3
    before = 1 + 2 * (3 if where.two_qubit == "ZZPhase" else 1)
    assert kernel.counts(circuit).two_qubit <= before + most


@pytest.mark.parametrize("gate", ["TK2", "ZZPhase"])
def test_gates_below_the_minimum_angles_go(example, gate):
    small = (Exchange(0, 1, as_value(4e-5)), Rotate(2, as_value(1e-4) * R), PauliRotation(((1, "X"), (2, "X")), J))
    meet = (Exchange(0, 1, as_value(0.2)), Exchange(1, 2, as_value(0.3)))
    turns = tuple(Rotate(q, as_value(q + 1) * R) for q in range(3))
    sizes = []
    for ops in (small, (*turns, *meet), (*turns, *meet, *small)):
        case = with_gates(example, *ops, qubits=3)
        case.instance.parameters["J"][...] = 9e-5
        case.instance.positions[:] = np.eye(3)
        kernel, slots = lower(case, target("H2-1LE").preferring(gate))
        counts = kernel.counts(kernel.bind(slots))
        sizes.append((counts.two_qubit, counts.phased_x))
    assert sizes[0] == (0, 0)
    assert sizes[1] == sizes[2]
    assert sizes[1] > (0, 0)


def test_relabels_and_swaps_cost_nothing(example):
    case = with_gates(example, Rotate(0, R), Exchange(0, 1, J), Exchange(1, 2, J))
    case.instance.parameters["J"][...] = pi / 4
    kernel, slots = lower(case, EXACT)
    circuit = kernel.bind(slots)
    assert kernel.counts(circuit).two_qubit == 0
    assert overlap(case, circuit) == pytest.approx(1, abs=1e-9)
    assert [c.qubits[0].index[0] for c in circuit] == [2]


def ring(example, depth=6):
    """A ring of four qubits as the water molecule uses it: singlets, then layers of rotations and exchanges."""
    r, s = Displacement("A", "B"), Displacement("A", "C")
    ops = [Singlet(0, 1), Singlet(2, 3)]
    for layer in range(depth):
        ops += [Rotate(q, as_value(layer + 1) * v) for q, v in enumerate((r, r, s, s))]
        ops += [Exchange(a, b, (layer + 1) * J) for a, b in ((0, 1), (2, 3), (1, 2), (3, 0))]
    case = example(0, qubits=4)
    return replace(case, program=case.program.with_ops(tuple(ops)))


def test_counts_of_the_ring(example):
    case = ring(example)
    kernel, slots = lower(case, target("H2-1LE"))
    counts = kernel.counts(kernel.bind(slots))
    # The first two exchanges meet singlets and go into their preparation, at the cost of one ZZ each.
    assert (counts.two_qubit, counts.qubits, counts.other, counts.measured) == (24, 4, 0, 0)
    assert counts.cost == pytest.approx(22 * 2.4 + 2)
    assert counts.phased_x <= 24
    assert counts.two_qubit_depth == 12


def test_counts_of_the_ring_in_zz(example):
    kernel, slots = lower(ring(example), target("H2-1LE").preferring("ZZPhase"))
    counts = kernel.counts(kernel.bind(slots))
    assert counts.two_qubit == counts.cost == 2 + 3 * 22
    assert counts.phased_x <= 2 * counts.two_qubit


def test_the_pass_gives_the_kernel(example):
    program = ring(example).program
    result = LowerPytket().run(program, EXACT)
    assert result.program is program
    assert result.output.qubit_names == ("q0", "q1", "q2", "q3")


@pytest.mark.parametrize("where", TARGETS, ids=["TK2", "ZZPhase"])
def test_a_pair_alone_takes_one_gate(example, where):
    ops = [PauliRotation(((1, "Y"), (0, "X")), K), Exchange(1, 0, J), Rotate(0, R), Exchange(0, 1, 2 * J)]
    case = with_gates(example, Rotate(0, R), *ops, Rotate(1, R), qubits=3)
    kernel, slots = lower(case, where)
    circuit = kernel.bind(slots)
    assert overlap(case, circuit) == pytest.approx(1, abs=1e-9)
    assert kernel.counts(circuit).two_qubit == 1


def test_the_order_of_a_pair_matters(example):
    case = with_gates(example, qubits=3)
    ops = (Singlet(1, 0), Zero(2), PauliRotation(((0, "X"), (1, "Y")), J), Rotate(0, R), Exchange(0, 2, K))
    case = replace(case, program=case.program.with_ops(ops))
    kernel, slots = lower(case, EXACT)
    assert overlap(case, kernel.bind(slots)) == pytest.approx(1, abs=1e-9)


def test_a_pair_that_is_a_product_takes_none(example):
    case = with_gates(example, Rotate(0, R), Rotate(1, R), Exchange(0, 1, J))
    kernel, slots = lower(case, EXACT)
    circuit = kernel.bind(slots)
    assert overlap(case, circuit) == pytest.approx(1, abs=1e-9)
    assert kernel.counts(circuit).two_qubit == 0


def test_a_target_without_gates_is_refused(example):
    with pytest.raises(QffcError, match="without native gates"):
        LowerPytket().run(example(0).program, target("ideal"))


def test_too_many_qubits_are_refused(example):
    with pytest.raises(QffcError, match="at most 3"):
        LowerPytket().run(example(0, qubits=4).program, replace(EXACT, qubits=3))


@pytest.mark.parametrize("change", [lambda s: s[:-1], lambda s: s * np.nan])
def test_slots_that_do_not_fit_are_refused(example, change):
    kernel, slots = lower(ring(example), EXACT)
    with pytest.raises(QffcError, match="slots that do not fit"):
        kernel.bind(change(slots))


def test_half_turns():
    assert half_turns(pi) == 1
    assert half_turns(-pi / 2) == -0.5


def test_dots_on_any_pairs_take_three_settings():
    pairs = [DotObservable(2, 3), DotObservable(0, 1), DotObservable(1, 5), DotObservable(4, 2)]
    plan = measurement_plan(pairs, 7)
    assert [set(setting.letters) for setting in plan.settings] == [{"X", None}, {"Y", None}, {"Z", None}]
    assert plan.settings[0].measured == (0, 1, 2, 3, 4, 5)


def test_products_and_sums_are_planned():
    product = ProductObservable((DotObservable(0, 1), DotObservable(2, 3)))
    total = SumObservable(((as_value(2).value, PauliObservable(((0, "Z"),))), (as_value(-3).value, product)))
    plan = measurement_plan([total, product], 4)
    assert len(plan.terms[1]) == 9
    assert len(plan.settings) == 9
    assert sorted(weight for *_, weight in plan.terms[0]) == [-3.0] * 9 + [2.0]


def test_counts_of_other_gates():
    counts = count_circuit(Circuit(2, 1).H(0).CX(0, 1).ZZMax(0, 1).TK2(0.1, 0, 0, 0, 1).Measure(0, 0))
    assert (counts.phased_x, counts.two_qubit, counts.other, counts.measured) == (1, 3, 2, 1)
    assert counts.cost == 3.0


def test_the_price_counts_preparations_measurements_and_resets_as_metriq_gym_does():
    # metriq-gym, main branch of 7 August 2026, resource_estimation.py: N_m = measurements + resets + qubits. It counts
    # every gate on one qubit in N_1q; Rz is virtual here, so the circuit has none.
    circuit = Circuit(3, 4).PhasedX(0.5, 0.1, 0).ZZPhase(0.3, 0, 1).Measure(0, 0).Reset(0).PhasedX(0.5, 0.1, 0)
    circuit.ZZPhase(0.3, 0, 2).Measure(0, 1).Measure(1, 2).Measure(2, 3)
    one, two, spam = 2, 2, 4 + 1 + 3
    expected = 5 + 1000 * (one + 10 * two + 5 * spam) / 5000
    assert target("H2-1").price(count_circuit(circuit), 1000) == pytest.approx(expected)


def test_comparison_with_pytket(example):
    case = ring(example, depth=2)
    split = split_program(case.program)
    result = compare_with_pytket(case.program, slots_of(split, case.instance), target("H2-1LE"))
    assert result.equal
    assert result.native.two_qubit <= result.preferred.two_qubit < result.default.two_qubit
    assert result.native.phased_x <= result.preferred.phased_x < result.default.phased_x
    assert result.native.cost < min(result.preferred.cost, result.default.cost)


@pytest.mark.parametrize("seed", range(4))
def test_comparison_prepares_one_state(example, seed):
    case = example(seed, qubits=3, length=6)
    split = split_program(case.program)
    assert compare_with_pytket(case.program, slots_of(split, case.instance), EXACT).equal


def test_comparison_needs_a_device(example):
    with pytest.raises(QffcError, match="pytket does not know"):
        compare_with_pytket(example(0).program, np.zeros(1), target("ideal"))


@pytest.mark.parametrize("device", ["H9-1", "H2-1LE"])
def test_a_device_that_pytket_does_not_know_is_refused(example, monkeypatch, device):
    monkeypatch.setattr("pytket.extensions.quantinuum.backends.quantinuum.have_pecos", lambda: False)
    case = example(0)
    slots = slots_of(split_program(case.program), case.instance)
    with pytest.raises(QffcError, match=rf"device '{device}'\s*expected: one of .*'H2-1'[\s\S]*the extra 'emulator'"):
        compare_with_pytket(case.program, slots, replace(EXACT, device=device))
    assert compare_with_pytket(case.program, slots, EXACT).equal


@pytest.mark.parametrize("order", ["a, b, c", "b, c, a", "c, a, b", "c, b, a"])
@pytest.mark.parametrize("angle", [0.1, 0.5, 0.9, -0.7])  # with and without cyclic relabels
def test_a_chirality_begins_with_the_pair_that_has_met_nobody_else(order, angle):
    lines = ["qffc 1", "program triple", "scope molecule", "species H", "site A: H free", "site B: H free"]
    lines += ["parameter J", *(f"qubit {name}: A" for name in "abcd"), "singlet a, b", "singlet c, d"]
    lines += ["rotate a, r(A, B)", f"chirality {order}, J", "rotate b, 2*r(A, B)", "exchange b, d, 1/3"]
    program = parse_program("\n".join([*lines, "observable m = dot(a, c)", "energy moment(m)"]))
    kernel = PytketKernel(split_program(program), EXACT)
    slots = np.array([angle, 0.3, -0.4, 0.5])
    circuit = kernel.bind(slots)
    # Two pairs are prepared; of the four exchanges of the chirality, the first is done by that.
    assert kernel.counts(circuit).two_qubit == 2 + 3 + 1
    state = kernel_states(kernel.split, slots[None])[0]
    assert abs(np.vdot(circuit.get_statevector(), state)) == pytest.approx(1, abs=1e-9)
