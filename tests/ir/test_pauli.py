"""The Pauli algebra against dense matrices."""

import pickle
from collections.abc import Iterable
from fractions import Fraction
from functools import reduce
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qffc.ir import PauliString, PauliSum, pauli
from qffc.ir.observables import DotObservable, SumObservable
from qffc.ir.pauli import (
    LETTERS,
    Term,
    anticommuting,
    dot_product,
    product_of_strings,
    spin_component,
    triple_product,
)
from qffc.ir.values import Number, ParameterEntry, Pi, Value, add, as_value, mul

QUBITS = 3
MATRICES = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}
J, K = ParameterEntry("J"), ParameterEntry("K")
COEFFICIENTS = (0, 1, -2, Fraction(1, 3), J, -1 * J, K, 2 * J - K, 2 + 4 * Pi(), (J + 1) * (K - J), J * K**2, K / J)

strings = st.dictionaries(st.integers(0, QUBITS - 1), st.sampled_from(LETTERS)).map(lambda d: tuple(sorted(d.items())))
sums = st.dictionaries(strings, st.integers(-3, 3), max_size=4).map(PauliSum.of)
real_sums = st.dictionaries(strings, st.sampled_from(COEFFICIENTS), max_size=6).map(PauliSum.of)
symbolic_sums = st.tuples(real_sums, real_sums).map(lambda parts: parts[0] + parts[1].scaled(1, imaginary=True))


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


def plain_sum(terms: Iterable[Term]) -> PauliSum:
    """Terms added one after the other."""
    found: dict[PauliString, tuple[Value, Value]] = {}
    for string, (real, imaginary) in terms:
        old = found.get(string, (as_value(0), as_value(0)))
        found[string] = (add(old[0], real), add(old[1], imaginary))
    return PauliSum(tuple(sorted((s, c) for s, c in found.items() if c != (as_value(0), as_value(0)))))


def plain_product(left: PauliSum, right: PauliSum) -> PauliSum:
    terms: list[Term] = []
    for first, (a, b) in left.terms:
        for second, (c, d) in right.terms:
            phase, string = product_of_strings(first, second)
            real, imaginary = add(mul(a, c), -mul(b, d)), add(mul(a, d), mul(b, c))
            for _ in range(phase):
                real, imaginary = -imaginary, real
            terms.append((string, (real, imaginary)))
    return plain_sum(terms)


@given(symbolic_sums, symbolic_sums)
def test_the_algebra_is_that_of_its_definition(left: PauliSum, right: PauliSum) -> None:
    assert left * right == plain_product(left, right)
    assert left + right == plain_sum((*left.terms, *right.terms))
    assert left.commutator(right) == plain_product(left, right) - plain_product(right, left)
    assert (left.commutator(right) + right.commutator(left)).is_zero


@given(st.lists(symbolic_sums, max_size=5))
def test_a_total_is_the_sum_of_its_parts(parts: list[PauliSum]) -> None:
    total = PauliSum.total(parts)
    assert total == reduce(lambda sum_, part: sum_ + part, parts, PauliSum(()))
    assert total == plain_sum(term for part in parts for term in part.terms)
    assert total == PauliSum.total(reversed(parts))


@given(symbolic_sums, st.permutations(range(QUBITS)), st.integers(0, 2))
def test_relabelling_moves_every_letter(total: PauliSum, order: list[int], merged: int) -> None:
    qubits = dict(enumerate(order))
    terms = [(tuple(sorted((qubits[q], letter) for q, letter in string)), c) for string, c in total.terms]
    assert total.relabelled(qubits) == plain_sum(terms)
    stays = {merged: merged, 7: 8}
    assert total.relabelled(stays) == total


@given(symbolic_sums, symbolic_sums)
def test_anticommuting_terms_are_those_whose_product_changes_its_sign(left: PauliSum, right: PauliSum) -> None:
    found = {(a[0], b[0]) for a, b in anticommuting(left, right)}
    assert len(found) == len(list(anticommuting(left, right)))
    pairs = {(a, b) for a, _ in left.terms for b, _ in right.terms}
    assert found == {(a, b) for a, b in pairs if product_of_strings(a, b) != product_of_strings(b, a)}


@given(symbolic_sums, symbolic_sums)
def test_equal_sums_have_one_hash(left: PauliSum, right: PauliSum) -> None:
    assert hash(left + right) == hash(right + left)
    assert left + right == right + left


def test_a_hash_stays_in_its_process() -> None:
    total = dot_product(0, 1)
    assert hash(total) == hash(dot_product(0, 1))
    assert total.places
    again = pickle.loads(pickle.dumps(total))  # made here
    assert again == total
    assert vars(again) == {"terms": total.terms}


@pytest.mark.parametrize("count", [6, 12, 24])
def test_a_commutator_with_the_spin_visits_each_letter_once(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    visits = 0

    def counted(left: PauliString, right: PauliString) -> tuple[int, PauliString]:
        nonlocal visits
        visits += 1
        return product_of_strings(left, right)

    pairs = list(combinations(range(count), 2))
    everything = SumObservable(tuple((Fraction(1), DotObservable(*pair)) for pair in pairs)).paulis
    monkeypatch.setattr(pauli, "product_of_strings", counted)
    for letter in LETTERS:
        assert spin_component(range(count), letter).commutator(everything).is_zero
    assert visits == 3 * 4 * len(pairs)  # for each axis, two of the three terms of a pair, at both of its qubits
