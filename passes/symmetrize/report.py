"""What the pass ``symmetrize`` did, and what the repair costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from qffc.ir.exchange_group import copy_count, count_text
from qffc.ir.program import Program
from qffc.ir.values import ParameterEntry, Radial, walk
from qffc.passes.counts import Counts, count_ops
from qffc.passes.equivariance.rules.translation import classical_values

Kind = Literal["replaced", "dropped", "added"]
_SHOWN = 6
"""Changes of one kind and reason that are spelled out; the rest is counted."""


@dataclass(frozen=True)
class Change:
    """One change of a program.

    Args:
        kind: what happened.
        before: the line that went, with its place; empty when something was added.
        after: the line that came; empty when something was dropped.
        why: the reason, in words.
    """

    kind: Kind
    before: str
    after: str
    why: str


@dataclass(frozen=True)
class Symmetrization:
    """The report of a repair.

    Args:
        program: name of the program.
        scope: of the program: what one circuit is for.
        changes: in the order of the text.
        left: declared symmetries that are not proven, left alone because an option says so.
        unused: parameters that were used before and are not any more.
        circuits_before: circuits for one molecule (one pair of neighbours in scope pair, one centre in scope atom):
            copies times channels.
        circuits_after: the same after the repair.
        before: operations in one circuit.
        after: the same after the repair.
    """

    program: str
    scope: str
    changes: tuple[Change, ...]
    left: tuple[str, ...]
    unused: tuple[str, ...]
    circuits_before: int
    circuits_after: int
    before: Counts
    after: Counts

    def of_kind(self, kind: Kind) -> tuple[Change, ...]:
        """Return the changes of one kind."""
        return tuple(change for change in self.changes if change.kind == kind)

    def render(self) -> str:
        """Return the report as plain text for people."""
        lines = [f"symmetrize {self.program}: {self._headline()}"]
        for (kind, why), changes in _grouped(self.changes).items():
            lines.append(f"  {kind}, {why}:")
            lines += [f"    {' -> '.join(filter(None, (c.before, c.after)))}" for c in changes[:_SHOWN]]
            lines += [f"    and {len(changes) - _SHOWN} more"] if len(changes) > _SHOWN else []
        if self.unused:
            lines.append(f"  parameters without a use now: {', '.join(self.unused)}")
        if self.left:
            lines.append(f"  not proven, and left alone: {', '.join(self.left)}")
        return "\n".join([*lines, *self._costs()])

    def _headline(self) -> str:
        counts = [(len(self.of_kind(kind)), kind) for kind in ("replaced", "dropped", "added")]
        return ", ".join(f"{count} {kind}" for count, kind in counts if count) or "nothing changed"

    def _costs(self) -> Iterator[str]:
        holder = {"molecule": "molecule", "pair": "pair of neighbours", "atom": "centre"}[self.scope]
        rows = [
            (f"circuits for a {holder}", self.circuits_before, self.circuits_after),
            ("operations on one qubit", self.before.one_qubit, self.after.one_qubit),
            ("operations on two qubits", self.before.two_qubit, self.after.two_qubit),
            ("operations on more qubits", self.before.larger, self.after.larger),
            ("depth in two qubits or more", self.before.two_qubit_depth, self.after.two_qubit_depth),
        ]
        width = max(len(label) for label, _, _ in rows)
        yield f"  {'':<{width}}  before  after"
        for label, old, new in rows:
            yield f"  {label:<{width}}  {count_text(old):>6}  {count_text(new):>5}"


def make_report(before: Program, after: Program, changes: tuple[Change, ...], left: tuple[str, ...]) -> Symmetrization:
    """Return the report of a repair, costs counted."""
    still = _used(after)
    return Symmetrization(
        before.name,
        before.scope,
        changes,
        left,
        tuple(name for name in _used(before) if name not in still),
        copy_count(before) * before.channels,
        copy_count(after) * after.channels,
        count_ops(before),
        count_ops(after),
    )


def _used(program: Program) -> tuple[str, ...]:
    nodes = [node for _, value in classical_values(program) for node in walk(value)]
    names = {node.name for node in nodes if isinstance(node, ParameterEntry)}
    names |= {node.table.name for node in nodes if isinstance(node, Radial)}
    return tuple(parameter.name for parameter in program.parameters if parameter.name in names)


def _grouped(changes: tuple[Change, ...]) -> dict[tuple[str, str], list[Change]]:
    groups: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        groups.setdefault((change.kind, change.why), []).append(change)
    return groups
