"""A program without relabelling and with its couplings whole: each operation on the wire that holds its state.

A *wire* is a qubit as it is named at the start; after ``relabel`` the qubits take other wires. Three consecutive
``pauli_rotation`` XX, YY and ZZ by one angle t on one pair, in any order, are one exchange by t/2; where groups of
couplings that are free in order are kept, only three of one group are.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from qffc.ir.observables import Observable
from qffc.ir.operation import Op
from qffc.ir.ops import Exchange, PauliRotation, Relabel
from qffc.ir.program import Program
from qffc.ir.values import as_value
from qffc.passes.circuit.free_order import as_written, group_of


class Step(NamedTuple):
    """An operation on wires.

    Args:
        op: the operation.
        place: of the operation of the program that it comes from; of the first of three that are an exchange.
        parts: the places of the other two of those.
    """

    op: Op
    place: int
    parts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Flat:
    """Operations and observables on wires."""

    steps: tuple[Step, ...]
    observables: tuple[tuple[str, Observable], ...]


def last_wires(program: Program) -> dict[int, int]:
    """Return for each qubit the wire that it is on at the end.

    Example:
        >>> from qffc.library import load
        >>> last_wires(load("sivqlm-lih"))
        {0: 0, 1: 1}
    """
    wires = {qubit: qubit for qubit in range(len(program.qubits))}
    for op in program.ops:
        wires |= {target: wires[source] for source, target in op.moved}
    return wires


def flatten(program: Program, *, keep_groups: bool = False) -> Flat:
    """Return the program on wires; the moments are the same.

    Args:
        program: any program.
        keep_groups: keep couplings free in order that are, see :mod:`qffc.passes.circuit.free_order`; for a program
            that is to come of it. Otherwise they are in the order in which they are written.
    """
    wires = {qubit: qubit for qubit in range(len(program.qubits))}
    steps: list[Step] = []
    at_home = True  # whether all qubits are on their own wires, as they mostly are to the end
    for index, op in enumerate(program.ops):
        if isinstance(op, Relabel):
            wires |= {target: wires[source] for source, target in op.moves}
            at_home = False
            continue
        written = op if keep_groups else as_written(op)
        steps.append(Step(written if at_home else written.relabelled(wires), index))
    moved = {qubit: wire for qubit, wire in wires.items() if qubit != wire}
    # An observable that stays keeps the sum of Pauli strings that it has built.
    observables = tuple((name, o.relabelled(moved) if moved else o) for name, o in program.observables)
    return Flat(_fuse(steps), observables)


def _fuse(steps: list[Step]) -> tuple[Step, ...]:
    parts = [step.op for step in steps if isinstance(step.op, PauliRotation) and len(step.op.string) == 2]
    if len({(a, b) for (_, a), (_, b) in (part.string for part in parts) if a == b}) < 3:
        return tuple(steps)
    lines: dict[int, list[int]] = {}
    for place, step in enumerate(steps):
        for qubit in step.op.qubits:
            lines.setdefault(qubit, []).append(place)
    result: list[Step | None] = list(steps)
    for place, step in enumerate(steps):
        if result[place] is not step or not isinstance(step.op, PauliRotation) or len(step.op.string) != 2:
            continue
        first, second = (_from(lines[qubit], place) for qubit in step.op.qubits)
        if first != second or len(first) < 3 or not _is_coupling([steps[k].op for k in first]):
            continue
        angle = as_value(Fraction(1, 2)) * step.op.angle
        result[first[0]] = result[first[1]] = None
        # Nothing between the three touches the pair, so the place of the last one is as good as any.
        a, b = step.op.qubits
        whole = Exchange(a, b, angle, unordered=step.op.unordered, span=step.op.span)
        result[first[2]] = Step(whole, step.place, tuple(steps[k].place for k in first[1:]))
    return tuple(step for step in result if step is not None)


def _from(line: list[int], place: int) -> list[int]:
    start = bisect_left(line, place)
    return line[start : start + 3]


def _is_coupling(ops: list[Op]) -> bool:
    letters = set()
    for op in ops:
        if not isinstance(op, PauliRotation) or op.qubits != ops[0].qubits or op.angle != ops[0].value:
            return False
        if group_of(op) != group_of(ops[0]):
            return False
        letters.add(tuple(letter for _, letter in op.string))
    return letters == {("X", "X"), ("Y", "Y"), ("Z", "Z")}
