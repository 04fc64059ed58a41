"""The table of what is on disk: errors over splits and costs, beside published errors."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from statistics import fmean

from rich import box

from benchmarks.forcefields.published import MACE_AGAIN, MACE_AGAIN_SOURCE, NAMES, PUBLISHED, SOURCE
from benchmarks.forcefields.report import show_table
from benchmarks.forcefields.rmd17_files import FORMULAS
from benchmarks.rmd17.costs import Costs, read_costs
from qffc.ir.diagnostics import error
from qffc.ir.short_repr import counted
from qffc.studies.run import RESULT_NAME, Label, Result, read_saved
from qffc.studies.study import Summary, summarize
from qffc.training.progress import duration

STYLES = {"text": box.SIMPLE_HEAD, "markdown": box.MARKDOWN}
HEADER = (
    "molecule",
    "model",
    "splits",
    "energy MAE (meV)",
    "force MAE (meV/Å)",
    "time a split",
    "trained numbers",
    "circuits",
)
LABELS = {"molecule", "frames", "program", "published_split"}
_NONE = "-"
Finished = tuple[Result, Costs | None]


def show(folder: Path, molecules: Sequence[str], style: str) -> None:
    """Print a table for each number of training frames.

    Raises:
        QffcError: when no finished run of these molecules is there, or a file cannot be read.
    """
    found = finished(folder, molecules)
    if not found:
        raise error(
            "no finished run",
            found=f"no run of {', '.join(molecules)} in '{folder}' that came to its end",
            expected="finished runs",
            help="train some: leave --table out, and name a program with --model",
        )
    for frames, group in groupby(found, lambda each: _labels(each[0])["frames"]):
        assert isinstance(frames, int)
        show_frames(frames, list(group), style)


def finished(folder: Path, molecules: Sequence[str]) -> list[Finished]:
    """Return the runs in a folder that came to their end, the most frames first, splits of a row together."""
    found = []
    for file in folder.glob(f"*/{RESULT_NAME}"):
        saved = read_saved(file)
        labels, errors = saved.get("labels"), saved.get("errors")
        if isinstance(labels, dict) and isinstance(errors, dict) and set(labels) == LABELS:
            found.append((Result(tuple(labels.items()), errors), read_costs(file.parent)))
    return sorted((each for each in found if _labels(each[0])["molecule"] in molecules), key=_place)


def show_frames(frames: int, found: Sequence[Finished], style: str) -> None:
    """Print the table of runs with the same number of training frames."""
    names = NAMES.get(frames, ())
    rows = [row_of(summary, found, names) for summary in summarize([result for result, _ in found])]
    tested = sorted({int(result.errors["frames"]) for result, _ in found})
    title = f"rMD17, {frames} training frames, {' or '.join(map(str, tested))} test frames"
    show_table((*HEADER, *names), rows, title, STYLES[style])
    for note in notes(frames, found):
        print(note)


def row_of(summary: Summary, found: Sequence[Finished], names: Sequence[str]) -> tuple[str, ...]:
    """Return the row of a program and a molecule."""
    labels = dict(summary.labels)
    mine = [each for each in found if all(_labels(each[0])[name] == value for name, value in labels.items())]
    costs = [cost for _, cost in mine if cost is not None]
    splits = [str(_labels(result)["published_split"]) for result, _ in mine]
    molecule = str(labels["molecule"])
    published = PUBLISHED.get(summary_frames(summary), {}).get(molecule, {})
    return (
        molecule,
        str(labels["program"]),
        ",".join(splits),
        spread(summary, "energy_mae"),
        spread(summary, "force_mae"),
        duration(fmean(cost.seconds for cost in costs)) if costs else _NONE,
        f"{costs[0].trained_numbers:,}" if costs else _NONE,
        f"{costs[0].circuits:,}" if costs else _NONE,
        *("{:g} / {:g}".format(*published[name]) if name in published else _NONE for name in names),
    )


def summary_frames(summary: Summary) -> int:
    """Return the number of training frames of a summary."""
    return int(dict(summary.labels)["frames"])


def spread(summary: Summary, name: str) -> str:
    """Return a mean over splits, with the standard deviation of one where there are several."""
    mean = f"{summary.means[name]:.2f}"
    return f"{mean} ± {summary.deviations[name]:.2f}" if name in summary.deviations else mean


def notes(frames: int, found: Sequence[Finished]) -> list[str]:
    """Return what has to be known about a table."""
    machines = sorted({f"{cost.device}, {counted(cost.cores, 'core')}" for _, cost in found if cost is not None})
    lines = [
        "Errors: mean over splits ± standard deviation of one. Time: until the last epoch, compilation included"
        + (f"; on {'; '.join(machines)}." if machines else ".")
    ]
    if frames in NAMES:
        lines.append(f"Published: energy (meV) / forces (meV/Å), {SOURCE}.")
    if frames == 1000:
        molecules = dict.fromkeys(str(_labels(result)["molecule"]) for result, _ in found)
        again = ", ".join("{} {:g} / {:g}".format(name, *MACE_AGAIN[name]) for name in molecules)
        lines.append(f"MACE trained again by others, split 1 ({MACE_AGAIN_SOURCE}): {again}.")
    return lines


def _labels(result: Result) -> dict[str, Label]:
    return dict(result.labels)


def _place(each: Finished) -> tuple[int, int, str, int]:
    labels = _labels(each[0])
    order = list(FORMULAS).index(str(labels["molecule"]))
    return -int(labels["frames"]), order, str(labels["program"]), int(labels["published_split"])
