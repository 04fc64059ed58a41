"""What is said to commute does, as dense matrices show; what is not is not said to."""

from __future__ import annotations

from functools import cache
from itertools import product
from random import Random

import numpy as np
import pytest
from dense_programs import BACK, ZERO, J, K, R, S, dense_program, unitary

from qffc.ir.observables import DotObservable, PauliObservable, ProductObservable, SumObservable
from qffc.ir.operation import Op
from qffc.ir.ops import Chirality, Exchange, PauliRotation, Relabel, Rotate, Singlet, Zero
from qffc.ir.pauli import spin_component
from qffc.ir.reference import dense
from qffc.ir.values import FrameVector, unit
from qffc.passes.circuit.commutation import (
    all_commute,
    commute,
    commutes_with_observable,
    commutes_with_spin,
    ends_alone,
    passes,
    reach,
)
from qffc.passes.circuit.turns import axis_rotation, is_turn

Z_TURN = Rotate(0, FrameVector(ZERO, ZERO, J))


@cache
def gate_of(op: Op) -> np.ndarray:
    return unitary([op], 7)


@pytest.mark.parametrize("seed", range(100))
def test_a_word_that_is_passed_commutes_with_the_operation(seed):
    random = Random(seed)
    ops = [
        op for k in range(3) for op in dense_program(3 * seed + k).ops if not isinstance(op, Singlet | Zero | Relabel)
    ]
    op = next(op for op in ops if isinstance(op, Exchange))
    word = random.sample([other for other in ops if other != op], random.randint(1, 4))
    if passes(op, word):
        np.testing.assert_allclose(unitary([op, *word], seed), unitary([*word, op], seed), rtol=0, atol=1e-12)


def test_equal_rotations_are_passed_together():
    exchange, turns = Exchange(0, 1, J), [Rotate(0, K * R), Rotate(1, -K * BACK)]
    assert passes(exchange, turns)
    assert not passes(exchange, turns[:1])
    assert not passes(exchange, [Rotate(0, K * R), Rotate(1, J * R)])
    assert passes(exchange, [turns[0], Exchange(2, 3, J), turns[1]])
    assert not passes(exchange, [turns[0], Exchange(1, 2, J), turns[1]])
    chirality = Chirality(0, 1, 2, J)
    assert passes(chirality, [*turns, Rotate(2, K * R)])
    assert not passes(chirality, turns)


def test_one_rotation_is_not_a_partner_twice():
    twice = [Rotate(0, R), Rotate(0, R), Rotate(1, R)]
    assert not passes(Exchange(0, 1, J), twice)
    assert passes(Exchange(0, 1, J), [*twice, Rotate(1, R)])


def test_reach_ends_where_something_stands_in_the_way():
    word = [Exchange(2, 3, J), Exchange(1, 2, J), Exchange(0, 1, J)]
    assert list(reach(Exchange(0, 1, J), word)) == [0, 1]
    assert list(reach(Exchange(0, 1, J), word[::2])) == [0, 1, 2]


def test_rotations_about_axes_are_pauli_rotations():
    zz, zx = (PauliRotation(((0, "Z"), (1, letter)), K) for letter in "ZX")
    assert commute(Z_TURN, zz)
    assert commute(Z_TURN, zx)
    assert not commute(Rotate(0, FrameVector(J, ZERO, ZERO)), zz)
    assert not commute(Rotate(0, FrameVector(J, ZERO, J)), zz)
    assert commute(Rotate(0, J * R), Rotate(0, K * unit(BACK)))
    assert not commute(Rotate(0, R), Rotate(0, S))
    assert axis_rotation(Rotate(2, 3 * FrameVector(ZERO, J, ZERO))) == PauliRotation(((2, "Y"),), 3 * J)
    assert axis_rotation(Rotate(2, FrameVector(ZERO, J, J))) is None


@pytest.mark.parametrize("turn", [Rotate(1, J * R), PauliRotation(((1, "Y"),), J), Rotate(1, FrameVector(J, K, ZERO))])
def test_the_inverse_undoes_a_rotation(turn):
    np.testing.assert_allclose(unitary([turn, turn.inverse()], 5), np.eye(16), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "observable",
    [
        DotObservable(0, 1),
        SumObservable(tuple((2, DotObservable(*pair)) for pair in ((0, 1), (0, 2), (1, 2)))),
        SumObservable(((1, DotObservable(0, 1)), (-2, DotObservable(1, 2)))),
        ProductObservable((DotObservable(0, 1), DotObservable(2, 3))),
        PauliObservable(((0, "Z"), (1, "Z"))),
    ],
    ids=("dot", "total", "sum", "product", "string"),
)
def test_commutators_with_observables_are_exact(observable):
    ops = (Exchange(0, 1, J), Exchange(1, 2, J), Exchange(0, 3, J), Chirality(0, 1, 2, J), Chirality(1, 2, 3, J))
    ops += (Z_TURN, Rotate(0, R), Rotate(3, R), PauliRotation(((0, "X"), (1, "X")), J), PauliRotation(((3, "Z"),), J))
    matrix = dense(observable.paulis, (0, 1, 2, 3))
    for op in ops:
        gate = gate_of(op)
        assert commutes_with_observable(op, observable.paulis) == np.allclose(gate @ matrix, matrix @ gate), op
    for letter, qubits in product("XYZ", ((0,), (0, 1), (0, 1, 2), (1, 3), (3,))):
        spin = dense(spin_component(qubits, letter), (0, 1, 2, 3))
        same = np.allclose(spin @ matrix, matrix @ spin)
        assert commutes_with_spin(sum(1 << qubit for qubit in qubits), letter, observable.paulis) == same, letter


def test_turns_at_the_end_are_those_that_commute_with_all_that_follows():
    some = [PauliRotation(((qubit, letter),), J) for qubit in range(2) for letter in "XYZ"]
    some += [PauliRotation(((0, a), (1, b)), J) for a in "XYZ" for b in "XZ"]
    some += [Exchange(0, 1, J), Rotate(0, R), Rotate(0, S), Z_TURN]
    for word in product(some, repeat=3):
        expected = [place for place, op in enumerate(word) if is_turn(op) and all_commute(op, word[place + 1 :])]
        assert ends_alone(word) == expected, word
