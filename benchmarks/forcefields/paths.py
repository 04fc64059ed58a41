"""Energies of a model along paths far from its training data: ethanol's O-H stretch and two normal modes.

Energies are relative to the point of each path where the data are lowest. Points up to --below of it are counted apart:
far above, no training frame has been.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.forcefields.data import EnergyScan, data_folder, load_paths
from benchmarks.forcefields.models import open_model
from benchmarks.forcefields.report import show_table
from qffc.models.force_field import ForceField
from qffc.reports.plots import INK, new_figure, save_figure

Curves = dict[str, NDArray[np.float64]]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("models", nargs="+", type=Path, help="model files, or folders of runs")
    parser.add_argument("--below", type=float, default=1.0, help="eV, of points counted apart (default: %(default)g)")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="curves of models and data, PNG or SVG")


def run(options: argparse.Namespace) -> int:
    numbers, scans = load_paths(data_folder(options.data))
    models = {str(path): open_model(path) for path in options.models}
    names = {path: Path(path).stem if Path(path).suffix else Path(path).name for path in models}
    curves = {scan.label: {path: curve(model, numbers, scan) for path, model in models.items()} for scan in scans}
    rows = [
        (names[path], scan.label, *_figures(scan, curves[scan.label][path], options.below))
        for path in models
        for scan in scans
    ]
    near = f"below {options.below:g} eV"
    show_table(("model", "path", "points", "RMSE (meV)", near, "RMSE (meV)", "largest energy (eV)"), rows)
    if options.plot:
        plot(scans, {label: {names[p]: c for p, c in found.items()} for label, found in curves.items()}, options.plot)
    return 0


def relative(scan: EnergyScan, energies: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return energies minus the one where the data have their minimum, eV."""
    return energies - energies[int(np.argmin(scan.energies))]


def curve(model: ForceField, numbers: NDArray[np.int64], scan: EnergyScan) -> NDArray[np.float64]:
    """Return what a model says along a path, eV."""
    return relative(scan, model.predict(numbers, scan.positions)[0])


def errors_along(scan: EnergyScan, predicted: NDArray[np.float64], below: float) -> tuple[float, int, float]:
    """Return the RMSE (meV) of all points, the number of points up to `below` eV, and their RMSE."""
    reference = relative(scan, scan.energies)
    wrong = 1000.0 * (predicted - reference)
    near = reference <= below
    return float(np.sqrt(np.mean(wrong**2))), int(near.sum()), float(np.sqrt(np.mean(wrong[near] ** 2)))


def plot(scans: Sequence[EnergyScan], curves: dict[str, Curves], path: Path) -> None:
    """Draw a panel for each path."""
    figure = new_figure(4.4 * len(scans), 3.8)
    panels = figure.subplots(1, len(scans), squeeze=False)[0]
    for panel, scan in zip(panels, scans, strict=True):
        panel.plot(scan.parameter, relative(scan, scan.energies), "o", color=INK, markersize=3, label="data")
        for name, energies in curves[scan.label].items():
            panel.plot(scan.parameter, energies, label=name)
        panel.set_title(scan.label, color=INK)
        panel.set_xlabel("distance of O and H (Å)" if scan.label == "H_removal" else "displacement")
    panels[0].set_ylabel("energy (eV)")
    panels[0].legend(frameon=False)
    save_figure(figure, path)


def _figures(scan: EnergyScan, predicted: NDArray[np.float64], below: float) -> tuple[str, ...]:
    everywhere, near, there = errors_along(scan, predicted, below)
    largest = relative(scan, scan.energies).max()
    return f"{len(scan.energies)}", f"{everywhere:.1f}", f"{near}", f"{there:.1f}", f"{largest:.2f}"
