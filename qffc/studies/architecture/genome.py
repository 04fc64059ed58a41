"""A proven program with its blocks: what changes are made to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from qffc.compiling.compiled import Compiled, compile_program
from qffc.compiling.levels import TRAINING_LEVEL
from qffc.ir.declarations import readout_value
from qffc.ir.operation import Op
from qffc.ir.program import Program
from qffc.ir.values import ParameterEntry, Value
from qffc.passes.circuit.trace import letter_of, levels
from qffc.passes.equivariance.certificates.certificate import Certificate
from qffc.studies.architecture.blocks import (
    Block,
    Exchange,
    blocks_of,
    entries_of,
    exchanges_of,
    with_entries,
)
from qffc.targets.catalogue import target_of

Picks = tuple[int | None, ...]
"""Of each axis of a table the index that is taken, or None for all of it."""


@dataclass(frozen=True)
class Source:
    """Where the first numbers of a new table come from.

    Args:
        table: of the parent.
        picks: which entries of it.
    """

    table: str
    picks: Picks = ()


@dataclass(frozen=True)
class Genome:
    """A program that is compiled as for training, and its certificate.

    Args:
        program: compiled; compiling it again gives it again.
        certificate: of it.
    """

    program: Program
    certificate: Certificate

    @property
    def proven(self) -> bool:
        """Whether every declared symmetry is proven; nothing else is trained."""
        return self.certificate.holds and self.certificate.digest == self.program.digest

    @property
    def verdict(self) -> str:
        """``proven``, ``refuted`` or ``unproven``."""
        if self.proven:
            return "proven"
        refuted = any(verdict.status == "refuted" for verdict in self.certificate.verdicts)
        return "refuted" if refuted else "unproven"

    @cached_property
    def symmetry(self) -> tuple[Exchange, ...]:
        """Its exchanges of like sites."""
        return exchanges_of(self.program, self.certificate)

    @cached_property
    def _parts(self) -> tuple[tuple[Op, ...], tuple[Block, ...]]:
        return blocks_of(self.program, self.symmetry)

    @property
    def preparations(self) -> tuple[Op, ...]:
        """The operations that prepare its qubits."""
        return self._parts[0]

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All other operations."""
        return self._parts[1]


def likeness(program: Program) -> str:
    """Return a text that programs share which differ in names of tables and observables, and in order that is none.

    Gates that commute have no order. Texts of equal programs may differ in rare cases, where gates at one level are
    told apart by their tables alone.

    Example:
        >>> from qffc.ir.text.parser import parse_program
        >>> from qffc.library import load
        >>> text = load("sivqlm-h2o", depth=1).text
        >>> likeness(parse_program(text)) == likeness(parse_program(text.replace("alpha", "beta")))
        True
    """
    ops = _in_levels(program)
    values = [*(op.value for _, op in ops if op.value is not None), readout_value(program.readout)]
    used = dict.fromkeys(entry.name for value in values for entry in entries_of(value))
    tables = {name: f"t{number}" for number, name in enumerate(used)}

    def renamed(value: Value) -> str:
        return with_entries(value, lambda entry: ParameterEntry(tables[entry.name], entry.indices)).text

    lines = [f"{level} {_shape(op)} {renamed(op.value) if op.value is not None else op}" for level, op in ops]
    declared = [f"{tables[each.name]} {each.axes} {each.basis} {each.over}" for each in program.parameters]
    names = [qubit.name for qubit in program.qubits]
    seen = sorted(observable.text(names) for _, observable in program.observables)
    return "\n".join([*sorted(declared), *lines, *seen, renamed(readout_value(program.readout))])


def _in_levels(program: Program) -> list[tuple[int, Op]]:
    """The operations, those that commute in an order that does not depend on the names of tables."""
    if any(op.moved for op in program.ops):
        return list(enumerate(program.ops))
    ordered = [op.ordered() for op in program.ops]
    places = levels(letter_of(op, op.value) for op in ordered)
    return sorted(zip(places, ordered, strict=True), key=lambda each: (each[0], _shape(each[1]), _blank(each[1])))


def _shape(op: Op) -> str:
    return f"{op.word} {op.qubits} {op.letters}"


def _blank(op: Op) -> str:
    if op.value is None:
        return ""
    return with_entries(op.value, lambda entry: ParameterEntry("t", entry.indices)).text


def genome_of(program: Program) -> Genome:
    """Compile a program as training does, and check its declared symmetries.

    Example:
        >>> from qffc.library import load
        >>> genome_of(load("sivqlm-h2o", depth=1)).verdict
        'proven'
    """
    compiled = _compiled(program)
    while compiled.program.digest != program.digest:
        program = compiled.program
        compiled = _compiled(program)
    return Genome(compiled.program, compiled.certificate)


def _compiled(program: Program) -> Compiled:
    return compile_program(program, target_of("ideal"), TRAINING_LEVEL)


@dataclass(frozen=True)
class Child:
    """A changed program, before anything is proven of it.

    Args:
        program: the result.
        words: what was done, for people.
        sources: of tables that do not start anew, by name.
        grows: whether it is to have more gates than before; compiling may make them one with others.
    """

    program: Program
    words: str
    sources: Mapping[str, Source] = field(default_factory=dict)
    grows: bool = False
