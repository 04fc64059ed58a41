"""Learning curves: test errors against the number of training frames, with the exponents of their fall."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qffc.atomic_files import write_text
from qffc.progress_line import shown_as
from qffc.studies.grid import curve_runs
from qffc.studies.power_law import PowerLaw, fit_power_law
from qffc.studies.run import Result, load_data
from qffc.studies.run_file import RunFile
from qffc.studies.study import Study, Summary, results_json, summaries_json, summarize, write_csv
from qffc.studies.tables import ClusterTable, CurveTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FITTED = {"energy_mae": "energy MAE (meV)", "force_mae": "force MAE (meV/Å)"}
CSV_NAME, JSON_NAME, PLOT_NAME = "curve.csv", "curve.json", "curve.png"


@dataclass(frozen=True)
class Curve:
    """A learning curve.

    Args:
        results: of all runs.
        summaries: over splits and seeds, one for each size.
        fits: by ``energy_mae`` and ``force_mae``; empty with fewer than two sizes.
    """

    results: tuple[Result, ...]
    summaries: tuple[Summary, ...]
    fits: dict[str, PowerLaw]

    def to_json(self) -> dict[str, object]:
        """Return everything as plain data."""
        fits = {name: asdict(law) for name, law in self.fits.items()}
        return {"runs": results_json(self.results), "sizes": summaries_json(self.summaries), "fits": fits}


@shown_as("learning curve")
def learning_curve(
    given: RunFile,
    table: CurveTable,
    folder: Path,
    place: ClusterTable | None = None,
    report: Callable[[Result, int], None] | None = None,
) -> Curve:
    """Train at every size, as far as that is not done, and fit the errors.

    Writes ``curve.csv`` with a row for each run, ``curve.json`` and ``curve.png`` into the folder, beside a folder for
    each run.

    Args:
        given: program, data and settings.
        table: sizes and repetitions.
        folder: of the curve.
        place: where runs run; in this process by default.
        report: called with each result and the number of results so far.

    Raises:
        QffcError: when program, data or settings are not valid; a run that fails is a result with a failure instead.
    """
    runs = curve_runs(given, table, min(map(len, load_data(given.sources()))))
    results = Study(folder, runs).do(place or ClusterTable(), report)
    curve = curve_of(results)
    write_csv(results, folder / CSV_NAME)
    write_text(folder / JSON_NAME, json.dumps(curve.to_json(), indent=2, allow_nan=False) + "\n")
    if curve.summaries:
        plot_curve(curve, folder / PLOT_NAME)
    return curve


def curve_of(results: Sequence[Result]) -> Curve:
    """Return the summaries and fits of results with the label ``train``."""
    by_size: dict[int, list[Result]] = {}
    for result in results:
        if result.errors:
            by_size.setdefault(int(dict(result.labels)["train"]), []).append(result)
    fits = {}
    for name in FITTED:
        errors = {size: [result.errors[name] for result in group] for size, group in by_size.items()}
        if len(errors) > 1:
            fits[name] = fit_power_law(errors)
    return Curve(tuple(results), summarize(results), fits)


def plot_curve(curve: Curve, path: Path) -> None:
    """Write the errors and their fits, on logarithmic axes."""
    from qffc.reports.plots import ACCENT, SECOND, new_figure, save_figure

    figure = new_figure(9.0, 4.2)
    for axes, (name, label), colour in zip(figure.subplots(1, 2), FITTED.items(), (ACCENT, SECOND), strict=True):
        _plot(axes, curve, name, colour)
        axes.set_xlabel("training frames")
        axes.set_ylabel(label)
    save_figure(figure, path)


def _plot(axes: Axes, curve: Curve, name: str, colour: str) -> None:
    from matplotlib.ticker import NullFormatter, ScalarFormatter

    from qffc.reports.plots import FAINT, INK

    points = [(dict(result.labels)["train"], result.errors[name]) for result in curve.results if result.errors]
    sizes = [int(dict(summary.labels)["train"]) for summary in curve.summaries]
    axes.loglog(*zip(*points, strict=True), linestyle="", marker="o", markersize=4, alpha=0.4, color=colour)
    axes.loglog(sizes, [summary.means[name] for summary in curve.summaries], marker="_", linestyle="", color=INK)
    if name in curve.fits:
        law = curve.fits[name]
        axes.loglog(sizes, [law(size) for size in sizes], color=colour, label=f"N^({spell_exponent(law, minus=True)})")
        axes.legend(frameon=False)
    axes.set_xticks(sizes)
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(which="both", color=FAINT, alpha=0.3)


def spell_exponent(law: PowerLaw, *, minus: bool = False) -> str:
    """Return an exponent with its standard error, for people."""
    value = -law.exponent if minus else law.exponent
    return f"{value:.2f}" if law.standard_error is None else f"{value:.2f} ± {law.standard_error:.2f}"
