"""Gates and channels on expectation values of Pauli strings: real matrices, worked out once from dense ones.

The state of n qubits is the 4^n expectation values of its Pauli strings. A turn is a rotation of the three letters of
one qubit, depolarizing noise shrinks every string that is not the identity on its qubits, dephasing those that do not
point along its axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qffc.passes.lower_pytket.turns import Turn
from qffc.passes.target import Target
from qffc.passes.target_noise import NoiseModel

Floats = NDArray[np.float64]

_PAULIS = (np.eye(2), np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1.0, -1.0]))
_PAIRS = np.array([np.kron(a, b) for a in _PAULIS for b in _PAULIS])
_SWAP = (_PAIRS[0] + _PAIRS[5] + _PAIRS[10] + _PAIRS[15]) / 2


def on_pauli_pairs(unitary: NDArray[np.complex128]) -> Floats:
    """Return what a unitary of two qubits does to the expectation values of the 16 products of Paulis.

    Example:
        >>> bool(np.allclose(on_pauli_pairs(np.eye(4)), np.eye(16)))
        True
    """
    moved = np.einsum("ij,ajk,lk->ail", unitary, _PAIRS, unitary.conj())
    return np.asarray(np.einsum("bij,aji->ba", _PAIRS, moved).real / 4)


def rotation(turn: Turn) -> Floats:
    """Return what a turn does to vectors, (3, 3).

    Example:
        >>> rotation((0.0, 1.0, 0.0, 0.0)).diagonal().tolist()
        [1.0, -1.0, -1.0]
    """
    w, x, y, z = turn
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + 2 * w * cross + 2 * cross @ cross)


def _exchange_parts() -> tuple[Floats, Floats, Floats]:
    """Constant, cosine and sine part, by 4 t, of exp(-i t (XX + YY + ZZ))."""
    at = [on_pauli_pairs(np.cos(2 * t) * np.eye(4) - 1j * np.sin(2 * t) * _SWAP) for t in (0, np.pi / 4, np.pi / 8)]
    still = (at[0] + at[1]) / 2
    parts = (still, at[0] - still, at[2] - still)
    return parts[0].round(12), parts[1].round(12), parts[2].round(12)


EXCHANGE = _exchange_parts()
ZZ_QUARTER = on_pauli_pairs(np.diag(np.exp(-0.25j * np.pi * np.array([1, -1, -1, 1])))).round(12)
"""exp(-i pi/4 ZZ)."""
_STATE = np.array([1, 0, 0, -1j]) / np.sqrt(2)
PAIR_MOST = np.einsum("i,aij,j->a", _STATE.conj(), _PAIRS, _STATE).real.reshape(4, 4).round(12)
"""Expectation values of (|00> - i |11>)/sqrt(2), as a gate exp(-i pi/4 XX) makes it."""


@dataclass(frozen=True)
class Strengths:
    """What is left of expectation values after the noise of a target.

    Args:
        target: with its noise.
    """

    target: Target

    @property
    def noise(self) -> NoiseModel:
        """The figures; none without noise."""
        return self.target.noise or NoiseModel()

    @property
    def least_turn(self) -> float:
        """Sine of the smallest PhasedX."""
        return float(np.sin(max(self.target.minimum.phased_x, 1e-9)))

    @property
    def one_qubit(self) -> float:
        """After a PhasedX."""
        return 1 - 4 * self.noise.pauli_one_qubit / 3

    def two_qubit(self, cost: float) -> float:
        """After a two-qubit gate of a cost, of strings that are not the identity on both."""
        return 1 - 16 * self.noise.pauli_two_qubit(cost) / 15

    @cached_property
    def prepared(self) -> float:
        """After the gate that prepares a pair."""
        return self.two_qubit(self.target.weights.of("TK2", 1))

    @cached_property
    def exchanged(self) -> float:
        """After an exchange."""
        return self.two_qubit(self.target.weights.of("TK2", 3))

    @cached_property
    def coupled(self) -> float:
        """After the ZZPhase of a pair that is measured in the Bell basis."""
        return self.two_qubit(self.target.weights.of("ZZPhase"))

    def dephasing(self, layers: int) -> float:
        """After layers, of what does not point along the axis."""
        return 1 - 2 * self.noise.dephasing(layers)

    @property
    def started(self) -> float:
        """Of what a wrong start turns over."""
        return 1 - 2 * self.noise.preparation

    @property
    def read(self) -> tuple[float, float]:
        """(a, b): a reading of Z is a Z + b in the mean."""
        noise = self.noise
        return 1 - noise.measurement_0 - noise.measurement_1, noise.measurement_1 - noise.measurement_0
