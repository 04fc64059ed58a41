"""Bonds and dihedral angles of a molecule, by kind, and how they are spread over frames."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from ase import Atoms
from ase.geometry import get_dihedrals
from ase.neighborlist import natural_cutoffs, neighbor_list
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_REACH = 1.2
"""Atoms are bonded up to this multiple of the sum of their covalent radii."""


@dataclass(frozen=True)
class Topology:
    """Bonds (i, j) and chains (i, j, k, l) of bonded atoms by kind, such as `C-O` and `H-O-C-C`."""

    bonds: dict[str, tuple[tuple[int, int], ...]]
    dihedrals: dict[str, tuple[tuple[int, int, int, int], ...]]

    def all_bonds(self) -> list[tuple[int, int]]:
        return [bond for bonds in self.bonds.values() for bond in bonds]


def topology_of(atoms: Atoms) -> Topology:
    """Return what is bonded in a geometry near the minimum of the energy."""
    first, second = neighbor_list("ij", atoms, natural_cutoffs(atoms, mult=_REACH))
    partners = {i: sorted(second[first == i].tolist()) for i in range(len(atoms))}
    bonds: dict[str, list[tuple[int, int]]] = {}
    dihedrals: dict[str, list[tuple[int, int, int, int]]] = {}
    for j, k in sorted((j, k) for j, others in partners.items() for k in others if j < k):
        bonds.setdefault(_kind(atoms, (j, k)), []).append((j, k))
        for i, l in product(partners[j], partners[k]):
            if i != k and l != j and i != l:
                dihedrals.setdefault(_kind(atoms, (i, j, k, l)), []).append((i, j, k, l))
    return Topology(
        {kind: tuple(found) for kind, found in sorted(bonds.items())},
        {kind: tuple(found) for kind, found in sorted(dihedrals.items())},
    )


def bond_lengths(positions: Floats, bonds: tuple[tuple[int, int], ...] | list[tuple[int, int]]) -> Floats:
    """Return lengths (frames, bonds), Angstrom, at positions (frames, atoms, 3)."""
    first, second = np.transpose(bonds)
    return np.linalg.norm(positions[:, second] - positions[:, first], axis=-1)


def dihedral_angles(positions: Floats, chains: tuple[tuple[int, int, int, int], ...]) -> Floats:
    """Return angles without their sign, (frames, chains), degrees from 0 (cis) to 180 (trans)."""
    i, j, k, l = np.transpose(chains)
    steps = [(positions[:, b] - positions[:, a]).reshape(-1, 3) for a, b in ((i, j), (j, k), (k, l))]
    angles = get_dihedrals(*steps).reshape(len(positions), len(chains))
    return np.minimum(angles, 360.0 - angles)


def _kind(atoms: Atoms, chain: tuple[int, ...]) -> str:
    """The elements of a chain, from the end that comes first in the alphabet."""
    symbols = [atoms.symbols[atom] for atom in chain]
    return "-".join(min(symbols, symbols[::-1]))
