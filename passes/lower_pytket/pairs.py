"""Two qubits that have met nobody else: their state is kept in numbers and prepared with one two-qubit gate.

By its Schmidt decomposition, every state of two qubits is (A x B)(cos f |00> + sin f |11>), so that a singlet,
rotations and exchanges on it cost one exp(-i f XX) and one turn for each qubit.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, cos, pi, sin, sqrt

import numpy as np
from numpy.typing import NDArray

from qffc.ir.pauli import Letter
from qffc.passes.lower_pytket.turns import FLIPS, NO_TURN, Turn, after, inverse, turn_about_axis

Matrix = NDArray[np.complex128]

_EQUAL = 1e-12
"""Schmidt coefficients closer than this count as equal."""


@dataclass(frozen=True, eq=False)
class Pair:
    """A state of two qubits.

    Args:
        a: the first qubit.
        b: the second qubit.
        state: (2, 2), the amplitude of |ij> in row i and column j.
        start: the turn that b gets in the preparation where the state leaves the choice: a turn of one half of a
            maximally entangled state is one of the other half.
    """

    a: int
    b: int
    state: Matrix
    start: Turn = NO_TURN

    @staticmethod
    def zeros(a: int, b: int) -> Pair:
        """Return |00>."""
        return Pair(a, b, np.array([[1, 0], [0, 0]], dtype=np.complex128))

    @staticmethod
    def singlet(a: int, b: int, start: Turn = NO_TURN) -> Pair:
        """Return (|01> - |10>)/sqrt(2)."""
        return Pair(a, b, np.array([[0, 1], [-1, 0]], dtype=np.complex128) / sqrt(2), start)

    def turned(self, on_a: Turn, on_b: Turn) -> Pair:
        """Return the state after a turn of each qubit."""
        return self._with(turn_matrix(on_a) @ self.state @ turn_matrix(on_b).T)

    def exchanged(self, angle: float) -> Pair:
        """Return the state after exp(-i angle (XX + YY + ZZ)), up to a phase."""
        return self._with(cos(2 * angle) * self.state - 1j * sin(2 * angle) * self.state.T)

    def rotated(self, on_a: Letter, on_b: Letter, angle: float) -> Pair:
        """Return the state after exp(-i/2 angle P Q), up to a phase."""
        # FLIPS are -i P and -i Q, hence the sign.
        flipped = turn_matrix(FLIPS[on_a]) @ self.state @ turn_matrix(FLIPS[on_b]).T
        return self._with(cos(angle / 2) * self.state + 1j * sin(angle / 2) * flipped)

    def _with(self, state: Matrix) -> Pair:
        return Pair(self.a, self.b, state, self.start)

    def preparation(self) -> tuple[float, Turn, Turn]:
        """Return (angle, A, B): exp(-i/2 angle XX) on |00>, then a turn of each qubit, gives the state up to a phase.

        Example:
            >>> round(Pair.singlet(0, 1).preparation()[0] / pi, 12)
            0.5
        """
        left, (large, small), right = np.linalg.svd(self.state)
        on_a, on_b = turn_of_matrix(left), turn_of_matrix(right.T)
        if large - small < _EQUAL:
            # state = (left right)/sqrt(2), and (1 x B) on the identity is (B^T x 1).
            on_a = turn_of_matrix(left @ right @ turn_matrix(inverse(self.start)).T)
            on_b = self.start
        return 2 * atan2(float(small), float(large)), after(on_a, turn_about_axis("Z", pi / 2)), on_b


def turn_matrix(turn: Turn) -> Matrix:
    """Return the matrix of a turn, (2, 2)."""
    w, x, y, z = turn
    return np.array([[complex(w, -z), complex(-y, -x)], [complex(y, -x), complex(w, z)]])


def turn_of_matrix(unitary: Matrix) -> Turn:
    """Return the turn of a unitary matrix, its phase dropped.

    Example:
        >>> turn_of_matrix(1j * np.eye(2))[0]
        1.0
    """
    determinant = unitary[0, 0] * unitary[1, 1] - unitary[0, 1] * unitary[1, 0]
    special = unitary / np.sqrt(determinant)
    return (
        float(special[0, 0].real + special[1, 1].real) / 2,
        -float(special[0, 1].imag + special[1, 0].imag) / 2,
        float(special[1, 0].real - special[0, 1].real) / 2,
        float(special[1, 1].imag - special[0, 0].imag) / 2,
    )
