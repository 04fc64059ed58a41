"""Frames of exchanges: which turns become rotations about z, which are virtual, and the numbers of the frames.

A frame G stands for G U G^-1 in place of every exchange U. It commutes, so nothing changes but the turns: a turn u from
frame G to frame G' is written as G' u G^-1. Where u takes the axis G^-1 z to the axis G'^-1 z it is a rotation about z
and costs nothing. What the frames follow is chosen once, at directions without special values but for vectors that
are parallel by their formula; their numbers follow for each binding, and are defined for all vectors.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import hypot, pi, sqrt
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qffc.ir.values import Displacement, FrameVector, Mul, Number, Unit, Value
from qffc.passes.equivariance_rotation import is_invariant
from qffc.passes.lower_pytket_ops import NumericOp
from qffc.passes.lower_pytket_pairs import Pair
from qffc.passes.lower_pytket_segments import PairStory, Place, Segment, SegmentGraph, segment_graph
from qffc.passes.lower_pytket_turns import (
    FROM_Z,
    NO_TURN,
    Turn,
    after,
    inverse,
    nearest_zero,
    turn_about,
    turn_about_axis,
)
from qffc.passes.split_program import Split

Axis = tuple[float, float, float]

_Z: Axis = (0.0, 0.0, 1.0)
_EQUAL = 1e-7
"""Axes at the sample that agree to this are one."""
_KEPT = 48
"""Choices that the search follows at a time."""


class Rule(NamedTuple):
    """What a frame follows.

    Args:
        kind: ``direction`` of vectors; ``segment``, whose turn becomes nothing; ``lab`` for the frame of the program.
        number: of the direction or segment.
        forward: whether the frame is where the segment ends, or where it begins.
    """

    kind: Literal["direction", "segment", "lab"]
    number: int = 0
    forward: bool = True


@dataclass(frozen=True, eq=False)
class Frames:
    """How the frames of a kernel are computed.

    Args:
        split: the program.
        fold_swaps: whether SWAPs are taken out of exchange angles.
    """

    split: Split
    fold_swaps: bool = True

    @cached_property
    def graph(self) -> SegmentGraph:
        """The turns between exchanges. The end is free when no observable has a frame of its own."""
        return segment_graph(self.split, free_end=all(is_invariant(o.paulis) for o in self.split.observables))

    @cached_property
    def directions(self) -> tuple[tuple[int, ...], ...]:
        """Rotations whose vectors are parallel by their formulas, together."""
        groups: dict[str, list[int]] = {}
        for index, op in enumerate(self.split.ops):
            if op.vector is not None:
                groups.setdefault(_direction(self.split.vectors[op.vector[1]]), []).append(index)
        return tuple(map(tuple, groups.values()))

    @cached_property
    def rules(self) -> tuple[tuple[int, Rule], ...]:
        """What each frame follows, in an order in which they can be computed."""
        return tuple(_Search(self, self._sample).run().items())

    def numbers(self, ops: Sequence[NumericOp]) -> dict[int, Turn]:
        """Return the frames of exchanges and chiralities, by operation, and for each singlet how it is prepared.

        Args:
            ops: the operations of the kernel in numbers, one for one.

        Returns:
            The end of the circuit is under -1.
        """
        found = _Numbers(self, ops)
        frames: dict[int, Turn] = {}
        for place, rule in self.rules:
            frames[place] = found.follow(rule, frames)
        placed = {op: frames[place] for op, place in self.graph.frames.items()}
        for segment in self.graph.segments:
            source = self.graph.places[segment.source]
            story = self.graph.stories[source.story] if source.kind == "pair" else None
            if story is not None and story.singlet is not None and source.side == self._second(story, ops):
                end = self.graph.places[segment.target]
                frame = frames[segment.target] if end.kind == "frame" else _fixed(end)
                placed[story.singlet] = inverse(after(frame, found.turns(segment.turns)))
        return {**placed, -1: frames.get(self.graph.end, NO_TURN)}

    def _second(self, story: PairStory, ops: Sequence[NumericOp]) -> int:
        """The side that the second qubit of a singlet is when the pair ends: each SWAP that is folded changes it."""
        angles = (ops[event.op].angle for event in story.events if event.side is None and event.letters is None)
        swaps = sum(nearest_zero(angle, pi / 4)[1] for angle in angles) if self.fold_swaps else 0
        return 1 - swaps % 2

    @cached_property
    def _sample(self) -> list[NumericOp]:
        """Numbers without special values but for parallel vectors."""
        random = np.random.default_rng(0)
        axes: dict[str, NDArray[np.float64]] = {f"axis {k}": np.eye(3)[k] for k in range(3)}
        vectors: list[Axis] = []
        for value in self.split.vectors:
            x, y, z = axes.setdefault(_direction(value), random.normal(size=3)) * random.uniform(0.5, 1.5)
            vectors.append((float(x), float(y), float(z)))
        numbers: list[NumericOp] = []
        for op in self.split.ops:
            vector, angle = (0.0, 0.0, 0.0), 0.0
            if op.vector is not None:
                factor = float(op.vector[0])
                x, y, z = vectors[op.vector[1]]
                vector = (factor * x, factor * y, factor * z)
            if op.angle is not None:
                angle = float(op.angle.constant) + float(op.angle.pi_multiple) * pi
                angle += sum(float(weight) * random.uniform(0.2, 0.6) for weight, _ in op.angle.terms)
            numbers.append(NumericOp(op.kind, op.qubits, angle, vector, op.string, op.targets))
        return numbers


class _Numbers:
    """Turns and frames from numbers."""

    def __init__(self, plan: Frames, ops: Sequence[NumericOp]) -> None:
        self._plan = plan
        self._ops = ops

    def turns(self, ops: Iterable[int]) -> Turn:
        """The product of turns."""
        turn = NO_TURN
        for index in ops:
            op = self._ops[index]
            one = turn_about(op.vector) if op.kind == "rotate" else turn_about_axis(op.string[0][1], op.angle)
            turn = after(one, turn)
        return turn

    def follow(self, rule: Rule, frames: dict[int, Turn]) -> Turn:
        """The frame of a rule, from the frames before it."""
        if rule.kind == "lab":
            return NO_TURN
        if rule.kind == "direction":
            vectors = (self._ops[op].vector for op in self._plan.directions[rule.number])
            return onto_z(max(vectors, key=lambda vector: hypot(*vector)))
        segment = self._plan.graph.segments[rule.number]
        turn = self.turns(segment.turns)
        if rule.forward:
            return after(self._at(segment.source, frames), inverse(turn))
        return after(self._at(segment.target, frames), turn)

    def _at(self, place: int, frames: dict[int, Turn]) -> Turn:
        where = self._plan.graph.places[place]
        if where.kind == "frame":
            return frames[place]
        return self.half(where) if where.kind == "pair" else _fixed(where)

    def half(self, place: Place) -> Turn:
        """The frame in which a half of a pair is prepared."""
        _, *turns = self.pair(self._plan.graph.stories[place.story]).preparation()
        return inverse(turns[place.side])

    def pair(self, story: PairStory) -> Pair:
        """A pair as it is prepared."""
        pair = Pair.zeros(0, 1) if story.singlet is None else Pair.singlet(0, 1)
        for event in story.events:
            if event.side is not None:
                turn = self.turns((event.op,))
                pair = pair.turned(*((turn, NO_TURN) if event.side == 0 else (NO_TURN, turn)))
            elif event.letters is not None:
                pair = pair.rotated(*event.letters, self._ops[event.op].angle)
            else:
                pair = pair.exchanged(self._ops[event.op].angle)
        return pair


class _Search:
    """Which rules make most turns free: place after place, a few dozen of the best choices are kept."""

    def __init__(self, plan: Frames, sample: list[NumericOp]) -> None:
        self._plan, self._graph = plan, plan.graph
        self._numbers = _Numbers(plan, sample)
        self._axes: list[Axis] = []
        self._known: dict[tuple[int, ...], int] = {}
        self._images: dict[tuple[int, int, bool], int] = {}
        self._segments = [k for k, segment in enumerate(self._graph.segments) if not self._is_bare(segment)]
        self._fixed = {
            place: self._axis(self._numbers.half(where) if where.kind == "pair" else _fixed(where))
            for place, where in enumerate(self._graph.places)
            if where.kind != "frame"
        }
        self._starts = [
            (Rule("direction", k), self._axis(self._numbers.follow(Rule("direction", k), {})))
            for k in range(len(plan.directions))
        ]

    def run(self) -> dict[int, Rule]:
        """Return the rules of all frames, in the order of the places."""
        places = sorted({*self._graph.frames.values(), self._graph.end} - set(self._fixed))
        incident: dict[int, list[int]] = {place: [] for place in places}
        for k in self._segments:
            for place in {self._graph.segments[k].source, self._graph.segments[k].target} & set(places):
                incident[place].append(k)
        choices: list[tuple[int, dict[int, int], dict[int, Rule]]] = [(0, {}, {})]
        for done, place in enumerate(places, 1):
            later = set(places[done:])
            grown = [
                (score + self._free(incident[place], axes), axes, {**rules, place: rule})
                for score, before, rules in choices
                for rule, axes in self._extended(place, incident[place], before)
            ]
            grown.sort(key=lambda choice: -choice[0])
            best: dict[tuple[tuple[int, int], ...], tuple[int, dict[int, int], dict[int, Rule]]] = {}
            for choice in grown:
                # Two choices that agree where later places look are one.
                seen = tuple(
                    (p, axis)
                    for p, axis in choice[1].items()
                    if any(
                        later & {self._graph.segments[k].source, self._graph.segments[k].target} for k in incident[p]
                    )
                )
                best.setdefault(seen, choice)
            choices = list(best.values())[:_KEPT]
        return choices[0][2]

    def _extended(self, place: int, incident: list[int], before: dict[int, int]) -> list[tuple[Rule, dict[int, int]]]:
        """The axes that a place may have, one rule for each."""
        rules: dict[int, Rule] = {}
        for rule, axis in self._starts:
            rules.setdefault(axis, rule)
        known = {**self._fixed, **before}
        for k in incident:
            segment = self._graph.segments[k]
            if segment.target == place and segment.source in known:
                rules.setdefault(self._image(k, known[segment.source], True), Rule("segment", k, True))
            elif segment.source == place and segment.target in known:
                rules.setdefault(self._image(k, known[segment.target], False), Rule("segment", k, False))
        if not rules:
            rules[self._number(_Z)] = Rule("lab")
        return [(rule, {**before, place: axis}) for axis, rule in rules.items()]

    def _free(self, incident: list[int], axes: dict[int, int]) -> int:
        """How many segments become free when the last place gets its axis."""
        known = {**self._fixed, **axes}
        ends = [(k, self._graph.segments[k]) for k in incident]
        return sum(
            segment.source in known
            and segment.target in known
            and self._image(k, known[segment.source], True) == known[segment.target]
            for k, segment in ends
        )

    def _is_bare(self, segment: Segment) -> bool:
        """Whether it begins at a singlet, turned or not: that costs one turn, whatever the frames are."""
        source = self._graph.places[segment.source]
        if source.kind != "pair":
            return False
        angle, *_ = self._numbers.pair(self._graph.stories[source.story]).preparation()
        return abs(angle - pi / 2) < _EQUAL

    def _image(self, segment: int, axis: int, forward: bool) -> int:
        key = (segment, axis, forward)
        if key not in self._images:
            turn = self._numbers.turns(self._graph.segments[segment].turns)
            self._images[key] = self._number(_turned(turn if forward else inverse(turn), self._axes[axis]))
        return self._images[key]

    def _axis(self, frame: Turn) -> int:
        return self._number(_turned(inverse(frame), _Z))

    def _number(self, axis: Axis) -> int:
        """The number of an axis; equal axes have one."""
        key = tuple(round(part / _EQUAL) for part in axis)
        if key not in self._known:
            self._known[key] = len(self._axes)
            self._axes.append(axis)
        return self._known[key]


def onto_z(axis: Axis) -> Turn:
    """Return a turn that takes an axis to z, or to -z where that is nearer; a vanishing axis stays.

    Example:
        >>> onto_z((0.0, 0.0, -2.0)), onto_z((0.0, 0.0, 0.0))
        ((1.0, 0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))
    """
    length = hypot(*axis)
    if length == 0.0:
        return NO_TURN
    x, y, z = (part / length for part in axis)
    if z < 0:
        x, y, z = -x, -y, -z
    norm = sqrt(2 * (1 + z))
    return ((1 + z) / norm, y / norm, -x / norm, 0.0)


def _fixed(place: Place) -> Turn:
    """The frame of what has one in the laboratory."""
    return inverse(FROM_Z[place.letter]) if place.kind == "letter" else NO_TURN


def _turned(turn: Turn, axis: Axis) -> Axis:
    """The axis n' with u (n . sigma) u^dagger = n' . sigma."""
    return after(after(turn, (0.0, *axis)), inverse(turn))[1:]


def _direction(value: Value) -> str:
    """The spelling of a vector without what only makes it longer."""
    factors = value.factors if isinstance(value, Mul) else (value,)
    vector = next((factor for factor in factors if factor.law.rank == 1), value)
    while isinstance(vector, Unit):
        vector = vector.vector
    if isinstance(vector, Displacement):
        return " - ".join(sorted(vector.sites))
    if isinstance(vector, FrameVector):
        parts = [k for k, part in enumerate(vector.children) if part != Number(Fraction(0))]
        return f"axis {parts[0]}" if len(parts) == 1 else vector.text
    return vector.text
