"""Many Pauli strings at once, by qubits: a two-qubit Clifford gate on all of them, and what every such gate would do.

One integer for each qubit and letter has a bit for each string; the words of these integers are arrays of NumPy, so
that all gates on all pairs of qubits are compared in a few array operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qffc.passes.gadgets.paulis import Pauli, bits

Words = NDArray[np.uint64]
_BITS = ((1, 0), (1, 1), (0, 1))
"""Whether X, Y and Z have an x and a z bit."""


class Move(NamedTuple):
    """The gate exp(-i pi/4 P_a Q_b): letters by number, X, Y and Z."""

    a: int
    b: int
    first: int
    second: int

    @property
    def string(self) -> Pauli:
        """P_a Q_b."""
        (x, z), (other_x, other_z) = _BITS[self.first], _BITS[self.second]
        return Pauli(x << self.a | other_x << self.b, z << self.a | other_z << self.b)


@dataclass
class StringsTable:
    """Pauli strings, each with a number; changed in place.

    Args:
        xs: of each qubit, the strings with the letter X or Y there, one bit for each.
        zs: of each qubit, those with Z or Y.
        negative: the strings with a minus.
        count: how many strings there are.
    """

    xs: list[int]
    zs: list[int]
    negative: int
    count: int

    @staticmethod
    def of(strings: Sequence[Pauli], qubits: int) -> StringsTable:
        """Return the table of some strings."""
        xs, zs, negative = [0] * qubits, [0] * qubits, 0
        for number, string in enumerate(strings):
            for q in bits(string.x):
                xs[q] |= 1 << number
            for q in bits(string.z):
                zs[q] |= 1 << number
            negative |= string.negative << number
        return StringsTable(xs, zs, negative, len(strings))

    def string(self, number: int) -> Pauli:
        """Return a string."""
        x = z = 0
        for q, (own_x, own_z) in enumerate(zip(self.xs, self.zs, strict=True)):
            x |= (own_x >> number & 1) << q
            z |= (own_z >> number & 1) << q
        return Pauli(x, z, bool(self.negative >> number & 1))

    def apply(self, move: Move) -> None:
        """Replace each string S by C S C^dagger, C the gate of a move.

        Example:
            >>> table = StringsTable.of([Pauli.of(((0, "X"), (1, "Z")))], 2)
            >>> table.apply(Move(0, 1, 2, 2))
            >>> table.string(0).string
            ((0, 'Y'),)
        """
        ends = ((move.a, move.first), (move.b, move.second))
        against = [self._against(q, letter) for q, letter in ends]
        changed = against[0] ^ against[1]
        # i S P is a string with a minus where the letter of S comes before that of P: X Y is i Z.
        minus = 0
        for (q, letter), here in zip(ends, against, strict=True):
            minus |= here & self._has(q, (letter + 2) % 3)
        self.negative ^= changed & minus
        for q, letter in ends:
            x, z = _BITS[letter]
            if x:
                self.xs[q] ^= changed
            if z:
                self.zs[q] ^= changed

    def earlier_against(self, strings: Sequence[Pauli], first: int) -> list[int]:
        """Return for each of some strings, numbered from ``first``, which earlier ones anticommute, a bit for each.

        Args:
            strings: of the table.
            first: the number of the first of them; those before it do not count.
        """
        found = []
        for number, string in enumerate(strings, first):
            against = 0
            for q in bits(string.x):
                against ^= self.zs[q]
            for q in bits(string.z):
                against ^= self.xs[q]
            found.append(against & ((1 << number) - (1 << first)))
        return found

    def short(self, chosen: int) -> tuple[int, int]:
        """Return those of some strings that have one letter, and those that have two, one bit for each."""
        none, one, two = chosen, 0, 0
        for x, z in zip(self.xs, self.zs, strict=True):
            here = x | z
            two = two & ~here | one & here
            one = one & ~here | none & here
            none &= ~here
        return one, two

    def weights(self, chosen: int) -> dict[int, int]:
        """Return the strings of each number of letters, one bit for each."""
        found: dict[int, int] = {0: chosen}
        for x, z in zip(self.xs, self.zs, strict=True):
            here, after = x | z, dict[int, int]()
            for weight, mask in found.items():
                for part, more in ((mask & here, 1), (mask & ~here, 0)):
                    if part:
                        after[weight + more] = after.get(weight + more, 0) | part
            found = after
        return found

    def words(self, keep: Sequence[tuple[int, int]]) -> tuple[Words, Words]:
        """Return x and z bits of some of the strings, (qubits, words): ranges of their numbers, one after the other."""
        size = -(-sum(stop - start for start, stop in keep) // 64)
        return to_words([_ranges(x, keep) for x in self.xs], size), to_words([_ranges(z, keep) for z in self.zs], size)

    def _against(self, qubit: int, letter: int) -> int:
        x, z = _BITS[letter]
        return (self.zs[qubit] if x else 0) ^ (self.xs[qubit] if z else 0)

    def _has(self, qubit: int, letter: int) -> int:
        x, z = self.xs[qubit], self.zs[qubit]
        return (x & ~z, x & z, z & ~x)[letter]


def to_words(numbers: Sequence[int], size: int) -> Words:
    """Return integers as rows of words of 64 bits."""
    data = b"".join([number.to_bytes(8 * size, "little") for number in numbers])
    return np.frombuffer(data, dtype="<u8").reshape(len(numbers), size)


def _ranges(number: int, keep: Sequence[tuple[int, int]]) -> int:
    found = shift = 0
    for start, stop in keep:
        found |= (number >> start & ((1 << (stop - start)) - 1)) << shift
        shift += stop - start
    return found


@dataclass(frozen=True)
class Effects:
    """What each gate on each pair of qubits does to the lengths of strings.

    Args:
        pairs: the pairs.
        shorter: strings that lose a letter, (letters of the first, letters of the second, pairs, words).
        longer: strings that gain one.
        whole: strings with letters on both qubits of a pair, (pairs, words).
    """

    pairs: tuple[tuple[int, int], ...]
    shorter: Words
    longer: Words
    whole: Words


def effects(xs: Words, zs: Words) -> Effects:
    """Return what all gates do to strings given by their words, (qubits, words)."""
    qubits = len(xs)
    pairs = tuple(combinations(range(qubits), 2))
    one, two = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    some = xs | zs
    against = np.stack([zs, xs ^ zs, xs])
    same = some & ~against
    none = ~some
    a_one, a_two = against[:, None, one], against[None, :, two]
    # A gate changes the strings that anticommute with it at one of its ends alone.
    shorter = (a_one & same[None, :, two]) | (same[:, None, one] & a_two)
    longer = (a_one & none[None, None, two]) | (none[None, None, one] & a_two)
    return Effects(pairs, shorter, longer, some[one] & some[two])
