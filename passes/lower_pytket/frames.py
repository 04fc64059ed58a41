"""Frames of exchanges: which turns become rotations about z, which are virtual, and the numbers of the frames.

A frame G stands for G U G^-1 in place of every exchange U. It commutes, so nothing changes but the turns: a turn u from
frame G to frame G' is written as G' u G^-1. Where u takes the axis G^-1 z to the axis G'^-1 z it is a rotation about z,
a virtual Z gate, and costs nothing. What the frames follow is chosen once, at directions without special values but for
vectors that are parallel by their formula; their numbers follow for each binding, and are defined for all vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import pi

import numpy as np
from numpy.typing import NDArray

from qffc.ir.kept import cached_property
from qffc.ir.values import Displacement, FrameVector, Mul, Number, Unit, Value
from qffc.passes.circuit.split_program import Split
from qffc.passes.equivariance.rules.rotation import is_invariant
from qffc.passes.lower_pytket.frame_rules import Axis, Directions, FrameNumbers, Rule
from qffc.passes.lower_pytket.frame_search import FrameSearch
from qffc.passes.lower_pytket.ops import NumericOp
from qffc.passes.lower_pytket.segments import End, PairStory, SegmentGraph, ends_of, segment_graph
from qffc.passes.lower_pytket.turns import NO_TURN, Turn, after, inverse, nearest_zero
from qffc.passes.measurement.settings import Setting


@dataclass(frozen=True, eq=False)
class Frames:
    """How the frames of a kernel are computed.

    Args:
        split: the program.
        fold_swaps: whether SWAPs are taken out of exchange angles.
        setting: what is measured at the end, if anything is.
    """

    split: Split
    fold_swaps: bool = True
    setting: Setting | None = None

    @cached_property
    def graph(self) -> SegmentGraph:
        """The turns between exchanges. The end is free when nothing that is read there has a frame of its own."""
        if self.setting is not None:
            return segment_graph(self.split, ends_of(self.setting))
        free = all(is_invariant(o.paulis) for o in self.split.observables)
        return segment_graph(
            self.split, [End("frame") if free else End("lab", qubit) for qubit in range(self.split.qubit_count)]
        )

    @cached_property
    def directions(self) -> Directions:
        """Rotations whose vectors are parallel by their formulas, together."""
        groups: dict[str, list[int]] = {}
        for index, op in enumerate(self.split.ops):
            if op.vector is not None:
                groups.setdefault(_direction(self.split.vectors[op.vector[1]]), []).append(index)
        return tuple(map(tuple, groups.values()))

    @cached_property
    def rules(self) -> tuple[tuple[int, Rule], ...]:
        """What each frame follows, in an order in which they can be computed."""
        return tuple(FrameSearch(self.graph, len(self.directions), self._sampled).run().items())

    def numbers(self, ops: Sequence[NumericOp]) -> dict[int, Turn]:
        """Return the frames of exchanges and chiralities, by operation, and for each singlet how it is prepared.

        Args:
            ops: the operations of the kernel in numbers, one for one.

        Returns:
            The end of qubit k is under -1 - k.
        """
        found = self._sampled if ops is self.sample else FrameNumbers(self.graph, self.directions, ops)
        frames: dict[int, Turn] = {}
        for place, rule in self.rules:
            frames[place] = found.follow(rule, frames)
        placed = {op: frames[place] for op, place in self.graph.frames.items()}
        for op, story, sides in self._singlets:
            segment = self.graph.segments[sides[self._second(story, ops)]]
            placed[op] = inverse(after(found.goal(segment.target, frames), found.turns(segment.turns)))
        ends = zip(self.graph.ends, self.graph.finish, strict=True)
        return {**placed, **{-1 - qubit: frames.get(place, NO_TURN) for qubit, place in ends}}

    def prepared(self, least: float) -> int:
        """Return how many pairs that have met nobody else take a gate at the sample, as far as that is known.

        Args:
            least: gates of smaller angles are left out, radians.
        """
        if self.graph.alone:
            return 0  # how they are measured joins their preparation
        angles = (self._sampled.preparation(story)[0] for story in range(len(self.graph.stories)))
        return sum(angle >= least for angle in angles)

    @cached_property
    def _sampled(self) -> FrameNumbers:
        return FrameNumbers(self.graph, self.directions, self.sample)

    @cached_property
    def _singlets(self) -> list[tuple[int, PairStory, dict[int, int]]]:
        """The singlets by their operations, and the segments that begin at their sides."""
        sides: dict[int, dict[int, int]] = {}
        for number, segment in enumerate(self.graph.segments):
            source = self.graph.places[segment.source]
            if source.kind == "pair":
                sides.setdefault(source.story, {})[source.side] = number
        stories = ((self.graph.stories[story], found) for story, found in sides.items())
        return [(story.singlet, story, found) for story, found in stories if story.singlet is not None]

    def _second(self, story: PairStory, ops: Sequence[NumericOp]) -> int:
        """The side that the second qubit of a singlet is when the pair ends: each SWAP that is folded changes it."""
        angles = (ops[event.op].angle for event in story.events if event.side is None and event.letters is None)
        swaps = sum(nearest_zero(angle, pi / 4)[1] for angle in angles) if self.fold_swaps else 0
        return 1 - swaps % 2

    @cached_property
    def sample(self) -> list[NumericOp]:
        """Numbers without special values but for parallel vectors and slots that are zero in most bindings."""
        random = np.random.default_rng(0)
        axes: dict[str, NDArray[np.float64]] = {f"axis {k}": axis for k, axis in enumerate(np.eye(3))}
        vectors: list[Axis] = []
        for value in self.split.vectors:
            x, y, z = axes.setdefault(_direction(value), random.normal(size=3)) * random.uniform(0.5, 1.5)
            vectors.append((float(x), float(y), float(z)))
        weights = sum(len(op.angle.weights) for op in self.split.ops if op.angle is not None)
        drawn = iter(random.uniform(0.2, 0.6, weights).tolist())
        numbers: list[NumericOp] = []
        for op in self.split.ops:
            vector, angle = (0.0, 0.0, 0.0), 0.0
            if op.vector is not None:
                factor = float(op.vector[0])
                x, y, z = vectors[op.vector[1]]
                vector = (factor * x, factor * y, factor * z)
            if op.angle is not None:
                loud = [weight for weight, slot in op.angle.weights if slot not in self.split.quiet]
                angle = op.angle.offset + sum([weight * next(drawn) for weight in loud])
            numbers.append(NumericOp(op.kind, op.qubits, angle, vector, op.string, op.targets))
        return numbers


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
