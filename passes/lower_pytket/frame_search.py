"""The search for rules of frames that make most turns virtual."""

from __future__ import annotations

from math import pi

from qffc.passes.lower_pytket.frame_rules import Axis, FrameNumbers, Rule, fixed_frame
from qffc.passes.lower_pytket.segments import Segment, SegmentGraph
from qffc.passes.lower_pytket.turns import Turn, after, inverse

_Z: Axis = (0.0, 0.0, 1.0)
_EQUAL = 1e-7
"""Axes at the sample that agree to this are one."""
_KEPT = 48
"""Choices that the search follows at a time."""


class FrameSearch:
    """Which rules make most turns virtual: place after place, a few dozen of the best choices are kept.

    Args:
        graph: the segments of the kernel.
        directions: how many there are to follow.
        sample: numbers without special values.
    """

    def __init__(self, graph: SegmentGraph, directions: int, sample: FrameNumbers) -> None:
        self._graph = graph
        self._numbers = sample
        self._axes: list[Axis] = []
        self._known: dict[tuple[int, ...], int] = {}
        self._turns: dict[int, Turn] = {}  # of segments
        self._images: dict[tuple[int, int, bool], int] = {}
        self._segments = [k for k, segment in enumerate(self._graph.segments) if self._counts(segment)]
        self._fixed = {
            place: self._axis(self._numbers.half(where) if where.kind == "pair" else fixed_frame(where))
            for place, where in enumerate(self._graph.places)
            if where.kind not in ("frame", "partner")
        }
        self._starts = [
            (Rule("direction", k), self._axis(self._numbers.follow(Rule("direction", k), {})))
            for k in range(directions)
        ]

    def run(self) -> dict[int, Rule]:
        """Return the rules of all frames, in the order of the places."""
        places = sorted({*self._graph.frames.values(), *self._graph.finish} - set(self._fixed))
        incident: dict[int, list[int]] = {place: [] for place in places}
        for k in self._segments:
            for place in {self._graph.segments[k].source, self._graph.segments[k].target} & set(places):
                incident[place].append(k)
        choices: list[tuple[int, dict[int, int], dict[int, Rule]]] = [(0, {}, {})]
        neighbours = {
            place: {
                end for k in incident[place] for end in (self._graph.segments[k].source, self._graph.segments[k].target)
            }
            for place in places
        }
        looked_at: list[int] = []
        for done, place in enumerate(places, 1):
            later = set(places[done:])
            looked_at = [each for each in (*looked_at, place) if not later.isdisjoint(neighbours[each])]
            grown = [
                (score + self._free(incident[place], axes), axes, {**rules, place: rule})
                for score, before, rules in choices
                for rule, axes in self._extended(place, incident[place], before)
            ]
            grown.sort(key=lambda choice: -choice[0])
            best: dict[tuple[tuple[int, int], ...], tuple[int, dict[int, int], dict[int, Rule]]] = {}
            for choice in grown:
                # Two choices that agree where later places look are one.
                seen = tuple((each, choice[1][each]) for each in looked_at if each in choice[1])
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

    def _counts(self, segment: Segment) -> bool:
        """Whether frames can make a difference: a singlet, turned or not, costs one turn whatever they are.

        So does the second qubit of a pair that is asked if it is a singlet.
        """
        source = self._graph.places[segment.source]
        if self._graph.places[segment.target].kind == "partner":
            return False
        if source.kind != "pair":
            return bool(segment.turns) or segment.source != segment.target
        angle, *_ = self._numbers.preparation(source.story)
        return abs(angle - pi / 2) >= _EQUAL

    def _image(self, segment: int, axis: int, forward: bool) -> int:
        key = (segment, axis, forward)
        if key not in self._images:
            if segment not in self._turns:
                self._turns[segment] = self._numbers.turns(self._graph.segments[segment].turns)
            turn = self._turns[segment]
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


def _turned(turn: Turn, axis: Axis) -> Axis:
    """The axis n' with u (n . sigma) u^dagger = n' . sigma."""
    return after(after(turn, (0.0, *axis)), inverse(turn))[1:]
