"""What the circuits of all settings share, numbered once: turns, frames, legs, pairs and gates.

Numbers are then computed row by row of these lists, all at once: a few large operations instead of many small ones,
which XLA would fuse into each other again and again.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from qffc.ir.diagnostics import InternalError
from qffc.passes.circuit.split_program import Affine, KernelOp
from qffc.passes.noisy.structure import (
    Along,
    Beside,
    Carried,
    Frame,
    Fresh,
    Half,
    Lab,
    Leg,
    Ops,
    SettingCircuit,
    Story,
)

Item = TypeVar("Item", bound=Hashable)


class Listed(Generic[Item]):
    """Different items, numbered in the order in which they came."""

    def __init__(self) -> None:
        self._numbers: dict[Item, int] = {}

    def add(self, item: Item) -> int:
        """Return the number of an item, which is new or known."""
        return self._numbers.setdefault(item, len(self._numbers))

    def __getitem__(self, item: Item) -> int:
        return self._numbers[item]

    @property
    def items(self) -> tuple[Item, ...]:
        """In order."""
        return tuple(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


@dataclass(frozen=True)
class Gate:
    """An exchange by its angle, after two legs by their numbers."""

    angle: Affine
    legs: tuple[int, int]


@dataclass(frozen=True)
class Prepared:
    """A pair and the frames in which its halves are prepared, by their numbers."""

    story: int
    frames: tuple[int, int]


class Tables:
    """The lists of some circuits.

    Args:
        circuits: of all settings.
    """

    def __init__(self, circuits: Sequence[SettingCircuit]) -> None:
        self.turns: Listed[KernelOp] = Listed()
        self.chains: Listed[Ops] = Listed()
        self.stories: Listed[Story] = Listed()
        self.frames: Listed[Frame] = Listed()
        self.legs: Listed[Leg] = Listed()
        self.gates: Listed[Gate] = Listed()
        self.pairs: Listed[Prepared] = Listed()
        self.chains.add(())
        self.circuit_pairs: list[tuple[int, ...]] = []
        self.circuit_gates: list[tuple[int, ...]] = []
        for circuit in circuits:
            gates = []
            for meeting in circuit.meetings:
                first, second = (self.leg(leg) for leg in meeting.legs)
                if meeting.op.angle is None:
                    raise InternalError("an exchange without an angle")
                gates.append(self.gates.add(Gate(meeting.op.angle, (first, second))))
            self.circuit_gates.append(tuple(gates))
            self.circuit_pairs.append(tuple(self._prepared(circuit, *pair) for pair in circuit.pairs))

    def leg(self, leg: Leg) -> int:
        """Return the number of a leg; all that it is made of is listed, too."""
        if not isinstance(leg.source, Fresh):
            self.frame(leg.source)
        self.frame(leg.target)
        self.chain(leg.turns)
        return self.legs.add(leg)

    def frame(self, frame: Frame) -> int:
        """Return the number of a frame, behind those that it is made of."""
        match frame:
            case Along(rotations):
                for op in rotations:
                    self.turns.add(op)
            case Carried(base, turns, _):
                self.frame(base)
                self.chain(turns)
            case Beside(leader, _):
                self.frame(leader)
            case Half(story, _, start):
                self.story(story)
                self.frame(Lab() if start is None else start)
        return self.frames.add(frame)

    def chain(self, ops: Ops) -> int:
        """Return the number of a product of turns."""
        for op in ops:
            self.turns.add(op)
        return self.chains.add(ops)

    def story(self, story: Story) -> int:
        """Return the number of a pair."""
        for op, side in story.events:
            if side is not None:
                self.turns.add(op)
        return self.stories.add(story)

    def _prepared(self, circuit: SettingCircuit, tracks: tuple[int, int], story: Story) -> int:
        legs = [leg for meeting in circuit.meetings for leg in zip(meeting.tracks, meeting.legs, strict=True)]
        legs += list(enumerate(circuit.reading.legs))
        halves = [next(leg.source for track, leg in legs if track == mine) for mine in tracks]
        first, second = (self.frame(half) for half in halves if isinstance(half, Half) and half.story == story)
        return self.pairs.add(Prepared(self.story(story), (first, second)))


def depth(frame: Frame) -> int:
    """Return how many frames a frame is made of, one after another.

    Example:
        >>> depth(Lab()), depth(Carried(Carried(Lab(), (), True), (), False))
        (0, 2)
    """
    match frame:
        case Carried(base, _, _) | Beside(base, _):
            return 1 + depth(base)
        case Half(_, _, start) if start is not None:
            return 1 + depth(start)
        case Half():
            return 1
    return 0
