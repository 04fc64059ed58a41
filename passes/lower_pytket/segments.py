"""The turns between the two-qubit gates of a kernel, as a graph: what can be written in a frame of its own.

Exchanges, collective ones too, and chirality commute with turning all their qubits alike, so that each may be written
in any frame, and the turns between two of them are one PhasedX, or none when they take the z axis of the one frame to
that of the other. The graph is made once, from the operations alone; numbers come later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from qffc.ir.pauli import Letter
from qffc.passes.circuit.split_program import KernelOp, Split
from qffc.passes.measurement.settings import Setting

Kind = Literal["frame", "zero", "pair", "letter", "lab", "partner"]


class Place(NamedTuple):
    """Where a segment begins or ends.

    Args:
        kind: ``frame`` for exchanges that share a frame, or a free end of the circuit; ``zero`` for a prepared |0>;
            ``pair`` for a half of a state of two qubits that is prepared in one; ``letter`` for a Pauli rotation of
            several qubits, or of a measurement; ``lab`` for the end of a circuit whose frame is not free; ``partner``
            for the second qubit of a pair that is asked if it is a singlet: the first one decides on the frame, and
            the second is turned from there in any case.
        story: of the pair, by its number.
        side: of the pair, 0 or 1.
        letter: of the Pauli rotation or measurement; of a partner, what is measured in the frame.
        leader: of a partner, the place of the first qubit.
    """

    kind: Kind
    story: int = 0
    side: int = 0
    letter: Letter = "Z"
    leader: int = 0


class End(NamedTuple):
    """How a qubit ends.

    Args:
        kind: ``frame`` in any frame, the same for all of a group; ``partner`` in the frame of its group; ``letter``
            when it is measured along an axis; ``lab`` in the frame of the program.
        group: of qubits that share a frame, or are measured as a pair.
        letter: that is measured.
    """

    kind: Kind
    group: int = 0
    letter: Letter = "Z"


def ends_of(setting: Setting) -> tuple[End, ...]:
    """Return how qubits end in the circuit of a setting; what is not measured may end in any frame.

    Example:
        >>> [end.kind for end in ends_of(Setting(("X", None, None), (), pairs=((1, 2),), singlets=True))]
        ['letter', 'frame', 'partner']
    """
    ends = [
        End("frame", qubit) if letter is None else End("letter", qubit, letter)
        for qubit, letter in enumerate(setting.letters)
    ]
    for a, b in setting.pairs:
        ends[a] = End("frame", a) if setting.singlets else End("letter", a, "Z")
        ends[b] = End("partner", a, "X") if setting.singlets else End("letter", a, "X")
    return tuple(ends)


class Segment(NamedTuple):
    """Turns of one qubit between two places, by their numbers; ``turns`` are operations of the kernel in order."""

    source: int
    turns: tuple[int, ...]
    target: int


class Event(NamedTuple):
    """What happens to a pair: a turn of a side, an exchange (no side), or a Pauli rotation of both by letters."""

    op: int
    side: int | None = None
    letters: tuple[Letter, Letter] | None = None


@dataclass(eq=False)
class PairStory:
    """A pair that has met nobody else: a singlet, by its operation, or two |0>; then events."""

    tracks: tuple[int, int]
    singlet: int | None
    events: list[Event] = field(default_factory=list)


class Gate(NamedTuple):
    """A two-qubit gate: an exchange, or the preparation of a pair.

    Args:
        tracks: the qubits, as they are numbered at the start.
        op: the exchange; None for a preparation.
        story: the pair that is prepared.
        segments: that end at the exchange, one for each track.
    """

    tracks: tuple[int, ...]
    op: int | None = None
    story: int = 0
    segments: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class SegmentGraph:
    """The segments of a kernel.

    Args:
        places: in the order of the circuit; those of kind ``frame`` are numbered by their first operation.
        segments: all turns between them.
        gates: preparations of pairs and exchanges of two qubits, in order; what else couples qubits is left out.
        last: the segment of each track that ends the circuit.
        ends: the qubit of the program that each track is at the end.
        stories: of the pairs.
        frames: the place of each exchange, collective exchange and chirality that is in one.
        finish: the place of each track whose frame it ends in.
        alone: whether some pair is measured in the Bell basis that has met nobody else.
    """

    places: tuple[Place, ...]
    segments: tuple[Segment, ...]
    gates: tuple[Gate, ...]
    last: tuple[int, ...]
    ends: tuple[int, ...]
    stories: tuple[PairStory, ...]
    frames: dict[int, int]
    finish: tuple[int, ...]
    alone: bool


def segment_graph(split: Split, ends: Sequence[End]) -> SegmentGraph:
    """Return the segments of a kernel; places without a turn between them are one.

    Args:
        split: the program.
        ends: of its qubits.

    Example:
        >>> from qffc.library import load
        >>> from qffc.passes.circuit.split_program import split_program
        >>> graph = segment_graph(split_program(load("pair", depth=2)), [End("frame")] * 4)
        >>> [graph.places[place].kind for place in sorted(set(graph.frames.values()))]
        ['frame', 'frame']
    """
    builder = _Builder(split.qubit_count)
    for index, op in enumerate(split.ops):
        builder.add(index, op)
    return builder.finish(ends)


class _Builder:
    """Tracks are qubits that keep their number when relabels rename them."""

    def __init__(self, qubits: int) -> None:
        self._track = list(range(qubits))
        self._turns: list[list[int]] = [[] for _ in range(qubits)]
        self._source: list[int | None] = [None] * qubits
        self._pair: list[PairStory | None] = [None] * qubits
        self._places: list[Place] = []
        self._segments: list[Segment] = []
        self._gates: list[Gate] = []
        self._stories: list[PairStory] = []
        self._frames: dict[int, int] = {}

    def add(self, index: int, op: KernelOp) -> None:
        tracks = tuple(self._track[qubit] for qubit in op.qubits)
        if op.kind == "relabel":
            for target, track in zip(op.targets, tracks, strict=True):
                self._track[target] = track
        elif op.kind == "singlet":
            self._open(PairStory((tracks[0], tracks[1]), index))
        elif op.kind == "rotate" or (op.kind == "pauli_rotation" and len(op.string) == 1):
            self._turns[tracks[0]].append(index)
        elif op.kind in ("exchange", "chirality", "collective"):
            story = self._story(tracks) if op.kind == "exchange" else None
            if story is not None:
                self._settle(story)
                story.events.append(Event(index))
                return
            place = self._place(Place("frame"))
            self._frames[index] = place
            segments = self._meet(dict.fromkeys(tracks, place))
            if op.kind == "exchange":
                self._gates.append(Gate(tracks, index, segments=segments))
        elif op.kind == "pauli_rotation":
            self._pauli(index, {self._track[qubit]: letter for qubit, letter in op.string})

    def finish(self, ends: Sequence[End]) -> SegmentGraph:
        groups: dict[int, int] = {}
        for end in ends:
            if end.kind == "frame" and end.group not in groups:
                groups[end.group] = self._place(Place("frame"))
        pairs = [(end.group, qubit) for qubit, end in enumerate(ends) if end.kind != "frame" and end.group != qubit]
        alone = {q for pair in pairs if self._story(tuple(self._track[q] for q in pair)) for q in pair}
        # The turn before the measurement of a pair that has met nobody else joins its preparation, which has no frame.
        ends = [End("lab", qubit) if qubit in alone else end for qubit, end in enumerate(ends)]
        places = {self._track[qubit]: self._end(end, groups) for qubit, end in enumerate(ends)}
        return self._merged(self._meet({track: places[track] for track in range(len(ends))}), bool(alone))

    def _end(self, end: End, groups: dict[int, int]) -> int:
        if end.kind == "frame":
            return groups[end.group]
        leader = groups[end.group] if end.kind == "partner" else 0
        return self._place(Place(end.kind, letter=end.letter, leader=leader))

    def _place(self, place: Place) -> int:
        self._places.append(place)
        return len(self._places) - 1

    def _open(self, story: PairStory) -> None:
        for track in story.tracks:
            self._pair[track] = story

    def _story(self, tracks: tuple[int, ...]) -> PairStory | None:
        """The pair of two tracks that have met nobody else."""
        a, b = tracks
        story = self._pair[a]
        if story is not None:
            return story if b in story.tracks else None
        if self._pair[b] is not None or self._source[a] is not None or self._source[b] is not None:
            return None
        story = PairStory((a, b), None)
        self._open(story)
        return story

    def _settle(self, story: PairStory) -> None:
        """Make turns that wait a part of the pair."""
        for side, track in enumerate(story.tracks):
            story.events += [Event(turn, side) for turn in self._turns[track]]
            self._turns[track] = []

    def _meet(self, places: dict[int, int]) -> tuple[int, ...]:
        """End the segments of tracks at places, where others begin."""
        for track in places:
            story = self._pair[track]
            if story is not None:
                self._settle(story)
                for side, half in enumerate(story.tracks):
                    self._pair[half] = None
                    self._source[half] = self._place(Place("pair", len(self._stories), side))
                self._gates.append(Gate(story.tracks, story=len(self._stories)))
                self._stories.append(story)
        for track, place in places.items():
            source = self._source[track]
            start = self._place(Place("zero")) if source is None else source
            self._segments.append(Segment(start, tuple(self._turns[track]), place))
            self._turns[track], self._source[track] = [], place
        return tuple(range(len(self._segments) - len(places), len(self._segments)))

    def _pauli(self, index: int, letters: dict[int, Letter]) -> None:
        tracks = tuple(letters)
        story = self._story(tracks) if len(tracks) == 2 else None
        if story is not None:
            self._settle(story)
            a, b = story.tracks
            story.events.append(Event(index, letters=(letters[a], letters[b])))
            return
        self._meet({track: self._place(Place("letter", letter=letter)) for track, letter in letters.items()})

    def _merged(self, last: tuple[int, ...], alone: bool) -> SegmentGraph:
        """Give frames without a turn between them one place."""
        first = list(range(len(self._places)))

        def find(place: int) -> int:
            while first[place] != place:
                place = first[place]
            return place

        for segment in self._segments:
            ends = find(segment.source), find(segment.target)
            if not segment.turns and all(self._places[place].kind == "frame" for place in ends):
                first[max(ends)] = min(ends)
        places = tuple(place._replace(leader=find(place.leader)) for place in self._places)
        segments = tuple(Segment(find(s.source), s.turns, find(s.target)) for s in self._segments)
        targets = [segments[segment].target for segment in last]
        return SegmentGraph(
            places,
            segments,
            tuple(self._gates),
            last,
            tuple(self._track.index(track) for track in range(len(self._track))),
            tuple(self._stories),
            {op: find(place) for op, place in self._frames.items()},
            tuple(places[target].leader if places[target].kind == "partner" else target for target in targets),
            alone,
        )
