"""How well one model tells its errors: on test frames, and along paths far from its training data.

Uncertainty is added to the model (`qf.with_uncertainty`) from its own training and validation frames of rMD17. The
paths have energies alone, relative to the point where the data are lowest.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

import qffc as qf
from benchmarks.forcefields.data import data_folder, load_molecule, load_paths
from benchmarks.forcefields.paths import relative
from benchmarks.forcefields.report import show_table
from qffc.models.uncertainty.calibration import calibration_of
from qffc.training.held_out import held_out

BANDS = (0.0, 0.5, 1.0, 2.0, np.inf)
"""eV above the lowest point of a path."""

Floats = NDArray[np.float64]


def on_test_frames(model: qf.ForceField, folder: Path, frames: int) -> None:
    data = load_molecule(folder, "ethanol")
    rows = np.array(held_out(model, data, "test").rows)
    test = data.subset(rows[np.linspace(0, len(rows) - 1, frames).astype(int)].tolist())
    deviations = model.deviations(test.numbers, test.positions)
    told = calibration_of(model.predict(test.numbers, test.positions), deviations, test)
    rows_of_table = [
        ("energies", told.energy_rank, told.energy_within_one, told.energy_within_two),
        ("forces on atoms", told.force_rank, told.force_within_one, told.force_within_two),
    ]
    print(f"{len(test)} test frames")
    show_table(
        ("", "rank correlation", "within 1 deviation", "within 2"),
        [(name, f"{rank:.2f}", f"{one:.1%}", f"{two:.1%}") for name, rank, one, two in rows_of_table],
    )


def on_paths(model: qf.ForceField, folder: Path) -> None:
    numbers, scans = load_paths(folder)
    energies, errors, deviations, largest, grades = [], [], [], [], []
    for scan in scans:
        above = relative(scan, scan.energies)
        energies.append(above)
        errors.append(np.abs(relative(scan, model.predict(numbers, scan.positions)[0]) - above))
        of_energies, of_forces = model.deviations(numbers, scan.positions)
        deviations.append(of_energies)
        largest.append(of_forces.max(axis=1))
        grades.append(model.extrapolation_grade(numbers, scan.positions).max(axis=1))
    above, error, deviation, force, grade = map(np.concatenate, (energies, errors, deviations, largest, grades))
    rows = []
    for low, high in zip(BANDS[:-1], BANDS[1:], strict=True):
        some = (above >= low) & (above < high)
        figures = (np.median(1e3 * each[some]) for each in (error, deviation, force))
        rows.append((f"{low:g} to {high:g} eV", str(some.sum()), *(f"{each:.1f}" for each in figures)))
    print(f"{len(above)} points of {len(scans)} paths, medians")
    show_table(("above the lowest", "points", "error (meV)", "deviation (meV)", "largest of a force (meV/Å)"), rows)
    of = {"energy deviation": deviation, "largest force deviation": force, "extrapolation grade": grade}
    show_table(
        ("rank correlation with the error of the energy", ""),
        [(name, f"{spearmanr(error, values).statistic:.2f}") for name, values in of.items()],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder with rmd17_ethanol.npz and botnet_ethanol_paths.npz")
    parser.add_argument("--model", default="trained:ethanol", help="default: %(default)s")
    parser.add_argument("--frames", type=int, default=300, help="test frames (default: %(default)s)")
    given = parser.parse_args()
    folder = data_folder(given.data)
    model = qf.with_uncertainty(given.model, load_molecule(folder, "ethanol"))
    on_test_frames(model, folder, given.frames)
    on_paths(model, folder)


if __name__ == "__main__":
    main()
