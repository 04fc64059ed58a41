"""What models do where their training data end: rattled molecules, a bond that breaks, dimers and free atoms.

Each model is run as it is and without its limits (:mod:`qffc.models.validity.limits`). Exits with 1 when, with limits,
a relaxation ends below the minimum of the molecule.
"""

import argparse
import sys
import warnings
from dataclasses import replace

import numpy as np
from ase import Atoms
from ase.build import molecule
from ase.optimize import BFGS
from numpy.typing import NDArray

import qffc as qf
from qffc.ir.diagnostics import QffcWarning
from qffc.models.validity_fit import without_limits

MOLECULES = {"water": "H2O", "ethanol": "CH3CH2OH"}
AMPLITUDES = (0.1, 0.2, 0.3, 0.4)
"""Angstrom: standard deviations of the displacements of every coordinate."""
BELOW, SAME = 2e-3, 10e-3
"""eV: an end is below the minimum by more than the first, at it within the second."""
SCAN = (0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.475, 1.7, 2.0, 3.0)
DIMERS = (2.0, 2.5, 3.0, 4.0, 6.0)

Floats = NDArray[np.float64]


def relaxed(model: qf.ForceField, numbers: NDArray[np.integer], positions: Floats, tolerance: float = 0.02) -> Atoms:
    """The end of a relaxation, of at most 400 steps of at most 0.1 Angstrom."""
    atoms = Atoms(numbers, positions, calculator=qf.Calculator(model))
    BFGS(atoms, logfile=None, maxstep=0.1).run(fmax=tolerance, steps=400)
    return atoms


def conformers(built: Atoms) -> list[Floats]:
    """Positions with the hydrogen of a hydroxyl group turned about its bond; of water, as it is."""
    numbers, distances = built.numbers, built.get_all_distances()
    oxygen = int(np.flatnonzero(numbers == 8)[0])
    carbons = [int(k) for k in np.flatnonzero(numbers == 6) if distances[oxygen, k] < 1.6]
    if not carbons:
        return [built.positions]
    hydrogen = next(int(k) for k in np.flatnonzero(numbers == 1) if distances[oxygen, k] < 1.2)
    other = next(int(k) for k in np.flatnonzero(numbers == 6) if k != carbons[0])
    found = []
    for turn in (0.0, 120.0, 240.0):
        turned = built.copy()
        turned.rotate_dihedral(other, carbons[0], oxygen, hydrogen, turn, indices=[hydrogen])
        found.append(turned.positions)
    return found


def energy(model: qf.ForceField, numbers: NDArray[np.integer], positions: Floats) -> float:
    return float(model.predict(numbers, positions[None])[0][0])


def tried(name: str, model: qf.ForceField, starts: int, label: str) -> int:
    """Print what a model does; return how many relaxations ended below the minimum."""
    built = molecule(MOLECULES[name])
    numbers = built.numbers
    shapes = [relaxed(model, numbers, positions, 1e-3) for positions in conformers(built)]
    minima = np.array([each.get_potential_energy() for each in shapes])
    lowest = shapes[int(np.argmin(minima))]
    least, shape = float(minima.min()), lowest.positions.copy()
    generator = np.random.default_rng(1)
    ends = []
    for number in range(starts):
        moved = shape + AMPLITUDES[number % 4] * generator.normal(size=shape.shape)
        ends.append(relaxed(model, numbers, moved).get_potential_energy() - least)
    found = np.array(ends)
    below, at = int(np.sum(found < -BELOW)), int(np.sum(np.abs(found[:, None] - (minima - least)).min(axis=1) < SAME))
    print(f"{name}, {label}: of {starts} relaxations {below} below the minimum", end="")
    print(f" (lowest {found.min():.3f} eV), {at} at it or a conformer", flush=True)
    oxygen = int(np.flatnonzero(numbers == 8)[0])
    distances = lowest.get_all_distances()[oxygen] + 10.0 * (numbers != 1)
    hydrogen = int(np.argmin(distances))
    bond = shape[hydrogen] - shape[oxygen]
    bond /= np.linalg.norm(bond)
    scan = []
    for length in SCAN:
        stretched = shape.copy()
        stretched[hydrogen] = shape[oxygen] + length * bond
        scan.append(energy(model, numbers, stretched) - least)
    print("  O-H scan, eV: " + ", ".join(f"{x} {e:.2f}" for x, e in zip(SCAN, scan, strict=True)))
    free = energy(model, numbers, 100.0 * np.arange(len(numbers))[:, None] * np.ones(3))
    species = [model.program.species.index(symbol) for symbol in built.get_chemical_symbols()]
    print(f"  free atoms {free - least:.3f} eV above; by their energies {model.reference_energy(species) - least:.3f}")
    normal = np.linalg.svd(shape - shape.mean(axis=0))[2][2]
    pairs = [
        energy(model, np.tile(numbers, 2), np.concatenate([shape, shape + apart * normal])) - 2 * least
        for apart in DIMERS
    ]
    print("  dimers, eV: " + ", ".join(f"{x} {e:.2f}" for x, e in zip(DIMERS, pairs, strict=True)))
    return below


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--molecule", choices=[*MOLECULES], help="all when left out")
    parser.add_argument("--starts", type=int, default=100, help="relaxations of each molecule")
    parser.add_argument("--bare", type=int, default=24, help="relaxations without limits")
    parser.add_argument("--model", help="a model file in place of the trained one")
    given = parser.parse_args()
    warnings.simplefilter("ignore", QffcWarning)
    below = 0
    for name in [given.molecule] if given.molecule else MOLECULES:
        model = qf.load_model(given.model or f"trained:{name}")
        tried(name, replace(model, arrays=without_limits(model.arrays)), given.bare, "without limits")
        below += tried(name, model, given.starts, "with limits")
    sys.exit(1 if below else 0)


if __name__ == "__main__":
    main()
