"""Rotations by long strings as circuits of short ones: several searches, each of which finds another circuit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from qffc.ir.kept import cached_property
from qffc.ir.operation import Op
from qffc.passes.gadgets import greedy_search, native_frames, native_search
from qffc.passes.gadgets.blocks import Forms
from qffc.passes.gadgets.frame import Frame, quarter_turns
from qffc.passes.gadgets.greedy_search import Attempt, Search, no_gates
from qffc.passes.gadgets.paulis import Pauli
from qffc.passes.gadgets.sequence import Gadget, Gadgets

_BASE = (
    Search(0.6, 0.0, False),
    Search(0.3, 0.1, False),
    Search(0.6, 0.1, True),
    Search(0.3, 0.1, True),
    Search(0.6, 0.1, False),
    Search(0.3, 0.0, True),
    Search(0.9, 0.0, False),
    Search(0.9, 0.1, True),
)
_MOST_SEARCHES = 64
_FOR_EACH = 8
"""Searches for each rotation: few rotations have few circuits."""
_ROTATIONS_SEARCHED = 480
"""Searches times rotations: a search takes about a millisecond for each rotation."""


@lru_cache(maxsize=1 << 10)
def searches(rotations: int, runs: int = 1) -> tuple[Search, ...]:
    """Return the searches that are tried on so many rotations, in so many runs: the fewer there are to try, the more.

    Example:
        >>> len(searches(2)), len(searches(9)), len(searches(9, runs=4)), len(searches(200))
        (16, 53, 13, 2)
    """
    count = min(_MOST_SEARCHES, _FOR_EACH * rotations, _ROTATIONS_SEARCHED // max(1, rotations * runs))
    return (*_BASE, *(Search(0.6, 0.1 * (k % 2), False, k) for k in range(1, _MOST_SEARCHES)))[: max(2, count)]


@dataclass(frozen=True, eq=False)
class Synthesized:
    """A circuit of Pauli rotations of at most two letters, and the Clifford operation that is left behind it.

    Args:
        attempt: what a search found.
        rotations: that it was given.
    """

    attempt: Attempt
    rotations: tuple[Gadget, ...] = ()

    @cached_property
    def ops(self) -> tuple[Op, ...]:
        """The circuit."""
        return tuple(
            _quarter_turn(string) if place < 0 else self.rotations[place].about(string)
            for place, string in self.attempt.found.steps
        )

    @property
    def forms(self) -> Forms:
        """What counts of its operations."""
        return self.attempt.forms

    @property
    def size(self) -> int:
        """How many operations there are."""
        return self.attempt.size

    @cached_property
    def frame(self) -> Frame:
        """The Clifford operation."""
        return self.attempt.found.frame


def all_synthesized(
    given: Gadgets, searches: Sequence[Search], gates: Sequence[int] = (), most: int | None = None, worse: int = 0
) -> tuple[Synthesized | None, ...]:
    """Return rotations as circuits of rotations with at most two letters, one for each search; some may be the same.

    Args:
        given: the rotations, and what comes behind them.
        searches: how to look.
        gates: of each qubit, a number for the last gate before: two qubits with the same are a pair with a gate.
        most: two-qubit gates; without it there is always a circuit.
        worse: gates more than that, or than a search before takes, from which on a search is given up, with None.

    Example:
        >>> from qffc.ir.values import ParameterEntry
        >>> long = Gadget(Pauli.of(((0, "Z"), (1, "Z"), (2, "Z"))), ParameterEntry("J"))
        >>> (found,) = all_synthesized(Gadgets((long,), Frame.identity(3)), [Search()])
        >>> [len(op.qubits) for op in found.ops]
        [2, 2]
    """
    qubits = len(given.frame.xs)
    gate_on = [-1 - qubits - gate for gate in gates] if gates else no_gates(qubits)
    carry_out = native_search.all_carried_out if native_frames.reaches(qubits) else greedy_search.all_carried_out
    found = carry_out(given, searches, gate_on, most, worse)
    known = {attempt: Synthesized(attempt, given.rotations) for attempt in found if attempt is not None}
    return tuple(None if attempt is None else known[attempt] for attempt in found)


def undone(given: Frame) -> Synthesized:
    """Return a Clifford operation as a circuit; what is left of it turns and moves single qubits.

    Example:
        >>> frame = Frame.identity(2).then(Pauli.of(((0, "Z"), (1, "X"))), 1)
        >>> found = undone(frame)
        >>> [len(op.qubits) for op in found.ops], found.frame.sources
        ([2], (0, 1))
    """
    undo = native_search.undo if native_frames.reaches(len(given.xs)) else greedy_search.undo
    return Synthesized(undo(given))


@lru_cache(maxsize=1 << 12)
def _quarter_turn(string: Pauli) -> Op:
    (op,) = quarter_turns([(string, 1)])
    return op
