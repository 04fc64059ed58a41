"""Other spellings of the runs of a program, compared by the two-qubit gates that the whole of it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from qffc.ir.kept import cached_property
from qffc.ir.operation import Op
from qffc.ir.program import Program
from qffc.passes.circuit.wires import flatten
from qffc.passes.gadgets.absorb import Absorber, Named
from qffc.passes.gadgets.blocks import Forms, added_up, count_gates, forms, relabelled
from qffc.passes.gadgets.frame import Frame, quarter_turns
from qffc.passes.gadgets.sequence import Run, runs
from qffc.passes.gadgets.stabilizers import Stabilizers
from qffc.passes.gadgets.synthesis import undone

Cost = tuple[int, int]
"""Two-qubit gates, then operations."""


class Circuit(Protocol):
    """Operations that may be written out only where they are taken."""

    @property
    def ops(self) -> tuple[Op, ...]:
        """The operations."""

    @property
    def forms(self) -> Forms:
        """What counts of them, see :func:`qffc.passes.gadgets.blocks.count_gates`."""

    @property
    def size(self) -> int:
        """How many there are, preparations aside."""


@dataclass(frozen=True, eq=False)
class Written:
    """Operations that are written out.

    Args:
        ops: the operations.
        qubits: of the program.
    """

    ops: tuple[Op, ...]
    qubits: int

    @cached_property
    def forms(self) -> Forms:
        """What counts of them."""
        return forms(self.ops, self.qubits)

    @cached_property
    def size(self) -> int:
        """How many there are, preparations aside."""
        return sum(not op.prepares for op in self.ops)

    @cached_property
    def gates(self) -> int:
        """Two-qubit gates that they take."""
        return count_gates(self.forms)


@dataclass(frozen=True)
class Spelling:
    """A circuit in the place of a run.

    Args:
        circuit: the operations.
        frame: the Clifford operation that comes behind them, see :func:`shortest_spelling` for what becomes of it;
            None for none.
        undone: whether gates carry out the frame, but for turns and moves of single qubits.
    """

    circuit: Circuit
    frame: Frame | None = None
    undone: bool = False


@dataclass(frozen=True)
class Place:
    """Where a run stands.

    Args:
        qubits: of the program.
        state: strings that fix the state before the run.
        gates: of each qubit, a number for the last two-qubit gate before the run: where two qubits have the same,
            more can be done on this pair by the gate.
        runs: how many there are that are worth a look, this one included.
        is_last: whether a Clifford operation may be left behind it, for the observables to absorb.
        keeps_state: whether the program declares symmetries of its state by hand, so that operations have to make the
            same state of the same qubits.
    """

    qubits: int
    state: Stabilizers
    gates: tuple[int, ...]
    runs: int
    is_last: bool
    keeps_state: bool


Spellings = Callable[[Run, Place], Iterable[Spelling]]


def shortest_spelling(program: Program, spellings: Spellings) -> Program:
    """Return a program with each run in the spelling with the fewest two-qubit gates; the same one if that is as it is.

    Where a frame is left behind a run: turns of single qubits are carried out, and moves rename the qubits of all that
    follows; any other one can only be left behind the last run, and is absorbed by the observables.

    Args:
        program: with one round, and no coupling free in order.
        spellings: other spellings of a run.
    """
    flat = flatten(program)
    ops = tuple(step.op for step in flat.steps)
    first, found = runs(ops)
    if not any(run.is_worth_it for run in found):
        return program
    qubits = len(program.qubits)
    state = Stabilizers.prepared(first)
    for op in first:
        state = state.after(op)
    circuit = _Circuit(Written(first, qubits), flat.observables, {}, found)
    for number, run in enumerate(found):
        is_last = number == len(found) - 1
        place = Place(
            qubits,
            state,
            circuit.last_gates,
            sum(each.is_worth_it for each in found),
            is_last,
            bool(program.generators),
        )
        circuit = _with_shortest(circuit, run, place, spellings)
        if not is_last:
            given, left = run.pushed(qubits, state)
            state = Stabilizers(tuple(map(given.frame.after, left.strings)))
            for op in run.after:
                state = state.after(op)
    before, after = Written(ops, qubits), circuit.done
    if (after.gates, after.size) >= (before.gates, before.size):
        return program
    observables = tuple((name, observable.relabelled(circuit.places)) for name, observable in circuit.observables)
    return replace(program, ops=after.ops, observables=observables)


class _Ending(NamedTuple):
    """How a circuit goes on with a run spelled.

    Args:
        cost: of the whole.
        pieces: the run.
        frame: the Clifford operation behind it, if any.
        is_absorbed: whether the observables take the frame.
    """

    cost: Cost
    pieces: tuple[Circuit, ...]
    frame: Frame | None
    is_absorbed: bool


@dataclass(frozen=True, eq=False)
class _Circuit:
    """A circuit whose first runs have their spelling.

    Args:
        done: the operations so far.
        observables: behind all runs, on the wires of the beginning.
        places: of each wire that has moved, where it is now.
        left: the runs that are as they were.
    """

    done: Written
    observables: Named
    places: dict[int, int]
    left: tuple[Run, ...]

    @property
    def qubits(self) -> int:
        """Of the program."""
        return self.done.qubits

    @cached_property
    def absorber(self) -> Absorber:
        """What may take the frame of the last run."""
        return Absorber(self.observables)

    @property
    def last_gates(self) -> tuple[int, ...]:
        """Of each wire of the beginning, a number for the last gate of several qubits on it so far."""
        last = [-1 - q for q in range(self.qubits)]
        for number, op in enumerate(self.done.ops):
            for qubit in op.qubits if len(op.qubits) > 1 else ():
                last[qubit] = number
        return tuple(last[self.places.get(q, q)] for q in range(self.qubits))

    @cached_property
    def _behind(self) -> Written:
        """What comes behind the next run."""
        run, *left = self.left
        return Written((*run.after, *(op for each in left for op in (*each.ops, *each.after))), self.qubits)

    def ending(self, spelling: Spelling, least: Cost | None = None) -> _Ending | None:
        """Return how the circuit goes on with the next run spelled.

        None where nothing can be done with the frame of the run, or where the circuit costs no less than others.
        """
        pieces: tuple[Circuit, ...] = (spelling.circuit,)
        if least is not None and not self._cost(pieces, least) < least:
            return None
        frame = spelling.frame
        if frame is not None and spelling.undone:
            rest = undone(frame)
            pieces, frame = (*pieces, rest), rest.frame
            if least is not None and not self._cost(pieces, least) < least:
                return None
        cost, is_absorbed = self._cost(pieces, least, whole=True), False
        if frame is not None:
            moves = frame.sources is not None
            # Whether the observables can take it is asked last, and not where the circuit would cost too much even so.
            is_absorbed = (moves or least is None or cost < least) and self._is_absorbed(frame)
            if not is_absorbed and not moves:
                return None
            if not is_absorbed:
                cost = self._cost_turned(pieces, frame, least)
        return _Ending(cost, pieces, frame, is_absorbed) if least is None or cost < least else None

    def going_on(self, ending: _Ending) -> _Circuit:
        """Return the circuit with the next run spelled."""
        run, *left = self.left
        ops = [op.relabelled(self.places) for piece in ending.pieces for op in piece.ops]
        observables, places = self.observables, self.places
        if ending.is_absorbed and ending.frame is not None:
            taken = self.absorber.absorbed(ending.frame)
            assert taken is not None  # as the ending says
            observables = taken
        elif ending.frame is not None:
            turns, places = self._turned(ending.frame)
            ops += turns
        ops += [op.relabelled(places) for op in run.after]
        return _Circuit(Written((*self.done.ops, *ops), self.qubits), observables, places, tuple(left))

    def _is_absorbed(self, frame: Frame) -> bool:
        run, *left = self.left
        behind = {qubit for op in run.after for qubit in op.qubits}
        return not left and not any(frame.support >> qubit & 1 for qubit in behind) and self.absorber.takes(frame)

    def _turned(self, frame: Frame) -> tuple[tuple[Op, ...], dict[int, int]]:
        """The turns of a frame that turns and moves single qubits, and where wires are after it."""
        turns = tuple(turn.relabelled(self.places) for turn in quarter_turns(frame.turns()))
        return turns, {q: self.places.get(source, source) for q, source in enumerate(frame.sources or ())}

    def _cost(self, pieces: Sequence[Circuit], least: Cost | None, *, whole: bool = False) -> Cost:
        """Of the circuit with these next; gates of what comes behind the run count in the whole alone."""
        size = sum(piece.size for piece in (self.done, *pieces, self._behind))
        counted = (*pieces, self._behind) if whole else pieces
        return self._gates([(piece.forms, self.places) for piece in counted], least), size

    def _cost_turned(self, pieces: Sequence[Circuit], frame: Frame, least: Cost | None) -> Cost:
        """Of the circuit with these next, the turns of a frame, and what comes behind the run where wires are then."""
        ops, places = self._turned(frame)
        turns = Written(ops, self.qubits)
        parts = [*((piece.forms, self.places) for piece in pieces), (turns.forms, {}), (self._behind.forms, places)]
        size = sum(piece.size for piece in (self.done, *pieces, turns, self._behind))
        return self._gates(parts, least), size

    def _gates(self, parts: Sequence[tuple[Forms, dict[int, int]]], least: Cost | None) -> int:
        """Two-qubit gates, with more behind them, each on the wires where it is; above the least, any number."""
        whole = added_up([self.done.forms, *(relabelled(some, places) for some, places in parts)])
        return count_gates(whole, None if least is None else least[0])


def _with_shortest(circuit: _Circuit, run: Run, place: Place, spellings: Spellings) -> _Circuit:
    best = circuit.ending(Spelling(Written(run.ops, place.qubits)))
    assert best is not None  # nothing is left behind it
    if run.is_worth_it:
        for spelling in spellings(run, place):
            best = circuit.ending(spelling, best.cost) or best
    return circuit.going_on(best)
