"""The rules that frames of exchanges follow, and their numbers for one binding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import hypot, sqrt
from typing import Literal, NamedTuple

from qffc.passes.lower_pytket.ops import NumericOp
from qffc.passes.lower_pytket.pairs import Pair
from qffc.passes.lower_pytket.segments import PairStory, Place, SegmentGraph
from qffc.passes.lower_pytket.turns import FROM_Z, NO_TURN, Turn, after, inverse, turn_about, turn_about_axis

Axis = tuple[float, float, float]
Directions = tuple[tuple[int, ...], ...]
"""Rotations whose vectors are parallel by their formulas, together."""


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


class FrameNumbers:
    """Turns and frames of one binding.

    Args:
        graph: the segments of the kernel.
        directions: what rules may follow.
        ops: the operations of the kernel in numbers, one for one.
    """

    def __init__(self, graph: SegmentGraph, directions: Directions, ops: Sequence[NumericOp]) -> None:
        self._graph = graph
        self._directions = directions
        self._ops = ops
        self._prepared: dict[int, tuple[float, Turn, Turn]] = {}

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
            vectors = (self._ops[op].vector for op in self._directions[rule.number])
            return onto_z(max(vectors, key=lambda vector: hypot(*vector)))
        segment = self._graph.segments[rule.number]
        turn = self.turns(segment.turns)
        if rule.forward:
            return after(self._at(segment.source, frames), inverse(turn))
        return after(self._at(segment.target, frames), turn)

    def goal(self, place: int, frames: dict[int, Turn]) -> Turn:
        """What makes a turn that ends at a place free when it is taken back."""
        where = self._graph.places[place]
        if where.kind == "partner":
            return after(fixed_frame(where), frames[where.leader])
        return self._at(place, frames)

    def _at(self, place: int, frames: dict[int, Turn]) -> Turn:
        where = self._graph.places[place]
        if where.kind == "frame":
            return frames[place]
        return self.half(where) if where.kind == "pair" else fixed_frame(where)

    def half(self, place: Place) -> Turn:
        """The frame in which a half of a pair is prepared."""
        _, *turns = self.preparation(place.story)
        return inverse(turns[place.side])

    def preparation(self, story: int) -> tuple[float, Turn, Turn]:
        """How a pair is prepared, by the number of its story; see :meth:`Pair.preparation`."""
        if story not in self._prepared:
            self._prepared[story] = self._pair(self._graph.stories[story]).preparation()
        return self._prepared[story]

    def _pair(self, story: PairStory) -> Pair:
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


def onto_z(axis: Axis) -> Turn:
    """Return a turn that takes an axis to z, or to -z where that is nearer; a vanishing axis stays.

    Example:
        >>> onto_z((0.0, 0.0, 0.0)), round(onto_z((3.0, 0.0, 0.0))[2], 3)
        ((1.0, 0.0, 0.0, 0.0), -0.707)
    """
    length = hypot(*axis)
    if length == 0.0:
        return NO_TURN
    x, y, z = (part / length for part in axis)
    if z < 0:
        x, y, z = -x, -y, -z
    norm = sqrt(2 * (1 + z))
    return ((1 + z) / norm, y / norm, -x / norm, 0.0)


def fixed_frame(place: Place) -> Turn:
    """The frame of what has one in the laboratory; of a partner, in the frame of its pair."""
    return inverse(FROM_Z[place.letter]) if place.kind in ("letter", "partner") else NO_TURN
