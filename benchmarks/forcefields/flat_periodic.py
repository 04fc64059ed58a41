"""Why `initial` does not learn (1): rotations by raw vectors repeat, so that an atom far away still acts.

The gate exp(-i alpha x.sigma) turns a spin by 2 alpha |x|: a neighbour at the distance r and one at r + pi/alpha do the
same. First that is shown as it stands, two atoms with one alpha for all gates. Then the hydrogen of ethanol's O-H is
pulled away: the energy of `initial` goes on to swing, that of models with a cutoff is constant once the atom has left.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from benchmarks.forcefields.data import data_folder, load_molecule
from benchmarks.forcefields.report import show_table
from benchmarks.forcefields.subjects import add_subjects, minimum_of, subjects
from benchmarks.forcefields.topology import topology_of
from qffc.library import load
from qffc.models.force_field import ForceField, untrained
from qffc.reports.plots import ACCENT, FAINT, INK, new_figure, save_figure

NEAR, FAR = (0.8, 5.0), (10.0, 30.0)
"""Distances of O and H, Angstrom: where a potential acts, and where the hydrogen is 5 and more from all other atoms."""
_POINTS = 600


def add_options(parser: argparse.ArgumentParser) -> None:
    add_subjects(parser)
    parser.add_argument("--alpha", type=float, default=0.7, help="of the two atoms, 1/Å (default: %(default)g)")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="energies along the pull, PNG or SVG")


def run(options: argparse.Namespace) -> int:
    repeats, swing = repetition(options.alpha, options.seed)
    rows = [
        ("pi/alpha (Å)", f"{np.pi / options.alpha:.3f}"),
        ("largest E(r + pi/alpha) - E(r), up to 30 Å", f"{repeats:.1e}"),
        ("largest E - smallest E", f"{swing:.3f}"),
    ]
    show_table(("two atoms, `initial`, units of the readout", f"alpha = {options.alpha:g}/Å"), rows)
    data = load_molecule(data_folder(options.data), "ethanol")
    models = subjects(options, data)
    distances = np.linspace(NEAR[0], FAR[1], _POINTS)
    scans = {name: along_bond(model, minimum_of(data), distances) for name, model in models.items()}
    rows = [(name, *(f"{1000 * found:.3g}" for found in spreads(distances, scan))) for name, scan in scans.items()]
    title = "spread of the energy while H is pulled away from O of ethanol (meV)"
    header = ("model", *(f"{low:g} to {high:g} Å" for low, high in (NEAR, FAR)))
    show_table(header, rows, title)
    if options.plot:
        plot(distances, scans, options.plot)
    return 0


def repetition(alpha: float, seed: int) -> tuple[float, float]:
    """Return the largest |E(r + pi/alpha) - E(r)| of two atoms and the range of E, in units of the readout."""
    program = load("initial", species=("C", "H"), slots=2, channels=4, depth=5)
    model = untrained(program, seed)
    one = replace(model, arrays={**model.arrays, "alpha": np.full_like(model.arrays["alpha"], alpha)})
    distances = np.linspace(0.8, 30.0, 200)
    energies, later = (_two_atoms(one, distances + shift) for shift in (0.0, np.pi / alpha))
    return float(np.max(np.abs(later - energies))), float(np.ptp(energies))


def along_bond(model: ForceField, molecule: Atoms, distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return energies (eV) with the hydrogen at these distances from the oxygen, in its direction."""
    oxygen, hydrogen = _bond(molecule)
    direction = molecule.positions[hydrogen] - molecule.positions[oxygen]
    direction /= np.linalg.norm(direction)
    frames = np.repeat(molecule.positions[None], len(distances), axis=0)
    frames[:, hydrogen] = molecule.positions[oxygen] + distances[:, None] * direction
    return model.predict(molecule.numbers, frames)[0]


def spreads(distances: NDArray[np.float64], energies: NDArray[np.float64]) -> tuple[float, ...]:
    """Return the standard deviation of the energy near and far."""
    return tuple(float(np.std(energies[(distances >= low) & (distances <= high)])) for low, high in (NEAR, FAR))


def plot(distances: NDArray[np.float64], scans: dict[str, NDArray[np.float64]], path: Path) -> None:
    figure = new_figure(3.6 * len(scans), 3.2)
    panels = figure.subplots(1, len(scans), squeeze=False)[0]
    for panel, (name, energies) in zip(panels, scans.items(), strict=True):
        panel.axvspan(*FAR, color=FAINT, alpha=0.3, linewidth=0)
        panel.plot(distances, energies - energies[-1], color=ACCENT)
        panel.set_title(name, color=INK)
        panel.set_xlabel("distance of O and H (Å)")
    panels[0].set_ylabel("energy (eV)")
    save_figure(figure, path)


def _two_atoms(model: ForceField, distances: NDArray[np.float64]) -> NDArray[np.float64]:
    frames = np.zeros((len(distances), 2, 3))
    frames[:, 1, 0] = distances
    return model.predict(np.array([6, 1]), frames)[0]


def _bond(molecule: Atoms) -> tuple[int, int]:
    first, second = topology_of(molecule).bonds["H-O"][0]
    return (first, second) if molecule.symbols[first] == "O" else (second, first)
