"""Values over other sites or other children, in canonical form."""

from __future__ import annotations

from collections.abc import Mapping

from qffc.ir.diagnostics import InternalError
from qffc.ir.values.arithmetic import Add, FrameVector, Mul, Power, Value, add, is_zero, mul, power
from qffc.ir.values.functions import Cutoff, Function, Radial, cutoff, function
from qffc.ir.values.gathered import CarriedValue, CarriedVector, Gathered, gather
from qffc.ir.values.leaves import Displacement, Index, ParameterEntry, Position, SpeciesOf
from qffc.ir.values.vectors import Component, Cross, Dot, Norm, Unit, cross, dot, norm, unit

TableIndices = Mapping[str, Mapping[int, Mapping[int, int]]]
"""New index of each one that changes, by the name of the table and the number of the axis."""


def substitute_sites(
    value: Value, sites: dict[str, str], species: dict[str, str] | None = None, tables: TableIndices | None = None
) -> Value:
    """Return the value with its sites renamed, in a form that compares: rebuilt, displacements sorted with their sign.

    Args:
        value: any value.
        sites: new name of each site that changes, applied to positions and to species indices.
        species: a further renaming of the site inside ``Z(...)`` only, applied after ``sites``; it maps sites of one
            species to one representative so that ``Z(a)`` and ``Z(b)`` compare equal.
        tables: plain indices of parameter tables that change.
    """

    def rename(site: str) -> str:
        return sites.get(site, site)

    def entry(node: ParameterEntry) -> ParameterEntry:
        axes = (tables or {}).get(node.name, {})
        indices: list[Index] = []
        for axis, index in enumerate(node.indices):
            if isinstance(index, SpeciesOf):
                site = rename(index.site)
                indices.append(SpeciesOf((species or {}).get(site, site)))
            else:
                indices.append(axes.get(axis, {}).get(index, index) if isinstance(index, int) else index)
        return ParameterEntry(node.name, tuple(indices))

    match value:
        case ParameterEntry():
            return entry(value)
        case Position(site):
            return Position(rename(site))
        case Displacement(origin, site):
            return sorted_displacement(rename(origin), rename(site))
        case Radial(table, argument):
            return Radial(entry(table), substitute_sites(argument, sites, species, tables))
        case CarriedValue(table, site):
            return type(value)(entry(table), rename(site))
        case Gathered(bound, body):
            free = {old: new for old, new in sites.items() if old != bound}
            kinds = {old: new for old, new in (species or {}).items() if old != bound}
            return gather(bound, substitute_sites(body, free, kinds, tables))
        case _:
            return rebuild(value, tuple(substitute_sites(child, sites, species, tables) for child in value.children))


def mirrored(value: Value) -> Value:
    """Return what a value is at the mirror image: every position takes the other sign."""
    match value:
        case Position() | Displacement() | CarriedVector():
            return -value
        case Radial(table, argument):
            return Radial(table, mirrored(argument))
        case _:
            return rebuild(value, tuple(mirrored(child) for child in value.children))


def sorted_displacement(origin: str, site: str) -> Value:
    """Return r(origin, site) written with its sites in alphabetical order, since r(b, a) = -r(a, b)."""
    return Displacement(origin, site) if origin < site else -Displacement(site, origin)


def rebuild(value: Value, children: tuple[Value, ...]) -> Value:
    """Return the same kind of node over other children, in canonical form; leaves return themselves."""
    match value:
        case Add():
            return add(*children)
        case Mul():
            return mul(*children)
        case Power() if value.exponent < 0 and is_zero(children[0]):
            return Power(children[0], value.exponent)  # infinite, and equal to nothing but itself
        case Power():
            return power(children[0], value.exponent)
        case Function():
            return function(value.name, children[0])
        case Norm():
            return norm(children[0])
        case Unit():
            return unit(children[0])
        case Dot():
            return dot(*children)
        case Cross():
            return cross(*children)
        case Component():
            return Component(children[0], value.axis)
        case FrameVector():
            return FrameVector(*children)
        case Cutoff():
            return cutoff(children[0], value.radius)
        case Radial() if isinstance(children[0], ParameterEntry):
            return Radial(children[0], children[1])
        case Gathered():
            return gather(value.site, children[0])
        case CarriedValue() if isinstance(children[0], ParameterEntry):
            return type(value)(children[0], value.site)
        case _ if not value.children:
            return value
        case _:
            raise InternalError(f"rebuild does not know {type(value).__name__}")
