"""The verb ``sweep``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.output import AsJson, emit, say, table
from qffc.cli.run_options import Out, Scheduler, Workers, say_result, study_folder
from qffc.cli.stopped import goes_on_in
from qffc.ir.diagnostics import error

if TYPE_CHECKING:
    from qffc.studies.study import Summary

CSV_NAME, JSON_NAME = "sweep.csv", "sweep.json"


def sweep(
    file: Annotated[Path, typer.Argument(help="a run file with a table [sweep]")],
    out: Out = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    as_json: AsJson = False,
) -> None:
    """Train every combination of the values in a table; the same command goes on with what is left."""
    from qffc.atomic_files import write_text
    from qffc.studies.grid import sweep_runs
    from qffc.studies.in_parallel import place_from
    from qffc.studies.run_file import read_run
    from qffc.studies.study import Study, results_json, summaries_json, summarize, write_csv

    given = read_run(file)
    if given.sweep is None:
        raise error(
            "nothing to sweep over",
            found=f"no table [sweep] in '{file}'",
            expected="settings with lists of values: [sweep], then seed = [0, 1, 2], program.depth = [2, 3]",
            help="add the table",
        )
    folder = study_folder(str(file), given, out, "sweep")
    study = Study(folder, sweep_runs(given, given.sweep))
    place = place_from(given.cluster, workers, scheduler)
    with goes_on_in(folder):
        results = study.do(place, lambda result, done: say_result(result, done, len(study.runs)))
    summaries = summarize(results)
    data: dict[str, object] = {"runs": results_json(results), "choices": summaries_json(summaries)}
    write_csv(results, folder / CSV_NAME)
    write_text(folder / JSON_NAME, json.dumps(data, indent=2, allow_nan=False) + "\n")
    say(f"{CSV_NAME} and {JSON_NAME} written to {folder}")
    emit(_text(summaries), data, as_json)
    if any(result.failure is not None for result in results):
        raise typer.Exit(1)


def _text(summaries: Sequence[Summary]) -> str:
    if not summaries:
        return "no run has errors to show"
    labels = list(dict.fromkeys(key for summary in summaries for key, _ in summary.labels))
    rows = [
        (
            *(str(dict(summary.labels).get(label, "")) for label in labels),
            str(summary.runs),
            *(_spread(summary, name) for name in ("energy_mae", "force_mae")),
        )
        for summary in summaries
    ]
    return table((*labels, "runs", "energy MAE (meV)", "force MAE (meV/Å)"), rows)


def _spread(summary: Summary, name: str) -> str:
    mean, deviation = summary.means[name], summary.deviations.get(name)
    return f"{mean:.2f}" if deviation is None else f"{mean:.2f} ± {deviation:.2f}"
