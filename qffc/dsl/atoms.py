"""Atoms and qubits as the author holds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from qffc.dsl.numbers import exact
from qffc.ir.values import Displacement, Numeric, Position, Value, cutoff, norm, unit


@dataclass(frozen=True, repr=False)
class Atom:
    """An atom of the ansatz.

    Args:
        name: the name of its site, such as ``H1``.
        species: element symbol, or None where any species fits.
        home: the author object that declared it.
    """

    name: str
    species: str | None
    home: object = field(compare=False)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    @property
    def position(self) -> Value:
        """The absolute position (Angstrom); translation holds only where differences of positions are used."""
        return Position(self.name)

    def to(self, other: Atom) -> Value:
        """Return the vector from this atom to another (Angstrom)."""
        return Displacement(self.name, other.name)


@dataclass(frozen=True, repr=False)
class Neighbour(Atom):
    """An atom seen from the centre."""

    centre: Atom

    @property
    def position(self) -> Value:
        """The vector from the centre to the neighbour (Angstrom)."""
        return self.centre.to(self)

    @property
    def direction(self) -> Value:
        """The unit vector from the centre to the neighbour."""
        return unit(self.position)

    @property
    def distance(self) -> Value:
        """The distance between centre and neighbour (Angstrom)."""
        return norm(self.position)

    def cutoff(self, radius: Numeric) -> Value:
        """Return a smooth step of the distance: 1 at the centre, 0 from ``radius`` (Angstrom) on."""
        return cutoff(self.distance, exact(radius))


@dataclass(frozen=True, repr=False)
class Wire:
    """A qubit.

    Args:
        index: its place among the qubits of the program.
        name: its name in the program.
        atom: the atom that it carries, or None.
        home: the author object that declared it.
    """

    index: int
    name: str
    atom: Atom | None
    home: object = field(compare=False)

    def __repr__(self) -> str:
        return f"<Wire {self.name}>"


@dataclass(frozen=True)
class Twins:
    """Two qubits that carry one atom, prepared in a singlet; unpacks to ``upper, lower``."""

    upper: Wire
    lower: Wire

    def __iter__(self) -> Iterator[Wire]:
        return iter((self.upper, self.lower))

    @property
    def atom(self) -> Atom | None:
        """The atom that both carry."""
        return self.upper.atom
