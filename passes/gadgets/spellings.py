"""Other spellings of the runs of a program, compared by the two-qubit gates that the whole of it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from qffc.ir.kept import cached_property
from qffc.ir.operation import Op
from qffc.ir.program import Program
from qffc.passes.circuit.wires import flatten
from qffc.passes.gadgets.absorb import Absorber, Named
from qffc.passes.gadgets.blocks import Gates, two_qubit_gates
from qffc.passes.gadgets.frame import Frame, quarter_turns
from qffc.passes.gadgets.sequence import Run, gadgets, runs
from qffc.passes.gadgets.stabilizers import Stabilizers
from qffc.passes.gadgets.synthesis import undone

Cost = tuple[int, int]
"""Two-qubit gates, then operations."""


@dataclass(frozen=True)
class Spelling:
    """Operations in the place of a run.

    Args:
        ops: the operations.
        frame: the Clifford operation that comes behind them, see :func:`shortest_spelling` for what becomes of it;
            None for none.
        undone: whether gates carry out the frame, but for turns and moves of single qubits.
    """

    ops: tuple[Op, ...]
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
    state = Stabilizers.prepared(first)
    for op in first:
        state = state.after(op)
    circuit = _Circuit(first, flat.observables, {}, found)
    for number, run in enumerate(found):
        is_last = number == len(found) - 1
        place = Place(
            len(program.qubits),
            state,
            circuit.gates(len(program.qubits)),
            sum(each.is_worth_it for each in found),
            is_last,
            bool(program.generators),
        )
        circuit = _with_shortest(circuit, run, place, spellings)
        if not is_last:
            _, state = gadgets(run.ops, len(program.qubits), state)
            for op in run.after:
                state = state.after(op)
    if circuit.cost >= (two_qubit_gates(ops), _operations(ops)):
        return program
    observables = tuple((name, observable.relabelled(circuit.places)) for name, observable in circuit.observables)
    return replace(program, ops=circuit.done, observables=observables)


@dataclass(frozen=True)
class _Circuit:
    """A circuit whose first runs have their spelling.

    Args:
        done: the operations so far.
        observables: behind all runs, on the wires of the beginning.
        places: of each wire that has moved, where it is now.
        left: the runs that are as they were.
    """

    done: tuple[Op, ...]
    observables: Named
    places: dict[int, int]
    left: tuple[Run, ...]

    @property
    def cost(self) -> Cost:
        """Of the whole."""
        left = [op.relabelled(self.places) for run in self.left for op in (*run.ops, *run.after)]
        return self._gates.count_with(left), self._operations + _operations(left)

    @cached_property
    def _gates(self) -> Gates:
        return Gates(self.done)

    @cached_property
    def _operations(self) -> int:
        return _operations(self.done)

    @cached_property
    def absorber(self) -> Absorber:
        """What may take the frame of the last run."""
        return Absorber(self.observables)

    def gates(self, qubits: int) -> tuple[int, ...]:
        """Of each wire of the beginning, a number for the last gate of several qubits on it so far."""
        last = [-1 - q for q in range(qubits)]
        for number, op in enumerate(self.done):
            for qubit in op.qubits if len(op.qubits) > 1 else ():
                last[qubit] = number
        return tuple(last[self.places.get(q, q)] for q in range(qubits))

    def can_beat(self, spelling: Spelling, least: Cost) -> bool:
        """Whether the circuit with the next run spelled may be cheaper: what its frame takes comes on top."""
        return self._is_below(least, self._placed(spelling.ops))

    def _is_below(self, least: Cost, ops: Sequence[Op]) -> bool:
        """Whether the circuit with these operations next may be cheaper."""
        gates = self._gates.count_with(ops, least[0])
        return (gates, self._operations + _operations(ops) + self._others) < least

    def _placed(self, ops: Sequence[Op]) -> Sequence[Op]:
        places = self.places
        return [op.relabelled(places) for op in ops] if places else ops

    @cached_property
    def _others(self) -> int:
        """Operations behind the next run."""
        run, *left = self.left
        others = (*run.after, *(op for each in left for op in (*each.ops, *each.after)))
        return _operations(others)

    def with_run(self, spelling: Spelling, least: Cost | None = None) -> _Circuit | None:
        """Return the circuit with the next run spelled.

        None where nothing can be done with its frame, or, with it undone, the circuit costs no less than others.
        """
        run, *left = self.left
        ops, frame = spelling.ops, spelling.frame
        if frame is not None and spelling.undone:
            rest = undone(frame)
            ops, frame = (*ops, *rest.ops), rest.frame
        placed = self._placed(ops)
        if spelling.undone and least is not None and not self._is_below(least, placed):
            return None
        done = [*self.done, *placed]
        observables, places = self.observables, self.places
        if frame is not None:
            behind = sum(1 << qubit for qubit in {qubit for op in run.after for qubit in op.qubits})
            taken = None if left or behind & frame.support else self.absorber.absorbed(frame)
            if taken is not None:
                observables = taken
            elif frame.sources is None:
                return None
            else:
                done += [turn.relabelled(places) for turn in quarter_turns(frame.turns())]
                places = {q: places.get(source, source) for q, source in enumerate(frame.sources)}
        done += [op.relabelled(places) for op in run.after]
        return _Circuit(tuple(done), observables, places, tuple(left))


def _with_shortest(circuit: _Circuit, run: Run, place: Place, spellings: Spellings) -> _Circuit:
    best = circuit.with_run(Spelling(run.ops))
    assert best is not None  # nothing is left behind it
    if not run.is_worth_it:
        return best
    least = best.cost
    for spelling in spellings(run, place):
        if not circuit.can_beat(spelling, least):
            continue
        other = circuit.with_run(spelling, least)
        if other is not None and other.cost < least:
            best, least = other, other.cost
    return best


def _operations(ops: Iterable[Op]) -> int:
    return sum(not op.prepares for op in ops)
