"""By how much a program breaks the symmetries that it declares: numbers from the dense simulator alone.

Nothing here is taken from the equivariance check, so that the two can be held against each other; but for declared
symmetries that leave the data alone, whose distances both measure in the same way. Numbers show that a
symmetry is broken; that it holds, they only suggest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qffc.ir.declarations import Site
from qffc.ir.evaluate import GHOST, Instance
from qffc.ir.generators import Conserved, DeclaredSymmetry, Generator
from qffc.ir.program import Program
from qffc.ir.reference import response
from qffc.passes.equivariance.numbers.internal_numbers import distances

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Motion:
    """What should change nothing: new positions for old ones.

    Args:
        generator: as a verdict names it: ``rotation``, ``inversion``, ``translation``, or ``exchange`` and two sites
            or molecules; or the title of a symmetry that is declared by hand.
        order: for an exchange and for a declared generator, the site whose atom each site takes.
        declared: the symmetry that is declared by hand.
    """

    generator: str
    order: tuple[int, ...] | None = None
    declared: DeclaredSymmetry | None = None

    @property
    def is_internal(self) -> bool:
        """Whether all data stay, so that state and operators have to be looked at."""
        return isinstance(self.declared, Conserved) or (self.declared is not None and self.declared.is_internal)

    def moved(self, program: Program, instance: Instance, random: np.random.Generator) -> Instance:
        """Return the instance after the motion, entries of tables moved along."""
        tables = dict(instance.parameters)
        for moves in self.declared.entries if isinstance(self.declared, Generator) else ():
            taken, axes = dict(moves.moves), program.parameter(moves.parameter).axes
            for axis in moves.axes or tuple(k for k, size in enumerate(axes) if isinstance(size, int)):
                order = [taken.get(k, k) for k in range(tables[moves.parameter].shape[axis])]
                tables[moves.parameter] = np.take(tables[moves.parameter], order, axis)
        return replace(instance, positions=self.apply(instance.positions, random), parameters=tables)

    def apply(self, positions: Array, random: np.random.Generator) -> Array:
        """Return the positions after the motion; (sites, 3), Angstrom."""
        if self.order is not None:
            return positions[list(self.order)]
        if self.generator == "inversion":
            return -positions
        if self.generator == "translation":
            return positions + random.normal(scale=2.0, size=3)
        orthogonal, _ = np.linalg.qr(random.normal(size=(3, 3)))
        orthogonal[:, 0] *= np.linalg.det(orthogonal)
        turned: Array = positions @ orthogonal.T
        return turned


def deviations(program: Program, random: np.random.Generator, points: int = 4) -> dict[str, float]:
    """Return the largest change of the response that each declared generator makes, over random points.

    Args:
        program: any program of at most about ten qubits.
        random: where geometries, species and parameters come from.
        points: how many points are tried for each generator.

    Returns:
        By the name of each generator, in the order of the verdicts of the check: the largest change, relative to the
        response where that is above 1. Rounding stays below 1e-10 unless the response is ill-conditioned.

    Example:
        >>> from random import Random
        >>> from qffc.testing import symmetric_program
        >>> found = deviations(symmetric_program(Random(1)), np.random.default_rng(0))
        >>> max(found.values()) < 1e-10
        True
    """
    found = {motion.generator: 0.0 for motion in motions(program)}
    for _ in range(points):
        known: dict[tuple[int, ...] | None, tuple[Instance, Array]] = {}
        for motion in motions(program):
            like = motion.order if program.scope != "molecule" else None  # there the species of two sites may differ
            if like not in known:
                instance = _random_instance(program, motion, random)
                known[like] = (instance, averaged_response(program, instance))
            instance, before = known[like]
            if motion.is_internal:
                distance = float(np.abs(distances(program, instance, motion.generator)).max())
                found[motion.generator] = max(found[motion.generator], distance)
                continue
            after = averaged_response(program, motion.moved(program, instance, random))
            change = float(np.abs(before - after).max() / max(1.0, float(np.abs(before).max())))
            found[motion.generator] = max(found[motion.generator], change)
    return found


def motions(program: Program) -> Iterator[Motion]:
    """Yield one motion for each generator that the program declares."""
    for symmetry in program.symmetry:
        found = list(_exchanges(program)) if symmetry == "exchange" else []
        yield from found or [Motion(symmetry)]
    names = [site.name for site in program.sites]
    for item in program.generators:
        sites = dict(item.sites) if isinstance(item, Generator) else {}
        yield Motion(item.title, tuple(names.index(sites.get(name, name)) for name in names), item)


def averaged_response(program: Program, instance: Instance) -> Array:
    """Return the response of a program, averaged as the program says."""
    copies = [response(program, replace(instance, positions=positions)) for positions in _copies(program, instance)]
    mean: Array = np.mean(copies, axis=0)
    return mean


def _copies(program: Program, instance: Instance) -> Iterator[Array]:
    orders = {tuple(range(len(program.sites)))}
    new = set(orders) if "exchange" in program.average else set()
    while new:  # all products of the exchanges
        new = {tuple(order[k] for k in m.order or ()) for order in new for m in _exchanges(program)} - orders
        orders |= new
    for sign in (1.0, -1.0) if "inversion" in program.average else (1.0,):
        for order in sorted(orders):
            yield sign * instance.positions[list(order)]


def _exchanges(program: Program) -> Iterator[Motion]:
    """Transpositions of like sites of a molecule, and exchanges of like molecules site by site."""
    names = [site.name for site in program.sites]
    for a, site in enumerate(program.sites):
        later = [b for b in range(a + 1, len(program.sites)) if _like(site, program.sites[b])]
        for b in later[:1]:
            yield Motion(f"exchange {names[a]} {names[b]}", _swapped(len(names), {a: b}))
    molecules: dict[str, list[tuple[str | None, str, int]]] = {}
    for index, site in enumerate(program.sites):
        if site.molecule is not None:
            molecules.setdefault(site.molecule, []).append((site.species, site.role, index))
    parts = {
        name: sorted(places, key=lambda place: (str(place[0]), place[1], place[2]))
        for name, places in molecules.items()
    }
    for name in molecules:
        others = list(molecules)[list(molecules).index(name) + 1 :]
        alike = [other for other in others if [p[:2] for p in parts[other]] == [p[:2] for p in parts[name]]]
        for other in alike[:1]:
            pairs = {a[2]: b[2] for a, b in zip(parts[name], parts[other], strict=True)}
            yield Motion(f"exchange molecules {name} {other}", _swapped(len(names), pairs))


def _swapped(count: int, pairs: dict[int, int]) -> tuple[int, ...]:
    moves = pairs | {b: a for a, b in pairs.items()}
    return tuple(moves.get(index, index) for index in range(count))


def _like(a: Site, b: Site) -> bool:
    fits = None in (a.species, b.species) or a.species == b.species
    return a.molecule == b.molecule and a.role == b.role and fits


def _random_instance(program: Program, motion: Motion, random: np.random.Generator) -> Instance:
    symbols = [site.species or str(random.choice(program.species)) for site in program.sites]
    for a, b in enumerate(motion.order or ()):
        if a < b:
            symbols[a] = symbols[b] = program.sites[a].species or program.sites[b].species or symbols[a]
    species = np.array([program.species.index(symbol) for symbol in symbols])
    tables = {item.name: random.uniform(-1.3, 1.3, program.shape(item)) for item in program.parameters}
    channel = int(random.integers(program.channels))
    positions = random.normal(scale=1.4, size=(len(program.sites), 3))
    if program.scope == "atom" and motion.order is None and random.random() < 0.5:
        centre = next(index for index, site in enumerate(program.sites) if site.role == "centre")
        ghost = max(index for index, site in enumerate(program.sites) if site.role == "neighbour")
        species[ghost], positions[ghost] = GHOST, positions[centre]
    return Instance(positions, species, tables, channel)
