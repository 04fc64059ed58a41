"""Pauli strings as integers and Clifford frames, against matrices."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import numpy as np
import pytest
from dense_programs import J

from qffc.ir.values import Number, Pi, as_value
from qffc.passes.gadgets.frame import Frame, quarter_turns, quarters_and_rest
from qffc.passes.gadgets.paulis import Pauli, multiplied
from qffc.passes.gadgets.strings_table import Move, StringsTable, effects

QUBITS = 3
LETTERS = {"X": np.array([[0, 1], [1, 0]]), "Y": np.array([[0, -1j], [1j, 0]]), "Z": np.diag([1, -1])}


def matrix(string: Pauli) -> np.ndarray:
    letters, result = dict(string.string), np.eye(1)
    for qubit in range(QUBITS):
        result = np.kron(result, LETTERS[letters[qubit]] if qubit in letters else np.eye(2))
    return -result if string.negative else result


def turn(string: Pauli, quarters: int) -> np.ndarray:
    angle = np.pi / 4 * quarters
    return np.cos(angle) * np.eye(2**QUBITS) - 1j * np.sin(angle) * matrix(string)


def some(random: Random) -> Pauli:
    return Pauli(random.randrange(2**QUBITS), random.randrange(2**QUBITS), bool(random.randrange(2)))


@pytest.mark.parametrize("seed", range(20))
def test_products_and_turns_are_those_of_matrices(seed):
    random = Random(seed)
    one, two, quarters = some(random), some(random), random.randrange(4)
    power, product = multiplied(one, two)
    np.testing.assert_allclose(matrix(one) @ matrix(two), 1j**power * matrix(product))
    c = turn(two, quarters)
    np.testing.assert_allclose(matrix(one.turned_by(two, quarters)), c @ matrix(one) @ c.conj().T, atol=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_a_frame_is_the_product_of_its_turns(seed):
    random, frame, whole = Random(seed), Frame.identity(QUBITS), np.eye(2**QUBITS)
    for _ in range(random.randrange(8)):
        string, quarters = some(random), random.randrange(4)
        frame, whole = frame.then(string, quarters), turn(string, quarters) @ whole
    string = some(random)
    np.testing.assert_allclose(matrix(frame.before(string)), whole.conj().T @ matrix(string) @ whole, atol=1e-12)
    np.testing.assert_allclose(matrix(frame.after(string)), whole @ matrix(string) @ whole.conj().T, atol=1e-12)


def test_turns_of_single_qubits_and_moves_are_told():
    x, y = Pauli(1, 0), Pauli(1, 1)
    frame = Frame.identity(2).then(x, 1).then(y, 3)
    assert frame.sources == (0, 1)
    again = Frame.identity(2)
    for string, quarters in frame.turns():
        again = again.then(string, quarters)
    assert again == frame
    swap = Frame.identity(2)
    for letters in ((1, 0), (1, 1), (0, 1)):
        swap = swap.then(Pauli(3 * letters[0], 3 * letters[1]), 1)
    assert swap.sources == (1, 0)
    assert swap.turns() == ()
    assert Frame.identity(2).then(Pauli(3, 0), 1).sources is None


def test_exact_quarter_turns_of_an_angle():
    assert quarters_and_rest(Pi() / 2 + J) == (1, J)
    assert quarters_and_rest(-Pi() / 2) == (3, None)
    assert quarters_and_rest(Pi() * Fraction(5, 2)) == (1, None)
    assert quarters_and_rest(Number(Fraction(0))) == (0, None)
    for angle in (Pi() / 4, J, as_value(Fraction(1, 2)), J * Pi()):
        assert quarters_and_rest(angle) == (0, angle)
    x = Pauli(1, 0)
    assert [op.angle.text for op in quarter_turns([(x, 1), (x.negated, 1), (x, 2), (x, 4)])] == [
        "1/2*pi",
        "-1/2*pi",
        "pi",
    ]


@pytest.mark.parametrize("seed", range(5))
def test_gates_on_many_strings_and_what_they_would_do(seed):
    random = Random(seed)
    strings = [some(random) for _ in range(70)]  # more than a word of 64 bits
    table = StringsTable.of(strings, QUBITS)
    found = effects(*table.words([(0, 70)]))
    for place, (a, b) in enumerate(found.pairs):
        for move in (Move(a, b, first, second) for first in range(3) for second in range(3)):
            turned = StringsTable(list(table.xs), list(table.zs), table.negative, table.count)
            turned.apply(move)
            for number, string in enumerate(strings):
                image = string.turned_by(move.string, 1)
                assert turned.string(number) == image
                bits = (words[move.first, move.second, place, number // 64] for words in (found.longer, found.shorter))
                longer, shorter = (int(word) >> number % 64 & 1 for word in bits)
                assert image.weight - string.weight == longer - shorter
    one, two = table.short((1 << 70) - 1)
    assert [one >> k & 1 for k in range(70)] == [string.weight == 1 for string in strings]
    assert [two >> k & 1 for k in range(70)] == [string.weight == 2 for string in strings]
    assert {w: mask for w, mask in table.weights((1 << 70) - 1).items() if w == 1} == ({1: one} if one else {})
    assert table.earlier_against(strings[10:], 10)[3] == sum(
        1 << k for k in range(10, 13) if not strings[k].commutes(strings[13])
    )
