"""The gates of many circuits with one structure, as columns of native angles; turns of one qubit wait until needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, pi, sin
from typing import Literal, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from qffc.passes.lower_pytket.turn_arrays import Floats, Turns, nearest_zeros
from qffc.passes.lower_pytket.turns import NO_TURN, Turn, half_turns, nearest_zero
from qffc.passes.target import Target

Kind = Literal["PhasedX", "Rz", "TK2", "ZZPhase"]

TINY = 1e-12
"""Angles below this, in radians, are rounding noise."""


class Column(NamedTuple):
    """A gate of all circuits of a batch.

    Args:
        kind: of the gate.
        tracks: the qubits that it acts on, as they are numbered at the start.
        angles: the columns of its angles.
        swap: the column that tells where the wires of the tracks change places after it, or None.
    """

    kind: Kind
    tracks: tuple[int, ...]
    angles: tuple[int, ...]
    swap: int | None = None


@dataclass(frozen=True, eq=False)
class NativeBatch:
    """The gates of many circuits with one structure.

    Args:
        columns: the gates, in order.
        angles: (circuits, angles), in half-turns; NaN where a circuit leaves the gate out.
        swaps: (circuits, exchanges), whether a SWAP was folded out of the exchange.
        special: (circuits,), where the structure does not fit, because an exchange does nothing.
        ends: the qubit that each track is at the end.
    """

    columns: tuple[Column, ...]
    angles: Floats
    swaps: NDArray[np.bool_]
    special: NDArray[np.bool_]
    ends: tuple[int, ...]

    def gates_of(self, row: int) -> Iterator[tuple[Kind, list[float]]]:
        """Yield the gates of one circuit with their angles in half-turns."""
        numbers = self.angles[row].tolist()
        for column in self.columns:
            angles = [numbers[place] for place in column.angles]
            if angles[0] == angles[0]:  # not NaN
                yield column.kind, angles


class GateColumns:
    """Collects gates, column by column.

    Args:
        target: gives the minimum angles.
        count: of circuits.
        tracks: of qubits, which are in |0>.
    """

    def __init__(self, target: Target, count: int, tracks: int) -> None:
        self.count = count
        self.special = np.zeros(count, dtype=bool)
        self._fresh = np.ones((tracks, count), dtype=bool)  # where nothing physical has happened to a track
        self.least = max(target.minimum.zz_phase, TINY)
        """Two-qubit gates of smaller angles are left out, radians."""
        self._least_turn = max(target.minimum.phased_x, TINY)
        self._columns: list[Column] = []
        self._values: list[Floats | float] = []
        self._swaps: list[NDArray[np.bool_]] = []

    def add(
        self,
        kind: Kind,
        tracks: tuple[int, ...],
        angles: tuple[Floats | float, ...],
        swap: NDArray[np.bool_] | None = None,
    ) -> None:
        """Add a gate.

        Args:
            kind: of it.
            tracks: that it acts on.
            angles: each (circuits,), radians, or the number of a circuit that is alone; NaN leaves it out.
            swap: (circuits,), where its two wires trade places afterwards.
        """
        if swap is not None:
            self._swaps.append(swap)
        start = len(self._values)
        place = None if swap is None else len(self._swaps) - 1
        self._columns.append(Column(kind, tracks, tuple(range(start, start + len(angles))), place))
        self._values += [half_turns(angle) for angle in angles]
        if len(tracks) == 2:
            for track in tracks:
                self._fresh[track] = False

    @overload
    def flush(self, track: int, turn: Turns, *, keep_rz: bool = False) -> Turns: ...
    @overload
    def flush(self, track: int, turn: Turns | Turn, *, keep_rz: bool = False) -> Turns | Turn: ...
    def flush(self, track: int, turn: Turns | Turn, *, keep_rz: bool = False) -> Turns | Turn:
        """Write a turn Rz(a) Rx(b) Rz(c) as a PhasedX and an Rz; return the Rz when it is kept.

        Args:
            track: that it is on.
            turn: of each circuit; of a circuit that is alone, the turn itself will do.
            keep_rz: whether what follows lets it pass.
        """
        if isinstance(turn, tuple):
            return self._flush_one(track, turn, keep_rz=keep_rz)
        if self.count == 1:
            w, x, y, z = turn[0].tolist()
            return np.array([self._flush_one(track, (w, x, y, z), keep_rz=keep_rz)])
        half_sum, half_difference = np.arctan2(turn[:, 3], turn[:, 0]), np.arctan2(turn[:, 2], turn[:, 1])
        b = 2 * np.arctan2(np.hypot(turn[:, 1], turn[:, 2]), np.hypot(turn[:, 0], turn[:, 3]))
        rz, _ = nearest_zeros(2 * half_sum, 2 * pi)
        axis, _ = nearest_zeros(half_difference - half_sum if keep_rz else half_sum + half_difference, 2 * pi)
        free = self._fresh[track] | (np.abs(rz) < TINY)  # a turn of |0> about z is a phase
        if not keep_rz and not free.all():
            self.add("Rz", (track,), (np.where(free, np.nan, rz),))
        physical = b >= self._least_turn
        if physical.any():
            self._fresh[track] &= ~physical
            self.add("PhasedX", (track,), (np.where(physical, b, np.nan), axis))
        rest = np.zeros((self.count, 4))
        if keep_rz:
            rest[:, 0], rest[:, 3] = np.cos(rz / 2), np.sin(rz / 2)
        return rest

    def _flush_one(self, track: int, turn: Turn, *, keep_rz: bool) -> Turn:
        """The same for one circuit: the same functions, without arrays."""
        w, x, y, z = turn
        if x == y == z == 0.0 < w:
            return (1.0, 0.0, 0.0, z) if keep_rz else NO_TURN
        # Of a complex number Python takes C's hypot, which is that of NumPy; its arctan2 is not that of C.
        sines, cosines = (z, y, abs(complex(x, y))), (w, x, abs(complex(w, z)))
        half_sum, half_difference, half = np.arctan2(sines, cosines).tolist()
        b = 2 * half
        rz, _ = nearest_zero(2 * half_sum, 2 * pi)
        axis, _ = nearest_zero(half_difference - half_sum if keep_rz else half_sum + half_difference, 2 * pi)
        if not (keep_rz or self._fresh[track, 0] or abs(rz) < TINY):
            self.add("Rz", (track,), (rz,))
        if b >= self._least_turn:
            self._fresh[track] = False
            self.add("PhasedX", (track,), (b, axis))
        return (cos(rz / 2), 0.0, 0.0, sin(rz / 2)) if keep_rz else NO_TURN

    def batch(self, ends: tuple[int, ...]) -> NativeBatch:
        """Return what was written.

        Args:
            ends: the qubit that each track is at the end.
        """
        if self.count == 1:
            values = np.array([[value if isinstance(value, float) else value[0] for value in self._values]])
        else:
            values = np.stack(self._values, axis=1) if self._values else np.zeros((self.count, 0))
        swaps = np.stack(self._swaps, axis=1) if self._swaps else np.zeros((self.count, 0), dtype=bool)
        return NativeBatch(tuple(self._columns), values, swaps, self.special, ends)
