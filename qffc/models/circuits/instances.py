"""Which circuits a molecule needs: the atoms that take the sites of a program, circuit by circuit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import jax
import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import error
from qffc.ir.elements import symbols_of
from qffc.ir.evaluate import GHOST
from qffc.ir.exchange_group import copy_count, count_text, exchange_orders
from qffc.ir.program import Program

MOST_COPIES = 100_000
"""Copies of the circuit that a molecule is averaged over; each is simulated for every geometry."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True, eq=False)
class Instances:
    """The circuits of one molecule, channels apart; a tree of arrays for JAX.

    Args:
        atoms: (instances, sites) the atom at each site; the number of atoms is added to that of the centre where
            a ghost takes the site.
        species: (instances, sites) indices into the species of the program; ``GHOST`` of a ghost.
        mirror: (instances,) 1, or -1 where the circuit sees the mirror image (positions times -1).
        share: the weight of one instance in the energy: 1, or one over the number of averaged copies.
        atom_species: (atoms,) indices into the species of the program.
        edges: (edges, 2) an atom and a neighbour of it, each pair both ways; with images, a place.
        present: (instances,) 0 for circuits that do not count, and only fill up an array; None when all count.
        edges_present: (edges,) 0 for edges that only fill up an array; None when all count.
        owners: (places,) the atom at each place, where images of atoms in other cells are neighbours: at sites stand
            places then, and positions are theirs. None where atoms have one place each.
    """

    atoms: NDArray[np.int32]
    species: NDArray[np.int32]
    mirror: NDArray[np.float64]
    share: float = field(metadata={"static": True})
    atom_species: NDArray[np.int32]
    edges: NDArray[np.int32]
    present: NDArray[np.float64] | None = None
    edges_present: NDArray[np.float64] | None = None
    owners: NDArray[np.int32] | None = None

    def __len__(self) -> int:
        return len(self.atoms)

    @property
    def places(self) -> int:
        """How many positions there are."""
        return len(self.atom_species if self.owners is None else self.owners)

    @property
    def place_species(self) -> NDArray[np.int32]:
        """Indices (places,) into the species of the program."""
        return self.atom_species if self.owners is None else self.atom_species[self.owners]

    def atoms_at(self, places: NDArray[np.int32]) -> NDArray[np.int32]:
        """The atoms that stand at places, or of which images do."""
        return places if self.owners is None else self.owners[places]

    @property
    def counted(self) -> int:
        """How many circuits count."""
        return len(self) if self.present is None else int(np.sum(self.present))


def instances_of(program: Program, numbers: NDArray[np.integer]) -> Instances:
    """Return the circuits of a molecule.

    Args:
        program: any program.
        numbers: (atoms,) atomic numbers.

    Returns:
        At least one circuit. In scope pair, where no three atoms fit the sites, it is one that does not count: see
        :func:`pairs_of_neighbours`.

    Raises:
        QffcError: when the molecule holds an element that the program does not know, or does not fit its sites.

    Example:
        >>> from qffc.library import load
        >>> len(instances_of(load("pair"), np.array([8, 1, 1])))
        3
    """
    symbols = symbols_of(numbers)
    atom_species = species_of(program, numbers)
    if program.scope == "pair":
        return _pair_instances(program, atom_species)
    if program.scope == "atom" and program.gathered is None:
        return _atom_instances(program, atom_species)
    if program.scope == "atom":
        centres, others = np.nonzero(~np.eye(len(atom_species), dtype=bool))
        return gathered_neighbours(program, atom_species, centres, others)
    return _molecule_instances(program, symbols, atom_species)


def species_of(program: Program, numbers: NDArray[np.integer]) -> NDArray[np.int32]:
    """Return the species of atoms (atoms,), indices into those of the program, from their atomic numbers.

    Raises:
        QffcError: when there is an element that the program does not know.
    """
    symbols = symbols_of(numbers)
    unknown = sorted(set(symbols) - set(program.species))
    if unknown:
        together = (*program.species, *unknown)
        raise error(
            "element that the program does not know",
            found=", ".join(f"'{symbol}'" for symbol in unknown),
            expected="one of " + ", ".join(f"'{symbol}'" for symbol in program.species),
            help=f"a program of all is lib:pair:species={','.join(together)}; it is trained on data that have them",
        )
    return np.array([program.species.index(symbol) for symbol in symbols], dtype=np.int32)


def _molecule_instances(program: Program, symbols: Sequence[str], atom_species: NDArray[np.int32]) -> Instances:
    wanted = [site.species for site in program.sites]
    if sorted(symbols) != sorted(str(symbol) for symbol in wanted):
        raise error(
            "molecule that does not fit the sites",
            found=f"atoms {' '.join(symbols)}",
            expected=f"{' '.join(str(symbol) for symbol in wanted)}, in any order",
            help="use a program with these sites, or one with scope pair or atom, which fits any molecule",
        )
    available = {symbol: [i for i, other in enumerate(symbols) if other == symbol] for symbol in set(symbols)}
    first = np.array([available[str(symbol)].pop(0) for symbol in wanted], dtype=np.int32)
    if copy_count(program) > MOST_COPIES:
        raise error(
            "too many copies to average over",
            found=f"{count_text(copy_count(program))} copies of '{program.name}', for each assignment of like atoms",
            expected=f"at most {MOST_COPIES:,}",
            help="leave 'average exchange' out and write the circuit symmetric, or use scope pair",
        )
    own = tuple(range(len(first)))
    orders = list(exchange_orders(program.sites)) if "exchange" in program.average else [own]
    signs = (1.0, -1.0) if "inversion" in program.average else (1.0,)
    atoms = np.array([first[list(order)] for order, _ in product(orders, signs)], dtype=np.int32)
    mirror = np.array([sign for _, sign in product(orders, signs)])
    return Instances(atoms, atom_species[atoms], mirror, 1.0 / len(atoms), atom_species, _all_edges(len(atom_species)))


def _atom_instances(program: Program, atom_species: NDArray[np.int32]) -> Instances:
    """A circuit for each atom: the others by species, then by number, in the slots; ghosts in those that are left."""
    count = len(atom_species)
    slots = [index for index, site in enumerate(program.sites) if site.role == "neighbour"]
    if count - 1 > len(slots):
        raise error(
            "more neighbours than slots",
            found=f"{count - 1} neighbours of each of {count} atoms",
            expected=f"at most {len(slots)}, the slots of '{program.name}'",
            help=f"build the program with slots={count - 1}, or write a.neighbour_slots({count - 1}) in its ansatz",
        )
    centre = next(index for index, site in enumerate(program.sites) if site.role == "centre")
    order = np.lexsort((np.arange(count), atom_species))
    atoms = np.zeros((count, len(program.sites)), dtype=np.int32)
    atoms[:, centre] = np.arange(count)
    for row, own in enumerate(atoms):
        own[slots] = count + row
        own[slots[: count - 1]] = order[order != row]
    species = np.concatenate([atom_species, np.full(count, GHOST, dtype=np.int32)])[atoms]
    return _with_mirror_images(program, Instances(atoms, species, np.ones(count), 1.0, atom_species, _all_edges(count)))


def _with_mirror_images(program: Program, instances: Instances) -> Instances:
    """The circuits, and those of the mirror image where a program averages over it."""
    if "inversion" not in program.average:
        return instances
    atoms, species = (np.tile(array, (2, 1)) for array in (instances.atoms, instances.species))
    mirror = np.repeat([1.0, -1.0], len(instances))
    return replace(instances, atoms=atoms, species=species, mirror=mirror, share=0.5)


def circuits_of_neighbours(
    program: Program,
    atom_species: NDArray[np.int32],
    centres: NDArray[np.intp],
    others: NDArray[np.intp],
    owners: NDArray[np.intp] | None = None,
) -> Instances:
    """Return the circuits of a program that sees neighbours, for those that are given.

    Args:
        program: with scope pair, or with a gathered site.
        atom_species: (atoms,) indices into the species of the program.
        centres: (edges,) atoms.
        others: (edges,) a neighbour of each; a place, where owners are given.
        owners: (places,) see :class:`Instances`; the first places are those of the atoms.
    """
    listed = gathered_neighbours if program.gathered is not None else pairs_of_neighbours
    if owners is None:
        return listed(program, atom_species, centres, others)
    places = np.asarray(owners, dtype=np.int32)
    found = listed(program, atom_species[places], centres, others)
    # Of images there are no circuits: nothing but an atom is the centre of a neighbour.
    own = slice(None) if program.gathered is None else found.atoms[:, 0] < len(atom_species)
    return replace(
        found,
        atoms=found.atoms[own],
        species=found.species[own],
        mirror=found.mirror[own],
        atom_species=atom_species,
        owners=places,
    )


def gathered_neighbours(
    program: Program, atom_species: NDArray[np.int32], centres: NDArray[np.intp], others: NDArray[np.intp]
) -> Instances:
    """Return a circuit for each atom, with its neighbours as edges.

    Args:
        program: with a gathered site.
        atom_species: (atoms,) indices into the species of the program.
        centres: (edges,) atoms.
        others: (edges,) a neighbour of each.

    Returns:
        The circuits; at gathered sites stands the atom itself, which nothing reads.
    """
    order = np.lexsort((others, atom_species[others], centres))
    edges = np.stack([centres[order], others[order]], axis=1).astype(np.int32)
    atoms = np.repeat(np.arange(len(atom_species), dtype=np.int32)[:, None], len(program.sites), axis=1)
    plain = Instances(atoms, atom_species[atoms], np.ones(len(atoms)), 1.0, atom_species, edges)
    return _with_mirror_images(program, plain)


def _pair_instances(program: Program, atom_species: NDArray[np.int32]) -> Instances:
    count = len(atom_species)
    centres, others = np.nonzero(~np.eye(count, dtype=bool))
    return pairs_of_neighbours(program, atom_species, centres, others)


def pairs_of_neighbours(
    program: Program, atom_species: NDArray[np.int32], centres: NDArray[np.intp], others: NDArray[np.intp]
) -> Instances:
    """Return a circuit for each centre and two of its neighbours that fit the sites of a program.

    The two neighbours in order are j and k, by species, then by number; S and T are the sites of the neighbours, in the
    order of the program. A site that names a species takes its atoms only, the centre included.

    ================ ====================================================================================
    S, T             who takes which
    ================ ====================================================================================
    any, any         j takes S, k takes T
    X, X             j takes S, k takes T, where both are of X; else there is no circuit
    X, Y             the one of X takes S, the one of Y takes T; else there is no circuit
    X, any; any, X   where both are of X, j takes S and k takes T; where one is, it takes the site of X and the other
                     one that of any; else there is no circuit
    ================ ====================================================================================

    In one rule: j takes S and k takes T where they fit, else k takes S and j takes T where these fit. Where both ways
    fit, both atoms are of one species or both sites are any; so numbers decide between atoms of one species alone,
    which is what exchange of the two sites is checked for.

    Args:
        program: with scope pair.
        atom_species: (atoms,) indices into the species of the program.
        centres: (edges,) atoms.
        others: (edges,) a neighbour of each.

    Returns:
        The circuits. Where no three atoms fit, one that does not count: ``present`` is 0 for it, and else None.

    Raises:
        QffcError: for fewer than three atoms.

    Example:
        >>> from dataclasses import replace
        >>> from qffc.library import load
        >>> centre, a, b = (program := load("pair")).sites
        >>> mixed = replace(program, sites=(centre, replace(a, species="H"), b))
        >>> instances_of(mixed, np.array([8, 1, 1])).atoms.tolist()
        [[0, 1, 2], [1, 2, 0], [2, 1, 0]]
    """
    if len(atom_species) < 3:
        raise error(
            "molecule too small for pairs of neighbours",
            found=f"{len(atom_species)} atoms",
            expected="at least 3",
            help="use a program with scope molecule, such as lib:sivqlm-lih",
        )
    order = np.lexsort((others, atom_species[others], centres))
    centres, others = centres[order], others[order]
    edges = np.stack([centres, others], axis=1).astype(np.int32)
    centre = next(index for index, site in enumerate(program.sites) if site.role == "centre")
    one, two = (index for index, site in enumerate(program.sites) if site.role == "neighbour")
    fits = _fits(program, atom_species)
    useful = fits[centre, centres] & (fits[one, others] | fits[two, others])
    centres, others = centres[useful], others[useful]
    first, second = _pairs_of_edges(centres, len(atom_species))
    j, k = others[first], others[second]
    as_ordered = fits[one, j] & fits[two, k]
    fitting = as_ordered | (fits[one, k] & fits[two, j])
    atoms = np.zeros((len(first), 3), dtype=np.int32)
    atoms[:, centre] = centres[first]
    atoms[:, one], atoms[:, two] = np.where(as_ordered, (j, k), (k, j))
    atoms = atoms[fitting]
    if not len(atoms):
        nothing = np.arange(3, dtype=np.int32)[None]
        return Instances(nothing, atom_species[nothing], np.ones(1), 1.0, atom_species, edges, np.zeros(1))
    return Instances(atoms, atom_species[atoms], np.ones(len(atoms)), 1.0, atom_species, edges)


def _fits(program: Program, atom_species: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Whether a site takes an atom, (sites, atoms)."""
    named = [None if site.species is None else program.species.index(site.species) for site in program.sites]
    return np.array([np.full(len(atom_species), True) if kind is None else atom_species == kind for kind in named])


def _pairs_of_edges(centres: NDArray[np.intp], atoms: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the first and the second edge of every pair of edges with one centre; edges are sorted by centre."""
    ends = np.cumsum(np.bincount(centres, minlength=atoms))[centres]
    # Each edge is the first of a pair with every later one of its centre.
    later = ends - np.arange(len(centres)) - 1
    first = np.repeat(np.arange(len(centres)), later)
    starts = np.cumsum(later) - later
    return first, first + 1 + np.arange(len(first)) - np.repeat(starts, later)


def fill_instances(instances: Instances, circuits: int, edges: int) -> Instances:
    """Return instances with repetitions of the first one, and edges between the first two atoms, that do not count.

    Args:
        instances: at least one.
        circuits: how many there shall be, at least those that there are.
        edges: the same for edges.
    """
    real = np.ones(len(instances)) if instances.present is None else instances.present
    index = np.zeros(circuits, dtype=np.intp)
    index[: len(instances)] = np.arange(len(instances))
    filled = replace(
        instances,
        atoms=instances.atoms[index],
        species=instances.species[index],
        mirror=instances.mirror[index],
        present=np.concatenate([real, np.zeros(circuits - len(instances))]),
    )
    other = min(1, len(instances.atom_species) - 1)
    more = np.tile(np.array([[0, other]], dtype=np.int32), (edges - len(instances.edges), 1))
    counted = (np.arange(edges) < len(instances.edges)).astype(np.float64)
    return replace(filled, edges=np.concatenate([instances.edges, more]), edges_present=counted)


def fill_places(instances: Instances, places: int) -> Instances:
    """Return instances with places of the first atom, where nothing is, added; the same without images.

    Args:
        instances: any.
        places: how many there shall be, at least those that there are.
    """
    if instances.owners is None:
        return instances
    return replace(instances, owners=np.pad(instances.owners, (0, places - instances.places)))


def _all_edges(atoms: int) -> NDArray[np.int32]:
    return np.argwhere(~np.eye(atoms, dtype=bool)).astype(np.int32)
