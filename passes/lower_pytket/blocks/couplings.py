"""The gates of blocks whose tracks have met others, for many bindings and blocks at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from qffc.ir.pauli import LETTERS
from qffc.passes.lower_pytket.blocks.cartan import Cartan, cartan, in_order, nonzero, reduced, without_swap
from qffc.passes.lower_pytket.blocks.fuse import Block
from qffc.passes.lower_pytket.blocks.item_numbers import ItemNumbers, Pair
from qffc.passes.lower_pytket.blocks.shapes import Strings, frame_of, strings_of
from qffc.passes.lower_pytket.turn_arrays import Turns, constant_turns
from qffc.passes.lower_pytket.turns import NO_TURN, Turn, inverse

_CHOICE = 1e-9
"""Radians; a SWAP is folded out where the angles get smaller by more than this."""
_ROWS = 4096
"""Matrices of two qubits that are multiplied at once, about."""
Entry = TypeVar("Entry")
Gate = tuple[Cartan, NDArray[np.bool_], int]
"""A decomposition, (circuits,) where the wires trade places after it, and its axis; see :class:`.parts.Part`."""


class Couplings:
    """Computes the gates.

    Args:
        numbers: of the operations.
        fold_swaps: whether SWAPs are taken out of blocks.
        least: two-qubit gates of smaller angles are left out, radians.
    """

    def __init__(self, numbers: ItemNumbers, *, fold_swaps: bool, least: float) -> None:
        self._numbers, self._fold, self._least = numbers, fold_swaps, least
        self._count = numbers.count

    def gates(self, blocks: Mapping[int, tuple[Block, Pair]]) -> Iterator[tuple[int, Gate]]:
        """Yield the gate of each block with its number, in no particular order.

        Args:
            blocks: with their pairs, by numbers.
        """
        general: list[int] = []
        in_strings: list[tuple[int, Strings]] = []
        for number, (block, pair) in blocks.items():
            strings = strings_of(self._numbers.items, block, pair)
            if strings is None:
                general.append(number)
            else:
                in_strings.append((number, strings))
        for some in groups(general, lambda number: len(blocks[number][0]) * self._count):
            parts = in_order(cartan(self._numbers.unitaries([blocks[number] for number in some])))
            yield from zip(some, self._folded(parts, in_order), strict=True)
        for these in groups(in_strings, lambda _: self._count):
            several = [entry for entry in these if len(entry[1].parts) > 1]
            alone = [entry for entry in these if len(entry[1].parts) == 1]
            parts = reduced(self._in_frames([strings for _, strings in (*several, *alone)]))
            end = len(several) * self._count
            axes = [LETTERS.index(letter) for _, strings in alone for letter, _ in strings.parts]
            if several:
                gates = self._folded(_rows_of(parts, slice(end)), reduced)
                yield from zip([number for number, _ in several], gates, strict=True)
            if alone:
                gates = self._apart(_rows_of(parts, slice(end, None)), None, axes)
                yield from zip([number for number, _ in alone], gates, strict=True)

    def _in_frames(self, blocks: Sequence[Strings]) -> Cartan:
        """Rotations about commuting strings, with the letters of the first qubit for both, in rows."""
        frames = [frame_of(tuple(strings.parts)) for strings in blocks]
        places: list[int] = []
        numbers: list[int] = []
        factors: list[float] = []
        for row, (strings, (_, signs)) in enumerate(zip(blocks, frames, strict=True)):
            for ((letter, _), summands), sign in zip(strings.parts.items(), signs, strict=True):
                places += [3 * row + LETTERS.index(letter)] * len(summands)
                numbers += [number for number, _ in summands]
                factors += [sign * factor for _, factor in summands]
        sums = np.zeros((3 * len(blocks), self._count))
        np.add.at(sums, places, np.array(factors)[:, None] * self._numbers.angles[numbers])
        angles = sums.reshape(len(blocks), 3, self._count).transpose(0, 2, 1).reshape(-1, 3)
        there, back = self._rows([turn for turn, _ in frames]), self._rows([inverse(turn) for turn, _ in frames])
        nothing = constant_turns(NO_TURN, len(angles))
        return Cartan((nothing, back), angles, (nothing, there))

    def _rows(self, turns: Sequence[Turn]) -> Turns:
        """Turns, each in as many rows as there are circuits."""
        return np.repeat(np.array(turns), self._count, axis=0)

    def _folded(self, parts: Cartan, tidied: Callable[[Cartan], Cartan]) -> Iterator[Gate]:
        """Gates without their SWAPs, where it is cheaper that the wires trade places."""
        axes = [-1] * (len(parts.angles) // self._count)
        if not self._fold:
            return self._apart(parts, None, axes)
        other = tidied(without_swap(parts))
        fewer = nonzero(other.angles, self._least) - nonzero(parts.angles, self._least)
        smaller = np.abs(other.angles).sum(axis=1) < np.abs(parts.angles).sum(axis=1) - _CHOICE
        swap = (fewer < 0) | ((fewer == 0) & smaller)
        if not swap.any():
            return self._apart(parts, swap, axes)
        there = swap[:, None]
        # The wires trade places and tracks do not: what comes after the SWAP is back on its own track.
        second, first = other.after
        whole = Cartan(
            (np.where(there, first, parts.after[0]), np.where(there, second, parts.after[1])),
            np.where(there, other.angles, parts.angles),
            (np.where(there, other.before[0], parts.before[0]), np.where(there, other.before[1], parts.before[1])),
        )
        return self._apart(whole, swap, axes)

    def _apart(self, parts: Cartan, swap: NDArray[np.bool_] | None, axes: Sequence[int]) -> Iterator[Gate]:
        """Gates one after the other in rows, one by one."""
        if swap is None:
            swap = np.zeros(len(parts.angles), dtype=bool)
        arrays = (*parts.after, parts.angles, *parts.before)
        apart = (array.reshape(len(axes), self._count, -1) for array in arrays)
        swaps = swap.reshape(len(axes), self._count)
        for axis, own, after_a, after_b, angles, before_a, before_b in zip(axes, swaps, *apart, strict=True):
            yield Cartan((after_a, after_b), angles, (before_a, before_b)), own, axis


def _rows_of(parts: Cartan, rows: slice) -> Cartan:
    after, before = ((one[rows], other[rows]) for one, other in (parts.after, parts.before))
    return Cartan(after, parts.angles[rows], before)


def groups(entries: list[Entry], size: Callable[[Entry], int]) -> Iterator[list[Entry]]:
    """Entries in a row whose sizes together are about what arrays hold that fit into a cache; one entry at least."""
    some: list[Entry] = []
    total = 0
    for entry in entries:
        if some and total + size(entry) > _ROWS:
            yield some
            some, total = [], 0
        some.append(entry)
        total += size(entry)
    if some:
        yield some
