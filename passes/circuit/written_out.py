"""Programs with their sums over neighbours written out, for so many neighbours: what such a sum means.

Every gathered site becomes sites of its own, and every sum over it the sum of the values there. What atoms carry from
the round before is given, too: numbers as a table, vectors as the way from an atom to further sites, which turn, move
and are mirrored as a vector does. So the result is a plain program, of one round, that the reference simulator runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count

from qffc.ir.declarations import AtomicReadout, Axis, EnergyReadout, Parameter, Readout, Site, readout_value
from qffc.ir.generators import Conserved
from qffc.ir.kept import cached_property
from qffc.ir.program import Program
from qffc.ir.values import (
    CarriedNumber,
    CarriedVector,
    Displacement,
    Gathered,
    Index,
    ParameterEntry,
    Radial,
    RoundIndex,
    Value,
    add,
    as_value,
    mul,
    rebuild,
    substitute_sites,
    walk,
)

NEIGHBOURS = 3
"""How many a sum is written out for where numbers are compared."""
_CARRIED = 2
"""How many numbers and vectors an atom carries there."""


@dataclass(frozen=True)
class WrittenOut:
    """A program of sums over neighbours as a plain one.

    Args:
        source: the program; its ``gathered`` sites all stand for the same neighbours.
        neighbours: how many neighbours there are.
        numbers: how many numbers an atom carries; at most as many as in the program, which is taken when left out.
        vectors: the same of vectors.
        round: which round it is, counted from 0; the last one when left out.

    Example:
        >>> from qffc.ir import parse_program
        >>> program = parse_program('''qffc 1
        ... program star
        ... scope atom
        ... species H
        ... site c: any centre
        ... site j: any gathered
        ... qubit a
        ... qubit b
        ... singlet a, b
        ... rotate a, sum(j, r(c, j))
        ... observable m = dot(a, b)
        ... atomic weight 1 features m head linear
        ... ''')
        >>> print(WrittenOut(program, neighbours=2).program.ops[1].value)
        r(c, j_1) + r(c, j_2)
    """

    source: Program
    neighbours: int = NEIGHBOURS
    numbers: int | None = None
    vectors: int | None = None
    round: int | None = None

    @cached_property
    def program(self) -> Program:
        """The plain program."""
        return self.of(self.source)

    def of(self, other: Program) -> Program:
        """Return another program with the sites and tables of this one written out the same way."""
        ops = tuple(op if op.value is None else op.with_value(self.value(op.value)) for op in other.ops)
        parameters = [self._parameter(parameter) for parameter in other.parameters]
        if self.has_table:
            axes: tuple[Axis, ...] = (1 + self.neighbours, self._numbers)
            parameters.append(Parameter(self.table, axes))
        readout = self._readout(other.readout)
        # What is declared by hand moves sites and entries of the program, whose numbers are compared by transforms.
        internal = tuple(item for item in other.generators if isinstance(item, Conserved) or item.is_internal)
        sites = tuple(self._sites())
        return replace(other, sites=sites, parameters=tuple(parameters), ops=ops, readout=readout, generators=internal)

    @cached_property
    def neighbour_sites(self) -> tuple[str, ...]:
        """The sites of the neighbours, in order."""
        assert self.source.gathered is not None
        return tuple(self._fresh(f"{self.source.gathered.name}_{k + 1}") for k in range(self.neighbours))

    @cached_property
    def table(self) -> str:
        """The table (1 + neighbours, numbers) of the numbers that atoms carry, those of the centre first."""
        return self._fresh("carried")

    @cached_property
    def has_table(self) -> bool:
        """Whether the plain program has that table."""
        return self._round > 0 and any(isinstance(node, CarriedNumber) for node in self._nodes())

    def tips(self, site: str) -> tuple[str, ...]:
        """Return the sites that the vectors of an atom point at, seen from that atom."""
        return tuple(self._fresh(f"{site}_v{k + 1}") for k in range(self._vectors))

    def value(self, value: Value) -> Value:
        """Return a value of the program as one of the plain program."""
        match value:
            case Gathered(site, body):
                terms = [self.value(substitute_sites(body, {site: name})) for name in self.neighbour_sites]
                return add(*terms) if terms else mul(as_value(0), self.value(body))
            case CarriedNumber(table, site):
                atom = (self._centre.name, *self.neighbour_sites).index(site)
                numbers = range(self._numbers) if self._round else ()
                parts = [mul(self._entry(table, k), ParameterEntry(self.table, (atom, k))) for k in numbers]
                return add(as_value(0), *parts)
            case CarriedVector(table, site):
                tips = self.tips(site) if self._round else ()
                vectors = [mul(self._entry(table, k), Displacement(site, tip)) for k, tip in enumerate(tips)]
                return add(*vectors) if vectors else mul(as_value(0), Displacement(site, self._centre.name))
            case Radial(table, argument):
                return Radial(self._entry(table), self.value(argument))
            case ParameterEntry():
                return self._entry(value)
            case _:
                return rebuild(value, tuple(self.value(child) for child in value.children))

    @property
    def _round(self) -> int:
        return self.source.round_count - 1 if self.round is None else self.round

    @property
    def _numbers(self) -> int:
        return self.source.carried_count("scalars") if self.numbers is None else self.numbers

    @property
    def _vectors(self) -> int:
        return self.source.carried_count("vectors") if self.vectors is None else self.vectors

    @property
    def _centre(self) -> Site:
        assert self.source.centre is not None
        return self.source.centre

    def _nodes(self) -> Iterator[Value]:
        values = [op.value for op in self.source.ops if op.value is not None]
        for value in (*values, readout_value(self.source.readout)):
            yield from walk(value)

    def _carriers(self) -> set[str]:
        """The atoms whose vectors are used."""
        named = {node.site for node in self._nodes() if isinstance(node, CarriedVector)}
        return named if named <= {self._centre.name} else named | {*self.neighbour_sites}

    def _sites(self) -> Iterator[Site]:
        atoms = (self._centre, *(Site(name, None, "neighbour") for name in self.neighbour_sites))
        yield from atoms
        carriers = self._carriers() if self._round else set()
        for atom in atoms:
            if atom.name in carriers:
                yield from (Site(tip, None, "neighbour") for tip in self.tips(atom.name))

    def _entry(self, entry: ParameterEntry, last: int | None = None) -> ParameterEntry:
        over = self.source.parameter(entry.name).over
        number = self._round - (over is not None)
        indices: Iterable[Index] = (number if isinstance(index, RoundIndex) else index for index in entry.indices)
        return ParameterEntry(entry.name, (*indices,) if last is None else (*indices, last))

    def _parameter(self, parameter: Parameter) -> Parameter:
        rounds = self.source.round_count - (parameter.over is not None)
        axes = tuple(max(1, rounds) if axis == "round" else axis for axis in parameter.axes)
        if parameter.over is not None:
            axes = (*axes, self._numbers if parameter.over == "scalars" else self._vectors)
        return replace(parameter, axes=axes, over=None)

    def _readout(self, readout: Readout) -> Readout:
        if isinstance(readout, AtomicReadout):
            return replace(readout, weight=self.value(readout.weight), rounds=None)
        return EnergyReadout(self.value(readout.value))

    def _fresh(self, name: str) -> str:
        taken = {site.name for site in self.source.sites} | {parameter.name for parameter in self.source.parameters}
        return next(new for tail in count() if (new := name + "_" * tail) not in taken)


def written_out(program: Program) -> WrittenOut | None:
    """Return a program as numbers of the check see it; None when it has no gathered site and is plain already."""
    return None if program.gathered is None else _written_out(program)


@lru_cache(maxsize=256)
def _written_out(program: Program) -> WrittenOut:
    numbers, vectors = (min(_CARRIED, program.carried_count(what)) for what in ("scalars", "vectors"))
    return WrittenOut(program, NEIGHBOURS, numbers, vectors)


def plain(program: Program) -> Program:
    """Return the plain program that stands for a program in numbers: itself where nothing is gathered."""
    out = written_out(program)
    return program if out is None else out.program
