"""The pass ``slide-singlet``: the first rotations of both halves of a singlet gather on one half."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from qffc.ir.operation import Op
from qffc.ir.ops import Singlet, Zero
from qffc.ir.program import Program
from qffc.passes.base import Pass, PassResult, Preserves
from qffc.passes.circuit.free_order import group_of
from qffc.passes.circuit.turns import is_turn, on_qubit
from qffc.passes.circuit.wires import flatten
from qffc.passes.target import Target


@dataclass(frozen=True)
class SlideSinglet(Pass[None]):
    r"""Moves the first rotations of one half of a singlet to the other half.

    A singlet is invariant, (U x U)|S> = |S>, so (U x 1)|S> = (1 x U^-1)|S>: where both halves are rotated before
    anything else happens to them, the rotations of one half become rotations of the other by negated angles, in
    reversed order and before its own. One qubit of each singlet is left without rotations; where directions agree,
    ``canonicalize`` then makes one rotation of two, or nothing of two equal ones. The shorter run moves, and of two
    equally long ones that of the qubit which comes later among the qubits of its site, so that like atoms are treated
    alike.

    A moved rotation stands right behind the singlet. Preserves the state up to a global phase and an absorbed relabel,
    hence the moments. Cost: linear in the number of operations.

    Example:
        >>> from qffc.ir.text.parser import parse_program
        >>> from qffc.targets.catalogue import target
        >>> program = parse_program('''qffc 1
        ... program tiny
        ... scope molecule
        ... species H
        ... site A: H free
        ... site B: H free
        ... parameter J
        ... parameter K
        ... qubit a: A
        ... qubit b: A
        ... singlet a, b
        ... rotate a, J*r(A, B)
        ... rotate b, K*r(A, B)
        ... exchange a, b, J
        ... observable m = dot(a, b)
        ... energy moment(m)
        ... ''')
        >>> print("\n".join(SlideSinglet().run(program, target("ideal")).program.text.split("\n")[-8:-4]))
        singlet a, b
        rotate a, -1*K*r(A, B)
        rotate a, J*r(A, B)
        exchange a, b, J
    """

    name: ClassVar[str] = "slide-singlet"
    preserves: ClassVar[Preserves] = "moments"

    def run(self, program: Program, target: Target) -> PassResult[None]:
        """Return the program with the first rotations of each singlet on one half."""
        if program.round_count > 1:
            # Every vector that turns a qubit is carried on, and is part of the response.
            return PassResult(program, None)
        if not any(isinstance(op, Singlet) for op in program.ops):
            return PassResult(program, None)
        flat = flatten(program, keep_groups=True)
        ops = tuple(step.op for step in flat.steps)
        first = _first_turns(ops, len(program.qubits))
        ranks = _ranks(program)
        gone: set[int] = set()
        arriving: dict[int, list[Op]] = {}
        for place, op in enumerate(ops):
            if not isinstance(op, Singlet) or not all(first[qubit] for qubit in op.qubits):
                continue
            to, source = sorted(op.qubits, key=lambda qubit: (-len(first[qubit]), ranks[qubit], qubit))
            gone.update(first[source])
            arriving[place] = [on_qubit(ops[turn].inverse(), to) for turn in reversed(first[source])]
        if not gone:
            return PassResult(program, None)
        moved: list[Op] = []
        for place, op in enumerate(ops):
            moved += [] if place in gone else [op, *arriving.get(place, ())]
        return PassResult(replace(program, ops=tuple(moved), observables=flat.observables), None, changed=True)


def _first_turns(ops: Sequence[Op], qubits: int) -> list[list[int]]:
    """Of each qubit, the places of the rotations between its preparation and the first other operation on it."""
    found: list[list[int]] = [[] for _ in range(qubits)]
    closed: set[int] = set()
    for place, op in enumerate(ops):
        if isinstance(op, Singlet | Zero):
            continue
        if closed.isdisjoint(op.qubits) and is_turn(op) and group_of(op) is None:
            found[op.qubits[0]].append(place)
        else:
            closed.update(op.qubits)
    return found


def _ranks(program: Program) -> list[int]:
    """The number of each qubit among those of its site."""
    sites = [qubit.site for qubit in program.qubits]
    return [sites[:place].count(site) for place, site in enumerate(sites)]
