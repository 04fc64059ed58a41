"""Pauli strings on states over finite fields by the native library, where it was built: the same numbers, sooner."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qffc.ir.pauli import PauliString
from qffc.passes.equivariance.identities.modular import Numbers
from qffc.passes.native_library import native_state

MOST_QUBITS = 6
"""Of an operation: the library has a number for each flip of its qubits and each state of them."""


def reaches(strings: Sequence[PauliString]) -> bool:
    """Whether the native library can be used for these strings."""
    return native_state().available and len({qubit for string in strings for qubit, _ in string}) <= MOST_QUBITS


def applied_natively(
    strings: Sequence[PauliString], coefficients: Numbers, state: Numbers, count: int, primes: Numbers
) -> Numbers:
    """Return a sum of Pauli strings applied to states.

    Args:
        strings: on few qubits, see :func:`reaches`.
        coefficients: (rows, strings), from 0 to the prime, with the powers of i that Y = i X Z has.
        state: (rows, amplitudes), from 0 to the prime; the first qubit is the most significant bit of an index.
        count: how many qubits there are.
        primes: (rows,), below 2^50.
    """
    library = native_state().library
    assert library is not None  # else the caller does not come here
    own = sorted({qubit for string in strings for qubit, _ in string})
    bit = {qubit: 1 << k for k, qubit in enumerate(own)}
    flips, signs = (
        np.array([sum(bit[q] for q, letter in string if letter in some) for string in strings], dtype=np.int64)
        for some in ("XY", "ZY")
    )
    places = np.array([count - 1 - qubit for qubit in own], dtype=np.int64)
    result = np.array(state, dtype=np.int64, order="C")
    numbers = (np.ascontiguousarray(primes), np.ascontiguousarray(coefficients))

    library.qffc_field_strings(
        _at(result),
        ctypes.c_int64(len(state)),
        ctypes.c_int64(count),
        _at(numbers[0]),
        _at(places),
        ctypes.c_int64(len(own)),
        _at(flips),
        _at(signs),
        ctypes.c_int64(len(strings)),
        _at(numbers[1]),
    )
    return result


def _at(array: NDArray[Any]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
