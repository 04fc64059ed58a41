"""Pauli strings on flat states, (..., 2**qubits), qubit 0 the most significant bit: an order and phases for each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import InternalError
from qffc.ir.pauli import PauliString, PauliSum
from qffc.ir.values import Number

States = NDArray[np.complex128]

_AT_ONCE = 4
"""Qubits whose parities are taken by one product."""
_MOST_KEPT = 10
"""Qubits up to which tables are kept: a longer state takes longer than its tables."""


def on_flat(string: PauliString, states: States, qubits: int) -> States:
    """Return a Pauli string applied to flat states.

    Example:
        >>> on_flat(((0, "Y"), (1, "X")), np.array([1, 0, 0, 2j]), 2)
        array([2.+0.j, 0.+0.j, 0.+0.j, 0.+1.j])
    """
    order, phases = _table(string, qubits) if qubits <= _MOST_KEPT else _made(string, qubits)
    turned = states if order is None else states[..., order]
    return turned if phases is None else turned * phases


def expectations(sums: Sequence[PauliSum], states: States, qubits: int) -> NDArray[np.float64]:
    """Return the expectation values of sums with rational coefficients in flat states, (states, sums).

    Strings that flip the same bits are products of the same amplitudes, with other signs.

    Example:
        >>> from qffc.ir.pauli import dot_product
        >>> expectations([dot_product(0, 1)], np.array([[0, 1, -1, 0]]) / np.sqrt(2), 2).round(12).tolist()
        [[-3.0]]
    """
    alike: dict[int, list[tuple[int, int, complex]]] = {}  # by the bits that they flip: which sum, signs, and factor
    for number, paulis in enumerate(sums):
        for string, (weight, _) in paulis.terms:
            if not isinstance(weight, Number):
                raise InternalError(f"an observable with the coefficient {weight}")
            flips, signs, factor = _masks(string, qubits)
            alike.setdefault(flips, []).append((number, signs, factor * float(weight.value)))
    places, conjugate = np.arange(2**qubits), states.conj()
    values = [np.zeros((0, len(states)), dtype=np.complex128)]
    for flips, strings in alike.items():
        products = conjugate * (states[:, places ^ flips] if flips else states)
        masks = np.array([[signs] for _, signs, _ in strings])
        values.append((1.0 - 2.0 * (np.bitwise_count(masks & places) & 1)) @ products.T)
    entries = [(number, factor) for strings in alike.values() for number, _, factor in strings]
    factors = np.array([[factor] for _, factor in entries]).reshape(len(entries), 1)
    total = np.zeros((len(sums), len(states)))
    numbers = np.array([number for number, _ in entries], dtype=np.int64)
    np.add.at(total, numbers, (factors * np.concatenate(values)).real)
    return total.T


def parities(masks: list[int], qubits: int) -> NDArray[np.float64]:
    """Return the sign of each basis state for sets of qubits: -1 where an odd number of them is 1, (masks, 2**qubits).

    Args:
        masks: of qubits, 1 << k for qubit k.
        qubits: how many there are.

    Example:
        >>> parities([0b11], 2).tolist()
        [[1.0, -1.0, -1.0, 1.0]]
    """
    rows = [_signs(mask, qubits) if qubits <= _MOST_KEPT else _made_signs(mask, qubits) for mask in masks]
    return np.array(rows).reshape(len(masks), 2**qubits)


def parity_means(probabilities: NDArray[np.float64], qubits: int) -> NDArray[np.float64]:
    """Return the mean of the parity of each set of qubits, (..., sets), a bit for each as basis states have them.

    Args:
        probabilities: (..., 2**qubits), of basis states.
        qubits: how many there are.

    Example:
        >>> parity_means(np.array([0.5, 0.0, 0.0, 0.5]), 2).tolist()
        [1.0, 0.0, 0.0, 1.0]
    """
    # A Walsh-Hadamard transform, some qubits at a time: for few of them one product with a table is soonest.
    found = np.asarray(probabilities, dtype=np.float64)
    for start in range(0, qubits, _AT_ONCE):
        some = min(_AT_ONCE, qubits - start)
        if start + some == qubits:
            found = found.reshape(-1, 2**some) @ _parity_table(some)
        else:
            found = _parity_table(some) @ found.reshape(-1, 2**some, 2 ** (qubits - start - some))
    return found.reshape(probabilities.shape)


@lru_cache(maxsize=8)
def _parity_table(qubits: int) -> NDArray[np.float64]:
    """The parity of each set of qubits in each basis state, as a sign: (sets, states)."""
    places = np.arange(2**qubits)
    return np.where(np.bitwise_count(places[:, None] & places) & 1, -1.0, 1.0)


@lru_cache(maxsize=1 << 9)
def _table(string: PauliString, qubits: int) -> tuple[NDArray[np.int64] | None, States | None]:
    return _made(string, qubits)


def _made(string: PauliString, qubits: int) -> tuple[NDArray[np.int64] | None, States | None]:
    """Where each amplitude comes from, and what it is times; None where that is nothing."""
    flips, signs, factor = _masks(string, qubits)
    places = np.arange(2**qubits)
    phases = factor * (1.0 - 2.0 * (np.bitwise_count(places & signs) & 1)) if signs else None
    return (places ^ flips if flips else None), phases


def _masks(string: PauliString, qubits: int) -> tuple[int, int, complex]:
    """The bits that a string flips, those whose signs it looks at, and what it is times beside that."""
    flips = signs = 0
    # Y|0> = i|1> and Y|1> = -i|0>: the amplitude at 1 is i times the one at 0, at 0 it is -i times the one at 1.
    factor = 1 + 0j
    for qubit, letter in string:
        bit = 1 << qubits - 1 - qubit
        flips |= bit if letter != "Z" else 0
        signs |= bit if letter != "X" else 0
        factor *= -1j if letter == "Y" else 1
    return flips, signs, factor


@lru_cache(maxsize=1 << 9)
def _signs(mask: int, qubits: int) -> NDArray[np.float64]:
    return _made_signs(mask, qubits)


def _made_signs(mask: int, qubits: int) -> NDArray[np.float64]:
    odd = np.bitwise_count(_reversed(mask, qubits) & np.arange(2**qubits)) & 1
    signs: NDArray[np.float64] = 1.0 - 2.0 * odd
    return signs


def _reversed(mask: int, qubits: int) -> int:
    return sum(1 << qubits - 1 - qubit for qubit in range(qubits) if mask >> qubit & 1)
