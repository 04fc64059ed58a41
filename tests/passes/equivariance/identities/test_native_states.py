"""Pauli strings on states over finite fields: the native library and NumPy give the same numbers."""

from random import Random

import numpy as np
import pytest

from qffc.library import load
from qffc.passes.equivariance.identities import native_states, states
from qffc.passes.equivariance.identities.identity_test import compare_exactly
from qffc.passes.equivariance.identities.modular import Modulus
from qffc.passes.equivariance.identities.native_states import MOST_QUBITS, applied_natively, reaches
from qffc.passes.equivariance.identities.points import random_field
from qffc.passes.equivariance.transforms import MIRROR, TURN
from qffc.passes.native_library import NativeState, native_state

COUNT = 8

needs_native = pytest.mark.skipif(not native_state().available, reason="no native library to compare")


def strings_on(random, qubits):
    found = [(), *(((qubit, random.choice("XYZ")),) for qubit in qubits)]
    for _ in range(4):
        some = sorted(random.sample(qubits, random.randint(1, len(qubits))))
        found.append(tuple((qubit, random.choice("XYZ")) for qubit in some))
    return found


@needs_native
@pytest.mark.parametrize("own", range(1, MOST_QUBITS + 1))
def test_both_give_the_same_numbers(own):
    random = Random(own)
    primes = [random_field(random, 24).prime for _ in range(5)]
    qubits = random.sample(range(COUNT), own)
    strings = strings_on(random, qubits)
    coefficients = [[random.choice((0, 1, p - 1, random.randrange(p))) for _ in strings] for p in primes]
    state = np.array([[random.choice((0, p - 1, random.randrange(p))) for _ in range(1 << COUNT)] for p in primes])
    given = state.copy()
    found = applied_natively(strings, np.array(coefficients), state, COUNT, np.array(primes))
    wanted = states._applied_in_numpy(strings, coefficients, state, COUNT, Modulus(primes))
    assert np.array_equal(found, wanted)
    assert np.array_equal(state, given)
    assert not np.array_equal(found, state)


def test_longer_strings_are_left_to_numpy():
    long = tuple((qubit, "X") for qubit in range(MOST_QUBITS + 1))
    assert not reaches([long])


def test_without_the_library_the_test_says_the_same(monkeypatch):
    program = load("sivqlm-h2o", depth=1)
    with_it = [compare_exactly(program, each, Random(3)) for each in (TURN, MIRROR)]
    monkeypatch.setattr(native_states, "native_state", lambda: NativeState(None, "not built"))
    assert [compare_exactly(program, each, Random(3)) for each in (TURN, MIRROR)] == with_it
