"""The Cartan decomposition of every block of a kernel, for many bindings at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from qffc.ir.pauli import LETTERS, Letter
from qffc.passes.lower_pytket.blocks.cartan import (
    Cartan,
    cartan,
    in_order,
    joined,
    kron,
    nonzero,
    reduced,
    without_swap,
)
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
_TIMES_MINUS_I = {(p, q): -1j * np.kron(_PAULIS[p], _PAULIS[q]) for p in LETTERS for q in LETTERS}
_ONE = np.eye(4)
_SWAP = _ONE[[0, 2, 1, 3]]
_ROWS = 8192
"""Matrices of two qubits that are multiplied at once, about."""
Pair = tuple[int, int]
Entry = TypeVar("Entry")
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

    def of_rows(self, rows: slice) -> Part:
        """Return the same of some of the circuits."""
        return Part(self.tracks, _rows_of(self.cartan, rows), self.swap[rows], self.axis, self.fresh)


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
        self._nothing = self._constant()
        self._no_angles, self._no = np.zeros((self._count, 3)), np.zeros(self._count, dtype=bool)

    def parts(self, blocks: tuple[Block, ...]) -> list[Part]:
        """Return the parts in order."""
        couplings = self._couplings(blocks)
        alone = [block[0] for block in blocks if len(self._items[block[0]].tracks) == 1]
        turns = turns_about(self._turn_vectors([self._items[number] for number in alone]))
        turned = dict(zip(alone, turns, strict=True))
        found: list[Part | None] = []
        prepared: list[tuple[Pair, Matrices]] = []
        met: set[int] = set()
        for number, block in enumerate(blocks):
            tracks = self._items[block[0]].tracks
            if len(tracks) == 1:
                turn = turned[block[0]]
                if tracks[0] in met:
                    found.append(self._alone(tracks[0], turn))
                else:
                    self._start[tracks[0]] = product(turn, self._start.get(tracks[0], self._nothing))
                continue
            a, b = sorted(tracks)
            if number in couplings:
                found += [part for track in (a, b) if track not in met for part in self._started(track)]
                found.append(couplings[number])
            else:
                prepared.append(((a, b), self._state(block, (a, b))))
                found.append(None)
            met |= {a, b}
        found += [part for track in sorted(self._start) for part in self._started(track)]
        preparations = iter(self._preparations(prepared))
        return [next(preparations) if part is None else part for part in found]

    def _started(self, track: int) -> Iterator[Part]:
        if track in self._start:
            yield self._alone(track, self._start.pop(track))

    def _alone(self, track: int, turn: Turns) -> Part:
        return Part((track,), Cartan((turn, self._nothing), self._no_angles, (self._nothing, self._nothing)), self._no)

    def _state(self, block: Block, pair: Pair) -> Matrices:
        """The state that the first block of two tracks makes, (circuits, 2, 2)."""
        first, second = (self._start.pop(track, self._nothing) for track in pair)
        state: Matrices = kron(first, second)[:, :, 0]
        for number in block:
            item = self._items[number]
            if item.prepares:
                state = np.tile(_SINGLET, (self._count, 1))
            else:
                state = np.einsum("rij,rj->ri", self._matrix(item, pair), state)
        return state.reshape(-1, 2, 2)

    def _preparations(self, states: Sequence[tuple[Pair, Matrices]]) -> Iterator[Part]:
        """The first blocks of two tracks: of a state, not of its matrix, one angle is left (Schmidt)."""
        if not states:
            return
        left, sizes, right = np.linalg.svd(np.concatenate([state for _, state in states]))
        angles = np.zeros((len(sizes), 3))
        large, small = np.ascontiguousarray(sizes.T)
        angles[:, 0] = 2 * np.arctan2(small, large)
        on_a, on_b = turns_of(left), turns_of(right.transpose(0, 2, 1))
        # A turn of one half of a maximally entangled state is one of the other half.
        equal = (sizes[:, :1] - sizes[:, 1:]) < _EQUAL
        on_a, on_b = np.where(equal, turns_of(left @ right), on_a), np.where(equal, np.array(NO_TURN), on_b)
        on_a = product(on_a, turn_about_axis("Z", np.pi / 2))
        axis = -1 if self._three_angles else 0
        for place, (pair, _) in enumerate(states):
            own = slice(place * self._count, (place + 1) * self._count)
            found = Cartan((on_a[own], on_b[own]), angles[own], (self._nothing, self._nothing))
            yield Part(pair, found, self._no, axis, fresh=True)

    def _couplings(self, blocks: tuple[Block, ...]) -> dict[int, Part]:
        """The gates of all blocks whose tracks have met others, by the number of the block; many at once."""
        general: list[tuple[int, Pair]] = []
        commuting: list[tuple[int, Pair, Cartan]] = []
        found: dict[int, Part] = {}
        met: set[int] = set()
        for number, block in enumerate(blocks):
            tracks = self._items[block[0]].tracks
            if len(tracks) == 1 or met.isdisjoint(tracks):
                met |= set(tracks) if len(tracks) > 1 else set()
                continue
            met |= set(tracks)
            a, b = sorted(tracks)
            strings = strings_of(self._items, block, (a, b))
            if strings is None:
                general.append((number, (a, b)))
                continue
            parts = self._in_frame(strings)
            if len(strings.parts) > 1:
                commuting.append((number, (a, b), parts))
                continue
            ((letter, _),) = strings.parts
            axis = LETTERS.index(letter)
            found[number] = Part((a, b), reduced(parts), self._no, axis)
        for some in _groups(general, lambda each: len(blocks[each[0]]) * self._count):
            whole = cartan(self._unitaries([(blocks[number], pair) for number, pair in some]))
            found |= self._folded(some, whole, in_order)
        for these in _groups(commuting, lambda _: self._count):
            whole = joined([parts for *_, parts in these])
            found |= self._folded([(number, pair) for number, pair, _ in these], whole, reduced)
        return found

    def _in_frame(self, strings: Strings) -> Cartan:
        """Rotations about commuting strings, with the letters of the first qubit for both."""
        turn, signs = frame_of(tuple(strings.parts))
        angles = np.zeros((self._count, 3))
        for ((letter, _), summands), sign in zip(strings.parts.items(), signs, strict=True):
            for number, factor in summands:
                angles[:, LETTERS.index(letter)] += sign * factor * self._number(self._items[number])
        there, back = self._constant(turn), self._constant(inverse(turn))
        return Cartan((self._nothing, back), angles, (self._nothing, there))

    def _folded(
        self, where: Sequence[tuple[int, Pair]], parts: Cartan, tidied: Callable[[Cartan], Cartan]
    ) -> dict[int, Part]:
        """Gates, one after the other in rows, without their SWAPs where it is cheaper that the wires trade places."""
        swap = np.zeros(len(parts.angles), dtype=bool)
        parts = tidied(parts)
        if self._fold:
            other = tidied(without_swap(parts))
            fewer = nonzero(other.angles, self._least) - nonzero(parts.angles, self._least)
            smaller = np.abs(other.angles).sum(axis=1) < np.abs(parts.angles).sum(axis=1) - _CHOICE
            swap = (fewer < 0) | ((fewer == 0) & smaller)
            there = swap[:, None]
            # The wires trade places and tracks do not: what comes after the SWAP is back on its own track.
            second, first = other.after
            parts = Cartan(
                (np.where(there, first, parts.after[0]), np.where(there, second, parts.after[1])),
                np.where(there, other.angles, parts.angles),
                (
                    np.where(there, other.before[0], parts.before[0]),
                    np.where(there, other.before[1], parts.before[1]),
                ),
            )
        found = {}
        for place, (number, pair) in enumerate(where):
            own = slice(place * self._count, (place + 1) * self._count)
            found[number] = Part(pair, _rows_of(parts, own), swap[own])
        return found

    # ----------------------------------------------------------------------- matrices

    def _unitaries(self, blocks: Sequence[tuple[Block, Pair]]) -> Matrices:
        """The matrices of blocks, one block after the other: (blocks times circuits, 4, 4)."""
        found = np.tile(np.eye(4, dtype=np.complex128), (len(blocks), self._count, 1, 1))
        steps = self._matrices([(number, pair) for block, pair in blocks for number in block])
        first = np.cumsum([0, *(len(block) for block, _ in blocks)])
        for step in range(max(len(block) for block, _ in blocks)):
            some = [place for place, (block, _) in enumerate(blocks) if step < len(block)]
            found[some] = steps[first[some] + step] @ found[some]
        return found.reshape(-1, 4, 4)

    def _matrices(self, where: Sequence[tuple[int, Pair]]) -> Matrices:
        """The matrices of operations on their pairs, (operations, circuits, 4, 4)."""
        found = np.empty((len(where), self._count, 4, 4), dtype=np.complex128)
        items = [self._items[number] for number, _ in where]
        turns = [place for place, item in enumerate(items) if len(item.tracks) == 1]
        if turns:
            alone = matrices(turns_about(self._turn_vectors([items[place] for place in turns])).reshape(-1, 4))
            alone = alone.reshape(len(turns), self._count, 2, 2)
            for side, letters in enumerate(("rcij,kl->rcikjl", "rcij,kl->rckilj")):
                own = [k for k, place in enumerate(turns) if items[place].tracks[0] == where[place][1][side]]
                places = [turns[k] for k in own]
                found[places] = np.einsum(letters, alone[own], np.eye(2)).reshape(-1, self._count, 4, 4)
        for place, (number, pair) in enumerate(where):
            if len(items[place].tracks) == 2:
                found[place] = self._matrix(self._items[number], pair)
        return found

    def _turn_vectors(self, items: Sequence[Item]) -> Floats:
        """What turns of one qubit turn about, (turns, circuits, 3)."""
        vectors = np.zeros((len(items), self._count, 3))
        for row, item in enumerate(items):
            if item.letters:
                vectors[row, :, LETTERS.index(item.letters[0])] = self._number(item)
            else:
                vectors[row] = self._vectors[:, item.op]
        return vectors

    def _matrix(self, item: Item, pair: tuple[int, int]) -> Matrices:
        if len(item.tracks) == 1:
            turns = [self._turn(item) if track == item.tracks[0] else self._nothing for track in pair]
            return kron(turns[0], turns[1])
        if item.is_exchange:
            angle = 2 * self._number(item)[:, None, None]
            # sigma . sigma is 2 SWAP - 1: up to a phase of the whole.
            found: Matrices = np.cos(angle) * _ONE - 1j * np.sin(angle) * _SWAP
            return found
        p, q = item.letters if item.tracks == pair else item.letters[::-1]
        half: Floats = self._number(item)[:, None, None] / 2
        rotation: Matrices = np.cos(half) * _ONE + np.sin(half) * _TIMES_MINUS_I[p, q]
        return rotation

    def _number(self, item: Item) -> Floats:
        return np.full(self._count, item.angle) if item.op is None else self._angles[:, item.op]

    def _turn(self, item: Item) -> Turns:
        return turns_about(self._turn_vectors([item])[0])

    def _constant(self, turn: tuple[float, float, float, float] = NO_TURN) -> Turns:
        return constant_turns(turn, self._count)


def _groups(entries: list[Entry], size: Callable[[Entry], int]) -> Iterator[list[Entry]]:
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


def _rows_of(parts: Cartan, rows: slice) -> Cartan:
    after, before = ((one[rows], other[rows]) for one, other in (parts.after, parts.before))
    return Cartan(after, parts.angles[rows], before)
