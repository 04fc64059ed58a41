"""The ends of a transform at a point of a finite field: where atoms are, of which species, and which tables are read.

A rotation is any one, and a shift too. Species are free: two sites have one name for theirs when they name one element
or when the transform swaps them, and a name each otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from qffc.ir.exchange_group import circuit_copies
from qffc.ir.program import Program
from qffc.passes.equivariance.identities.field_values import FieldValues, Place, Vector
from qffc.passes.equivariance.identities.points import Point
from qffc.passes.equivariance.transforms import MIRROR
from qffc.passes.equivariance.verdict import IDENTITY, Transform


def ends_at(
    point: Point,
    programs: tuple[Program, Program],
    transform: Transform,
    ghosts: frozenset[str],
    denominators: Mapping[int, int],
) -> list[list[FieldValues]]:
    """Return the values before and after a transform, each for all copies of the circuit.

    Args:
        point: where.
        programs: before and after, with the same sites.
        transform: of the data.
        ghosts: sites that no atom takes.
        denominators: of coefficients of angles.
    """
    p, sites = point.prime, tuple(site.name for site in programs[0].sites)
    centre = next((site.name for site in programs[0].sites if site.role == "centre"), "")
    positions: list[Vector] = []
    for name in sites:
        owner = centre if name in ghosts else name
        x, y, z = (point.free(("position", owner, axis)) for axis in range(3))
        positions.append((x, y, z))
    taken = dict(transform.sites)
    moved = [positions[sites.index(taken.get(name, name))] for name in sites]
    moved = [_moved(r, transform, point) for r in moved]
    tables = {
        moves.parameter: tuple((axis, dict(moves.moves)) for axis in moves.axes or ()) for moves in transform.entries
    }
    species = _species(programs[0], transform)
    ends = []
    for program, places, moves in zip(programs, (positions, moved), ({}, tables), strict=True):
        copies = [
            Place(tuple(_scaled(sign, places[k], p) for k in order), species, moves, ghosts)
            for sign, order in circuit_copies(program)
        ]
        ends.append([FieldValues(sites, point, copy, denominators) for copy in copies])
    return ends


def ghosts_of(program: Program, transform: Transform) -> Iterator[frozenset[str]]:
    """Yield sets of sites that no atom may take: last slots of scope atom, none that trades places."""
    yield frozenset()
    if program.scope != "atom" or program.gathered is not None:
        return
    slots = [site.name for site in program.sites if site.role == "neighbour"]
    moved = [place for place, name in enumerate(slots) if name in dict(transform.sites)]
    for taken in range(max(moved, default=-1) + 1, len(slots)):
        yield frozenset(slots[taken:])


def _moved(position: Vector, transform: Transform, point: Point) -> Vector:
    """A position after a transform: turned by any rotation unless the matrix is that of the inversion or none."""
    p, r = point.prime, position
    if transform.matrix == MIRROR.matrix:
        r = _scaled(-1, r, p)
    elif transform.matrix != IDENTITY:
        x, y, z = (sum(a * b for a, b in zip(row, r, strict=True)) % p for row in point.rotation())
        r = (x, y, z)
    if any(transform.shift):
        x, y, z = ((part + point.free(("shift", axis))) % p for axis, part in enumerate(r))
        r = (x, y, z)
    return r


def _scaled(sign: int, r: Vector, p: int) -> Vector:
    return (sign * r[0] % p, sign * r[1] % p, sign * r[2] % p)


def _species(program: Program, transform: Transform) -> dict[str, str]:
    """What stands for the species of each site."""
    found = {site.name: site.species or f"of {site.name}" for site in program.sites}
    named = {site.name: site.species for site in program.sites}
    moves = dict(transform.sites)
    for start in moves:
        cycle = [start]
        while moves.get(cycle[-1], start) != start:
            cycle.append(moves[cycle[-1]])
        one = next((named[name] for name in cycle if named[name]), None) or f"of {min(cycle)}"
        found.update(dict.fromkeys(cycle, one))
    return found
