"""Layers: tables with one row a layer, declared behind the scenes."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, Protocol

from qffc.dsl.atoms import Atom
from qffc.dsl.caller import caller_span
from qffc.dsl.numbers import MOST_DECLARED, exact, need_count
from qffc.dsl.tables import SPECIES, Home, TableIndex, radial_value, table_entry
from qffc.ir.declarations import Axis, Basis, Carried, Parameter
from qffc.ir.values import CarriedNumber, CarriedVector, Numeric, Value


class TableHome(Home, Protocol):
    """The ansatz that is being written, as its layers see it."""

    @property
    def layer_axes(self) -> tuple[Axis, ...]:
        """The axes that a table of the layers has before its own."""

    def layered(self, parameter: Parameter) -> Parameter:
        """Declare a table of the layers, or return it when the same table is there already."""


class Layer:
    """One layer of an ansatz; usable as an index of a table.

    Example:
        >>> import qffc as qf
        >>> @qf.ansatz
        ... def lithium_hydride(a, depth=2):
        ...     lithium, hydrogen = a.centre("Li"), a.neighbour("H")
        ...     upper, lower = a.twins(hydrogen)
        ...     for layer in a.layers(depth):
        ...         a.rotate(upper, layer.param("alpha") * hydrogen.position)
        ...     return a.energy(a.dot(upper, lower))
        >>> [str(op.value) for op in lithium_hydride.program.ops[1:]]
        ['alpha[0]*r(Li, H)', 'alpha[1]*r(Li, H)']
    """

    def __init__(self, home: TableHome, index: int, depth: int) -> None:
        self._home = home
        self._depth = depth
        self.index = index

    def __index__(self) -> int:
        return self.index

    def param(self, name: str, *atoms: Atom, default: Numeric | None = None, frozen: bool = False) -> Value:
        """Return this layer's entry of a table with a species axis for each atom given."""
        return self._entry(name, (), atoms, (), default, frozen)

    def params(
        self, name: str, count: int, *atoms: Atom, default: Numeric | None = None, frozen: bool = False
    ) -> list[Value]:
        """Return this layer's row of ``count`` entries."""
        number = self._count(name, count)
        return [self._entry(name, (number,), atoms, (k,), default, frozen) for k in range(number)]

    def radial(
        self,
        name: str,
        start: Atom,
        end: Atom,
        *,
        basis: Literal["bessel", "chebyshev"] = "bessel",
        size: int = 8,
        cutoff: Numeric = 5.0,
    ) -> Value:
        """Return this layer's learned function of the distance between two atoms, chosen by their species."""
        number = need_count(f"size of the basis of '{name}'", size)
        parameter = self._declare(name, (SPECIES, SPECIES), basis=Basis(basis, number, exact(cutoff)))
        return radial_value(parameter, (self.index, start, end), start, end, self._home)

    def radials(
        self,
        name: str,
        count: int,
        start: Atom,
        end: Atom,
        *,
        basis: Literal["bessel", "chebyshev"] = "bessel",
        size: int = 8,
        cutoff: Numeric = 5.0,
    ) -> list[Value]:
        """Return ``count`` learned functions of the distance between two atoms: see :meth:`radial`."""
        number, functions = self._count(name, count), need_count(f"size of the basis of '{name}'", size)
        parameter = self._declare(name, (number, SPECIES, SPECIES), basis=Basis(basis, functions, exact(cutoff)))
        return [radial_value(parameter, (self.index, k, start, end), start, end, self._home) for k in range(number)]

    def scalars(self, name: str, count: int, atom: Atom) -> list[Value]:
        """Return ``count`` learned combinations of the numbers that an atom carries from the round before.

        They are 0 in the first round; ``a.rounds(...)`` says how many rounds there are.
        """
        parameter = self._declare(name, (self._count(name, count), SPECIES), over="scalars")
        tables = (table_entry(parameter, (self.index, k, atom), self._home) for k in range(count))
        return [CarriedNumber(table, atom.name) for table in tables]

    def vectors(self, name: str, count: int, atom: Atom) -> list[Value]:
        """Return ``count`` learned combinations of the vectors that an atom carries: see :meth:`scalars`."""
        parameter = self._declare(name, (self._count(name, count), SPECIES), over="vectors")
        tables = (table_entry(parameter, (self.index, k, atom), self._home) for k in range(count))
        return [CarriedVector(table, atom.name) for table in tables]

    @staticmethod
    def _count(name: str, count: int) -> int:
        return need_count(f"number of entries of '{name}'", count, most=MOST_DECLARED)

    def _entry(
        self,
        name: str,
        sizes: tuple[int, ...],
        atoms: tuple[Atom, ...],
        indices: tuple[TableIndex, ...],
        default: Numeric | None,
        frozen: bool,
    ) -> Value:
        start = None if default is None else exact(default)
        parameter = self._declare(name, (*(SPECIES,) * len(atoms), *sizes), default=start, frozen=frozen)
        return table_entry(parameter, (self.index, *atoms, *indices), self._home)

    def _declare(
        self,
        name: str,
        axes: tuple[Axis, ...],
        *,
        default: Fraction | None = None,
        frozen: bool = False,
        basis: Basis | None = None,
        over: Carried | None = None,
    ) -> Parameter:
        full = (*self._home.layer_axes, self._depth, *axes)
        return self._home.layered(Parameter(name, full, default, frozen, basis, over, span=caller_span()))
