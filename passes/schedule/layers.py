"""The pass ``schedule-layers``: couplings that are free in order become few layers that run side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

from qffc.ir.exchange_group import exchanges
from qffc.ir.generators import Generator
from qffc.ir.operation import Coupling
from qffc.ir.program import Program
from qffc.passes.base import Pass, PassResult, Preserves
from qffc.passes.counts import chain_length
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.schedule.clock import circuit_depth, depth_bound
from qffc.passes.schedule.edge_colouring import degree_bound
from qffc.passes.schedule.orbits import Group, Orbits, groups_of, orbit_choices
from qffc.passes.schedule.order import in_layers
from qffc.passes.target import Target


@dataclass(frozen=True)
class GroupSchedule:
    """What became of one group.

    Args:
        name: of the group.
        couplings: their number.
        layers: how many layers they are in.
        bound: fewer layers are not possible: the degree of a qubit, or what fits side by side.
        orbits: couplings that share a layer because exchanges carry them into each other, by their qubits.
    """

    name: str
    couplings: int
    layers: int
    bound: int
    orbits: tuple[str, ...]


@dataclass(frozen=True)
class Schedule:
    """The report of a schedule.

    Args:
        program: name of the program.
        groups: in the order of the program.
        before: two-qubit depth as a circuit, in the order as written.
        after: the same, in the order chosen.
        bound: no order within the groups gives less.
        gained: symmetries that are proven after, and were not before.
        kept: symmetries that are proven before and after.
        given_up: the depth without regard to symmetry, when that is less.
    """

    program: str
    groups: tuple[GroupSchedule, ...]
    before: int
    after: int
    bound: int
    kept: tuple[str, ...] = ()
    gained: tuple[str, ...] = ()
    given_up: int | None = None

    def render(self) -> str:
        """Return the report as plain text for people."""
        lines = [f"schedule-layers {self.program}: two-qubit depth {self.before} -> {self.after}, bound {self.bound}"]
        for group in self.groups:
            lines.append(
                f"  {group.name}: {group.couplings} couplings in {group.layers} layers, at least {group.bound}"
            )
            if group.orbits:
                lines.append(f"    kept together: {'; '.join(group.orbits)}")
        if self.kept:
            lines.append(f"  proven before and after: {', '.join(self.kept)}")
        if self.gained:
            lines.append(f"  proven now: {', '.join(self.gained)}")
        if self.given_up is not None:
            lines.append(f"  without regard to symmetry the depth would be {self.given_up}")
        return "\n".join(lines)


@dataclass(frozen=True)
class ScheduleLayers(Pass[Schedule]):
    r"""Orders couplings that are free in order (``unordered GROUP``) into layers that run side by side.

    Layers are the colours of an edge colouring: as many as the largest degree for rings of even length, all pairs of
    an even number of qubits, and all bipartite graphs; at most one more for other pairs, and as few as a bounded
    search finds. Couplings of three qubits and more are coloured by the same search. The layers of a group come in the
    order in which they fit best behind what is there already: a coupling on two qubits that have met nobody else is
    absorbed by their preparation, and layers that are not full overlap with their neighbours.

    Couplings that a declared exchange or generator carries into each other share a layer where that is possible, so
    that each layer is mapped onto itself. Every schedule is checked, and one that loses a symmetry that was proven is
    not taken; if nothing is left, the order stays as written. Symmetry comes before depth: an order that makes a
    declared symmetry hold is taken though it may be deeper.

    Run it before training: another order is another circuit, so it preserves nothing. Afterwards the order is
    that of the program, like any other: couplings lose their groups, all else stays, and a second run finds nothing to
    order, so that a trained program keeps its circuit. Cost: milliseconds, and one check for each of at most four
    orders.

    Example:
        >>> from qffc.ir.text.parser import parse_program
        >>> from qffc.targets.catalogue import target
        >>> program = parse_program('''qffc 1
        ... program ring
        ... scope molecule
        ... species H
        ... site A: H free
        ... parameter J: 4
        ... qubit a: A
        ... qubit b: A
        ... qubit c: A
        ... qubit d: A
        ... singlet a, b
        ... singlet c, d
        ... exchange a, b, J[0] unordered ring
        ... exchange b, c, J[1] unordered ring
        ... exchange c, d, J[2] unordered ring
        ... exchange d, a, J[3] unordered ring
        ... observable m = dot(a, c)
        ... energy moment(m)
        ... ''')
        >>> result = ScheduleLayers().run(program, target("ideal"))
        >>> print("\n".join(result.program.text.split("\n")[-8:-4]))
        exchange a, b, J[0]
        exchange c, d, J[2]
        exchange d, a, J[3]
        exchange b, c, J[1]
        >>> result.output.before, result.output.after, result.output.bound
        (4, 2, 2)
    """

    name: ClassVar[str] = "schedule-layers"
    preserves: ClassVar[Preserves] = "nothing"

    def run(self, program: Program, target: Target) -> PassResult[Schedule]:
        """Return the program in the order of its layers, and the report; the target plays no part."""
        groups = groups_of(program)
        if not groups:
            depth = circuit_depth(program)
            return PassResult(program, Schedule(program.name, (), depth, depth, depth))
        proven = _proven(program)
        written = best = _Choice(program, proven)
        for order, orbits in _candidates(program, groups, proven):
            choice = _Choice(order, _proven(order), orbits)
            if choice.proven >= proven and choice.rank < best.rank:
                best = choice
        return PassResult(_in_this_order(best.program), _report(written, best), changed=True)


def _in_this_order(program: Program) -> Program:
    """The program with no coupling left free in order."""
    ops = (replace(op, unordered=None) if isinstance(op, Coupling) else op for op in program.ops)
    return program.with_ops(tuple(ops))


@dataclass(frozen=True)
class _Choice:
    """An order, the symmetries that are proven for it, and the orbits that were kept together to this end."""

    program: Program
    proven: frozenset[str]
    orbits: Orbits | None = None

    @cached_property
    def rank(self) -> tuple[int, int]:
        """Symmetry first, then depth; the smallest is best."""
        return -len(self.proven), circuit_depth(self.program)


def _proven(program: Program) -> frozenset[str]:
    verdicts = check_equivariance(program, rules_only=True).verdicts
    return frozenset(verdict.generator for verdict in verdicts if verdict.status == "proven")


def _candidates(
    program: Program, groups: Sequence[Group], proven: frozenset[str]
) -> Iterator[tuple[Program, Orbits | None]]:
    """The shallowest order that keeps all declared symmetries together, that keeps those proven now, and any order."""
    exchanged = tuple(str(exchange) for exchange in exchanges(program.sites)) if "exchange" in program.symmetry else ()
    declared = (*exchanged, *(item.title for item in program.generators if isinstance(item, Generator)))
    for symmetries in dict.fromkeys((declared, tuple(name for name in declared if name in proven))):
        choices = orbit_choices(program, groups, symmetries) if symmetries else ()
        orders = [(in_layers(program, groups, orbits), orbits) for orbits in choices]
        found = [(order, orbits) for order, orbits in orders if order is not None]
        if found:
            yield min(found, key=lambda item: circuit_depth(item[0]))
    free = in_layers(program, groups)
    if free is not None:
        yield free, None


def _report(written: _Choice, best: _Choice) -> Schedule:
    program, groups = best.program, groups_of(best.program)
    free = in_layers(program, groups) or program
    after, freely = circuit_depth(program), circuit_depth(free)
    return Schedule(
        program.name,
        tuple(
            GroupSchedule(
                group.name,
                len(group.places),
                chain_length(program.ops[place].qubits for place in group.places),
                degree_bound([program.ops[place].qubits for place in group.places]),
                tuple(_spell(program, group, orbit) for orbit in orbits if len(orbit) > 1),
            )
            for group, orbits in zip(groups, best.orbits or [()] * len(groups), strict=True)
        ),
        circuit_depth(written.program),
        after,
        depth_bound(program, [group.places for group in groups]),
        tuple(sorted(written.proven)),
        tuple(sorted(best.proven - written.proven)),
        freely if freely < after else None,
    )


def _spell(program: Program, group: Group, orbit: Sequence[int]) -> str:
    names = ("-".join(program.qubits[qubit].name for qubit in group.units[k].qubits) for k in orbit)
    return " ".join(names)
