"""The native gates of a kernel in blocks, for many bindings at once."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi

import numpy as np
from numpy.typing import NDArray

from qffc.ir.pauli import LETTERS, Letter
from qffc.passes.lower_pytket.blocks.cartan import Cartan, cartan, in_order, kron, nonzero, reduced, without_swap
from qffc.passes.lower_pytket.blocks.fuse import Block
from qffc.passes.lower_pytket.blocks.items import Item
from qffc.passes.lower_pytket.blocks.plan import BlockPlan
from qffc.passes.lower_pytket.blocks.shapes import Letters, Strings, frame_of, strings_of
from qffc.passes.lower_pytket.gate_columns import GateColumns, NativeBatch
from qffc.passes.lower_pytket.turn_arrays import (
    Floats,
    Matrices,
    Turns,
    constant_turns,
    matrices,
    nearest_zeros,
    product,
    turns_about,
    turns_of,
)
from qffc.passes.lower_pytket.turns import FLIPS, FROM_Z, NO_TURN, inverse, turn_about_axis
from qffc.passes.target import Target

_CHOICE = 1e-9
"""Radians; a SWAP is folded out where the angles get smaller by more than this."""
_PAULIS: dict[Letter, Matrices] = {letter: 1j * matrices(np.array([FLIPS[letter]]))[0] for letter in LETTERS}
_SINGLET = np.array([0, 1, -1, 0], dtype=np.complex128) / np.sqrt(2)


class BlockWriter:
    """Writes the gates of a kernel for many circuits.

    Args:
        plan: the blocks.
        target: gives the preferred two-qubit gate and the minimum angles.
        angles: (circuits, ops), radians, of the operations of the kernel.
        vectors: (circuits, ops, 3), radians, of its rotations.
        fold_swaps: whether SWAPs are taken out of blocks.
    """

    def __init__(self, plan: BlockPlan, target: Target, angles: Floats, vectors: Floats, *, fold_swaps: bool) -> None:
        self._plan, self._target, self._fold = plan, target, fold_swaps
        self._angles, self._vectors = angles, vectors
        self._count = len(angles)
        tracks = len(plan.ends)
        self._out = GateColumns(target, self._count, tracks)
        self._waiting: list[Turns] = [self._constant() for _ in range(tracks)]
        self._met = [False] * tracks

    def write(self) -> NativeBatch:
        """Return the gates, with the turns before a measurement when something is measured."""
        for block in self._plan.blocks:
            first = self._plan.items[block[0]]
            if len(first.tracks) == 1:
                (track,) = first.tracks
                self._wait(track, self._turn(first))
            else:
                self._block(block)
        tracks = {qubit: track for track, qubit in enumerate(self._plan.ends)}
        if self._plan.bases is None:
            for track, turn in enumerate(self._waiting):
                self._out.flush(track, turn)
        else:
            for qubit, basis in enumerate(self._plan.bases):
                if basis is not None:
                    turn = product(inverse(FROM_Z[basis]), self._waiting[tracks[qubit]])
                    self._out.flush(tracks[qubit], turn, keep_rz=True)
        return self._out.batch(self._plan.ends)

    def _block(self, block: Block) -> None:
        a, b = self._plan.items[block[0]].tracks
        pair = (a, b) if a < b else (b, a)
        if not (self._met[a] or self._met[b]):
            self._prepare(block, pair)
        else:
            strings = strings_of(self._plan.items, block, pair)
            if strings is None:
                self._couple(pair, in_order(cartan(self._unitary(block, pair))), sort=True)
            else:
                self._strings(strings, pair)
        self._met[a] = self._met[b] = True

    # ----------------------------------------------------------------------- three kinds of blocks

    def _prepare(self, block: Block, pair: tuple[int, int]) -> None:
        """The first block of two tracks: of its state, not of its matrix, one angle is left (Schmidt)."""
        zero = np.array([1, 0, 0, 0], dtype=np.complex128)
        state = np.einsum("rij,j->ri", kron(*(self._take(track) for track in pair)), zero)
        for number in block:
            item = self._plan.items[number]
            if item.prepares:
                state = np.tile(_SINGLET, (self._count, 1))
            else:
                state = np.einsum("rij,rj->ri", self._matrix(item, pair), state)
        left, sizes, right = np.linalg.svd(state.reshape(-1, 2, 2))
        angle = 2 * np.arctan2(sizes[:, 1], sizes[:, 0])
        turns = (product(turns_of(left), turn_about_axis("Z", pi / 2)), turns_of(right.transpose(0, 2, 1)))
        self._one_angle(pair, angle, ("X", "X"))
        for track, turn in zip(pair, turns, strict=True):
            self._wait(track, turn)

    def _strings(self, strings: Strings, pair: tuple[int, int]) -> None:
        """Rotations about commuting strings, in the frame that they are given in."""
        numbers = {
            letters: sum(factor * self._number(self._plan.items[number]) for number, factor in parts)
            for letters, parts in strings.parts.items()
        }
        if len(numbers) == 1:
            ((letters, angle),) = numbers.items()
            rest, flips = nearest_zeros(np.asarray(angle), pi)
            for track, letter in zip(pair, letters, strict=True):
                self._wait(track, np.where((flips % 2 == 1)[:, None], np.array(FLIPS[letter]), np.array(NO_TURN)))
            self._one_angle(pair, rest, letters)
            return
        turn, signs = frame_of(tuple(numbers))
        angles = np.zeros((self._count, 3))
        for (letters, angle), sign in zip(numbers.items(), signs, strict=True):
            angles[:, LETTERS.index(letters[0])] = sign * np.asarray(angle)
        nothing, there, back = (self._constant(each) for each in (NO_TURN, turn, inverse(turn)))
        self._couple(pair, reduced(Cartan((nothing, back), angles, (nothing, there))), sort=False)

    def _couple(self, pair: tuple[int, int], parts: Cartan, *, sort: bool) -> None:
        """Any matrix of two qubits; where that is cheaper the wires trade places."""
        swap = np.zeros(self._count, dtype=bool)
        if self._fold:
            other = without_swap(parts)
            other = in_order(other) if sort else reduced(other)
            swap = self._cheaper(other.angles, parts.angles)
            # The wires trade places, tracks do not: what comes after the SWAP is back on its own track.
            parts = _chosen(swap, Cartan((other.after[1], other.after[0]), other.angles, other.before), parts)
        for track, turn in zip(pair, parts.before, strict=True):
            self._wait(track, turn)
        patterns = (np.abs(parts.angles) >= self._out.least) @ np.array([1, 2, 4])
        usual = int(np.bincount(patterns).argmax())
        self._out.special |= patterns != usual
        used = [axis for axis in range(3) if usual >> axis & 1]
        if not used:
            if self._fold:
                self._out.add("ZZPhase", pair, (np.full(self._count, np.nan),), swap)
                self._trade(pair, swap)
        elif len(used) > 1 and self._target.two_qubit == "TK2":
            self._flush(pair)
            angles = tuple(np.where(np.abs(angle) < self._out.least, 0.0, angle) for angle in parts.angles.T)
            self._out.add("TK2", pair, angles, swap if self._fold else None)
        else:
            for place, axis in enumerate(used):
                letter = LETTERS[axis]
                last = swap if self._fold and place == len(used) - 1 else None
                self._one_angle(pair, parts.angles[:, axis], (letter, letter), last)
        for track, turn in zip(pair, parts.after, strict=True):
            self._wait(track, turn)

    def _cheaper(self, one: Floats, other: Floats) -> NDArray[np.bool_]:
        """Where the angles of one are fewer than those of the other, or as many and smaller together."""
        fewer = nonzero(one, self._out.least) - nonzero(other, self._out.least)
        smaller = np.abs(one).sum(axis=1) < np.abs(other).sum(axis=1) - _CHOICE
        return (fewer < 0) | ((fewer == 0) & smaller)

    def _one_angle(
        self,
        pair: tuple[int, int],
        angle: Floats,
        letters: tuple[Letter, Letter],
        swap: NDArray[np.bool_] | None = None,
    ) -> None:
        """Write exp(-i/2 angle P Q) as a ZZPhase, past which rotations about z are free."""
        nothing = np.abs(angle) < self._out.least
        if nothing.all():
            return
        self._out.special |= nothing
        for track, letter in zip(pair, letters, strict=True):
            turn = product(inverse(FROM_Z[letter]), self._take(track))
            self._wait(track, self._out.flush(track, turn, keep_rz=True))
        self._out.add("ZZPhase", pair, (angle,), swap)
        if swap is not None:
            self._trade(pair, swap)
        for track, letter in zip(pair, letters, strict=True):
            self._wait(track, self._constant(FROM_Z[letter]))

    # ----------------------------------------------------------------------- numbers

    def _unitary(self, block: Block, pair: tuple[int, int]) -> Matrices:
        """The matrix of a block, (circuits, 4, 4)."""
        found = np.tile(np.eye(4, dtype=np.complex128), (self._count, 1, 1))
        for number in block:
            found = self._matrix(self._plan.items[number], pair) @ found
        return found

    def _matrix(self, item: Item, pair: tuple[int, int]) -> Matrices:
        if len(item.tracks) == 1:
            turns = [self._turn(item) if track == item.tracks[0] else self._constant() for track in pair]
            return kron(turns[0], turns[1])
        if item.is_exchange:
            angle = 2 * self._number(item)[:, None, None]
            swap = np.eye(4)[[0, 2, 1, 3]]
            # sigma . sigma = 2 SWAP - 1, up to a phase of the whole.
            found: Matrices = np.cos(angle) * np.eye(4) - 1j * np.sin(angle) * swap
            return found
        p, q = item.letters if item.tracks == pair else item.letters[::-1]
        angle = self._number(item)[:, None, None] / 2
        rotation: Matrices = np.cos(angle) * np.eye(4) - 1j * np.sin(angle) * np.kron(_PAULIS[p], _PAULIS[q])
        return rotation

    def _number(self, item: Item) -> Floats:
        return np.full(self._count, item.angle) if item.op is None else self._angles[:, item.op]

    def _turn(self, item: Item) -> Turns:
        if not item.letters:
            return turns_about(self._vectors[:, item.op])
        vectors = np.zeros((self._count, 3))
        vectors[:, LETTERS.index(item.letters[0])] = self._number(item)
        return turns_about(vectors)

    # ----------------------------------------------------------------------- turns that wait

    def _wait(self, track: int, turn: Turns) -> None:
        self._waiting[track] = product(turn, self._waiting[track])

    def _trade(self, pair: tuple[int, int], swap: NDArray[np.bool_]) -> None:
        """Let turns that wait stay on their wires where the tracks change theirs."""
        a, b = (self._waiting[track] for track in pair)
        where = swap[:, None]
        self._waiting[pair[0]], self._waiting[pair[1]] = np.where(where, b, a), np.where(where, a, b)

    def _take(self, track: int) -> Turns:
        turn, self._waiting[track] = self._waiting[track], self._constant()
        return turn

    def _flush(self, pair: Sequence[int]) -> None:
        for track in pair:
            self._out.flush(track, self._take(track))

    def _constant(self, turn: tuple[float, float, float, float] = NO_TURN) -> Turns:
        return constant_turns(turn, self._count)


def _chosen(rows: NDArray[np.bool_], one: Cartan, other: Cartan) -> Cartan:
    where = rows[:, None]
    return Cartan(
        (np.where(where, one.after[0], other.after[0]), np.where(where, one.after[1], other.after[1])),
        np.where(where, one.angles, other.angles),
        (np.where(where, one.before[0], other.before[0]), np.where(where, one.before[1], other.before[1])),
    )
