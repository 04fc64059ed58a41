"""How a value transforms when the molecule is turned or mirrored.

A :class:`Law` is the type of a symbolic value. Rotations act on rank 0 trivially and on rank 1 as on a
vector; inversion multiplies by the parity: the irreducible representations (irreps) 0e, 0o, 1o and 1e of O(3), of which
1o are polar and 1e axial vectors. A value that follows no law, such as one coordinate of a position, is
*frame-dependent*: it is allowed in a program, and refuted by the equivariance check.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Parity = Literal[1, -1]


@dataclass(frozen=True)
class Law:
    """The transformation law of a value.

    Args:
        rank: 0 for a number, 1 for three components.
        parity: the sign under inversion; None when the value has no definite one.
        covariant: whether the value follows the law under rotations; if not it is frame-dependent.

    Example:
        >>> VECTOR.cross(VECTOR).name
        'axial vector'
        >>> AXIAL.dot(VECTOR).name
        'pseudoscalar'
    """

    rank: Literal[0, 1]
    parity: Parity | None
    covariant: bool = True

    @property
    def name(self) -> str:
        """The name of the law in words."""
        if not self.covariant:
            return "frame-dependent number" if self.rank == 0 else "frame-dependent vector"
        names = {
            (0, 1): "scalar",
            (0, -1): "pseudoscalar",
            (1, -1): "polar vector",
            (1, 1): "axial vector",
            (0, None): "scalar without parity",
            (1, None): "vector without parity",
        }
        return names[(self.rank, self.parity)]

    def plus(self, other: Law) -> Law:
        """The law of a sum; the ranks must be equal."""
        if self is other:
            return self
        parity = self.parity if self.parity == other.parity else None
        return Law(self.rank, parity, self.covariant and other.covariant)

    def times(self, other: Law) -> Law:
        """The law of a product in which at most one factor is a vector."""
        if self is SCALAR:
            return other
        if other is SCALAR:
            return self
        rank: Literal[0, 1] = 1 if self.rank or other.rank else 0
        return Law(rank, _product(self.parity, other.parity), self.covariant and other.covariant)

    def dot(self, other: Law) -> Law:
        """The law of the inner product of two vectors."""
        return Law(0, _product(self.parity, other.parity), self.covariant and other.covariant)

    def cross(self, other: Law) -> Law:
        """The law of the cross product of two vectors: two polar ones give an axial one."""
        return Law(1, _product(self.parity, other.parity), self.covariant and other.covariant)


SCALAR = Law(0, 1)
PSEUDOSCALAR = Law(0, -1)
VECTOR = Law(1, -1)
AXIAL = Law(1, 1)
FRAME_NUMBER = Law(0, None, covariant=False)
FRAME_VECTOR = Law(1, None, covariant=False)


def _product(a: Parity | None, b: Parity | None) -> Parity | None:
    if a is None or b is None:
        return None
    return 1 if a == b else -1
