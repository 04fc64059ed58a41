from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from clifford_programs import circuit, clifford_program, cx, word
from dense_programs import J, K, R, dense_instance
from hypothesis import strategies as st

from qffc.ir.generators import Generator
from qffc.ir.observables import DotObservable, PauliObservable
from qffc.ir.ops import Exchange, FourSpin, PauliRotation, Rotate, Singlet
from qffc.ir.pauli import LETTERS
from qffc.ir.reference import moments
from qffc.ir.values import Pi
from qffc.library import load
from qffc.passes.gadgets.blocks import two_qubit_gates
from qffc.passes.gadgets.frame import Frame
from qffc.passes.gadgets.paulis import Pauli
from qffc.passes.gadgets.sequence import Gadget, Gadgets
from qffc.passes.gadgets.stabilizers import Stabilizers
from qffc.passes.gadgets.synthesis import Search, all_synthesized, undone
from qffc.passes.gadgets.synthesize_gadgets import SynthesizeGadgets
from qffc.passes.same_response import compare_responses
from qffc.targets.catalogue import target
from qffc.testing import PassSuite, programs

IDEAL = target("ideal")
ZZ = PauliObservable(word("ZZ"))


def turn(text, angle):
    return PauliRotation(word(text), angle)


def shorter(program):
    return SynthesizeGadgets().run(program, IDEAL).program


def gates(program):
    return two_qubit_gates(program.ops)


class TestSuite(PassSuite):
    step = SynthesizeGadgets()
    idempotent = True
    max_examples = 4

    def programs(self):
        return st.one_of(st.integers(0, 10**6).map(clifford_program), programs())


@pytest.mark.parametrize("seed", range(24))
def test_moments_stay_and_no_string_is_long(seed):
    program, instance = clifford_program(seed), dense_instance(seed)
    result = SynthesizeGadgets().run(program, IDEAL)
    np.testing.assert_allclose(moments(result.program, instance), moments(program, instance), rtol=0, atol=1e-12)
    assert result.changed == (result.program is not program)
    if result.changed:
        assert all(len(op.qubits) <= 2 for op in result.program.ops if isinstance(op, PauliRotation))
        assert gates(result.program) <= gates(program)


def test_four_spin_between_other_operations():
    ops = (Singlet(0, 1), Singlet(2, 3), Rotate(0, R), Exchange(0, 2, K), FourSpin(0, 1, 2, 3, J), Rotate(1, R))
    program = circuit([], 4, DotObservable(0, 1)).with_ops((*ops, Exchange(0, 3, K)))
    after = shorter(program)
    assert gates(after) <= 17
    assert compare_responses(program, after, moments=True).outcome == "equal"


def test_a_double_excitation_of_a_reference_state_is_one_rotation():
    texts = ("XXXY", "XXYX", "XYXX", "YXXX", "YYYX", "YYXY", "YXYY", "XYYY")
    signs = (1, 1, -1, -1, -1, -1, 1, 1)
    reference = [turn("X...", Pi()), turn(".X..", Pi())]
    strings = [turn(text, J * sign) for text, sign in zip(texts, signs, strict=True)]
    program = circuit([*reference, *strings], 4, PauliObservable(word("ZZ..")), PauliObservable(word("Z.Z.")))
    after = shorter(program)
    assert gates(after) <= 5
    (angle,) = [op.angle for op in after.ops if op.value is not None and "J" in op.value.text]
    assert angle in (8 * J, -8 * J)
    assert compare_responses(program, after, moments=True).outcome == "equal"


def test_a_clifford_operation_that_may_not_be_measured_is_undone():
    program = circuit([turn("XYZ", J), turn("ZXY", K), turn("YZX", J)], 3, DotObservable(0, 1), DotObservable(1, 2))
    after = shorter(program)
    assert after.observables == program.observables
    assert gates(after) < gates(program)
    assert compare_responses(program, after, moments=True).outcome == "equal"


def test_what_gains_nothing_stays():
    for program in (load("ring", depth=2), load("pair"), load("all-pairs", qubits=4)):
        assert shorter(program) is program
    short = circuit([turn("XY.", J), turn(".XY", K)], 3, ZZ)
    assert shorter(short) is short


def test_more_qubits_than_words_have_bits():
    far = [PauliRotation(((0, "X"), (33, "Y"), (69, "Z")), J), PauliRotation(((0, "Z"), (1, "Y"), (69, "X")), K)]
    program = circuit(far, 70, PauliObservable(((0, "Z"),)))
    assert (gates(program), gates(shorter(program))) == (6, 3)


def test_declared_symmetries_are_left_alone():
    program = circuit([turn("XXX", J), turn("ZZZ", K)], 3, ZZ)
    assert shorter(program) is not program
    declared = replace(program, generators=(Generator("parity", paulis=word("ZZZ")),))
    assert shorter(declared) is declared


@pytest.mark.parametrize("patient", [False, True])
def test_searches_end_on_any_strings(patient):
    random = Random(7)
    for qubits in (2, 5, 9):
        strings = [Pauli(random.randrange(1, 2**qubits), random.randrange(2**qubits)) for _ in range(30)]
        (found,) = all_synthesized(
            Gadgets(tuple(Gadget(string, J) for string in strings), Frame.identity(qubits)),
            [Search(0.9, 0.3, patient, 3)],
        )
        assert found is not None
        assert all(len(op.qubits) <= 2 for op in found.ops)
        rest = undone(found.frame)
        assert rest.frame.sources is not None


def test_a_search_is_given_up():
    long = Gadgets((Gadget(Pauli(0b11111, 0), J),), Frame.identity(5))
    assert all_synthesized(long, [Search()], most=3) == (None,)
    assert all_synthesized(long, [Search()], most=4) != (None,)
    assert all_synthesized(long, [Search()], most=3, worse=1) != (None,)


def test_strings_that_a_state_does_not_tell_apart():
    singlet = Stabilizers.prepared([Singlet(0, 1)])
    assert singlet.shortest(Pauli.of(word("XX"))) == Pauli(0, 0, negative=True)
    assert singlet.shortest(Pauli.of(word("XZ"))).string == word("XZ")
    assert singlet.commuting(Pauli.of(word("Z."))).strings == (Pauli.of(word("ZZ")).negated,)
    assert singlet.after(Rotate(0, R)).strings == ()
    assert singlet.after(Exchange(0, 1, J)).strings == singlet.strings
    zeros = Stabilizers(tuple(Pauli(0, 1 << q) for q in range(12)))  # more than are tried all
    assert zeros.shortest(Pauli.of(tuple((q, LETTERS[1 + q % 2]) for q in range(12)))).string == tuple(
        (q, "X") for q in range(0, 12, 2)
    )


def test_gates_are_counted_where_they_can_meet():
    assert two_qubit_gates([turn("ZZ.", J), turn(".ZZ", K), turn("XX.", J)]) == 3
    assert two_qubit_gates([turn("ZZ.", J), turn(".ZZ", K), turn("ZZ.", K)]) == 2
    assert two_qubit_gates([turn("ZZ.", J), turn("X..", K), turn("YX.", K)]) == 1
    assert two_qubit_gates([turn("ZZZ", J), turn("ZZZ", J), turn("ZZZZ", J)]) == 3 + 3 + 5
    assert two_qubit_gates(cx(0, 1)) == 1
