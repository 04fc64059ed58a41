"""Small circuits side by side as one circuit of a device."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pytket.circuit import Circuit


def side_by_side(circuits: Sequence[Circuit]) -> Circuit:
    """Return one circuit with the qubits, and the bits, of all circuits one after the other.

    The parts share no qubit, so the moments of each are what they are alone, and the depth is that of the deepest.

    Args:
        circuits: with qubits ``q[0], q[1], ...`` and bits ``c[0], c[1], ...`` of the default registers.

    Example:
        >>> packed = side_by_side([Circuit(2, 2).H(0).measure_all(), Circuit(1, 1).X(0).measure_all()])
        >>> packed.n_qubits, packed.n_bits, packed.depth()
        (3, 3, 2)
    """
    packed = Circuit(sum(circuit.n_qubits for circuit in circuits), sum(circuit.n_bits for circuit in circuits))
    qubit = bit = 0
    for circuit in circuits:
        qubits = list(range(qubit, qubit + circuit.n_qubits))
        bits = list(range(bit, bit + circuit.n_bits))
        packed.add_circuit(circuit, qubits, bits)
        qubit += circuit.n_qubits
        bit += circuit.n_bits
    return packed


def split_shots(shots: NDArray[np.uint8], bits: Sequence[int]) -> tuple[NDArray[np.uint8], ...]:
    """Return the shots of each part of a packed circuit.

    Args:
        shots: (shots, bits) of the packed circuit.
        bits: how many each part has, in order.

    Returns:
        An array (shots, bits of the part) for each part.

    Example:
        >>> [part.tolist() for part in split_shots(np.array([[0, 1, 1]], dtype=np.uint8), [2, 1])]
        [[[0, 1]], [[1]]]
    """
    return tuple(np.split(shots, np.cumsum(bits)[:-1], axis=1))
