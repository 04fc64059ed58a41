"""A box of waters: energy in dynamics at constant volume, and stress against strain, of a model with a cutoff.

The model is of the form of ``lib:gathered``, and is trained here on the embedded frames of single waters, or is any
model that is named. It shows that cells are computed right, not what water is: how waters act on each other is in no
frame of the training data. Where they are near enough for the model to see them, it says so by its extrapolation grade,
its energies fade to those of free atoms, and atoms nearer than any in the data repel each other; so the box is no
liquid. It is relaxed first, for molecules that are put on a lattice at random are far from rest.

Exits with 1 when the stress is off, or the energy drifts.
"""

import argparse
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from ase import Atoms, units
from ase.build import molecule
from ase.md.velocitydistribution import Stationary, thermalize_momenta
from ase.md.verlet import VelocityVerlet
from ase.optimize import FIRE

import qffc as qf
from qffc.data import load_embedded
from qffc.ir.diagnostics import QffcWarning

PROGRAM = "lib:gathered:species=H,O,channels=4,rounds=2,depth=2,vectors=8,hidden=32,32,cutoff=4.0"
SETTINGS = {"train": 300, "validation": 50, "epochs": 60, "learning_rate": 0.005}
VOLUME = 29.9
"""Angstrom^3 for each water: liquid at room temperature."""
STRAIN = 1e-4
STRESS, DRIFT = 1e-6, 1e-3
"""eV/Angstrom^3 by which the stress may be off, and eV for each atom by which the energy may drift."""


def box(side: int, seed: int) -> Atoms:
    """Waters on a lattice, side^3 of them, each turned at random."""
    generator = np.random.default_rng(seed)
    length = VOLUME ** (1 / 3)
    atoms = Atoms(cell=[side * length] * 3, pbc=True)
    for place in np.ndindex(side, side, side):
        water = molecule("H2O")
        water.rotate(generator.uniform(0, 360), generator.normal(size=3))
        water.positions += length * np.array(place)
        atoms += water
    return atoms


def strained(atoms: Atoms, row: int, column: int, by: float) -> float:
    """The energy of atoms and cell after a strain, eV."""
    strain = np.eye(3)
    strain[row, column] += 0.5 * by
    strain[column, row] += 0.5 * by
    other = atoms.copy()
    other.calc = atoms.calc
    other.set_cell(atoms.cell.array @ strain, scale_atoms=False)
    other.positions = atoms.positions @ strain
    return float(other.get_potential_energy())


def stress_error(atoms: Atoms) -> float:
    """The largest difference of the stress from derivatives by strain, to the fourth order, eV/Angstrom^3."""
    stress, found = atoms.get_stress(), []
    for row, column in ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)):
        before, low, high, after = (strained(atoms, row, column, k * STRAIN) for k in (-2, -1, 1, 2))
        found.append((before - 8 * low + 8 * high - after) / (12 * STRAIN * atoms.get_volume()))
    return float(np.abs(stress - found).max())


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="a model with a cutoff [default: trained here, kept in .bench/water_box]")
    parser.add_argument("--side", type=int, default=4, help="waters along an edge of the box [4: 64 waters]")
    parser.add_argument("--steps", type=int, default=400, help="of 0.25 fs")
    parser.add_argument("--relax", type=int, default=300, help="steps before, at most")
    parser.add_argument("--temperature", type=float, default=300.0, help="K")
    options = parser.parse_args()
    warnings.simplefilter("ignore", QffcWarning)
    folder = Path(".bench/water_box")
    if options.model is None:
        model = qf.train(PROGRAM, load_embedded("water"), folder, **SETTINGS)
    else:
        model = qf.load_model(options.model)
    atoms = box(options.side, seed=1)
    atoms.calc = qf.Calculator(model)
    print(f"{model!r}\n{len(atoms) // 3} waters in a cube of {atoms.cell.lengths()[0]:.2f} Angstrom")
    FIRE(atoms, logfile=None).run(fmax=0.05, steps=options.relax)
    print(f"relaxed to {np.linalg.norm(atoms.get_forces(), axis=1).max():.3f} eV/Angstrom")
    # Half of it goes into the springs.
    thermalize_momenta(atoms, 2 * options.temperature, rng=np.random.default_rng(2))
    Stationary(atoms)
    start = atoms.get_total_energy()
    print(f"{'fs':>6} {'energy - start, meV/atom':>25} {'K':>7} {'grade':>7} {'atoms above 1':>14} {'GPa':>8}")
    motion, drifts = VelocityVerlet(atoms, timestep=0.25 * units.fs), []
    began = time.perf_counter()

    def show() -> None:
        apart = (atoms.get_total_energy() - start) / len(atoms)
        drifts.append(apart)
        grades = atoms.calc.results.get("extrapolation_grades", np.zeros(1))
        pressure = -atoms.get_stress()[:3].mean() / units.GPa
        print(
            f"{motion.nsteps * 0.25:6.1f} {1000 * apart:25.4f} {atoms.get_temperature():7.0f} {grades.max():7.2f} "
            f"{int(np.sum(grades > 1)):14d} {pressure:8.2f}",
            flush=True,
        )

    motion.attach(show, interval=max(1, options.steps // 8))
    motion.run(options.steps)
    each = (time.perf_counter() - began) / options.steps
    print(f"{1000 * each:.1f} ms for each step; lists of neighbours made: {atoms.calc.neighbours.builds}")
    off, drift = stress_error(atoms), float(np.abs(drifts).max())
    print(f"stress against strain: off by {off:.1e} eV/Angstrom^3 at most; energy off by {1000 * drift:.4f} meV/atom")
    return int(off > STRESS or drift > DRIFT)


if __name__ == "__main__":
    sys.exit(main())
