"""A small calculator that is right in every property, and ways to make it wrong in one."""

from __future__ import annotations

from itertools import product

import numpy as np
from ase.calculators.calculator import Calculator, all_changes

CUTOFF = 4.0
DEPTH, WIDTH, LENGTH = 0.8, 1.9, 1.1


def pair_energy(distance):
    """A Morse well that goes to zero at the cutoff with two derivatives; and its slope."""
    decay = np.exp(-WIDTH * (distance - LENGTH))
    well, slope = DEPTH * (decay**2 - 2 * decay), DEPTH * (-2 * WIDTH) * (decay**2 - decay)
    x = 1 - (distance / CUTOFF) ** 2
    return well * x**3, slope * x**3 + well * 3 * x**2 * (-2 * distance / CUTOFF**2)


class Toy(Calculator):
    """Pairs with all their images; energy, forces and stress."""

    implemented_properties = ["energy", "free_energy", "forces", "stress"]

    def calculate(self, atoms=None, properties=("energy",), system_changes=tuple(all_changes)):
        super().calculate(atoms, properties, system_changes)
        energy, forces, virial = self.sums(self.atoms)
        self.results = {"energy": energy, "free_energy": energy, "forces": forces}
        if self.atoms.pbc.all():
            stress = virial / self.atoms.get_volume()
            self.results["stress"] = stress.ravel()[[0, 4, 8, 5, 2, 1]]

    def sums(self, atoms):
        shifts = np.array(self.shifts(atoms))[:, None, None]
        apart = atoms.positions[None, None] + shifts - atoms.positions[None, :, None]
        distance = np.linalg.norm(apart, axis=3)
        itself = np.eye(len(atoms), dtype=bool) & ~shifts.any(axis=3)
        near = (distance < CUTOFF) & ~itself
        if (distance[near] == 0).any():
            raise ValueError("two atoms at one place")
        value, slope = pair_energy(distance[near])
        pull = slope[:, None] * apart[near] / distance[near][:, None]
        forces = np.zeros((len(atoms), 3))
        np.add.at(forces, np.nonzero(near)[1], pull)
        return 0.5 * value.sum(), forces, 0.5 * apart[near].T @ pull

    def shifts(self, atoms):
        cell = np.array(atoms.cell)
        if not atoms.pbc.any():
            return [np.zeros(3)]
        wrapped = np.ptp(atoms.get_scaled_positions(wrap=False), axis=0)
        heights = atoms.get_volume() / np.linalg.norm(np.cross(cell[[1, 2, 0]], cell[[2, 0, 1]]), axis=1)
        reach = [int(np.ceil(CUTOFF / h + w)) for h, w in zip(heights, wrapped, strict=True)]
        return [np.array(n) @ cell for n in product(*(range(-r, r + 1) for r in reach))]


def wrong(change):
    """A class of toys whose energy, forces and virial are changed by a function of the atoms and these."""

    class Wrong(Toy):
        def sums(self, atoms):
            return change(atoms, *super().sums(atoms))

    return Wrong
