"""Small frames in cells, labelled by a calculator of ASE."""

from __future__ import annotations

from functools import cache

import numpy as np
from ase import Atoms
from ase.build import bulk, fcc100
from ase.calculators.emt import EMT

from qffc.data import Dataset
from qffc.data.from_atoms import dataset_of_atoms


def labelled(atoms: Atoms) -> Atoms:
    """Atoms with energy, forces and stress."""
    atoms.calc = EMT()
    atoms.get_potential_energy()
    atoms.get_forces()
    if atoms.pbc.any():
        atoms.get_stress()
    return atoms


def strained(atoms: Atoms, generator: np.random.Generator, by: float = 0.02) -> Atoms:
    """Atoms in a cell that is strained at random, and shaken."""
    found = atoms.copy()
    strain = np.eye(3) + by * generator.normal(size=(3, 3))
    found.set_cell(found.cell.array @ strain, scale_atoms=True)
    found.positions += 0.06 * generator.normal(size=found.positions.shape)
    return found


@cache
def copper(frames: int = 12) -> Dataset:
    """Copper, four atoms in a cell, some of them outside; with stresses."""
    generator, cell = np.random.default_rng(0), bulk("Cu", cubic=True)
    return dataset_of_atoms([labelled(strained(cell, generator)) for _ in range(frames)])


@cache
def slab(frames: int = 3) -> Dataset:
    """A slab of aluminium and copper, periodic in a plane, without stresses."""
    generator, cell = np.random.default_rng(1), fcc100("Al", (1, 1, 3), vacuum=5.0, periodic=False)
    cell.symbols[0] = "Cu"
    found = dataset_of_atoms([labelled(strained(cell, generator)) for _ in range(frames)])
    return Dataset(
        found.numbers, found.positions, found.energies, found.forces, "slab", cells=found.cells, pbc=found.pbc
    )


@cache
def cluster(frames: int = 3) -> Dataset:
    """Four atoms of copper in a vacuum."""
    generator, cell = np.random.default_rng(2), bulk("Cu", cubic=True)
    cell.pbc = False
    atoms = [cell.copy() for _ in range(frames)]
    for each in atoms:
        each.positions += 0.08 * generator.normal(size=each.positions.shape)
    return dataset_of_atoms([labelled(each) for each in atoms])
