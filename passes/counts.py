"""Sizes of programs and circuits: how many operations, how deep. Plain data, no hardware package."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from qffc.ir.program import Program
from qffc.passes.plain_data import ADDED_LATER


@dataclass(frozen=True)
class Counts:
    """The size of a program, in operations of the intermediate representation.

    Args:
        qubits: declared qubits.
        one_qubit: operations on one qubit; ``zero`` is free and not among them.
        two_qubit: operations on two qubits, singlets included.
        larger: operations on three or more qubits; ``relabel`` is free and not among them.
        two_qubit_depth: the longest chain of operations on two or more qubits.
    """

    qubits: int
    one_qubit: int
    two_qubit: int
    larger: int
    two_qubit_depth: int


@dataclass(frozen=True)
class CircuitCounts:
    """The size of a circuit in native gates.

    Args:
        qubits: prepared qubits.
        phased_x: physical one-qubit gates: PhasedX, or what a target has in its place.
        rz: virtual one-qubit gates, free on trapped ions.
        two_qubit: two-qubit gates of any kind, a TK2 counting once.
        two_qubit_depth: the longest chain of two-qubit gates.
        depth: the longest chain of gates, Rz and measurements included.
        cost: the weighted sum of two-qubit gates, in units of one ZZPhase.
        measured: measurements, and resets, which are charged alike.
        other: gates outside the native set of the target, PhasedX, Rz, ZZMax, ZZPhase and TK2 by default, measurements
            aside; zero for everything that qffc emits.
        gates: how many there are of each, by pytket's names, in alphabetical order; measurements aside.
    """

    qubits: int
    phased_x: int
    rz: int
    two_qubit: int
    two_qubit_depth: int
    depth: int
    cost: float
    measured: int = 0
    other: int = 0
    gates: tuple[tuple[str, int], ...] = field(default=(), metadata=ADDED_LATER)


def count_ops(program: Program) -> Counts:
    """Return the size of a program."""
    counted = [op for op in program.ops if op.declaration.moves is None]
    wide = [op.qubits for op in counted if len(op.qubits) > 1]
    two_qubit = sum([len(qubits) == 2 for qubits in wide])
    return Counts(
        qubits=len(program.qubits),
        one_qubit=len(counted) - len(wide) - sum([op.prepares and len(op.qubits) == 1 for op in counted]),
        two_qubit=two_qubit,
        larger=len(wide) - two_qubit,
        two_qubit_depth=chain_length(wide),
    )


def chain_length(groups: Iterable[tuple[int, ...]]) -> int:
    """Return the longest chain of operations that share qubits, given the qubits of each in order.

    Relabels are not followed: the chain runs along qubit names.

    Example:
        >>> chain_length([(0, 1), (2, 3), (1, 2)])
        2
    """
    depth: dict[int, int] = {}
    for qubits in groups:
        level = 1 + max([depth.get(qubit, 0) for qubit in qubits], default=0)
        depth.update(dict.fromkeys(qubits, level))
    return max(depth.values(), default=0)
