"""Tables of trainable numbers, indexed by numbers and by the species of atoms."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index as as_int
from typing import Final, Literal, Protocol, SupportsIndex

from qffc.dsl.atoms import Atom
from qffc.ir.declarations import Axis, Parameter
from qffc.ir.diagnostics import error, quoted
from qffc.ir.values import ChannelIndex, Index, ParameterEntry, Radial, RoundIndex, SpeciesOf, Value, norm

SPECIES: Final[Literal["species"]] = "species"
"""The axis of a parameter with one entry per species; index it with an atom."""

CHANNEL: Final[Literal["channel"]] = "channel"
"""The axis of a parameter with one entry per channel; its index is implied."""

ROUND: Final[Literal["round"]] = "round"
"""The axis of a parameter with one entry per round of circuits; its index is implied."""

TableIndex = SupportsIndex | Atom


_IMPLIED: dict[Axis, Index] = {CHANNEL: ChannelIndex(), ROUND: RoundIndex()}


class Home(Protocol):
    """The author object, as far as a table knows it."""

    @property
    def site_names(self) -> tuple[str, ...]:
        """The names of the atoms declared so far."""


class Table:
    """A declared parameter; index it to get a number.

    Example:
        >>> import qffc as qf
        >>> @qf.ansatz
        ... def lithium_hydride(a):
        ...     lithium, hydrogen = a.centre("Li"), a.neighbour("H")
        ...     J = a.param("J", qf.SPECIES, 2)
        ...     twins = a.twins(hydrogen)
        ...     a.exchange(*twins, angle=J[lithium, 0])
        ...     return a.energy(a.dot(*twins))
        >>> print(lithium_hydride.program.ops[1].value)
        J[Z(Li), 0]
    """

    def __init__(self, parameter: Parameter, home: Home) -> None:
        self.parameter = parameter
        self.home = home

    def __getitem__(self, key: TableIndex | tuple[TableIndex, ...]) -> Value:
        return table_entry(self.parameter, key if isinstance(key, tuple) else (key,), self.home)

    def __repr__(self) -> str:
        return f"<Table {spell(self.parameter)}>"


class RadialTable:
    """A declared family of learned functions of a distance; call it with two atoms and further indices.

    Example:
        >>> import qffc as qf
        >>> @qf.ansatz
        ... def lithium_hydride(a):
        ...     lithium, hydrogen = a.centre("Li"), a.neighbour("H")
        ...     f = a.radial("f", 2)
        ...     twins = a.twins(hydrogen)
        ...     a.rotate(twins.upper, f(lithium, hydrogen, 0) * hydrogen.direction)
        ...     return a.energy(a.dot(*twins))
        >>> print(lithium_hydride.program.ops[1].value)
        radial(f[Z(Li), Z(H), 0], norm(r(Li, H)))*unit(r(Li, H))
    """

    def __init__(self, parameter: Parameter, home: Home) -> None:
        self.parameter = parameter
        self.home = home

    def __call__(self, start: Atom, end: Atom, *indices: SupportsIndex) -> Value:
        """Return the function at the distance between two atoms, with the entry of their species."""
        return radial_value(self.parameter, (start, end, *indices), start, end, self.home)

    def __repr__(self) -> str:
        return f"<RadialTable {spell(self.parameter)}>"


def radial_value(parameter: Parameter, indices: Sequence[TableIndex], start: Atom, end: Atom, home: Home) -> Value:
    """Return a learned function at the distance between two atoms."""
    for atom in (start, end):
        need_atom(atom, home)
    return Radial(table_entry(parameter, indices, home), norm(start.to(end)))


def table_entry(parameter: Parameter, indices: Sequence[TableIndex], home: Home) -> ParameterEntry:
    """Return one entry of a table; the indices of a channel axis and of a round axis are implied."""
    axes = [axis for axis in parameter.axes if axis not in (CHANNEL, ROUND)]
    if len(indices) != len(axes):
        raise error(
            "wrong number of indices",
            found=f"{len(indices)} for '{parameter.name}'",
            expected=f"{len(axes)}, one for each of ({', '.join(map(str, axes))})",
            help="an atom indexes a species axis, a number any other; channel and round are implied",
        )
    given = iter(indices)
    return ParameterEntry(
        parameter.name,
        tuple(
            _IMPLIED[axis] if axis in _IMPLIED else _index(parameter, axis, next(given), home)
            for axis in parameter.axes
        ),
    )


def need_atom(atom: object, home: Home) -> Atom:
    """Return an atom of this ansatz, or raise."""
    if isinstance(atom, Atom) and atom.home is home:
        return atom
    foreign = isinstance(atom, Atom)
    raise error(
        "atom of another ansatz" if foreign else "unknown site",
        found=repr(atom.name) if isinstance(atom, Atom) else repr(atom),
        expected=f"an atom of this ansatz: {quoted(home.site_names) or '(none yet)'}",
        help="pass what 'a.centre', 'a.neighbours' or 'a.atoms' returned",
    )


def spell(parameter: Parameter) -> str:
    """Return name and axes of a parameter for messages."""
    return f"{parameter.name}[{', '.join(map(str, parameter.axes))}]" if parameter.axes else parameter.name


def _index(parameter: Parameter, axis: Axis, given: TableIndex, home: Home) -> Index:
    if axis == SPECIES:
        return SpeciesOf(need_atom(given, home).name)
    assert isinstance(axis, int)
    if not isinstance(given, Atom) and hasattr(given, "__index__") and 0 <= as_int(given) < axis:
        return as_int(given)
    raise error(
        "index that does not fit its axis",
        found=f"{given.name if isinstance(given, Atom) else given!r} in '{parameter.name}'",
        expected=f"a number from 0 to {axis - 1}",
        help=f"the axes of '{parameter.name}' are ({', '.join(map(str, parameter.axes))})",
    )
