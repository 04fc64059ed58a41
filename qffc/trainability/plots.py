"""The plot of a diagnosis: variance against what varies, gradients of tables, Fisher spectrum."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from qffc.atomic_files import atomic_path
from qffc.trainability.diagnosis import DataDiagnosis, FamilyDiagnosis

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_diagnosis(family: FamilyDiagnosis, on_data: DataDiagnosis | None, path: Path) -> None:
    """Write one panel for the family, when it has several members, and two for the data, when there are some."""
    from matplotlib.figure import Figure

    scales = family.scalings
    options = list(dict.fromkeys(each.option for each in scales))
    panels = len(options) + (0 if on_data is None else 2) or 1
    figure = Figure(figsize=(4.6 * panels, 4.2), layout="constrained")
    axes = np.atleast_1d(figure.subplots(1, panels))
    for place, option in zip(axes, options, strict=False):
        _variances(place, family, option)
    if not options and on_data is None:
        _tables_of_one(axes[0], family)
    if on_data is not None:
        _norms(axes[-2], on_data)
        _spectrum(axes[-1], on_data)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=150, bbox_inches="tight")


def _variances(axes: Axes, family: FamilyDiagnosis, option: str) -> None:
    for scaling in (each for each in family.scalings if each.option == option):
        points = [
            (dict(options)[option], each.mean)
            for options, each in family.members.items()
            if tuple(entry for entry in options if entry[0] != option) == scaling.fixed
        ]
        label = ", ".join(f"{name}={value}" for name, value in scaling.fixed) or None
        axes.semilogy(*zip(*points, strict=True), marker="o", label=label)
    axes.set_xlabel(option)
    axes.set_ylabel("mean variance of a derivative (rad⁻²)")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False)


def _tables_of_one(axes: Axes, family: FamilyDiagnosis) -> None:
    (only,) = family.members.values()
    axes.bar(list(only.tables), list(only.tables.values()))
    axes.set_yscale("log")
    axes.set_ylabel("mean variance of a derivative (rad⁻²)")


def _norms(axes: Axes, found: DataDiagnosis) -> None:
    names = [table if row is None else f"{table}[{row}]" for table, row in found.norms]
    rows = np.arange(len(names))
    axes.barh(rows - 0.2, [energy for energy, _ in found.norms.values()], height=0.4, label="energy")
    axes.barh(rows + 0.2, [force for _, force in found.norms.values()], height=0.4, label="forces")
    axes.set_yticks(rows, names, fontsize="small")
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel("norm of the gradient, outputs scaled")
    axes.legend(frameon=False)


def _spectrum(axes: Axes, found: DataDiagnosis) -> None:
    for each in found.spectra:
        values = each.eigenvalues[: each.rank]
        axes.semilogy(np.arange(1, len(values) + 1), values, linewidth=1)
    axes.set_xlabel("number of the eigenvalue")
    axes.set_ylabel("eigenvalue of the Fisher information")
