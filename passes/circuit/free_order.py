"""Couplings that are free in order, ``unordered GROUP``: what a rewrite may do with them.

A program with groups stands for one program for each order of the couplings of each group; ``schedule-layers`` chooses
among them. In the words of simulation a group is a Trotter step whose order of factors is open. A rewrite keeps what
the program computes as it is written, and may narrow the choice but not widen it: whatever order its result is given,
some order of the program before it computes the same. That is so when

- a coupling stays where it is and keeps its group, goes, or becomes one with couplings of the same group;
- what passes a group commutes with each of its couplings on its own. Where several operations have to act together
  (equal rotations of all qubits of an exchange, XX, YY and ZZ that are an exchange), couplings of a group do not act
  together with operations outside of it, for another order may take them apart.

A coupling that is dropped because nothing sees it comes last, or first, of its group, whatever the order of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qffc.ir.operation import Coupling, Op
from qffc.ir.ops import unordered_groups


def group_of(op: Op) -> str | None:
    """Return the group of couplings that an operation is free in order among; None when its place matters."""
    return op.unordered if isinstance(op, Coupling) else None


def as_written(op: Op) -> Op:
    """Return an operation with its place in the order for good."""
    return op if group_of(op) is None else replace(op, unordered=None)  # type: ignore[call-arg]  # a coupling


def divided(ops: Sequence[Op]) -> tuple[Op, ...]:
    """Return operations with each row of a group that others interrupt as a group of its own.

    Example:
        >>> from qffc.ir.ops import Exchange, Rotate
        >>> from qffc.ir.values import Displacement, ParameterEntry
        >>> free = Exchange(0, 1, ParameterEntry("J"), unordered="mix")
        >>> [group_of(op) for op in divided([free, free, Rotate(0, Displacement("A", "B")), free, free])]
        ['mix', 'mix', None, 'mix_2', 'mix_2']
    """
    names = {group for _, group in unordered_groups(ops)}
    result: list[Op] = []
    seen: set[str] = set()
    latest = name = None
    for op in ops:
        group = group_of(op)
        if group is not None and group != latest:
            name = group if group not in seen else _free(group, names)
            seen.add(group)
            names.add(name)
        result.append(replace(op, unordered=name) if isinstance(op, Coupling) and group is not None else op)
        latest = group
    return tuple(result)


def _free(group: str, names: set[str]) -> str:
    number = 2
    while f"{group}_{number}" in names:
        number += 1
    return f"{group}_{number}"
