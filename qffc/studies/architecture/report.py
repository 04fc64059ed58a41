"""What a search over programs has found, as a table and as a plot."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

from qffc.atomic_files import write_text
from qffc.studies.architecture.architecture_search import Architectures
from qffc.studies.architecture.records import Entry
from qffc.studies.study import COLUMNS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TABLE_NAME, PLOT_NAME = "front.csv", "front.png"
HEAD = ("candidate", "epochs", "energy (meV)", "forces (meV/Å)", "shots", "ZZ", "")
_TEST = ("energy_mae", "force_mae")


def shown(found: Architectures) -> list[Entry]:
    """Return the candidates of the front, dear circuits first, and the last controls that are not on it."""
    front = sorted(
        (found.entries[number] for number in found.front), key=lambda entry: (-_zz(entry), entry.birth.number)
    )
    return [*front, *(entry for entry in found.controls if entry.birth.number not in found.front)]


def _zz(entry: Entry) -> float:
    return entry.objectives[2]


def rows(found: Architectures) -> list[tuple[str, ...]]:
    """Return the rows of the table for people, under :data:`HEAD`; errors are those of the validation frames."""
    made: list[tuple[str, ...]] = []
    for entry in shown(found):
        figures = entry.outcome.figures
        assert figures is not None
        place = "on the front" if entry.birth.number in found.front else "beaten"
        control = f"{entry.birth.words}: " if entry.birth.control else ""
        made.append(
            (
                entry.birth.folder,
                str(entry.birth.epochs),
                f"{figures.energy_mae_meV:.3g}",
                f"{figures.force_mae_meV_per_Angstrom:.3g}",
                f"{figures.shots:.2e}",
                f"{figures.zz:.1f}",
                f"{control}{place}",
            )
        )
    return made


def write_table(found: Architectures, path: Path) -> None:
    """Write a row for each complete candidate, units in the header."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    tests = [f"test_{COLUMNS[name]}" for name in _TEST]
    writer.writerow(
        ["candidate", "generation", "parent", "control", "front", "epochs", "error", "shots", "zz", *tests, "change"]
    )
    for entry in found.entries:
        if not entry.complete:
            continue
        birth, errors = entry.birth, found.tests.get(entry.birth.number, {})
        writer.writerow(
            [
                birth.number,
                birth.generation,
                "" if birth.parent is None else birth.parent,
                birth.control,
                birth.number in found.front,
                birth.epochs,
                *(repr(value) for value in entry.objectives),
                *(errors.get(COLUMNS[name], "") for name in _TEST),
                birth.words,
            ]
        )
    write_text(path, buffer.getvalue())


def plot_front(found: Architectures, path: Path) -> None:
    """Write error against cost, and shots against cost, of all complete candidates, on logarithmic axes."""
    from qffc.reports.plots import new_figure, save_figure

    figure = new_figure(9.0, 4.2)
    left, right = figure.subplots(1, 2)
    _panel(left, found, 0, "validation error, (meV · meV/Å)^½")
    _panel(right, found, 1, "shots for one energy")
    left.legend(frameon=False)
    save_figure(figure, path)


def _panel(axes: Axes, found: Architectures, objective: int, label: str) -> None:
    from qffc.reports.plots import ACCENT, FAINT, SECOND

    whole = [entry for entry in found.entries if entry.complete]
    others = [entry for entry in whole if entry.birth.number not in found.front]
    front = [entry for entry in whole if entry.birth.number in found.front]
    controls = [entry for entry in whole if entry.birth.control]
    for entries, colour, marker, size, name in (
        (others, FAINT, "o", 4, "beaten"),
        (front, ACCENT, "o", 6, "front"),
        (controls, SECOND, "x", 6, "start, trained on"),
    ):
        points = [(entry.objectives[2], entry.objectives[objective]) for entry in entries]
        if points:
            axes.semilogy(
                *zip(*points, strict=True), linestyle="", marker=marker, markersize=size, color=colour, label=name
            )
    axes.set_xlabel("cost of a circuit (ZZ)")
    axes.set_ylabel(label)
    axes.grid(which="both", color=FAINT, alpha=0.3)
