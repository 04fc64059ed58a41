"""A second model: all circuits of a molecule and the features of its atoms, for scopes pair and atom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement

import numpy as np
from second_circuit import response
from second_text import Text
from second_values import GHOST, Point


@dataclass(frozen=True)
class Circuit:
    """Which atom takes each site; None for a ghost."""

    centre: int
    atoms: tuple[int | None, ...]


def circuits(program: Text, elements: Sequence[str], *, named: bool = True) -> Iterator[Circuit]:
    """Yield the circuits of a molecule.

    Args:
        program: of scope pair or atom.
        elements: of the atoms, all of them species of the program.
        named: in scope pair, whether only atoms of the element that a site names take it.
    """
    centre = next(index for index, site in enumerate(program.sites) if site.role == "centre")
    slots = [index for index in range(len(program.sites)) if index != centre]
    for own in range(len(elements)):
        others = [atom for atom in range(len(elements)) if atom != own]
        others.sort(key=lambda atom: (program.species.index(elements[atom]), atom))
        chosen: list[tuple[int | None, ...]] = []
        if program.scope == "atom":
            chosen = [(*others, *(None,) * (len(slots) - len(others)))]
        elif not named:
            chosen = list(combinations(others, 2))
        elif _fits(program, centre, elements[own]):
            for pair in combinations(others, 2):
                orders = [
                    order
                    for order in (pair, pair[::-1])
                    if all(_fits(program, slot, elements[atom]) for slot, atom in zip(slots, order, strict=True))
                ]
                chosen += orders[:1]
        for order in chosen:
            atoms: list[int | None] = [own] * len(program.sites)
            for slot, atom in zip(slots, order, strict=True):
                atoms[slot] = atom
            yield Circuit(own, tuple(atoms))


def _fits(program: Text, site: int, element: str) -> bool:
    return program.sites[site].element in (None, element)


def atoms_seen(
    program: Text, elements: Sequence[str], positions: np.ndarray, tables: dict, *, named: bool = True
) -> np.ndarray:
    """Return the features of each atom, (atoms, features): sums over the circuits whose centre it is.

    An energy is shared out in the same way. Channels, and choices of the neighbours' species with ``by species``, are
    features apart.
    """
    groups = list(combinations_with_replacement(range(len(program.species)), 2)) if program.by_species else [None]
    width = max(1, len(program.features))
    total = np.zeros((len(elements), len(groups), program.channels, width), dtype=np.longdouble)
    for circuit in circuits(program, elements, named=named):
        atoms = circuit.atoms
        standing = [circuit.centre if atom is None else atom for atom in atoms]
        around = [
            program.species.index(elements[atom])
            for site, atom in zip(program.sites, atoms, strict=True)
            if site.role == "neighbour" and atom is not None
        ]
        group = groups.index(tuple(sorted(around))) if program.by_species else 0
        for channel in range(program.channels):
            point = Point(
                positions[standing],
                tuple(GHOST if atom is None else elements[atom] for atom in atoms),
                tables,
                channel,
            )
            total[circuit.centre, group, channel] += response(program, point)
    return total.reshape(len(elements), -1)
