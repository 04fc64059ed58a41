"""A circuit of another package and what its author says of it, to a program."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qffc.importing.description import Description
from qffc.importing.head import head_of
from qffc.importing.patterns import filled, matches, need_found
from qffc.importing.symbols import entries_of, spellings, tables_of
from qffc.ir.declarations import EnergyReadout, Parameter
from qffc.ir.diagnostics import QffcError, error, quoted
from qffc.ir.program import Program
from qffc.ir.text.parser import parse_value
from qffc.ir.values import ParameterEntry, Radial, Value, walk

if TYPE_CHECKING:
    from pytket.circuit import Circuit

    from qffc.passes.raise_pytket.couplings import Three

_HEAD = "description"
"""What messages call the lines that a description makes."""


@dataclass(frozen=True)
class Imported:
    """A program that was imported.

    Args:
        program: the program.
        gates: how many gates the circuit had.
        measurements: how many final measurements were left out.
        trainable: the symbols that stand for themselves, with their names in the program.
        brought: other trainable parameters, which what is said of the circuit names.
    """

    program: Program
    gates: int
    measurements: int
    trainable: Mapping[str, str]
    brought: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many operations of each kind the program has."""
        words = [op.word for op in self.program.ops]
        return {word: words.count(word) for word in dict.fromkeys(words)}


def import_circuit(circuit: Circuit, description: Description) -> Imported:
    """Return the program that a circuit is, with what its author says of it.

    Example:
        >>> from pytket.circuit import Circuit
        >>> from sympy import Symbol, pi
        >>> circuit = Circuit(2).X(0).H(0).X(1).CX(0, 1).Rx(Symbol("t") / pi, 0)
        >>> imported = import_circuit(circuit, Description({"a": "H", "b": "H"}, {"E": "dot(q0, q1)"}))
        >>> imported.counts, imported.trainable
        ({'singlet': 1, 'pauli_rotation': 1}, {'t': 't'})
    """
    from qffc.passes.raise_pytket.raise_circuit import raise_circuit

    entries = entries_of(symbol.name for symbol in circuit.free_symbols())
    called = {spelling: symbol for symbol, entry in entries.items() for spelling in spellings(symbol, entry)}
    values: dict[str, Value] = dict(entries)
    rotations = dict(_rotations(description, called))
    turning = {symbol for three in rotations for symbol in three}
    values |= {symbol: ParameterEntry(f"angle {symbol}") for symbol in turning}  # no name that a value could use
    for symbol, value in _angles(description, called):
        if symbol in turning:
            raise _twice(symbol)
        values[symbol] = value
    head = head_of(circuit, description)
    vectors: dict[Three, Value] = {(values[a], values[b], values[c]): v for (a, b, c), v in rotations.items()}
    names = {(values[a], values[b], values[c]): f"'{a}, {b}, {c}'" for a, b, c in rotations}
    raised = raise_circuit(circuit, values, vectors, names)
    readout = head.readout
    if isinstance(readout, EnergyReadout):
        readout = EnergyReadout(parse_value(description.readout, "energy"))
    used = {id(op.value): op.value for op in raised.ops if op.value is not None}  # of equal gates the very same
    if isinstance(readout, EnergyReadout):
        used[id(readout.value)] = readout.value
    parts = [part for value in used.values() for part in walk(value)]
    program = replace(head, ops=raised.ops, readout=readout, parameters=(*head.parameters, *_tables(head, parts)))
    # A symbol in a phase of the whole state alone is none of the program.
    found = dict.fromkeys(part for part in parts if isinstance(part, ParameterEntry))
    own = {symbol: entry.text for symbol, entry in entries.items() if values[symbol] == entry and entry in found}
    declared = {parameter.name for parameter in head.parameters}
    named = declared.union(own.values())
    brought = [entry.text for entry in found if entry.name not in declared and entry.text not in named]
    return Imported(program, raised.gates, raised.measurements, own, tuple(brought))


def _angles(description: Description, called: Mapping[str, str]) -> Iterator[tuple[str, Value]]:
    given: dict[str, str] = {}
    for pattern, text in description.angles.items():
        found = list(matches(pattern, called))
        need_found(pattern, bool(found), sorted(set(called.values())))
        for name, numbers in found:
            symbol = called[name]
            if symbol in given and given[symbol] != pattern:
                raise _twice(symbol)
            if symbol not in given:
                given[symbol] = pattern
                yield symbol, _value(filled(text, numbers, pattern), f"angle {name}", description, rank=0)


def _rotations(description: Description, called: Mapping[str, str]) -> Iterator[tuple[tuple[str, str, str], Value]]:
    for pattern, text in description.rotations.items():
        patterns = [part.strip() for part in _split(pattern)]
        if len(patterns) != 3:
            raise error(
                "rotation without its three angles",
                found=f"'{pattern}'",
                expected="three symbols with commas, in the order in which the rotations act",
                help="write for instance 'a, b, c' for rz(a); ry(b); rz(c), which is Rot(a, b, c) of PennyLane",
            )
        found = list(matches(patterns[0], called))
        need_found(patterns[0], bool(found), sorted(set(called.values())))
        for name, numbers in found:
            three = [name, *(filled(part, numbers, patterns[0]) for part in patterns[1:])]
            for part in three:
                need_found(part, part in called, sorted(set(called.values())))
            a, b, c = (called[part] for part in three)
            yield (a, b, c), _value(filled(text, numbers, pattern), f"rotation {', '.join(three)}", description, rank=1)


def _value(text: str, where: str, description: Description, rank: int) -> Value:
    """A value that fits, or a message that says which one does not."""
    value = parse_value(text, where)
    unknown = [site for site in value.named_sites if site not in description.sites]
    if unknown:
        raise error(
            "unknown site",
            found=f"'{unknown[0]}' in '{text}'",
            expected=f"one of {quoted(description.sites)}",
            help="name the atom among the sites, or correct the name",
            where=where,
        )
    if value.law.rank != rank:
        kinds = ("a number", "a vector")
        raise error(
            f"{kinds[1 - rank]} where {kinds[rank]} belongs",
            found=f"'{text}'",
            expected="an angle in radians" if rank == 0 else "the vector that the qubit is turned about",
            help="multiply it by a direction, r(a, b)" if rank else "take norm(...) or component(..., x) of it",
            where=where,
        )
    return value


def _split(pattern: str) -> list[str]:
    """The parts between commas that are in no bracket."""
    return re.split(r",(?![^\[]*\])", pattern)


def _twice(symbol: str) -> QffcError:
    return error(
        "symbol with two meanings",
        found=f"'{symbol}'",
        expected="one meaning for each symbol",
        help="leave one of the two out",
    )


def _tables(head: Program, parts: Sequence[Value]) -> tuple[Parameter, ...]:
    """The tables of parameters that parts of values use and nobody has declared."""
    declared = {parameter.name for parameter in head.parameters}
    radial = next((part for part in parts if isinstance(part, Radial) and part.table.name not in declared), None)
    if radial is not None:
        raise error(
            "radial function without a table",
            found=f"'{radial}'",
            expected=f"a declaration of '{radial.table.name}' with its basis",
            help=f"declare it: --parameter '{radial.table.name}: AXIS, ... radial bessel 8 cutoff 5'",
        )
    entries = [part for part in parts if isinstance(part, ParameterEntry) and part.name not in declared]
    return tables_of(entries)
