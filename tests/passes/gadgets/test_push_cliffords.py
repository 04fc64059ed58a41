from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from clifford_programs import circuit, clifford_program, cx, word
from dense_programs import J, K, R, dense_instance
from hypothesis import strategies as st

from qffc.ir.generators import Generator
from qffc.ir.observables import DotObservable, PauliObservable, SumObservable
from qffc.ir.ops import Exchange, PauliRotation, Rotate, Zero
from qffc.ir.reference import moments
from qffc.ir.values import Pi, Position, norm
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.gadgets.push_cliffords import PushCliffords
from qffc.passes.same_response import compare_responses
from qffc.targets.catalogue import target
from qffc.testing import PassSuite, programs

IDEAL = target("ideal")
ZZ = PauliObservable(word("ZZ"))


def turn(text, angle):
    return PauliRotation(word(text), angle)


def pushed(program):
    return PushCliffords().run(program, IDEAL).program


class TestSuite(PassSuite):
    step = PushCliffords()
    idempotent = True
    max_examples = 8

    def programs(self):
        return st.one_of(st.integers(0, 10**6).map(clifford_program), programs())


@pytest.mark.parametrize("seed", range(60))
def test_moments_stay(seed):
    program, instance = clifford_program(seed), dense_instance(seed)
    result = PushCliffords().run(program, IDEAL)
    np.testing.assert_allclose(moments(result.program, instance), moments(program, instance), rtol=0, atol=1e-12)


def test_cx_a_rotation_and_cx_are_one_rotation():
    program = circuit([turn("X.", K), *cx(0, 1), turn(".Z", J), *cx(0, 1)], 2, ZZ)
    after = pushed(program)
    assert after.ops == (Zero(0), Zero(1), turn("X.", K), turn("ZZ", J))
    assert after.observables == program.observables
    assert compare_responses(program, after, moments=True).outcome == "equal"


def test_turns_of_single_qubits_stay_in_front():
    hadamard = [turn("Y.", Pi() / 2), turn("X.", Pi())]
    program = circuit([*hadamard, *cx(0, 1), turn(".Z", J), *cx(0, 1)], 2, ZZ)
    after = pushed(program)
    assert after.ops[-1] == turn("ZZ", J)
    assert [op.qubits for op in after.ops[2:-1]] == [(0,), (0,)]
    assert after.observables == program.observables


def test_the_last_layer_is_measured():
    turns = [turn(text, J * (k + 1)) for k, text in enumerate(("Y..", ".Y.", "..Y"))]
    ladder = [*cx(0, 1), *cx(1, 2)]
    program = circuit(
        [*turns, *ladder, *turns[::-1], *ladder],
        3,
        SumObservable(((Fraction(1), ZZ), (Fraction(2), PauliObservable(word(".ZZ"))))),
    )
    after = pushed(program)
    assert after.ops == program.ops[:-6]
    assert after.observables == (
        (
            "m0",
            SumObservable(((Fraction(1), PauliObservable(word(".Z."))), (Fraction(2), PauliObservable(word("..Z"))))),
        ),
    )


def test_a_graph_state_is_nothing_but_measured():
    plus = [PauliRotation(((q, "Y"),), Pi() / 2) for q in range(4)]
    edges = [
        op
        for q in range(3)
        for op in (*_on(q, "Z"), *_on(q + 1, "Z"), PauliRotation(((q, "Z"), (q + 1, "Z")), Pi() / 2))
    ]
    program = circuit([*plus, *edges], 4, PauliObservable(word("XZ..")), PauliObservable(word("ZXZ.")))
    after = pushed(program)
    assert after.ops == program.ops[:4]
    assert [observable.text("abcd") for _, observable in after.observables] == ["Z(a)", "Z(b)"]


def _on(qubit, letter):
    return [PauliRotation(((qubit, letter),), -Pi() / 2)]


def test_no_further_setting_is_asked_for():
    # One setting behind the last turn; before it Y X and Z Y, which need two.
    apart = [PauliObservable(word("X.")), PauliObservable(word(".Z"))]
    program = circuit([turn("Y.", J), turn(".Y", K), turn("ZX", Pi() / 2)], 2, *apart)
    assert pushed(program) is program


def test_an_inner_product_stays_one():
    last = turn("ZX", Pi() / 2)
    program = circuit([turn("Y.", J), turn(".Y", K), last], 2, DotObservable(0, 1))
    assert pushed(program) is program
    moved = circuit([turn("Y..", J), turn(".YX", K), *cx(0, 2), *cx(2, 0), *cx(0, 2)], 3, DotObservable(0, 1))
    assert pushed(moved).observables == (("m0", DotObservable(1, 2)),)


def test_other_operations_are_not_passed():
    program = circuit([turn("ZX", Pi() / 2), Rotate(0, R), Exchange(0, 1, J)], 2, ZZ)
    assert pushed(program) is program
    beside = circuit([turn("ZX.", Pi() / 2), turn("X..", J), Rotate(2, R), turn("ZX.", -Pi() / 2)], 3, ZZ)
    assert pushed(beside).ops[3:] == (Rotate(2, R), turn("YX.", J)) or pushed(beside).ops[3:] == (
        Rotate(2, R),
        turn("YX.", -J),
    )


def test_couplings_free_in_order_are_left_alone():
    free = replace(turn(".Z", J), unordered="mix")
    program = circuit([*cx(0, 1), free, *cx(0, 1)], 2, ZZ)
    assert pushed(program) is program


def test_declared_symmetries_keep_their_state():
    parity = Generator("parity", paulis=word("XX"))
    swap = Generator("swap", qubits=((0, 1), (1, 0)))
    plus = [PauliRotation(((q, "Y"),), Pi() / 2) for q in range(2)]
    field = [turn("X.", K), turn(".X", K)]
    program = replace(circuit([*plus, *cx(0, 1), turn(".Z", J), *cx(0, 1), *field], 2, ZZ), generators=(parity, swap))
    certificate = check_equivariance(program, rules_only=True)
    assert [(v.status, v.rule) for v in certificate.verdicts] == [
        ("proven", "conjugation by a Pauli string of the circuit without Clifford gates"),
        ("proven", "relabelling modulo commutation of the circuit without Clifford gates"),
    ]
    assert pushed(program).observables == program.observables
    # The last gate would be measured, and the state another one.
    last = replace(program, ops=(*program.ops, *cx(0, 1)))
    assert pushed(last).observables == program.observables


def test_exchange_is_proven_of_rotations_between_clifford_gates():
    field = [turn("X.", norm(Position("A"))), turn(".X", norm(Position("B")))]
    plain = circuit([*field, *cx(0, 1), turn(".Z", J), *cx(0, 1), *field], 2, ZZ)
    sites = tuple(replace(qubit, site=site) for qubit, site in zip(plain.qubits, "AB", strict=True))
    program = replace(plain, qubits=sites, symmetry=("exchange",), sites=plain.sites[:2])
    (verdict,) = check_equivariance(program, rules_only=True).verdicts
    assert (verdict.status, verdict.rule.endswith(" of the reduced circuit")) == ("proven", True)
