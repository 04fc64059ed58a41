"""The fields of a program, and all that can be asked of them; ``program.py`` makes a checked program of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import combinations_with_replacement, product
from typing import Self, TypeVar

from qffc.ir.declarations import AtomicReadout, Carried, Parameter, Qubit, Readout, Scope, Site, Symmetry
from qffc.ir.diagnostics import error
from qffc.ir.generators import DeclaredSymmetry
from qffc.ir.kept import cached_property
from qffc.ir.observables import Observable
from qffc.ir.operation import Op
from qffc.ir.printer import (
    FORMAT_VERSION,
    print_generator,
    print_parameter,
    print_qubit,
    print_readout,
    print_site,
)
from qffc.ir.short_repr import counted, short_repr
from qffc.ir.values import Value, split_coefficient

_Named = TypeVar("_Named", Site, Parameter, Qubit)


@dataclass(frozen=True)
class Draft:
    """A program as it is written, fit or not; :class:`qffc.ir.program.Program` describes the fields.

    Only verification meets one that is not a program.
    """

    name: str
    symmetry: tuple[Symmetry, ...]
    scope: Scope
    species: tuple[str, ...]
    sites: tuple[Site, ...]
    parameters: tuple[Parameter, ...]
    qubits: tuple[Qubit, ...]
    ops: tuple[Op, ...]
    observables: tuple[tuple[str, Observable], ...]
    readout: Readout
    channels: int = 1
    average: tuple[Symmetry, ...] = ()
    generators: tuple[DeclaredSymmetry, ...] = ()

    def __repr__(self) -> str:
        return short_repr(
            self,
            f"'{self.name}'",
            f"scope {self.scope}",
            f"species {' '.join(self.species)}",
            counted(len(self.qubits), "qubit"),
            counted(len(self.ops), "operation"),
            f"digest {self.digest[:12]}",
        )

    @cached_property
    def text(self) -> str:
        """The program in the text format."""
        return print_program(self)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the text, hexadecimal: what a certificate is bound to."""
        return sha256(self.text.encode()).hexdigest()

    @cached_property
    def centre(self) -> Site | None:
        """The centre, or None."""
        return next((site for site in self.sites if site.role == "centre"), None)

    def site(self, name: str) -> Site:
        """Return the site of that name."""
        return _named(self.sites, name, "site")

    def parameter(self, name: str) -> Parameter:
        """Return the parameter of that name."""
        return _named(self.parameters, name, "parameter")

    @cached_property
    def parameters_by_name(self) -> Mapping[str, Parameter]:
        """The parameters; of several with one name, which no program has, the first."""
        return {parameter.name: parameter for parameter in reversed(self.parameters)}

    def shape(self, parameter: Parameter) -> tuple[int, ...]:
        """Return the shape of a parameter table, the axis of its basis included."""
        if not parameter.axes and parameter.basis is None and parameter.over is None:
            return ()
        rounds = self.round_count if parameter.over is None else self.round_count - 1
        sizes = {"species": len(self.species), "channel": self.channels, "round": rounds}
        shape = tuple(axis if isinstance(axis, int) else sizes[axis] for axis in parameter.axes)
        if parameter.over is not None:
            return (*shape, self.carried_count(parameter.over))
        return (*shape, parameter.basis.size) if parameter.basis else shape

    @property
    def round_count(self) -> int:
        """How many rounds of circuits there are."""
        rounds = self.readout.rounds if isinstance(self.readout, AtomicReadout) else None
        return 1 if rounds is None else rounds.count

    def carried_count(self, what: Carried) -> int:
        """Return how many numbers, or vectors, an atom carries from one round to the next; 0 without rounds."""
        if not isinstance(self.readout, AtomicReadout) or self.readout.rounds is None:
            return 0
        return self.readout.hidden[0] if what == "scalars" else self.readout.rounds.vectors

    @cached_property
    def turning(self) -> tuple[Value, ...]:
        """The vectors that turn qubits, each once up to a factor, in the order of the operations.

        With rounds they are carried on, those of qubits that nothing measures too.
        """
        vectors = (op.value for op in self.ops if op.declaration.vector is not None and op.value is not None)
        return tuple(dict.fromkeys(split_coefficient(vector)[1] for vector in vectors))

    @cached_property
    def gathered(self) -> Site | None:
        """The site that every other atom takes in turn, or None."""
        return next((site for site in self.sites if site.role == "gathered"), None)

    @cached_property
    def feature_groups(self) -> tuple[tuple[int, ...], ...]:
        """The unordered choices of the neighbours' species whose circuits an atomic readout sums apart.

        Each choice is in ascending order; a readout that sums all circuits together has one group, the empty choice.
        In scope pair they are the choices that fit the sites.
        """
        if not isinstance(self.readout, AtomicReadout) or not self.readout.by_species:
            return ((),)
        neighbours = [site for site in self.sites if site.role == "neighbour"]
        choices = combinations_with_replacement(range(len(self.species)), len(neighbours))
        if self.scope != "pair":
            return tuple(choices)
        kinds = [
            range(len(self.species)) if site.species is None else (self.species.index(site.species),)
            for site in neighbours
        ]
        fitting = {tuple(sorted(choice)) for choice in product(*kinds)}
        return tuple(choice for choice in choices if choice in fitting)

    @property
    def feature_count(self) -> int:
        """How many features an atom has: groups times channels times observables; 0 without an atomic readout."""
        if not isinstance(self.readout, AtomicReadout):
            return 0
        return len(self.feature_groups) * self.channels * max(1, len(self.readout.features))

    @property
    def declared(self) -> tuple[str, ...]:
        """Every declared symmetry by the name that verdicts give it, those declared by hand last."""
        return (*self.symmetry, *(item.title for item in self.generators))

    def with_ops(self, ops: tuple[Op, ...]) -> Self:
        """Return the program with other operations."""
        return replace(self, ops=ops)


def _named(items: tuple[_Named, ...], name: str, kind: str) -> _Named:
    for item in items:
        if item.name == name:
            return item
    raise error(
        f"unknown {kind}",
        found=f"'{name}'",
        expected="one of " + (", ".join(f"'{item.name}'" for item in items) or f"(the program declares no {kind})"),
        help=f"declare the {kind}, or correct the name",
    )


def print_program(program: Draft) -> str:
    """Return the canonical text of a program, with a final newline."""
    names = tuple(qubit.name for qubit in program.qubits)
    lines = [f"qffc {FORMAT_VERSION}", "", f"program {program.name}"]
    if program.symmetry:
        lines.append(f"symmetry {', '.join(program.symmetry)}")
    lines += [f"scope {program.scope}", f"species {', '.join(program.species)}"]
    if program.channels != 1:
        lines.append(f"channels {program.channels}")
    if program.average:
        lines.append(f"average {', '.join(program.average)}")
    sections = (
        [print_site(site) for site in program.sites],
        [print_parameter(parameter) for parameter in program.parameters],
        [print_qubit(qubit) for qubit in program.qubits],
        [print_generator(item, names) for item in program.generators],
        [op.text(names) for op in program.ops],
        [f"observable {name} = {o.text(names)}" for name, o in program.observables] + [print_readout(program.readout)],
    )
    for section in sections:
        if section:
            lines += ["", *section]
    return "\n".join(lines) + "\n"
