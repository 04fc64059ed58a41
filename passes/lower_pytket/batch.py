"""The native angles of many bindings at once: what one binding does gate by gate, done array by array.

With the kernel, which is built once, this is parametric compilation: structure once, numbers for each geometry.

It covers kernels of singlets, rotations and exchanges in TK2. Their gates stand in one order whatever the numbers are:
a SWAP that is folded out of an exchange only renames wires.
"""

from __future__ import annotations

from math import pi

import numpy as np

from qffc.ir.diagnostics import InternalError
from qffc.passes.lower_pytket.frame_rules import Rule, fixed_frame
from qffc.passes.lower_pytket.frames import Frames
from qffc.passes.lower_pytket.gate_columns import GateColumns, NativeBatch
from qffc.passes.lower_pytket.pairs import Pair
from qffc.passes.lower_pytket.segments import Gate, PairStory
from qffc.passes.lower_pytket.turn_arrays import (
    Floats,
    Matrices,
    Turns,
    constant_turns,
    inverses,
    matrices,
    nearest_zeros,
    product,
    turns_about,
    turns_of,
    turns_onto_z,
)
from qffc.passes.lower_pytket.turns import FROM_Z, NO_TURN, inverse, turn_about_axis
from qffc.passes.measurement.settings import Setting
from qffc.passes.target import Target

_EQUAL = 1e-12
"""Schmidt coefficients closer than this count as equal."""


class BatchWriter:
    """Writes the gates of a kernel for many circuits.

    Args:
        frames: of the kernel.
        target: gives the minimum angles.
        angles: (circuits, ops), radians, of the operations of the kernel.
        vectors: (circuits, ops, 3), radians, of its rotations.
        framed: whether exchanges are written in frames of their own.
        fold_swaps: whether SWAPs are taken out of exchange angles.
    """

    def __init__(
        self, frames: Frames, target: Target, angles: Floats, vectors: Floats, *, framed: bool, fold_swaps: bool
    ) -> None:
        self._plan, self._graph = frames, frames.graph
        self._angles, self._vectors = angles, vectors
        self._fold = fold_swaps
        self._count = len(angles)
        self._out = GateColumns(target, self._count, len(self._graph.ends))
        self._rotations = turns_about(vectors)
        self._frames: dict[int, Turns] = {}
        if framed:
            for place, rule in frames.rules:
                self._frames[place] = self._follow(rule)
        self._halves: dict[tuple[int, int], Turns] = {}

    def write(self, setting: Setting | None = None) -> NativeBatch:
        """Return the gates, with the turns before a measurement when a setting is given."""
        for gate in self._graph.gates:
            if gate.op is None:
                self._prepare(gate)
            else:
                self._exchange(gate, gate.op)
        turns = {track: self._turn(segment) for track, segment in enumerate(self._graph.last)}
        if setting is None:
            for track, turn in turns.items():
                self._out.flush(track, turn)
        else:
            self._measure(turns, setting)
        return self._out.batch(self._graph.ends)

    def _prepare(self, gate: Gate) -> None:
        angle, *halves = self._preparation(gate.story, self._start(gate.story))
        for side, half in enumerate(halves):
            self._halves[gate.story, side] = half
        self._out.special |= angle < self._out.least
        nothing = np.zeros(self._count)
        self._out.add("TK2", gate.tracks, (angle, nothing, nothing))

    def _exchange(self, gate: Gate, op: int) -> None:
        angle, periods = nearest_zeros(self._angles[:, op], pi / 4 if self._fold else pi / 2)
        self._out.special |= np.abs(2 * angle) < self._out.least
        for track, segment in zip(gate.tracks, gate.segments, strict=True):
            self._out.flush(track, self._turn(segment))
        self._out.add("TK2", gate.tracks, (2 * angle,) * 3, periods % 2 == 1 if self._fold else None)

    def _measure(self, turns: dict[int, Turns], setting: Setting) -> None:
        """Write Bell pairs as the single binding does, then what turns bases to Z; Rz before a measurement is lost."""
        tracks = {qubit: track for track, qubit in enumerate(self._graph.ends)}
        for string in setting.turns:
            for qubit, letter in string:
                track = tracks[qubit]
                rest = self._out.flush(track, product(inverse(FROM_Z[letter]), turns[track]), keep_rz=True)
                turns[track] = product(FROM_Z[letter], rest)
            self._out.add("ZZPhase", tuple(tracks[qubit] for qubit, _ in string), (np.full(self._count, pi / 2),))
        for qubit, basis in enumerate(setting.bases):
            if basis is not None:
                self._out.flush(tracks[qubit], product(inverse(FROM_Z[basis]), turns[tracks[qubit]]), keep_rz=True)

    # ----------------------------------------------------------------------- turns and frames

    def _turn(self, segment: int) -> Turns:
        """What a segment is written as: the turn between the frames at its ends."""
        found = self._graph.segments[segment]
        turn = product(self._turns(found.turns), inverses(self._at(found.source)))
        return product(self._at(found.target), turn)

    def _turns(self, ops: tuple[int, ...]) -> Turns:
        turn = constant_turns(NO_TURN, self._count)
        for op in ops:
            turn = product(self._rotation(op), turn)
        return turn

    def _rotation(self, op: int) -> Turns:
        string = self._plan.split.ops[op].string
        if not string:
            rotation: Turns = self._rotations[:, op]
            return rotation
        vectors = np.zeros((self._count, 3))
        vectors[:, "XYZ".index(string[0][1])] = self._angles[:, op]
        return turns_about(vectors)

    def _at(self, place: int) -> Turns:
        where = self._graph.places[place]
        if where.kind == "pair":
            return inverses(self._halves[where.story, where.side])
        found = where.leader if where.kind == "partner" else place
        return self._frames.get(found, constant_turns(NO_TURN, self._count))

    def _follow(self, rule: Rule) -> Turns:
        if rule.kind == "lab":
            return constant_turns(NO_TURN, self._count)
        if rule.kind == "direction":
            vectors = self._vectors[:, self._plan.directions[rule.number]]
            longest = np.argmax(np.linalg.norm(vectors, axis=2), axis=1)
            return turns_onto_z(vectors[np.arange(self._count), longest])
        segment = self._graph.segments[rule.number]
        turn = self._turns(segment.turns)
        if not rule.forward:
            return product(self._before(segment.target), turn)
        return product(self._before(segment.source), inverses(turn))

    def _before(self, place: int) -> Turns:
        """The frame that a rule follows, or that a pair is prepared for."""
        where = self._graph.places[place]
        if where.kind == "partner":
            return product(fixed_frame(where), self._at(place))
        if where.kind != "pair":
            return self._frames.get(place, constant_turns(fixed_frame(where), self._count))
        return inverses(self._preparation(where.story, constant_turns(NO_TURN, self._count))[1 + where.side])

    def _start(self, story: int) -> Turns:
        """The turn of the second half of a singlet that makes nothing of what comes after it."""
        for segment in self._graph.segments:
            source = self._graph.places[segment.source]
            if (source.kind, source.story, source.side) == ("pair", story, 1):
                return inverses(product(self._before(segment.target), self._turns(segment.turns)))
        raise InternalError("a half of a pair without an end")

    def _preparation(self, number: int, start: Turns) -> tuple[Floats, Turns, Turns]:
        """See :meth:`Pair.preparation`: here for many states, with the second turn where all will do."""
        state = self._state(self._graph.stories[number])
        left, sizes, right = np.linalg.svd(state)
        on_a, on_b = turns_of(left), turns_of(right.transpose(0, 2, 1))
        equal = (sizes[:, 0] - sizes[:, 1] < _EQUAL)[:, None]
        moved = left @ right @ matrices(inverses(start)).transpose(0, 2, 1)
        on_a, on_b = np.where(equal, turns_of(moved), on_a), np.where(equal, start, on_b)
        return 2 * np.arctan2(sizes[:, 1], sizes[:, 0]), product(on_a, turn_about_axis("Z", pi / 2)), on_b

    def _state(self, story: PairStory) -> Matrices:
        pair = Pair.zeros(0, 1) if story.singlet is None else Pair.singlet(0, 1)
        state = np.repeat(pair.state[None], self._count, axis=0)
        for event in story.events:
            if event.side is None:
                angle = 2 * self._angles[:, event.op, None, None]
                state = np.cos(angle) * state - 1j * np.sin(angle) * state.transpose(0, 2, 1)
                continue
            turn = matrices(self._rotation(event.op))
            state = turn @ state if event.side == 0 else state @ turn.transpose(0, 2, 1)
        return state
