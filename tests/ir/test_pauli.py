"""The Pauli algebra against dense matrices."""

from fractions import Fraction
from functools import reduce

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qffc.ir import PauliString, PauliSum
from qffc.ir.pauli import LETTERS, dot_product, product_of_strings, spin_component, triple_product
from qffc.ir.values import Number, ParameterEntry, Value

QUBITS = 3
MATRICES = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}
J = ParameterEntry("J")

strings = st.dictionaries(st.integers(0, QUBITS - 1), st.sampled_from(LETTERS)).map(lambda d: tuple(sorted(d.items())))
sums = st.dictionaries(strings, st.integers(-3, 3), max_size=4).map(PauliSum.of)


def number(value: Value) -> float:
    assert isinstance(value, Number)
    return float(value.value)


def dense_string(string: PauliString) -> NDArray[np.complex128]:
    letters = dict(string)
    return reduce(np.kron, [MATRICES[letters.get(q, "I")] for q in range(QUBITS)]).astype(complex)


def dense(total: PauliSum) -> NDArray[np.complex128]:
    matrix = np.zeros((2**QUBITS,) * 2, dtype=complex)
    for string, (real, imaginary) in total.terms:
        matrix += complex(number(real), number(imaginary)) * dense_string(string)
    return matrix


@given(strings, strings)
def test_product_of_strings(left: PauliString, right: PauliString) -> None:
    power, string = product_of_strings(left, right)
    np.testing.assert_array_equal(dense_string(left) @ dense_string(right), 1j**power * dense_string(string))


@given(sums, sums)
def test_products_and_commutators(left: PauliSum, right: PauliSum) -> None:
    a, b = dense(left), dense(right)
    np.testing.assert_array_equal(dense(left + right), a + b)
    np.testing.assert_array_equal(dense(left - right), a - b)
    np.testing.assert_array_equal(dense(left * right), a @ b)
    np.testing.assert_array_equal(dense(left.commutator(right)), a @ b - b @ a)
    np.testing.assert_array_equal(dense(left.scaled(2, imaginary=True)), 2j * a)


def test_symbolic_coefficients_cancel_exactly() -> None:
    for letter in LETTERS:
        for angle in (J, J + 1, J - ParameterEntry("K"), J * (J + 1)):
            assert dot_product(0, 1).scaled(angle).commutator(spin_component((0, 1), letter)).is_zero
        assert triple_product(0, 1, 2).scaled(J).commutator(spin_component((0, 1, 2), letter)).is_zero
    residual = PauliSum.of({((0, "X"),): J}).commutator(spin_component((0,), "Y"))
    assert str(residual) == "i*J Z(0)"


def test_symbolic_product() -> None:
    left = PauliSum.of({((0, "X"),): J, (): 1})
    assert str(left * left) == "(1 + J^2) 1 + 2*J X(0)"


def test_dot_product_is_twice_the_swap_less_one() -> None:
    swap = np.eye(8).reshape((2,) * 6).transpose(1, 0, 2, 3, 4, 5).reshape(8, 8)
    np.testing.assert_array_equal(dense(dot_product(0, 1)), 2 * swap - np.eye(8))


def test_triple_product_changes_sign_with_its_order() -> None:
    assert (triple_product(0, 1, 2) + triple_product(1, 0, 2)).is_zero
    assert triple_product(1, 2, 0) == triple_product(0, 1, 2)


def test_relabelling_and_spelling() -> None:
    total = PauliSum.of({((0, "X"), (2, "Z")): Fraction(-1, 2)})
    assert str(total) == "-1/2 X(0) Z(2)"
    assert str(total.relabelled({0: 2, 2: 0})) == "-1/2 Z(0) X(2)"
    assert total.qubits == (0, 2)
    assert str(total - total) == "0"
