"""Pauli network synthesis: a greedy search for Clifford gates of pairs that make all strings of rotations short.

``native/gadget_search.hpp`` does the same, step by step, and sooner; this is for where it was not built.

The rotations are written in a frame that changes on the way: a Clifford gate turns all strings that are left, and with
them the Clifford operation that is left to do at the end. In each step the gate is chosen that takes most letters off
the strings that may come next, and off later ones by a discount for each layer; rotations with at most two letters are
carried out when they come first among those that they do not commute with. What acts on one pair of qubits is one
gate, so the best changes of frame on a pair that has a gate already are free. In the literature:
PauliOpt, Rustiq, PCOAST, here with couplings of any two qubits by any angles as gates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qffc.ir.kept import cached_property
from qffc.passes.gadgets.blocks import Forms, count_gates, forms_about
from qffc.passes.gadgets.frame import Frame
from qffc.passes.gadgets.paulis import Pauli, bits
from qffc.passes.gadgets.sequence import Gadgets
from qffc.passes.gadgets.strings_table import Effects, Move, StringsTable, Words, effects, to_words

_WINDOW = 96
"""Rotations that are looked at: the next ones in the order of the circuit."""
LAYERS = 4
_FREE_MOVES = 3
"""Changes of frame on a pair after its first; three gates are enough for every Clifford operation of two qubits."""
_LEAST = 1e-9
_SHAKEN = (0.4, 0.4, 2.5, 2.5)
"""Letters by which weights of gates differ at random, for one number after the other: a little, and much."""


class Step(NamedTuple):
    """What is done next.

    Args:
        place: of the rotation that is carried out; -1 for a quarter turn, which changes the frame.
        string: what it turns about; minus the string for minus the angle.
    """

    place: int
    string: Pauli


Columns = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
"""The x and z bits of strings and whether they are negative, 0 or 1."""


@dataclass(frozen=True)
class Found:
    """What a search finds, in numbers: of most searches nobody asks for more than how many gates it takes.

    Args:
        places: of the steps in order, see :class:`Step`.
        strings: of the steps.
        rows: of the Clifford operation that is left behind them: what it makes of each X, then of each Z.
    """

    places: tuple[int, ...]
    strings: Columns
    rows: Columns

    @staticmethod
    def of(steps: Sequence[Step], frame: Frame) -> Found:
        """Return what steps and a frame are."""
        places = tuple(place for place, _ in steps)
        return Found(places, _columns([string for _, string in steps]), _columns([*frame.xs, *frame.zs]))

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps in order."""
        return tuple(map(Step, self.places, _strings(self.strings)))

    @property
    def frame(self) -> Frame:
        """The Clifford operation that is left."""
        rows = tuple(_strings(self.rows))
        return Frame(rows[: len(rows) // 2], rows[len(rows) // 2 :])

    @cached_property
    def gates(self) -> int:
        """Two-qubit gates that the steps take."""
        return count_gates(self.forms)

    @property
    def forms(self) -> Forms:
        """What counts of the steps, see :func:`qffc.passes.gadgets.blocks.count_gates`."""
        return forms_about(zip(self.strings[0], self.strings[1], strict=True), len(self.rows[0]) // 2)

    @property
    def letters(self) -> int:
        """How many letters the rows of the frame have."""
        return sum((x | z).bit_count() for x, z in zip(self.rows[0], self.rows[1], strict=True))


@dataclass(frozen=True, eq=False)
class Attempt:
    """What comes of a search, the same object wherever that is the same.

    Args:
        gates: two-qubit gates that it takes.
        letters: of the rows of the frame that is left.
        size: how many steps there are.
        read: what is found, in full, and the forms of its steps.
    """

    gates: int
    letters: int
    size: int
    read: tuple[Callable[[], Found], Callable[[], Forms]]

    @staticmethod
    def of(found: Found) -> Attempt:
        """Return an attempt of what is known."""
        return Attempt(found.gates, found.letters, len(found.places), (lambda: found, lambda: found.forms))

    @cached_property
    def found(self) -> Found:
        """What is found."""
        return self.read[0]()

    @cached_property
    def forms(self) -> Forms:
        """The forms of the steps."""
        return self.read[1]()


def _columns(strings: Sequence[Pauli]) -> Columns:
    return tuple(x for x, _, _ in strings), tuple(z for _, z, _ in strings), tuple(int(sign) for _, _, sign in strings)


def _strings(columns: Columns) -> Iterator[Pauli]:
    return (Pauli(x, z, bool(negative)) for x, z, negative in zip(*columns, strict=True))


@dataclass(frozen=True)
class Search:
    """How the search weighs what it cannot know.

    Args:
        discount: what a letter of the next layer of rotations counts, and again for each further layer.
        tail: what a letter of the Clifford operation at the end counts.
        patient: whether a gate has to shorten one of the shortest strings; else any of those that may come next.
        shake: a number for gates to be weighed at random with, by a generator of its own; 0 for none. Gates that are
            about as good are many, and one of several searches finds better ones.
    """

    discount: float = 0.6
    tail: float = 0.0
    patient: bool = True
    shake: int = 0

    @property
    def weights(self) -> tuple[float, ...]:
        """What a letter counts in each layer."""
        return tuple(self.discount**place for place in range(LAYERS))

    @property
    def shaken(self) -> float:
        """By how many letters weights differ at random."""
        return _SHAKEN[self.shake % len(_SHAKEN)]


def all_carried_out(
    given: Gadgets, searches: Sequence[Search], gate_on: Sequence[int], most: int | None, worse: int = 0
) -> tuple[Attempt | None, ...]:
    """Return what each search finds; None where it takes too many gates.

    Args:
        given: the rotations, and what comes behind them.
        searches: how to look, one after the other.
        gate_on: of each qubit a negative number for its last gate: two qubits with the same are a pair with a gate.
        most: two-qubit gates; None for any number.
        worse: how many more than that a search may take, or than the best one before; nothing without a limit.
    """
    known: dict[Found, Attempt] = {}
    attempts: list[Attempt | None] = []
    for search in searches:
        found = carried_out(given, search, gate_on, None if most is None else most + worse)
        if found is not None and most is not None:
            most = min(most, found.gates)
        attempts.append(None if found is None else known.setdefault(found, Attempt.of(found)))
    return tuple(attempts)


def carried_out(given: Gadgets, search: Search, gate_on: Sequence[int], most: int | None) -> Found | None:
    """Return the steps of one search that carry out rotations; None where they take too many gates."""
    greedy = _Greedy(given, search, gate_on)
    return greedy.found() if greedy.carry_out(most) else None


def undo(frame: Frame) -> Attempt:
    """Return the steps that carry out a Clifford operation, but for turns and moves of single qubits."""
    greedy = _Greedy(Gadgets((), frame), Search(), no_gates(len(frame.xs)))
    greedy.finish()
    return Attempt.of(greedy.found())


def no_gates(qubits: int) -> tuple[int, ...]:
    """Return a number for each qubit, where none has a gate yet."""
    return tuple(-1 - qubit for qubit in range(qubits))


@dataclass
class _Greedy:
    given: Gadgets
    search: Search
    gates: Sequence[int]
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        frame = self.given.frame
        self.qubits = len(frame.xs)
        self.rows = 2 * self.qubits  # the rotations come after the rows of the frame
        strings = [rotation.string for rotation in self.given.rotations]
        self.table = StringsTable.of([*frame.xs, *frame.zs, *strings], self.qubits)
        self.before = [mask >> self.rows for mask in self.table.earlier_against(strings, self.rows)]
        self.left = (1 << len(strings)) - 1
        self.layers: list[int] = []
        self.start = 0
        self.gate_on = list(self.gates)  # those of this circuit have numbers from 0 on
        self.free_moves: dict[int, int] = {}
        self.random = np.random.default_rng(self.search.shake) if self.search.shake else None
        self.idle = 0
        """Changes of frame since the last rotation: too many in a row, and the shortest string alone counts."""
        self._find_layers()

    def found(self) -> Found:
        """Return what was done, and what is left."""
        return Found.of(self.steps, self.frame)

    @property
    def frame(self) -> Frame:
        """What is left to do after the operations so far, rotations aside."""
        rows = [self.table.string(number) for number in range(self.rows)]
        return Frame(tuple(rows[: self.qubits]), tuple(rows[self.qubits :]))

    def carry_out(self, most: int | None) -> bool:
        """Carry out all rotations, unless that takes too many gates; whether they are."""
        while self.left:
            if not self._rotate() and self.left:
                self._change_frame()
            if most is not None and len(self.free_moves) > most:
                return False
        return True

    def finish(self) -> None:
        """Carry out the frame, up to turns and moves of single qubits."""
        while True:
            target = self._unfinished()
            if target is None:
                return
            self._shorten_frame(*target)

    def _rotate(self) -> bool:
        """Carry out rotations that take no further gate; whether there were any."""
        first = self.layers[0]
        one, two = self.table.short(first << self.rows)
        ready = one >> self.rows
        for place in bits(two >> self.rows):
            a, b = bits(self.table.string(place + self.rows).support)
            ready |= (self.gate_on[a] == self.gate_on[b]) << place
        for place in bits(ready):
            self.steps.append(Step(place, self.table.string(place + self.rows)))
            self.left &= ~(1 << place)
        if ready:
            self.idle = 0
            self._find_layers()
        return bool(ready)

    def _find_layers(self) -> None:
        """The rotations that may come next, and those that may come after one layer, and so on."""
        self.layers = []
        if not self.left:
            return
        self.start = (self.left & -self.left).bit_length() - 1
        window = self.left >> self.start & ((1 << _WINDOW) - 1)
        waiting = [place + self.start for place in bits(window)]
        left = self.left
        for _ in range(LAYERS):
            layer = sum(1 << place for place in waiting if not self.before[place] & left)
            if not layer:
                break
            self.layers.append(layer)
            waiting = [place for place in waiting if not layer >> place & 1]
            left &= ~layer

    def _change_frame(self) -> None:
        size = min(_WINDOW, len(self.before) - self.start)
        kept = [(0, self.rows), (self.rows + self.start, self.rows + self.start + size)]
        found = effects(*self.table.words(kept))
        words = found.whole.shape[-1]
        masks = to_words([self._in_window(layer) for layer in self.layers], words)
        weights = np.array(self.search.weights[: len(self.layers)])
        _, two = self.table.short(self.layers[0] << self.rows)
        whole = found.whole & to_words([self._in_window(two >> self.rows)], words)
        gained = np.bitwise_count(whole).sum(-1)  # rotations that a gate on the pair carries out at once
        scores = _weighed(found, masks, weights, ~whole)
        if self.search.tail:
            tail = to_words([(1 << self.rows) - 1], words)
            scores = scores + _weighed(found, tail, np.array([self.search.tail]), ~np.zeros_like(whole))
        self.idle += 1
        if self.idle <= 4 * self.qubits and self._free_move(found, scores):
            return
        target = self.layers[0]
        if self.search.patient or self.idle > self.qubits:
            target = (two or _shortest(self.table.weights(target << self.rows))) >> self.rows
        if self.random is not None:
            scores = scores + self.random.uniform(0, self.search.shaken, scores.shape)
        shortens = (found.shorter & to_words([self._in_window(target)], words)).any(-1)
        best = np.where(shortens, scores, -np.inf)
        best = np.maximum(best, np.where(gained > 0, np.maximum(scores, 0.0), -np.inf)) + gained
        first, second, place = np.unravel_index(int(np.argmax(best)), best.shape)
        a, b = found.pairs[place]
        self._open(a, b)
        if not gained[place]:
            self._apply(Move(a, b, int(first), int(second)))

    def _in_window(self, places: int) -> int:
        return places >> self.start << self.rows

    def _free_move(self, found: Effects, scores: NDArray[np.float64]) -> bool:
        """Change the frame on a pair that has a gate, if that shortens strings."""
        best: tuple[float, Move] | None = None
        for place, (a, b) in enumerate(found.pairs):
            gate = self.gate_on[a]
            if gate != self.gate_on[b] or self.free_moves.get(gate, 0) >= _FREE_MOVES:
                continue
            first, second = np.unravel_index(int(np.argmax(scores[:, :, place])), (3, 3))
            score = float(scores[first, second, place])
            if score > _LEAST and (best is None or score > best[0]):
                best = score, Move(a, b, int(first), int(second))
        if best is None:
            return False
        gate = self.gate_on[best[1].a]
        self.free_moves[gate] = self.free_moves.get(gate, 0) + 1
        self._apply(best[1])
        return True

    def _open(self, a: int, b: int) -> None:
        self.gate_on[a] = self.gate_on[b] = len(self.steps)
        self.free_moves[len(self.steps)] = 0

    def _apply(self, move: Move) -> None:
        self.table.apply(move)
        self.steps.append(Step(-1, move.string))

    def _unfinished(self) -> tuple[int, int] | None:
        """The rows of the frame to shorten next, and to keep short: those of the qubit with the fewest letters."""
        frame = self.frame
        best: tuple[int, int, int] | None = None
        for q, (x, z) in enumerate(zip(frame.xs, frame.zs, strict=True)):
            letters = x.weight + z.weight
            if x.support != z.support or x.weight > 1:
                short, long = (q, q + self.qubits) if x.weight <= z.weight else (q + self.qubits, q)
                target, keep = (long, short) if min(x.weight, z.weight) == 1 else (short, -1)
                if best is None or letters < best[0]:
                    best = letters, target, keep
        return None if best is None else best[1:]

    def _shorten_frame(self, target: int, keep: int) -> None:
        found = effects(*self.table.words([(0, self.rows)]))
        words = found.whole.shape[-1]
        self.idle += 1
        everything = to_words([(1 << self.rows) - 1], words)
        scores = _weighed(found, everything, np.ones(1), ~np.zeros_like(found.whole))
        if self.idle <= 4 * self.qubits**2 and self._free_move(found, scores):
            return
        valid = (found.shorter & to_words([1 << target], words)).any(-1)
        if keep >= 0:
            valid &= ~(found.longer & to_words([1 << keep], words)).any(-1)
        best = np.where(valid, scores, -np.inf)
        first, second, place = np.unravel_index(int(np.argmax(best)), best.shape)
        a, b = found.pairs[place]
        if self.gate_on[a] != self.gate_on[b]:
            self._open(a, b)
        self._apply(Move(a, b, int(first), int(second)))


def _shortest(weights: dict[int, int]) -> int:
    return weights[min(weights)]


def _weighed(found: Effects, masks: Words, weights: NDArray[np.float64], but: Words) -> NDArray[np.float64]:
    """The letters that each gate takes off, (letters, letters, pairs), with a weight for each mask of strings."""
    total = np.zeros(found.shorter.shape[:3])
    shorter, longer = found.shorter & but, found.longer & but
    for mask, weight in zip(masks, weights, strict=True):
        fewer = np.bitwise_count(shorter & mask).sum(-1, dtype=np.int64)
        more = np.bitwise_count(longer & mask).sum(-1, dtype=np.int64)
        total += weight * (fewer - more)
    return total
