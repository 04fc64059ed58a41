"""Pauli strings as two integers, one bit for each qubit: products and commutators are a few machine instructions.

A string with the bits x and z stands for the product of i^(x and z) X^x Z^z over its qubits, so that both bits are Y.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from qffc.ir.pauli import Letter, PauliString, string_bits

_LETTERS: dict[tuple[int, int], Letter] = {(1, 0): "X", (1, 1): "Y", (0, 1): "Z"}


class Pauli(NamedTuple):
    """A Pauli string with a sign.

    Args:
        x: qubits with the letter X or Y.
        z: qubits with the letter Z or Y.
        negative: whether it is minus the string.
    """

    x: int
    z: int
    negative: bool = False

    @staticmethod
    def of(string: PauliString) -> Pauli:
        """Return a string of the IR.

        Example:
            >>> Pauli.of(((0, "X"), (2, "Y")))
            Pauli(x=5, z=4, negative=False)
        """
        return _of(string)

    @property
    def support(self) -> int:
        """The qubits that it acts on, one bit for each."""
        return self.x | self.z

    @property
    def weight(self) -> int:
        """The number of its letters."""
        return (self.x | self.z).bit_count()

    @property
    def string(self) -> PauliString:
        """The string of the IR, without the sign."""
        return _string(self.x, self.z)

    @property
    def negated(self) -> Pauli:
        """Minus this one."""
        return Pauli(self.x, self.z, not self.negative)

    def commutes(self, other: Pauli) -> bool:
        """Whether two strings commute; if not, they anticommute."""
        return not ((self.x & other.z).bit_count() + (self.z & other.x).bit_count()) % 2

    def turned_by(self, other: Pauli, quarters: int) -> Pauli:
        """Return C P C^dagger of this string P, with C = exp(-i pi/4 quarters Q).

        Example:
            >>> Pauli.of(((0, "X"),)).turned_by(Pauli.of(((0, "Z"),)), 1).string
            ((0, 'Y'),)
        """
        if quarters % 4 == 0 or self.commutes(other):
            return self
        if quarters % 2 == 0:
            return self.negated
        power, product = multiplied(self, other)  # i P Q
        return product if (power + 1) % 4 == (0 if quarters % 4 == 1 else 2) else product.negated


@lru_cache(maxsize=1 << 14)
def _of(string: PauliString) -> Pauli:
    return Pauli(*string_bits(string))


@lru_cache(maxsize=1 << 14)
def _string(x: int, z: int) -> PauliString:
    return tuple((q, _LETTERS[x >> q & 1, z >> q & 1]) for q in bits(x | z))


def bits(mask: int) -> Iterator[int]:
    """Yield the places of the ones of an integer, from the lowest.

    Example:
        >>> list(bits(0b1010))
        [1, 3]
    """
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def multiplied(left: Pauli, right: Pauli) -> tuple[int, Pauli]:
    """Return (k, P) with left right = i^k P, P with the positive sign.

    Example:
        >>> multiplied(Pauli.of(((0, "X"),)), Pauli.of(((0, "Y"),)))
        (1, Pauli(x=0, z=1, negative=False))
    """
    x, z = left.x ^ right.x, left.z ^ right.z
    ys = (left.x & left.z).bit_count() + (right.x & right.z).bit_count() - (x & z).bit_count()
    power = ys + 2 * ((left.z & right.x).bit_count() + left.negative + right.negative)
    return power % 4, Pauli(x, z)


def product(left: Pauli, right: Pauli) -> Pauli:
    """Return the product of two strings that commute."""
    power, found = multiplied(left, right)
    assert power % 2 == 0  # Hermitian, as they commute
    return found.negated if power else found
