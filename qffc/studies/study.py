"""A study: runs in one folder, each in a folder of its own, and a table of what they came to."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean, stdev

from qffc.atomic_files import write_text
from qffc.ir.diagnostics import error
from qffc.ir.telling import tell
from qffc.studies.in_parallel import as_done
from qffc.studies.run import Label, Result, Run, do_run
from qffc.studies.tables import ClusterTable

REPETITIONS = ("seed", "split_seed", "published_split")
"""Labels over which means are taken: they name repetitions, not choices."""

COLUMNS = {
    "energy_mae": "energy_mae_meV",
    "energy_rmse": "energy_rmse_meV",
    "force_mae": "force_mae_meV_per_Angstrom",
    "force_rmse": "force_rmse_meV_per_Angstrom",
    "frames": "frames",
    "stress_mae": "stress_mae_meV_per_Angstrom3",
    "stress_rmse": "stress_rmse_meV_per_Angstrom3",
}


@dataclass(frozen=True)
class Study:
    """Runs to be done, in any order and any number of attempts.

    Args:
        folder: holds a folder for each run.
        runs: with different labels.

    Raises:
        QffcError: when two runs have the same labels.
    """

    folder: Path
    runs: tuple[Run, ...]

    def __post_init__(self) -> None:
        names = [run.name for run in self.runs]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise error(
                "run that occurs twice",
                found=f"'{twice[0]}'",
                expected="each combination once",
                help="name each value once",
            )

    def do(self, place: ClusterTable, report: Callable[[Result, int], None] | None = None) -> tuple[Result, ...]:
        """Do what is left of the runs.

        Args:
            place: where; in this process one after another by default.
            report: called with each result and the number of results so far.

        Returns:
            The results, in the order of the runs.
        """
        results: dict[int, Result] = {}
        tell("runs:", 0, len(self.runs))
        for index, result in self._as_done(place):
            results[index] = result
            tell("runs:", len(results), len(self.runs))
            if report is not None:
                report(result, len(results))
        return tuple(results[index] for index in range(len(self.runs)))

    def _as_done(self, place: ClusterTable) -> Iterator[tuple[int, Result]]:
        return as_done(partial(_do, self.folder.absolute()), self.runs, place)


def _do(folder: Path, run: Run) -> Result:
    return do_run(run, folder / run.name)


@dataclass(frozen=True)
class Summary:
    """Mean and standard deviation over the repetitions of one choice.

    Args:
        labels: of the choice.
        runs: how many there are.
        means: by the names of :class:`qffc.models.errors.Errors`.
        deviations: the same; empty with a single run.
    """

    labels: tuple[tuple[str, Label], ...]
    runs: int
    means: dict[str, float]
    deviations: dict[str, float]


def summarize(results: Sequence[Result]) -> tuple[Summary, ...]:
    """Return a summary for each choice, over the seeds and splits of the results that have errors."""
    groups: dict[tuple[tuple[str, Label], ...], list[Result]] = {}
    for result in results:
        choice = tuple((key, value) for key, value in result.labels if key not in REPETITIONS)
        if result.errors:
            groups.setdefault(choice, []).append(result)
    summaries = []
    for choice, group in groups.items():
        columns = {name: [result.errors[name] for result in group] for name in group[0].errors}
        deviations = {name: stdev(values) for name, values in columns.items()} if len(group) > 1 else {}
        summaries.append(
            Summary(choice, len(group), {name: fmean(values) for name, values in columns.items()}, deviations)
        )
    return tuple(summaries)


def write_csv(results: Sequence[Result], path: Path) -> None:
    """Write a row for each result: its labels, then its errors, units in the header."""
    labels = list(dict.fromkeys(key for result in results for key, _ in result.labels))
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    stressed = any("stress_mae" in result.errors for result in results)
    columns = {key: name for key, name in COLUMNS.items() if stressed or not key.startswith("stress")}
    writer.writerow([*labels, *columns.values(), "part", "failure"])
    for result in results:
        values, failure = dict(result.labels), "" if result.failure is None else result.failure.title
        figures = [repr(result.errors[name]) if name in result.errors else "" for name in columns]
        writer.writerow([*(values.get(label, "") for label in labels), *figures, result.part, failure])
    write_text(path, buffer.getvalue())


def results_json(results: Sequence[Result]) -> list[dict[str, object]]:
    """Return results as plain data, units in the names."""
    return [
        {
            "labels": dict(result.labels),
            "part": result.part,
            "errors": {COLUMNS[name]: value for name, value in result.errors.items()},
            **({} if result.failure is None else {"failure": result.failure.to_json()}),
        }
        for result in results
    ]


def summaries_json(summaries: Sequence[Summary]) -> list[dict[str, object]]:
    """Return summaries as plain data, units in the names."""
    return [
        {
            "labels": dict(summary.labels),
            "runs": summary.runs,
            "mean": {COLUMNS[name]: value for name, value in summary.means.items()},
            "standard_deviation": {COLUMNS[name]: value for name, value in summary.deviations.items()},
        }
        for summary in summaries
    ]
