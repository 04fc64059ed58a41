"""The rows on which the values of a program are computed for given circuits: index arrays, made once a molecule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from qffc.ir.evaluate import GHOST
from qffc.models.circuits.instances import Instances
from qffc.models.rows.shared_values import Domain, Lift, SharingPlan, Sites

Ints = NDArray[np.int32]
Index = jax.Array | Ints


@jax.tree_util.register_dataclass
@dataclass(frozen=True, eq=False)
class ValueRows:
    """Index arrays of a set of circuits; a tree of arrays for JAX, so that circuits may change without a new trace.

    Args:
        atoms: for each domain (rows, places), the atoms of each row.
        species: for each domain (rows, places), their species.
        mirror: for each domain (rows,), 1 or -1 where the row sees the mirror image.
        lifts: for each lift of the plan (rows of the whole,), the row of the part.
        reads: by domain and sites (circuits,), the row that a circuit reads.
        sums: for each sum of the plan (rows that are added up,), the row that they are added to; a row past the last
            one for what only fills up.
    """

    atoms: tuple[Index, ...]
    species: tuple[Index, ...]
    mirror: tuple[jax.Array | NDArray[np.float64], ...]
    lifts: tuple[Index, ...]
    reads: dict[tuple[int, Sites], Index]
    sums: tuple[Index, ...]


def rows_of(plan: SharingPlan, instances: Instances) -> ValueRows:
    """Return the rows of circuits.

    Args:
        plan: the plan of the program.
        instances: the circuits.

    Example:
        >>> from qffc.library import load
        >>> from qffc.models.circuits.instances import instances_of
        >>> from qffc.models.rows.shared_values import plan_sharing
        >>> from qffc.passes.circuit.split_program import split_program
        >>> program = load("pair")
        >>> rows = rows_of(plan_sharing(split_program(program)), instances_of(program, np.array([8, 1, 1])))
        >>> [len(atoms) for atoms in rows.atoms]
        [3, 6, 3]
    """
    places = _Places.of(plan, instances)
    firsts: list[_Firsts] = []
    reads: dict[tuple[int, Sites], Any] = {}
    for number, domain in enumerate(plan.domains):
        first, row = _by_species(domain, places, *_distinct(domain, places))
        starts = np.cumsum([0, *(places.count(sites) for sites in domain.tuples)])
        which = np.searchsorted(starts, first, side="right") - 1
        firsts.append((which, first - starts[which]))
        for sites, part in zip(domain.tuples, np.split(row, starts[1:-1]), strict=True):
            reads[number, sites] = part.astype(np.int32)
    atoms = tuple(_at(places, domain, *first) for domain, first in zip(plan.domains, firsts, strict=True))

    def lifted(lift: Lift) -> Ints:
        """For each row of the whole, the row of the part."""
        which, place = firsts[lift.whole]
        rows = np.zeros(len(place), dtype=np.int32)
        for index, sites in enumerate(plan.domains[lift.whole].tuples):
            here = which == index
            part = lift.read_by(sites)
            rows[here] = reads[lift.part, part][places.moved(sites, part, place[here])]
        return rows

    # Ghosts are numbered on from the last atom.
    of_atoms = np.concatenate([instances.place_species, np.full(instances.places, GHOST, dtype=np.int32)])
    species = tuple(of_atoms[rows] for rows in atoms)
    mirror = tuple(
        instances.mirror[places.circuits(domain, *first)] for domain, first in zip(plan.domains, firsts, strict=True)
    )
    return ValueRows(
        atoms,
        species,
        mirror,
        tuple(map(lifted, plan.lifts)),
        {(number, sites): rows for (number, sites), rows in reads.items() if not places.is_gathered(sites)},
        tuple(map(lifted, plan.sums)),
    )


def pad_rows(plan: SharingPlan, rows: ValueRows, sizes: tuple[int, ...], circuits: int) -> ValueRows:
    """Return the rows with repetitions of the first one added, so that arrays keep their shapes when circuits change.

    Args:
        plan: the plan of the program.
        rows: those that there are.
        sizes: for each domain, how many rows it shall have, at least those that it has.
        circuits: how many circuits there shall be.
    """
    return ValueRows(
        tuple(_padded(array, size) for array, size in zip(rows.atoms, sizes, strict=True)),
        tuple(_padded(array, size) for array, size in zip(rows.species, sizes, strict=True)),
        tuple(_padded(array, size) for array, size in zip(rows.mirror, sizes, strict=True)),
        tuple(_padded(array, sizes[lift.whole]) for array, lift in zip(rows.lifts, plan.lifts, strict=True)),
        {key: _padded(array, circuits) for key, array in rows.reads.items()},
        tuple(
            np.concatenate([array, np.full(sizes[lift.whole] - len(array), sizes[lift.part], dtype=np.int32)])
            for array, lift in zip(rows.sums, plan.sums, strict=True)
        ),
    )


_Firsts = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Of each row of a domain the tuple of sites that it comes from, and its place there."""


@dataclass(frozen=True)
class _Places:
    """The atoms at tuples of sites: one for each circuit, or for each circuit and neighbour where a site is gathered.

    Args:
        gathered: the gathered sites.
        atoms: by site, (circuits,).
        species: by site, (circuits,).
        flips: (circuits,) 1 where the circuit sees the mirror image, else 0.
        circuit: (neighbours,) the circuit of each neighbour of each circuit.
        neighbour: (neighbours,) its atom.
        neighbour_species: (neighbours,).
    """

    gathered: frozenset[str]
    atoms: dict[str, Ints]
    species: dict[str, Ints]
    flips: Ints
    circuit: NDArray[np.intp]
    neighbour: Ints
    neighbour_species: Ints

    @classmethod
    def of(cls, plan: SharingPlan, instances: Instances) -> _Places:
        """Return the places of circuits."""
        sites = plan.program.sites
        gathered = frozenset(site.name for site in sites if site.role == "gathered")
        circuit, neighbour = np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.int32)
        if gathered:
            centre = instances.atoms[:, [site.role for site in sites].index("centre")]
            # Edges of one centre side by side, and for each circuit those of its centre.
            edges = instances.edges[np.argsort(instances.edges[:, 0], kind="stable")]
            counts = np.bincount(edges[:, 0], minlength=len(instances.atom_species))
            starts, own = np.cumsum(counts) - counts, counts[centre]
            circuit = np.repeat(np.arange(len(centre)), own)
            within = np.arange(len(circuit)) - np.repeat(np.cumsum(own) - own, own)
            neighbour = edges[starts[centre][circuit] + within, 1]
        return cls(
            gathered,
            {site.name: instances.atoms[:, index] for index, site in enumerate(sites)},
            {site.name: instances.species[:, index] for index, site in enumerate(sites)},
            (instances.mirror < 0).astype(np.int32),
            circuit,
            neighbour,
            instances.place_species[neighbour],
        )

    def is_gathered(self, sites: Sites) -> bool:
        """Whether a tuple has a gathered site."""
        return not self.gathered.isdisjoint(sites)

    def count(self, sites: Sites) -> int:
        """How many places there are for a tuple of sites."""
        return len(self.circuit) if self.is_gathered(sites) else len(self.flips)

    def column(self, sites: Sites, place: int, *, species: bool = False) -> Ints:
        """The atoms, or their species, at one site of a tuple, for each place."""
        site = sites[place]
        if site in self.gathered:
            return self.neighbour_species if species else self.neighbour
        values = (self.species if species else self.atoms)[site]
        return values[self.circuit] if self.is_gathered(sites) else values

    def mirrored(self, sites: Sites) -> Ints:
        """1 for each place whose circuit sees the mirror image, else 0."""
        return self.flips[self.circuit] if self.is_gathered(sites) else self.flips

    def moved(self, sites: Sites, part: Sites, places: NDArray[np.intp]) -> NDArray[np.intp]:
        """Places of a tuple as those of one with some of its sites."""
        return self.circuit[places] if self.is_gathered(sites) and not self.is_gathered(part) else places

    def circuits(self, domain: Domain, which: NDArray[np.intp], places: NDArray[np.intp]) -> NDArray[np.intp]:
        """The circuit of each row of a domain."""
        found = np.zeros(len(places), dtype=np.intp)
        for index, sites in enumerate(domain.tuples):
            here = which == index
            found[here] = self.moved(sites, (), places[here])
        return found


def _distinct(domain: Domain, places: _Places) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The first place of each row among those of all tuples, one tuple of sites after the other; and its row."""
    row = np.concatenate([places.mirrored(sites) for sites in domain.tuples])
    whole = np.arange(len(row))
    if domain.circuits or not len(row):
        return whole, whole
    if not domain.tuples[0]:
        return whole[:1], np.zeros_like(whole)
    for place in reversed(range(len(domain.tuples[0]))):
        atom = np.concatenate([places.column(sites, place) for sites in domain.tuples])
        # Numbered anew at each place, so that the codes of long tuples do not overflow; the last one sorts the rows.
        code = row.astype(np.int64) + (int(row.max()) + 1) * atom
        _, first, row = np.unique(code, return_index=True, return_inverse=True)
    return first, row


def _by_species(
    domain: Domain, places: _Places, first: NDArray[np.intp], row: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The same rows, those of the same species side by side, so that they can share products of matrices."""
    if domain.circuits or not domain.tuples[0]:
        return first, row
    columns = [
        np.concatenate([places.column(sites, place, species=True) for sites in domain.tuples])
        for place in range(len(domain.tuples[0]))
    ]
    order = np.lexsort([column[first] for column in reversed(columns)])
    moved = np.empty_like(order)
    moved[order] = np.arange(len(order))
    return first[order], moved[row]


def _at(places: _Places, domain: Domain, which: NDArray[np.intp], place: NDArray[np.intp]) -> Ints:
    """The atoms of rows, by the tuple of sites that each comes from and its place there."""
    result = np.zeros((len(place), len(domain.tuples[0])), dtype=np.int32)
    for index, sites in enumerate(domain.tuples):
        here = which == index
        for column in range(len(sites)):
            result[here, column] = places.column(sites, column)[place[here]]
    return result


def _padded(array: Index | NDArray[np.float64], size: int) -> NDArray[Any]:
    known = np.asarray(array)
    first = known[:1] if len(known) else np.zeros((1, *known.shape[1:]), known.dtype)
    return np.concatenate([known, np.repeat(first, size - len(known), axis=0)])
