"""Plots of a training run; each function writes one PNG or SVG file, by its suffix, whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from qffc.atomic_files import atomic_path
from qffc.reports.evaluation import Evaluation
from qffc.units import energy_from_ev

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, ACCENT, SECOND, FAINT = "#22303c", "#0b7285", "#d9480f", "#adb5bd"


def parity_plot(evaluation: Evaluation, path: Path, frames: str = "held-out frames") -> None:
    """Write predicted against reference energies and forces, if any; ``frames`` says in the title what they are."""
    panels = 2 if evaluation.data.has_forces else 1
    figure = new_figure(4.5 * panels, 4.4)
    left, *right = figure.subplots(1, panels, squeeze=False)[0]
    mean = evaluation.data.energies.mean()
    _parity(
        left,
        energy_from_ev(evaluation.data.energies - mean, "meV"),
        energy_from_ev(evaluation.energies - mean, "meV"),
        "energy minus mean (meV)",
        f"MAE {evaluation.errors.energy_mae:.3f} meV",
    )
    for axes in right:
        _parity(
            axes,
            evaluation.data.forces.ravel(),
            evaluation.forces.ravel(),
            "force component (eV/Å)",
            f"MAE {evaluation.errors.force_mae:.2f} meV/Å",
        )
    figure.suptitle(f"{evaluation.data.name}: {len(evaluation.data)} {frames}", color=INK)
    save_figure(figure, path)


def training_curve(rows: Sequence[dict[str, float]], path: Path) -> None:
    """Write validation errors against epochs, from the rows of a training log."""
    figure = new_figure(6.4, 4.2)
    axes = figure.subplots()
    for column, label, colour in (
        ("validation_energy_mae_meV", "energy (meV)", ACCENT),
        ("validation_force_mae_meV_per_Angstrom", "force (meV/Å)", SECOND),
    ):
        points = [(row["epoch"], row[column]) for row in rows if column in row]
        if points:
            axes.semilogy(*np.transpose(points), label=label, color=colour, marker="o", markersize=3)
    axes.set_xlabel("epoch")
    axes.set_ylabel("mean absolute error, validation frames")
    axes.grid(which="both", color=FAINT, alpha=0.3)
    axes.legend(frameon=False)
    save_figure(figure, path)


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of that size in inches, drawn without a window."""
    from matplotlib.figure import Figure as NewFigure

    return NewFigure(figsize=(width, height), layout="constrained")


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure, whole or not at all."""
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=150, bbox_inches="tight")


def _parity(axes, reference, predicted, label: str, note: str) -> None:  # type: ignore[no-untyped-def]  # matplotlib axes
    low, high = float(min(reference.min(), predicted.min())), float(max(reference.max(), predicted.max()))
    axes.plot([low, high], [low, high], color=FAINT, linewidth=1)
    axes.scatter(reference, predicted, s=6, color=ACCENT, alpha=0.5, linewidths=0)
    axes.set_xlabel(f"reference {label}")
    axes.set_ylabel(f"predicted {label}")
    axes.text(0.05, 0.92, note, transform=axes.transAxes, color=INK)
    axes.set_aspect("equal", adjustable="datalim")
