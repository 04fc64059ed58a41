"""Random geometries and parameters at which programs can be evaluated.

All numbers are rounded before they are used, so that what is printed reproduces.
"""

from __future__ import annotations

from itertools import accumulate
from math import prod

import numpy as np
from numpy.typing import NDArray

from qffc.ir.program import Program
from qffc.passes.circuit.written_out import plain
from qffc.passes.equivariance.verdict import GHOST_NAME, Counterexample, Table, Transform

_CLOSEST = 0.69996
"""Random atoms keep this distance, in Angstrom; none has it exactly, for squares of distances have four decimals."""


def random_point(
    program: Program, transform: Transform, random: np.random.Generator, *, ghosts: bool = False
) -> Counterexample:
    """Return rounded numbers at which a program can be evaluated; the responses are left empty.

    Args:
        program: the program; sums over neighbours are written out, for a few.
        transform: what is to be compared.
        random: the source of numbers.
        ghosts: leave slots of scope atom to ghosts, at half of the points.
    """
    program = plain(program)
    shapes = [program.shape(parameter) for parameter in program.parameters]
    ends = list(accumulate(map(prod, shapes), initial=0))
    # Frozen tables too: a symmetry has to hold for every value, not only for the one that training keeps.
    entries = np.round(random.uniform(-1.0, 1.0, ends[-1]), 2).tolist()
    tables = [
        Table(parameter.name, shape, tuple(entries[start:end]))
        for parameter, shape, start, end in zip(program.parameters, shapes, ends, ends[1:], strict=False)
    ]
    positions = _random_positions(len(program.sites), random)
    species = _random_species(program, transform, random)
    if ghosts:
        empty = _empty_slots(program, transform, random)
        centre = next(index for index, site in enumerate(program.sites) if site.role == "centre")
        positions[empty] = positions[centre]
        species = tuple(GHOST_NAME if index in empty else symbol for index, symbol in enumerate(species))
    return Counterexample(
        tuple(site.name for site in program.sites),
        species,
        tuple((float(x), float(y), float(z)) for x, y, z in positions),
        tuple(tables),
        int(random.integers(program.channels)),
        transform,
        (),
        (),
    )


def _random_positions(count: int, random: np.random.Generator) -> NDArray[np.float64]:
    chosen: list[NDArray[np.float64]] = []
    spread = 0.9 * max(count, 2) ** (1 / 3)
    while len(chosen) < count:
        point = np.round(random.normal(scale=spread, size=3), 2) + 0.0
        if all(np.linalg.norm(point - other) >= _CLOSEST for other in chosen):
            chosen.append(point)
        spread *= 1.001
    return np.array(chosen).reshape(count, 3)


def _random_species(program: Program, transform: Transform, random: np.random.Generator) -> tuple[str, ...]:
    """Species for all sites; like ones where the transform swaps, and free neighbours in the order of the species."""
    chosen = [site.species or program.species[random.integers(len(program.species))] for site in program.sites]
    open_sites = [i for i, site in enumerate(program.sites) if site.species is None and site.role == "neighbour"]
    ordered = sorted((chosen[i] for i in open_sites), key=program.species.index)
    for i, symbol in zip(open_sites, ordered, strict=True):
        chosen[i] = symbol
    places = {site.name: index for index, site in enumerate(program.sites)}
    moves = {places[a]: places[b] for a, b in transform.sites}
    for start in sorted(moves):
        cycle = [start]
        while moves[cycle[-1]] != start:
            cycle.append(moves[cycle[-1]])
        fixed = (program.sites[place].species for place in cycle)
        symbol = next(filter(None, fixed), chosen[min(cycle)])
        for place in cycle:
            chosen[place] = symbol
    return tuple(chosen)


def _empty_slots(program: Program, transform: Transform, random: np.random.Generator) -> list[int]:
    """The slots that no atom takes: the last ones, none that trades places, at least one stays; often none at all."""
    slots = [index for index, site in enumerate(program.sites) if site.role == "neighbour"]
    moved = [place for place, index in enumerate(slots) if program.sites[index].name in dict(transform.sites)]
    taken = int(random.integers(max(moved, default=0) + 1, len(slots) + 1))
    return slots[taken:] if random.random() < 0.5 else []
