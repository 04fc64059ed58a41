from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from dense_programs import ZERO, J, K, R, S, dense_instance, dense_program
from hypothesis import given

from qffc.ir.declarations import EnergyReadout, Qubit
from qffc.ir.generators import Generator
from qffc.ir.observables import DotObservable, PauliObservable, ProductObservable, SumObservable
from qffc.ir.operation import Coupling
from qffc.ir.ops import OPERATIONS, Chirality, Exchange, PauliRotation, Rotate, Singlet, Zero, make_op
from qffc.ir.reference import moments, statevector
from qffc.ir.values import FrameVector, Moment, add
from qffc.passes.circuit.wires import flatten
from qffc.passes.counts import count_ops
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.simplify.light_cone import LightCone
from qffc.targets.catalogue import target
from qffc.testing import PassSuite, programs, symmetric_programs

IDEAL = target("ideal")


def trim(program, **options):
    return LightCone(**options).run(program, IDEAL).program


def by_name(program, instance):
    return dict(zip([name for name, _ in program.observables], moments(program, instance), strict=True))


class TestSuite(PassSuite):
    step = LightCone()
    idempotent = True
    max_examples = 10


@pytest.mark.parametrize("seed", range(120))
def test_what_the_readout_sees_stays(seed):
    program, instance = dense_program(seed), dense_instance(seed)
    result = LightCone().run(program, IDEAL)
    before, after = by_name(program, instance), by_name(result.program, instance)
    assert set(after) <= set(before)
    np.testing.assert_allclose([after[name] for name in after], [before[name] for name in after], rtol=0, atol=1e-12)
    assert result.changed == (result.program != program)
    assert not LightCone().run(replace(result.program), IDEAL).changed  # a copy, of which nothing is kept
    assert LightCone().run(result.program, IDEAL).program is result.program


@given(programs())
def test_counts_never_increase(program):
    after = trim(program)
    if after is program:
        return
    flat = flatten(program, keep_groups=True)
    before = count_ops(replace(program, ops=tuple(step.op for step in flat.steps), observables=flat.observables))
    now = count_ops(after)
    assert now.one_qubit <= before.one_qubit
    assert now.two_qubit <= before.two_qubit
    assert now.larger <= before.larger
    assert now.two_qubit_depth <= before.two_qubit_depth


@given(symmetric_programs())
def test_symmetric_programs_stay_proven(program):
    assert check_equivariance(trim(program)).holds


def circuit(ops, observables, count=4, zeros=()):
    """Two singlets (0, 1) and (2, 3), or zeros, then the operations; the energy is the sum of the moments."""
    base = dense_program(0)
    names = [f"m{k}" for k in range(len(observables))]
    pairs = [pair for pair in ((0, 1), (2, 3)) if pair[1] < count and pair[0] not in zeros]
    starts = [*(Singlet(*pair) for pair in pairs), *(Zero(qubit) for qubit in zeros)]
    return replace(
        base,
        qubits=tuple(Qubit(f"q{k}") for k in range(count)),
        ops=(*starts, *ops),
        observables=tuple(zip(names, observables, strict=True)),
        readout=EnergyReadout(add(*map(Moment, names))),
    )


def left(ops, *observables, **options):
    """The gates that stay, and the program."""
    program = trim(circuit(ops, observables, **options), qubits=False)
    return [op for op in program.ops if not isinstance(op, Singlet | Zero)]


MIX = Exchange(1, 2, K)
"""Entangles the two singlets."""
TOTAL = SumObservable(tuple((1, DotObservable(a, b)) for a in range(4) for b in range(a)))
A, B, C, D = (Rotate(qubit, vector) for qubit, vector in ((0, R), (1, S), (2, K * R), (3, K * S)))


def test_gates_outside_the_backward_cone_go():
    ops = [A, B, MIX, C, Exchange(2, 3, J)]
    assert left(ops, DotObservable(0, 1)) == [A, B, MIX]
    assert left(ops, DotObservable(2, 3)) == [B, MIX, C]


def test_an_exchange_at_the_end_of_a_measured_pair_goes():
    assert left([A, MIX, B, Exchange(0, 1, J)], DotObservable(0, 1)) == [A, MIX, B]
    assert left([A, MIX, B, Exchange(0, 1, J), Exchange(2, 3, J)], DotObservable(0, 1)) == [A, MIX, B]
    assert len(left([A, MIX, B, Exchange(0, 1, J)], DotObservable(0, 2))) == 4


def test_every_observable_has_its_own_cone():
    ops = [A, MIX, B, Exchange(0, 1, J), Exchange(2, 3, J)]
    assert left(ops, DotObservable(0, 1), DotObservable(2, 3)) == [A, MIX, B]
    assert left(ops, ProductObservable((DotObservable(0, 1), DotObservable(2, 3)))) == [A, MIX, B]
    assert left(ops, DotObservable(0, 1), DotObservable(0, 2)) == ops


def test_invariant_gates_at_the_end_go_with_the_total_spin():
    assert left([A, D, MIX, Exchange(0, 3, J), Chirality(0, 1, 2, K)], TOTAL) == [A, D]


def test_equal_rotations_at_the_end_go_together():
    ops = [A, MIX, *(Rotate(qubit, S) for qubit in (0, 1, 2))]
    assert left(ops, DotObservable(0, 1)) == ops[:2]
    assert left(ops, DotObservable(0, 1), DotObservable(2, 3)) == [*ops[:2], ops[4]]
    assert left(ops, TOTAL) == [op for op in ops if op != MIX]


def test_equal_turns_about_an_axis_need_that_axis_alone():
    turns = [PauliRotation(((0, "Z"),), J), Rotate(1, FrameVector(ZERO, ZERO, J))]
    xx, yy = (PauliObservable(((0, letter), (1, letter))) for letter in "XY")
    assert left([A, MIX, *turns], SumObservable(((1, xx), (1, yy)))) == [A, MIX]
    assert left([A, MIX, *turns], xx) == [A, MIX, *turns]


@pytest.mark.parametrize(
    ("op", "zeros"),
    [
        (Exchange(1, 0, J), ()),
        (PauliRotation(((0, "Y"), (1, "Y")), J), ()),
        (PauliRotation(((0, "X"), (1, "X"), (2, "Z"), (3, "Z")), J), ()),
        (Exchange(0, 1, J), (0, 1)),
        (PauliRotation(((0, "Z"),), J), (0, 1)),
        (PauliRotation(((0, "Z"), (2, "X"), (3, "X")), J), (0, 1)),
        (Rotate(1, FrameVector(ZERO, ZERO, K)), (0, 1)),
        (Chirality(0, 2, 1, J), (0, 1, 2, 3)),
    ],
)
def test_what_makes_a_phase_of_the_prepared_state_goes(op, zeros):
    rest = [A, B, C, MIX, A]
    assert left([op, *rest], DotObservable(0, 2), zeros=zeros) == rest


@pytest.mark.parametrize(
    ("op", "zeros"),
    [
        (Exchange(1, 2, J), ()),
        (Exchange(1, 2, J), (0, 1)),
        (PauliRotation(((0, "X"), (1, "Y")), J), ()),
        (PauliRotation(((0, "Z"),), J), ()),
        (PauliRotation(((0, "X"),), J), (0, 1)),
        (Rotate(0, FrameVector(K, ZERO, ZERO)), (0, 1)),
        (Chirality(0, 1, 2, J), ()),
        (Chirality(0, 1, 2, J), (0, 1)),
    ],
)
def test_what_changes_the_prepared_state_stays(op, zeros):
    rest = [A, MIX, C, Exchange(0, 3, K)]
    assert left([op, *rest], DotObservable(0, 2), zeros=zeros)[0] == op


def test_equal_rotations_of_a_singlet_go_and_what_they_hid_too():
    rest = [C, MIX]
    assert left([Rotate(0, S), Rotate(1, S), Exchange(0, 1, J), *rest], DotObservable(0, 2)) == rest
    kept = [Rotate(0, S), Rotate(1, J * S), Exchange(0, 1, J), *rest]
    assert left(kept, DotObservable(0, 2)) == kept


def test_a_gate_is_no_phase_behind_another_that_does_not_commute():
    ops = [A, Exchange(0, 1, J), MIX]
    assert left(ops, DotObservable(0, 2)) == ops


def test_unseen_observables_and_idle_qubits_go():
    program = replace(
        circuit([A, B, C], (DotObservable(0, 1), DotObservable(2, 3))), readout=EnergyReadout(Moment("m0"))
    )
    after = trim(program)
    assert [qubit.name for qubit in after.qubits] == ["q0", "q1"]
    assert after.ops == (Singlet(0, 1), A, B)
    assert after.observables == (("m0", DotObservable(0, 1)),)
    assert trim(program, observables=False, qubits=False).observables == program.observables
    other = replace(program, readout=EnergyReadout(Moment("m1")))
    after = trim(other)
    assert [qubit.name for qubit in after.qubits] == ["q2", "q3"]
    assert after.observables == (("m1", DotObservable(0, 1)),)


def test_what_one_pass_left_as_it_was_another_one_may_still_trim():
    program = circuit([A], (DotObservable(0, 1),))
    kept = trim(program, qubits=False)
    assert trim(kept, qubits=False) is kept
    assert [qubit.name for qubit in trim(kept).qubits] == ["q0", "q1"]


def test_the_other_half_of_a_singlet_stays():
    after = trim(circuit([A], (DotObservable(0, 2),)))
    assert len(after.qubits) == 4
    assert after.ops == (Singlet(0, 1), Singlet(2, 3), A)


def test_one_observable_is_left_when_none_is_seen():
    program = replace(circuit([A, MIX], (DotObservable(2, 3), TOTAL)), readout=EnergyReadout(J))
    after = trim(program)
    assert after.observables == (("m0", DotObservable(0, 1)),)
    assert after.ops == (Singlet(0, 1),)


def test_what_is_seen_stays_the_same_object():
    program = circuit([A, B], (DotObservable(0, 1), DotObservable(2, 3)))
    result = LightCone().run(program, IDEAL)
    assert result.program is program
    assert not result.changed


def test_qubits_stay_where_declared_generators_may_name_them():
    program = circuit([A, B], (DotObservable(0, 1),))
    declared = replace(program, generators=(Generator("flip", qubits=((0, 1), (1, 0), (2, 3), (3, 2))),))
    assert len(trim(program).qubits) == 2
    assert trim(declared) is declared


PREPARED = {
    "own pairs": (Singlet(0, 1), Singlet(2, 3)),
    "other pairs": (Singlet(0, 2), Singlet(3, 1)),
    "zeros": tuple(map(Zero, range(4))),
    "both": (Zero(2), Singlet(0, 1), Zero(3)),
}
COUPLINGS = [kind.declaration for kind in OPERATIONS if issubclass(kind, Coupling)]


@pytest.mark.parametrize("prepared", PREPARED)
@pytest.mark.parametrize("said", COUPLINGS, ids=lambda said: said.word)
def test_what_makes_a_phase_of_the_prepared_state_goes_and_nothing_else(said, prepared):
    qubits = tuple(Qubit(f"q{k}") for k in range(4))
    strings = [((0, "Z"), (1, "Z")), ((0, "X"), (2, "X")), ((2, "Y"), (3, "Y"))] if said.string else [()]
    sizes = [size for size in said.counts if size <= len(qubits)]
    for string, size in product(strings, sizes):
        op = make_op(said.word, range(size), J, string=string)
        before, after = (
            replace(dense_program(0), qubits=qubits, ops=(*PREPARED[prepared], *ops)) for ops in ((), (op,))
        )
        states = [statevector(program, dense_instance(3)) for program in (before, after)]
        watched = replace(
            after,
            observables=(
                ("x", PauliObservable(tuple((k, "X") for k in range(4)))),
                ("z", PauliObservable(((0, "Z"),))),
            ),
            readout=EnergyReadout(add(Moment("x"), Moment("z"))),
        )
        gone = op not in LightCone(qubits=False).run(watched, IDEAL).program.ops
        phase = abs(abs(np.vdot(*states)) - 1) < 1e-9
        assert gone or not phase
        if gone:
            shorter = replace(watched, ops=before.ops)
            values = [moments(program, dense_instance(3)) for program in (watched, shorter)]
            np.testing.assert_allclose(*values, atol=1e-12)
