"""Where the noise of a device strikes: the circuits of a kernel as they are emitted, with what happens between gates.

A device runs native gates in frames of their own (:mod:`qffc.passes.lower_pytket.frames`). They change nothing but
turns between gates, so everything here is told in the frame of the program. What is left of frames is the axis along
which memory dephases: the one that is z in the native frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from qffc.ir.diagnostics import InternalError
from qffc.ir.pauli import Letter
from qffc.passes.circuit.split_program import KernelOp, Split
from qffc.passes.lower_pytket.frame_rules import Rule
from qffc.passes.lower_pytket.frames import Frames
from qffc.passes.lower_pytket.segments import PairStory, Segment
from qffc.passes.measurement.settings import Setting

Ops = tuple[KernelOp, ...]


@dataclass(frozen=True)
class Lab:
    """The frame of the program, or the one where a letter is along z.

    Args:
        letter: what is along z.
    """

    letter: Letter = "Z"


@dataclass(frozen=True)
class Along:
    """A frame whose z is along the vectors of rotations, which are parallel by their formula: the longest decides."""

    rotations: Ops


@dataclass(frozen=True)
class Carried:
    """A frame that makes nothing of a turn.

    Args:
        base: the frame at the other end of the turn.
        turns: that are made nothing.
        forward: whether the turn ends here, or begins.
    """

    base: Frame
    turns: Ops
    forward: bool


@dataclass(frozen=True)
class Story:
    """Two qubits that have met nobody else, prepared by one gate.

    Args:
        singlet: whether they start as one, or as two |0>.
        events: turns, each with its side, and exchanges, which have none.
    """

    singlet: bool
    events: tuple[tuple[KernelOp, int | None], ...]

    @property
    def maximal(self) -> bool:
        """Whether the pair is maximally entangled whatever the numbers are."""
        return self.singlet and all(side is not None for _, side in self.events)


@dataclass(frozen=True)
class Half:
    """The frame in which a half of a pair is prepared.

    Args:
        story: of the pair.
        side: 0 or 1.
        start: of a maximally entangled pair, the frame that the second half is prepared for; None for that of z.
    """

    story: Story
    side: int
    start: Frame | None = None


@dataclass(frozen=True)
class Fresh:
    """A qubit in |0>, alone."""


@dataclass(frozen=True)
class Beside:
    """The frame of the second qubit of a measured pair: that of the first, with a letter along z."""

    leader: Frame
    letter: Letter


Frame = Lab | Along | Carried | Half | Beside
Source = Frame | Fresh


@dataclass(frozen=True)
class Leg:
    """The turns of a qubit between two gates, with the noise on them.

    Args:
        source: the frame where it begins; there a gate dephases it once, unless it is fresh.
        turns: of the qubit.
        target: the frame where it ends.
        idle: layers of two-qubit gates that it waits for the gate at its end.
    """

    source: Source
    turns: Ops
    target: Frame
    idle: int = 0


@dataclass(frozen=True)
class Meeting:
    """An exchange, and what its qubits do before."""

    tracks: tuple[int, int]
    op: KernelOp
    legs: tuple[Leg, Leg]


@dataclass(frozen=True)
class Reading:
    """How a setting ends.

    Args:
        legs: by track; ending where the qubit is measured, or where the turn of its pair begins.
        letters: by track, what is measured there; of a pair, the letter of the turn. None where nothing is.
        pairs: tracks that a turn exp(-i pi/4 P Q) couples before they are measured in Y.
    """

    legs: tuple[Leg, ...]
    letters: tuple[Letter | None, ...]
    pairs: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class SettingCircuit:
    """The circuit that measures one setting.

    Args:
        pairs: tracks and story of each pair that is prepared.
        meetings: exchanges in order.
        reading: how it ends.
        tracks: of each qubit of the program.
    """

    pairs: tuple[tuple[tuple[int, int], Story], ...]
    meetings: tuple[Meeting, ...]
    reading: Reading
    tracks: tuple[int, ...]


def setting_circuit(split: Split, setting: Setting) -> SettingCircuit:
    """Return the circuit of a setting.

    Args:
        split: what the setting sees of a kernel of singlets, rotations and exchanges.
        setting: what is measured.
    """
    return _Walk(Frames(split, True, setting), setting).circuit()


@dataclass(eq=False)
class _Walk:
    frames: Frames
    setting: Setting
    layers: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.graph = self.frames.graph
        self.ops = self.frames.split.ops
        self.layers = [0] * len(self.graph.ends)
        self.rules: dict[int, Rule] = dict(self.frames.rules)
        self.stories = [self._story(story) for story in self.graph.stories]

    def circuit(self) -> SettingCircuit:
        pairs: list[tuple[tuple[int, int], Story]] = []
        meetings: list[Meeting] = []
        for gate in self.graph.gates:
            a, b = gate.tracks
            layer = 1 + max(self.layers[a], self.layers[b])
            if gate.op is None:
                pairs.append(((a, b), self.stories[gate.story]))
            else:
                first, second = (
                    self._leg(segment, track, layer) for segment, track in zip(gate.segments, (a, b), strict=True)
                )
                meetings.append(Meeting((a, b), self.ops[gate.op], (first, second)))
            self.layers[a] = self.layers[b] = layer
        ends = self.graph.ends
        tracks = tuple(ends.index(qubit) for qubit in range(len(ends)))
        return SettingCircuit(tuple(pairs), tuple(meetings), self._reading(tracks), tracks)

    def _reading(self, tracks: tuple[int, ...]) -> Reading:
        letters: list[Letter | None] = [None] * len(tracks)
        for qubit, letter in enumerate(self.setting.letters):
            letters[tracks[qubit]] = letter
        legs = [self._leg(segment, track, None) for track, segment in enumerate(self.graph.last)]
        pairs = []
        for string in self.setting.turns:
            places = [tracks[qubit] for qubit, _ in string]
            layer = 1 + max(self.layers[track] for track in places)
            for track, (_, letter) in zip(places, string, strict=True):
                letters[track] = letter
                legs[track] = self._leg(self.graph.last[track], track, layer)
            pairs.append((places[0], places[1]))
        return Reading(tuple(legs), tuple(letters), tuple(pairs))

    def _leg(self, number: int, track: int, layer: int | None) -> Leg:
        segment = self.graph.segments[number]
        idle = 0 if layer is None else layer - 1 - self.layers[track]
        return Leg(self._source(segment), self._ops(segment.turns), self._at(segment.target), idle)

    def _source(self, segment: Segment) -> Source:
        where = self.graph.places[segment.source]
        if where.kind == "zero":
            return Fresh()
        if where.kind != "pair":
            return self._at(segment.source)
        story = self.stories[where.story]
        return Half(story, where.side, self._start(where.story) if story.maximal else None)

    def _start(self, story: int) -> Frame:
        """What the second half of a maximally entangled pair is prepared for, so that the turn after it is nothing."""
        for segment in self.graph.segments:
            source = self.graph.places[segment.source]
            if (source.kind, source.story, source.side) == ("pair", story, 1):
                return Carried(self._before(segment.target), self._ops(segment.turns), False)
        raise InternalError("a half of a pair without an end")

    def _at(self, place: int) -> Frame:
        """The frame in which gates are written at a place."""
        where = self.graph.places[place]
        found = where.leader if where.kind == "partner" else place
        rule = self.rules.get(found)
        return Lab() if rule is None else self._followed(rule)

    def _followed(self, rule: Rule) -> Frame:
        if rule.kind == "lab":
            return Lab()
        if rule.kind == "direction":
            return Along(self._ops(self.frames.directions[rule.number]))
        segment = self.graph.segments[rule.number]
        base = self._before(segment.source if rule.forward else segment.target)
        return Carried(base, self._ops(segment.turns), rule.forward)

    def _before(self, place: int) -> Frame:
        """The frame that a rule follows."""
        where = self.graph.places[place]
        if where.kind == "partner":
            return Beside(self._at(place), where.letter)
        if where.kind == "pair":
            return Half(self.stories[where.story], where.side)
        if where.kind == "letter" and place not in self.rules:
            return Lab(where.letter)
        return self._at(place)

    def _story(self, story: PairStory) -> Story:
        if any(event.letters is not None for event in story.events):
            raise InternalError("a pair that a Pauli rotation couples")
        events = tuple((_bare(self.ops[event.op]), event.side) for event in story.events)
        return Story(story.singlet is not None, events)

    def _ops(self, places: Sequence[int]) -> Ops:
        return tuple(_bare(self.ops[place]) for place in places)


def _bare(op: KernelOp) -> KernelOp:
    """An operation without its qubits: what turns equally is one thing to compute."""
    letters = tuple((0, letter) for _, letter in op.string)
    return replace(op, qubits=(), string=letters)
