"""Which circuits a molecule needs: the atoms that take the sites of a program, circuit by circuit."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import error
from qffc.ir.elements import SYMBOLS
from qffc.ir.exchange_group import exchange_orders
from qffc.ir.program import Program


@dataclass(frozen=True, eq=False)
class Instances:
    """The circuits of one molecule, channels apart.

    Args:
        atoms: (instances, sites) the atom at each site.
        species: (instances, sites) indices into the species of the program.
        mirror: (instances,) 1, or -1 where the circuit sees the mirror image (positions times -1).
        share: the weight of one instance in the energy: 1, or one over the number of averaged copies.
        atom_species: (atoms,) indices into the species of the program.
    """

    atoms: NDArray[np.int32]
    species: NDArray[np.int32]
    mirror: NDArray[np.float64]
    share: float
    atom_species: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.atoms)


def instances_of(program: Program, numbers: NDArray[np.integer]) -> Instances:
    """Return the circuits of a molecule.

    Args:
        program: any program.
        numbers: (atoms,) atomic numbers.

    Raises:
        QffcError: when the molecule holds an element that the program does not know, or does not fit its sites.

    Example:
        >>> from qffc.library import load
        >>> len(instances_of(load("pair"), np.array([8, 1, 1])))
        3
    """
    symbols = [SYMBOLS[number - 1] for number in numbers]
    unknown = sorted(set(symbols) - set(program.species))
    if unknown:
        raise error(
            "element that the program does not know",
            found=", ".join(f"'{symbol}'" for symbol in unknown),
            expected="one of " + ", ".join(f"'{symbol}'" for symbol in program.species),
            help="build the program with these species, and train it on data that has them",
        )
    atom_species = np.array([program.species.index(symbol) for symbol in symbols], dtype=np.int32)
    if program.scope == "pair":
        return _pair_instances(program, atom_species)
    return _molecule_instances(program, symbols, atom_species)


def _molecule_instances(program: Program, symbols: list[str], atom_species: NDArray[np.int32]) -> Instances:
    wanted = [site.species for site in program.sites]
    if sorted(symbols) != sorted(str(symbol) for symbol in wanted):
        raise error(
            "molecule that does not fit the sites",
            found=f"atoms {' '.join(symbols)}",
            expected=f"{' '.join(str(symbol) for symbol in wanted)}, in any order",
            help="use a program with these sites, or one with scope pair, which fits any molecule",
        )
    available = {symbol: [i for i, other in enumerate(symbols) if other == symbol] for symbol in set(symbols)}
    first = np.array([available[str(symbol)].pop(0) for symbol in wanted], dtype=np.int32)
    own = tuple(range(len(first)))
    orders = list(exchange_orders(program.sites)) if "exchange" in program.average else [own]
    signs = (1.0, -1.0) if "inversion" in program.average else (1.0,)
    atoms = np.array([first[list(order)] for order, _ in product(orders, signs)], dtype=np.int32)
    mirror = np.array([sign for _, sign in product(orders, signs)])
    return Instances(atoms, atom_species[atoms], mirror, 1.0 / len(atoms), atom_species)


def _pair_instances(program: Program, atom_species: NDArray[np.int32]) -> Instances:
    count = len(atom_species)
    centre = next(index for index, site in enumerate(program.sites) if site.role == "centre")
    first, second = (index for index, site in enumerate(program.sites) if site.role == "neighbour")
    rows = []
    for c in range(count):
        others = sorted((a for a in range(count) if a != c), key=lambda a: (atom_species[a], a))
        for a, b in combinations(others, 2):
            row = np.zeros(3, dtype=np.int32)
            row[[centre, first, second]] = c, a, b
            rows.append(row)
    if not rows:
        raise error(
            "molecule too small for pairs of neighbours",
            found=f"{count} atoms",
            expected="at least 3",
            help="use a program with scope molecule, such as lib:sivqlm-lih",
        )
    atoms = np.array(rows, dtype=np.int32)
    return Instances(atoms, atom_species[atoms], np.ones(len(atoms)), 1.0, atom_species)
