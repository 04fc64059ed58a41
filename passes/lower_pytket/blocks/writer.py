"""The native gates of a kernel in blocks, for many bindings at once."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot, pi

import numpy as np
from numpy.typing import NDArray

from qffc.ir.pauli import LETTERS, Letter
from qffc.passes.lower_pytket.blocks.parts import Part
from qffc.passes.lower_pytket.blocks.plan import BlockPlan, block_parts
from qffc.passes.lower_pytket.gate_columns import GateColumns, NativeBatch
from qffc.passes.lower_pytket.turn_arrays import Floats, Turns, constant_turns, product
from qffc.passes.lower_pytket.turns import FLIPS, FROM_Z, NO_TURN, Turn, after, inverse, turn_about_axis
from qffc.passes.target import Target

_CYCLE = after(turn_about_axis("Z", pi / 2), turn_about_axis("X", pi / 2))
"""Takes y to z, z to x and x to y."""
_ONTO_Z: tuple[Turn, Turn, Turn] = (after(_CYCLE, _CYCLE), _CYCLE, NO_TURN)
"""For each axis a turn that takes it to z, and axes to axes."""
_ORDER: tuple[tuple[int, int, int], ...] = ((1, 2, 0), (2, 0, 1), (0, 1, 2))
"""For each axis, which axes are then along x, y and z."""
Column = Floats | float
"""An angle of each circuit; of a circuit that is alone, the number."""
_TURNED_OVER = 1e-9


class BlockWriter:
    """Writes the gates of a kernel for many circuits.

    Args:
        plan: the blocks.
        target: gives the preferred two-qubit gate and the minimum angles.
        angles: (circuits, ops), radians, of the operations of the kernel.
        vectors: (circuits, ops, 3), radians, of its rotations.
        fold_swaps: whether SWAPs are taken out of blocks.
        parts: of the blocks for these numbers, where they are known.
        first: the row in which they have the first of these circuits.
    """

    def __init__(
        self,
        plan: BlockPlan,
        target: Target,
        angles: Floats,
        vectors: Floats,
        *,
        fold_swaps: bool,
        parts: Sequence[Part] | None = None,
        first: int = 0,
    ) -> None:
        self._plan, self._target, self._fold = plan, target, fold_swaps
        self._count = len(angles)
        self._out = GateColumns(target, self._count, len(plan.ends))
        if parts is None:
            parts = tuple(block_parts(plan.items, target, angles, vectors, fold_swaps=fold_swaps).parts(plan.blocks))
        self._parts = parts
        self._first, self._own = first, slice(first, first + self._count)
        self._alone = self._count == 1  # then turns are numbers: the same sums, without calls of NumPy
        self._waiting = [self._constant(NO_TURN) for _ in plan.ends]

    def write(self) -> NativeBatch:
        """Return the gates, with the turns before a measurement when something is measured."""
        for part, axis in zip(self._parts, self._plan.axes, strict=True):
            if len(part.tracks) == 1:
                self._wait(part.tracks[0], self._rows(part.cartan.after[0]))
            else:
                self._gate(part, axis)
        if self._plan.bases is None:
            for track, turn in enumerate(self._waiting):
                self._out.flush(track, turn)
        tracks = {qubit: track for track, qubit in enumerate(self._plan.ends)}
        for qubit, basis in enumerate(self._plan.bases or ()):
            if basis is not None:
                turn = product(inverse(FROM_Z[basis]), self._waiting[tracks[qubit]])
                self._out.flush(tracks[qubit], turn, keep_rz=True)
        return self._out.batch(self._plan.ends)

    def _gate(self, part: Part, axis: int) -> None:
        """Write a gate with one of its axes along z."""
        onto_z = _ONTO_Z[axis]
        angles = self._columns(part.cartan.angles, _ORDER[axis])
        over = []
        for track, turn in zip(part.tracks, part.cartan.before, strict=True):
            self._wait(track, product(onto_z, self._rows(turn)))
            angles, flip = self._turned_over(track, angles)
            over.append(flip)
        self._native(part, angles)
        back = inverse(onto_z)
        # Flips stay on their wires where the tracks change theirs.
        flips = self._traded(over[0], over[1], part.swap[self._own])
        for track, turn, flip in zip(part.tracks, part.cartan.after, flips, strict=True):
            self._wait(track, product(self._rows(turn), product(back, flip)))

    def _columns(self, angles: Floats, order: tuple[int, int, int]) -> list[Column]:
        if self._alone:
            numbers = angles[self._first].tolist()
            return [numbers[place] for place in order]
        return [angles[self._own, place] for place in order]

    def _turned_over(self, track: int, angles: list[Column]) -> tuple[list[Column], Turns | Turn]:
        """Let a turn that takes z to -z, which a flip makes virtual, be flipped, and the gate with it."""
        waiting = self._waiting[track]
        if isinstance(waiting, tuple):
            if hypot(waiting[0], waiting[3]) >= _TURNED_OVER:
                return angles, NO_TURN
            self._wait(track, FLIPS["X"])
            return [angles[0], -angles[1], -angles[2]], FLIPS["X"]
        rows = np.hypot(waiting[:, 0], waiting[:, 3]) < _TURNED_OVER
        if not rows.any():
            return angles, self._constant(NO_TURN)
        flip = np.where(rows[:, None], np.array(FLIPS["X"]), np.array(NO_TURN))
        self._wait(track, flip)
        return [angles[0], *(np.where(rows, -angle, angle) for angle in angles[1:])], flip

    def _native(self, part: Part, angles: list[Column]) -> None:
        used = self._used(angles)
        swap = part.swap[self._own] if self._fold and part.axis < 0 and not part.fresh else None
        if not used:
            if swap is not None:
                self._out.add("ZZPhase", part.tracks, (np.full(self._count, np.nan),), swap)
                self._trade(part.tracks, swap)
        elif used == ["Z"]:
            self._zz_phase(part.tracks, angles[2], swap)
        elif self._target.two_qubit == "TK2":
            for track in part.tracks:
                self._out.flush(track, self._take(track))
            self._out.add("TK2", part.tracks, tuple(self._there(angle) for angle in angles), swap)
        else:
            for letter in used:
                onto_z = inverse(FROM_Z[letter])
                last = swap if letter == used[-1] else None
                for track in part.tracks:
                    self._wait(track, self._constant(onto_z))
                self._zz_phase(part.tracks, angles["XYZ".index(letter)], last)
                for track in part.tracks:
                    self._wait(track, self._constant(inverse(onto_z)))

    def _used(self, angles: list[Column]) -> list[Letter]:
        """The letters whose angles are there; circuits in which others are have another structure."""
        least = self._out.least
        numbers = [angle for angle in angles if isinstance(angle, float)]
        if self._alone:
            return [letter for letter, number in zip(LETTERS, numbers, strict=True) if abs(number) >= least]
        patterns = np.sum([(np.abs(angle) >= least) * (1 << place) for place, angle in enumerate(angles)], axis=0)
        usual = int(np.bincount(patterns).argmax())
        self._out.special |= patterns != usual
        return [letter for place, letter in enumerate(LETTERS) if usual >> place & 1]

    def _there(self, angle: Column) -> Column:
        """An angle, zero where it is below what is written."""
        if isinstance(angle, float):
            return angle if abs(angle) >= self._out.least else 0.0
        return np.where(np.abs(angle) < self._out.least, 0.0, angle)

    def _zz_phase(self, tracks: tuple[int, ...], angle: Column, swap: NDArray[np.bool_] | None) -> None:
        """Write a ZZPhase, past which rotations about z are free."""
        for track in tracks:
            self._wait(track, self._out.flush(track, self._take(track), keep_rz=True))
        self._out.add("ZZPhase", tracks, (angle,), swap)
        if swap is not None:
            self._trade(tracks, swap)

    # ----------------------------------------------------------------------- turns that wait

    def _constant(self, turn: Turn) -> Turns | Turn:
        return turn if self._alone else constant_turns(turn, self._count)

    def _rows(self, turns: Turns) -> Turns | Turn:
        """The turns of these circuits, as numbers where one is alone."""
        if not self._alone:
            return turns[self._own]
        w, x, y, z = turns[self._first].tolist()
        return w, x, y, z

    def _wait(self, track: int, turn: Turns | Turn) -> None:
        self._waiting[track] = product(turn, self._waiting[track])

    def _take(self, track: int) -> Turns | Turn:
        turn, self._waiting[track] = self._waiting[track], self._constant(NO_TURN)
        return turn

    def _trade(self, tracks: tuple[int, ...], swap: NDArray[np.bool_]) -> None:
        """Let turns that wait stay on their wires where the tracks change theirs."""
        first, second = tracks
        traded = self._traded(self._waiting[first], self._waiting[second], swap)
        self._waiting[first], self._waiting[second] = traded

    def _traded(
        self, first: Turns | Turn, second: Turns | Turn, swap: NDArray[np.bool_]
    ) -> tuple[Turns | Turn, Turns | Turn]:
        """Two turns, the other way round where tracks trade places."""
        if self._alone:
            return (second, first) if swap[0] else (first, second)
        rows = swap[:, None]
        return np.where(rows, second, first), np.where(rows, first, second)
