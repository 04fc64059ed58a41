"""The rows on which the values of a program are computed for given circuits: index arrays, made once a molecule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from qffc.ir.evaluate import GHOST
from qffc.models.circuits.instances import Instances
from qffc.models.rows.shared_values import Domain, SharingPlan, Sites

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
    """

    atoms: tuple[Index, ...]
    species: tuple[Index, ...]
    mirror: tuple[jax.Array | NDArray[np.float64], ...]
    lifts: tuple[Index, ...]
    reads: dict[tuple[int, Sites], Index]


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
    columns = {site.name: instances.atoms[:, index] for index, site in enumerate(plan.program.sites)}
    kinds = {site.name: instances.species[:, index] for index, site in enumerate(plan.program.sites)}
    flips = (instances.mirror < 0).astype(np.int64)
    firsts: list[tuple[NDArray[np.intp], NDArray[np.intp]]] = []
    reads: dict[tuple[int, Sites], Any] = {}
    for number, domain in enumerate(plan.domains):
        first, row = _by_species(domain, kinds, *_distinct(domain, columns, flips))
        firsts.append(np.divmod(first, len(instances)))
        for sites, part in zip(domain.tuples, np.split(row, len(domain.tuples)), strict=True):
            reads[number, sites] = part.astype(np.int32)
    atoms = tuple(_at(columns, domain, *first) for domain, first in zip(plan.domains, firsts, strict=True))
    lifts: list[Index] = []
    for lift in plan.lifts:
        which, circuit = firsts[lift.whole]
        lifted = np.zeros(len(circuit), dtype=np.int32)
        for index, sites in enumerate(plan.domains[lift.whole].tuples):
            here = which == index
            lifted[here] = reads[lift.part, tuple(sites[place] for place in lift.places)][circuit[here]]
        lifts.append(lifted)
    # Ghosts are numbered on from the last atom.
    of_atoms = np.concatenate([instances.atom_species, np.full(len(instances.atom_species), GHOST, dtype=np.int32)])
    species = tuple(of_atoms[rows] for rows in atoms)
    mirror = tuple(instances.mirror[circuit] for _, circuit in firsts)
    return ValueRows(atoms, species, mirror, tuple(lifts), reads)


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
    )


def _distinct(
    domain: Domain, columns: dict[str, Ints], flips: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The first place of each row among the tuples of all circuits, one tuple of sites after the other; and its row."""
    whole = np.arange(len(domain.tuples) * len(flips))
    if domain.circuits:
        return whole, whole
    places = len(domain.tuples[0])
    if not places:
        return whole[:1], np.zeros_like(whole)
    row = np.tile(flips, len(domain.tuples))
    for place in reversed(range(places)):
        atom = np.concatenate([columns[sites[place]] for sites in domain.tuples])
        # Numbered anew at each place, so that the codes of long tuples do not overflow; the last one sorts the rows.
        code = row.astype(np.int64) + (int(row.max()) + 1) * atom
        _, first, row = np.unique(code, return_index=True, return_inverse=True)
    return first, row


def _by_species(
    domain: Domain, kinds: dict[str, Ints], first: NDArray[np.intp], row: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The same rows, those of the same species side by side, so that they can share products of matrices."""
    if domain.circuits or not domain.tuples[0]:
        return first, row
    columns = [
        np.concatenate([kinds[sites[place]] for sites in domain.tuples]) for place in range(len(domain.tuples[0]))
    ]
    order = np.lexsort([column[first] for column in reversed(columns)])
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    return first[order], places[row]


def _at(columns: dict[str, Ints], domain: Domain, which: NDArray[np.intp], circuit: NDArray[np.intp]) -> Ints:
    """The atoms of rows: those of the circuit ``circuit`` at the tuple of sites number ``which``."""
    result = np.zeros((len(circuit), len(domain.tuples[0])), dtype=np.int32)
    for index, sites in enumerate(domain.tuples):
        here = which == index
        for place, site in enumerate(sites):
            result[here, place] = columns[site][circuit[here]]
    return result


def _padded(array: Index | NDArray[np.float64], size: int) -> NDArray[Any]:
    first = np.repeat(np.asarray(array[:1]), size - len(array), axis=0)
    return np.concatenate([np.asarray(array), first])
