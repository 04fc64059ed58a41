"""The native gates of a kernel in blocks, for many bindings at once."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi

import numpy as np
from numpy.typing import NDArray

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
_ORDER = ((1, 2, 0), (2, 0, 1), (0, 1, 2))
"""For each axis, which axes are then along x, y and z."""
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
    ) -> None:
        self._plan, self._target, self._fold = plan, target, fold_swaps
        self._count = len(angles)
        self._out = GateColumns(target, self._count, len(plan.ends))
        if parts is None:
            parts = tuple(block_parts(plan.items, target, angles, vectors, fold_swaps=fold_swaps).parts(plan.blocks))
        self._parts = parts
        self._waiting: list[Turns] = [constant_turns(NO_TURN, self._count) for _ in plan.ends]

    def write(self) -> NativeBatch:
        """Return the gates, with the turns before a measurement when something is measured."""
        for part, axis in zip(self._parts, self._plan.axes, strict=True):
            if len(part.tracks) == 1:
                self._wait(part.tracks[0], part.cartan.after[0])
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
        angles = part.cartan.angles[:, list(_ORDER[axis])]
        over = []
        for track, turn in zip(part.tracks, part.cartan.before, strict=True):
            self._wait(track, product(onto_z, turn))
            angles, flip = self._turned_over(track, angles)
            over.append(flip)
        self._native(part, angles)
        back = inverse(onto_z)
        # Flips stay on their wires where the tracks change theirs.
        swap = part.swap[:, None]
        flips = np.where(swap, over[1], over[0]), np.where(swap, over[0], over[1])
        for track, turn, flip in zip(part.tracks, part.cartan.after, flips, strict=True):
            self._wait(track, product(turn, product(back, flip)))

    def _turned_over(self, track: int, angles: Floats) -> tuple[Floats, Turns]:
        """Let a turn that takes z to -z, which a flip makes virtual, be flipped, and the gate with it."""
        w, _, _, z = self._waiting[track].T
        rows = np.hypot(w, z) < _TURNED_OVER
        if not rows.any():
            return angles, constant_turns(NO_TURN, self._count)
        flip = np.where(rows[:, None], np.array(FLIPS["X"]), np.array(NO_TURN))
        self._wait(track, flip)
        return np.where(rows[:, None], angles * np.array([1.0, -1.0, -1.0]), angles), flip

    def _native(self, part: Part, angles: Floats) -> None:
        patterns = (np.abs(angles) >= self._out.least) @ np.array([1, 2, 4])
        usual = int(np.bincount(patterns).argmax())
        self._out.special |= patterns != usual
        used = [letter for place, letter in enumerate("XYZ") if usual >> place & 1]
        swap = part.swap if self._fold and part.axis < 0 and not part.fresh else None
        if not used:
            if swap is not None:
                self._out.add("ZZPhase", part.tracks, (np.full(self._count, np.nan),), swap)
                self._trade(part.tracks, swap)
        elif used == ["Z"]:
            self._zz_phase(part.tracks, angles[:, 2], swap)
        elif self._target.two_qubit == "TK2":
            for track in part.tracks:
                self._out.flush(track, self._take(track))
            there = np.where(np.abs(angles) < self._out.least, 0.0, angles)
            self._out.add("TK2", part.tracks, tuple(there.T), swap)
        else:
            for letter in used:
                onto_z = inverse(FROM_Z[letter])  # type: ignore[index]  # a letter
                last = swap if letter == used[-1] else None
                for track in part.tracks:
                    self._wait(track, constant_turns(onto_z, self._count))
                self._zz_phase(part.tracks, angles[:, "XYZ".index(letter)], last)
                for track in part.tracks:
                    self._wait(track, constant_turns(inverse(onto_z), self._count))

    def _zz_phase(self, tracks: tuple[int, ...], angle: Floats, swap: NDArray[np.bool_] | None) -> None:
        """Write a ZZPhase, past which rotations about z are free."""
        for track in tracks:
            self._wait(track, self._out.flush(track, self._take(track), keep_rz=True))
        self._out.add("ZZPhase", tracks, (angle,), swap)
        if swap is not None:
            self._trade(tracks, swap)

    # ----------------------------------------------------------------------- turns that wait

    def _wait(self, track: int, turn: Turns) -> None:
        self._waiting[track] = product(turn, self._waiting[track])

    def _take(self, track: int) -> Turns:
        turn, self._waiting[track] = self._waiting[track], constant_turns(NO_TURN, self._count)
        return turn

    def _trade(self, tracks: tuple[int, ...], swap: NDArray[np.bool_]) -> None:
        """Let turns that wait stay on their wires where the tracks change theirs."""
        first, second = tracks
        a, b, where = self._waiting[first], self._waiting[second], swap[:, None]
        self._waiting[first], self._waiting[second] = np.where(where, b, a), np.where(where, a, b)
