"""Strings on flat states are those of the reference, one qubit after the other."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import numpy as np
import pytest

from qffc.ir.observables import DotObservable, PauliObservable, SumObservable
from qffc.ir.pauli import PauliSum
from qffc.ir.reference import apply_string, expectation
from qffc.passes.circuit import flat_strings
from qffc.passes.circuit.flat_strings import expectations, on_flat, parities


@pytest.mark.parametrize("most", [0, 10], ids=["made", "kept"])
def test_strings_are_those_of_the_reference(monkeypatch, most):
    monkeypatch.setattr(flat_strings, "_MOST_KEPT", most)
    random, numbers = Random(0), np.random.default_rng(0)
    for qubits in (1, 2, 4, 5):
        states = numbers.normal(size=(2, 2**qubits)) + 1j * numbers.normal(size=(2, 2**qubits))
        for _ in range(12):
            on = sorted(random.sample(range(qubits), random.randint(1, qubits)))
            string = tuple((qubit, random.choice("XYZ")) for qubit in on)
            wanted = [apply_string(state.reshape((2,) * qubits), string).reshape(-1) for state in states]
            np.testing.assert_allclose(on_flat(string, states, qubits), wanted, atol=1e-14)


def test_expectation_values_are_those_of_the_reference():
    numbers = np.random.default_rng(1)
    states = numbers.normal(size=(3, 16)) + 1j * numbers.normal(size=(3, 16))
    observable = SumObservable(
        ((Fraction(-2, 3), DotObservable(0, 2)), (Fraction(1), PauliObservable(((1, "Y"), (2, "Z"), (3, "X")))))
    )
    others = [PauliObservable(((1, letter),)) for letter in "XYZ"]
    wanted = [[expectation(each, state, 4) for each in (observable, *others)] for state in states]
    np.testing.assert_allclose(expectations([each.paulis for each in (observable, *others)], states, 4), wanted)
    np.testing.assert_array_equal(expectations([PauliSum(())], states, 4), np.zeros((3, 1)))


def test_parities_count_ones():
    for mask, signs in zip(range(8), parities(list(range(8)), 3), strict=True):
        for state, sign in enumerate(signs):
            bits = [state >> 2 - qubit & 1 for qubit in range(3) if mask >> qubit & 1]
            assert sign == (-1) ** sum(bits)
