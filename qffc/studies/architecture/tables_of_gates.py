"""Tables of parameters for gates that are new, or that get numbers of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from qffc.ir.declarations import Axis, Parameter
from qffc.ir.program import Program
from qffc.ir.values import ChannelIndex, Index, ParameterEntry, SpeciesOf, Value, mul
from qffc.studies.architecture.blocks import Block, entries_of, with_entries
from qffc.studies.architecture.genome import Source

ZERO = Fraction(0)


def free_names(program: Program, stem: str) -> Iterator[str]:
    """Yield names that no table of a program has: the stem and a number."""
    taken = {parameter.name for parameter in program.parameters}
    number = 0
    while True:
        name = f"{stem}_{number}"
        if name not in taken:
            yield name
        number += 1


def own_tables(
    program: Program, block: Block, stem: str, default: Fraction | None
) -> tuple[Block, tuple[Parameter, ...], dict[str, Source]]:
    """Return a block whose gates have tables of their own, the tables, and the entries that they are copies of.

    A table has the axes of the old one that go with species, channel or round; an index that is a number names one
    gate among several, and is left out. All gates of the block share the tables, as before.

    Args:
        program: with the old tables.
        block: gates of it, or like them.
        stem: what the new names begin with.
        default: of the new tables.
    """
    names = free_names(program, stem)
    old = tuple(dict.fromkeys(entry for op in block.ops if op.value is not None for entry in entries_of(op.value)))
    tables: dict[tuple[str, tuple[Index | None, ...]], Parameter] = {}
    sources: dict[str, Source] = {}
    for entry in old:
        # Gates of an orbit differ in the sites of their indices alone.
        key = _key(entry)
        if key not in tables:
            declared = program.parameter(entry.name)
            picks = tuple(index if isinstance(index, int) else None for index in entry.indices)
            axes = tuple(axis for axis, pick in zip(declared.axes, picks, strict=True) if pick is None)
            new = replace(declared, name=next(names), axes=axes, default=default, frozen=False, span=None)
            tables[key] = new
            sources[new.name] = Source(entry.name, picks)

    def renamed(entry: ParameterEntry) -> ParameterEntry:
        indices = tuple(index for index in entry.indices if not isinstance(index, int))
        return ParameterEntry(tables[_key(entry)].name, indices)

    return block.mapped(lambda value: with_entries(value, renamed)), tuple(tables.values()), sources


def _key(entry: ParameterEntry) -> tuple[str, tuple[Index | None, ...]]:
    return entry.name, tuple(index if isinstance(index, int) else None for index in entry.indices)


def with_factor(program: Program, block: Block, name: str, default: Fraction | None) -> tuple[Block, Parameter]:
    """Return a block whose angles are multiplied by an entry of a new table, by channel and species of the centre."""
    entry, table = plain_entry(program, name, default)
    return block.mapped(lambda value: mul(entry, value)), table


def plain_entry(program: Program, name: str, default: Fraction | None) -> tuple[ParameterEntry, Parameter]:
    """Return an entry that no exchange of like sites changes, and its table: by channel and species of the centre."""
    axes: list[Axis] = []
    indices: list[Index] = []
    if program.channels > 1:
        axes.append("channel")
        indices.append(ChannelIndex())
    if program.centre is not None and program.scope != "molecule":
        axes.append("species")
        indices.append(SpeciesOf(program.centre.name))
    return ParameterEntry(name, tuple(indices)), Parameter(name, tuple(axes), default)


def has_entries(value: Value) -> bool:
    """Whether a value depends on a parameter."""
    return bool(entries_of(value))
