"""The Cartan decomposition of every block of a kernel, for many bindings at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qffc.ir.pauli import LETTERS, Letter
from qffc.passes.lower_pytket.blocks.cartan import Cartan, cartan, in_order, kron, nonzero, reduced, without_swap
from qffc.passes.lower_pytket.blocks.fuse import Block
from qffc.passes.lower_pytket.blocks.items import Item
from qffc.passes.lower_pytket.blocks.shapes import Strings, frame_of, strings_of
from qffc.passes.lower_pytket.turn_arrays import (
    Floats,
    Matrices,
    Turns,
    constant_turns,
    matrices,
    product,
    turns_about,
    turns_of,
)
from qffc.passes.lower_pytket.turns import FLIPS, NO_TURN, inverse, turn_about_axis

_EQUAL = 1e-12
"""Schmidt coefficients closer than this count as equal."""
_CHOICE = 1e-9
"""Radians; a SWAP is folded out where the angles get smaller by more than this."""
_PAULIS: dict[Letter, Matrices] = {letter: 1j * matrices(np.array([FLIPS[letter]]))[0] for letter in LETTERS}
_SINGLET = np.array([0, 1, -1, 0], dtype=np.complex128) / np.sqrt(2)


class Part(NamedTuple):
    """A turn of one track, or a gate of two.

    Args:
        tracks: that it acts on; a gate has the lower one first.
        cartan: the decomposition of a gate; of a turn, its ``after[0]`` alone.
        swap: (circuits,), where the wires of a gate trade places after it.
        axis: of a gate, which of its three axes is written along z where there is no choice; else -1.
        fresh: whether it is the first gate of both tracks.
    """

    tracks: tuple[int, ...]
    cartan: Cartan
    swap: NDArray[np.bool_]
    axis: int = -1
    fresh: bool = False


class BlockParts:
    """Computes the parts.

    Args:
        items: the operations on one or two qubits.
        angles: (circuits, ops), radians, of the operations of the kernel.
        vectors: (circuits, ops, 3), radians, of its rotations.
        fold_swaps: whether SWAPs are taken out of blocks.
        least: two-qubit gates of smaller angles are left out, radians.
        three_angles: whether the target has TK2.
    """

    def __init__(
        self,
        items: tuple[Item, ...],
        angles: Floats,
        vectors: Floats,
        *,
        fold_swaps: bool,
        least: float,
        three_angles: bool,
    ) -> None:
        self._items, self._angles, self._vectors = items, angles, vectors
        self._fold, self._least, self._three_angles = fold_swaps, least, three_angles
        self._count = len(angles)
        self._start: dict[int, Turns] = {}  # of tracks that have met nobody else

    def parts(self, blocks: tuple[Block, ...]) -> Iterator[Part]:
        """Yield the parts in order."""
        met: set[int] = set()
        for block in blocks:
            tracks = self._items[block[0]].tracks
            if len(tracks) == 1:
                turn = self._turn(self._items[block[0]])
                if tracks[0] in met:
                    yield self._alone(tracks[0], turn)
                else:
                    self._start[tracks[0]] = product(turn, self._start.get(tracks[0], self._constant()))
                continue
            a, b = sorted(tracks)
            if met.isdisjoint(tracks):
                yield self._preparation(block, (a, b))
            else:
                for track in (track for track in (a, b) if track not in met):
                    yield from self._started(track)
                yield self._coupling(block, (a, b))
            met |= {a, b}
        for track in sorted(self._start):
            yield from self._started(track)

    def _started(self, track: int) -> Iterator[Part]:
        if track in self._start:
            yield self._alone(track, self._start.pop(track))

    def _alone(self, track: int, turn: Turns) -> Part:
        nothing = self._constant()
        parts = Cartan((turn, nothing), np.zeros((self._count, 3)), (nothing, nothing))
        return Part((track,), parts, np.zeros(self._count, dtype=bool))

    def _preparation(self, block: Block, pair: tuple[int, int]) -> Part:
        """The first block of two tracks: of its state, not of its matrix, one angle is left (Schmidt)."""
        first, second = (self._start.pop(track, self._constant()) for track in pair)
        state: Matrices = kron(first, second)[:, :, 0]
        for number in block:
            item = self._items[number]
            if item.prepares:
                state = np.tile(_SINGLET, (self._count, 1))
            else:
                state = np.einsum("rij,rj->ri", self._matrix(item, pair), state)
        left, sizes, right = np.linalg.svd(state.reshape(-1, 2, 2))
        angles = np.zeros((self._count, 3))
        angles[:, 0] = 2 * np.arctan2(sizes[:, 1], sizes[:, 0])
        on_a, on_b, nothing = turns_of(left), turns_of(right.transpose(0, 2, 1)), self._constant()
        # A turn of one half of a maximally entangled state is one of the other half.
        equal = (sizes[:, :1] - sizes[:, 1:]) < _EQUAL
        on_a, on_b = np.where(equal, turns_of(left @ right), on_a), np.where(equal, nothing, on_b)
        found = Cartan((product(on_a, turn_about_axis("Z", np.pi / 2)), on_b), angles, (nothing, nothing))
        axis = -1 if self._three_angles else 0
        return Part(pair, found, np.zeros(self._count, dtype=bool), axis, fresh=True)

    def _coupling(self, block: Block, pair: tuple[int, int]) -> Part:
        strings = strings_of(self._items, block, pair)
        if strings is None:
            return self._folded(pair, in_order(cartan(self._unitary(block, pair))), sort=True)
        parts = reduced(self._in_frame(strings))
        if len(strings.parts) > 1:
            return self._folded(pair, parts, sort=False)
        ((letter, _),) = strings.parts
        return Part(pair, parts, np.zeros(self._count, dtype=bool), LETTERS.index(letter))

    def _in_frame(self, strings: Strings) -> Cartan:
        """Rotations about commuting strings, with the letters of the first qubit for both."""
        turn, signs = frame_of(tuple(strings.parts))
        angles = np.zeros((self._count, 3))
        for ((letter, _), summands), sign in zip(strings.parts.items(), signs, strict=True):
            for number, factor in summands:
                angles[:, LETTERS.index(letter)] += sign * factor * self._number(self._items[number])
        nothing, there, back = (self._constant(each) for each in (NO_TURN, turn, inverse(turn)))
        return Cartan((nothing, back), angles, (nothing, there))

    def _folded(self, pair: tuple[int, int], parts: Cartan, *, sort: bool) -> Part:
        """A gate without its SWAP, where it is cheaper that the wires trade places."""
        if not self._fold:
            return Part(pair, parts, np.zeros(self._count, dtype=bool))
        other = without_swap(parts)
        other = in_order(other) if sort else reduced(other)
        fewer = nonzero(other.angles, self._least) - nonzero(parts.angles, self._least)
        smaller = np.abs(other.angles).sum(axis=1) < np.abs(parts.angles).sum(axis=1) - _CHOICE
        swap = (fewer < 0) | ((fewer == 0) & smaller)
        where = swap[:, None]
        # The wires trade places and tracks do not: what comes after the SWAP is back on its own track.
        second, first = other.after
        chosen = Cartan(
            (np.where(where, first, parts.after[0]), np.where(where, second, parts.after[1])),
            np.where(where, other.angles, parts.angles),
            (np.where(where, other.before[0], parts.before[0]), np.where(where, other.before[1], parts.before[1])),
        )
        return Part(pair, chosen, swap)

    # ----------------------------------------------------------------------- matrices

    def _unitary(self, block: Block, pair: tuple[int, int]) -> Matrices:
        """The matrix of a block, (circuits, 4, 4)."""
        found = np.tile(np.eye(4, dtype=np.complex128), (self._count, 1, 1))
        for number in block:
            found = self._matrix(self._items[number], pair) @ found
        return found

    def _matrix(self, item: Item, pair: tuple[int, int]) -> Matrices:
        if len(item.tracks) == 1:
            turns = [self._turn(item) if track == item.tracks[0] else self._constant() for track in pair]
            return kron(turns[0], turns[1])
        if item.is_exchange:
            angle = 2 * self._number(item)[:, None, None]
            swap = np.eye(4)[[0, 2, 1, 3]]
            # sigma . sigma is 2 SWAP - 1: up to a phase of the whole.
            found: Matrices = np.cos(angle) * np.eye(4) - 1j * np.sin(angle) * swap
            return found
        p, q = item.letters if item.tracks == pair else item.letters[::-1]
        half: Floats = self._number(item)[:, None, None] / 2
        rotation: Matrices = np.cos(half) * np.eye(4) + np.sin(half) * (-1j * np.kron(_PAULIS[p], _PAULIS[q]))
        return rotation

    def _number(self, item: Item) -> Floats:
        return np.full(self._count, item.angle) if item.op is None else self._angles[:, item.op]

    def _turn(self, item: Item) -> Turns:
        if not item.letters:
            return turns_about(self._vectors[:, item.op])
        vectors = np.zeros((self._count, 3))
        vectors[:, LETTERS.index(item.letters[0])] = self._number(item)
        return turns_about(vectors)

    def _constant(self, turn: tuple[float, float, float, float] = NO_TURN) -> Turns:
        return constant_turns(turn, self._count)
