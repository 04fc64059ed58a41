"""The verb ``search`` with ``--architecture``: a search over programs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from qffc.cli.output import emit, say, table
from qffc.cli.stopped import goes_on_in

if TYPE_CHECKING:
    from qffc.studies.architecture.records import Entry
    from qffc.studies.run_file import RunFile
    from qffc.studies.tables import ArchitectureTable, ClusterTable


def search_programs(
    given: RunFile, options: Mapping[str, object], way: str, folder: Path, place: ClusterTable, as_json: bool
) -> None:
    """Search, say each candidate, and print the front beside the programs that the search began with.

    Args:
        given: program, data and settings, and the table of the file.
        options: of the command line by name, None for what was not given; they win over the table.
        way: ``evolve`` or ``relax``.
        folder: of the search.
        place: where candidates are trained.
        as_json: whether the result is for machines.
    """
    from qffc.studies.architecture import report
    from qffc.studies.architecture.architecture_search import search_architectures

    chosen = _table(given.architecture, options)
    with goes_on_in(folder):
        found = search_architectures(given, chosen, way, folder, place, _say)  # type: ignore[arg-type]  # it refuses others
    report.write_table(found, folder / report.TABLE_NAME)
    report.plot_front(found, folder / report.PLOT_NAME)
    say(
        f"architectures.json, {report.TABLE_NAME} and {report.PLOT_NAME} written to {folder}; beside them the program, "
        "the certificate and the model of each candidate"
    )
    counts = ", ".join(f"{count} {state}" for state, count in found.counts.items())
    lines = [f"{len(found.entries)} candidates: {counts}", "", table(report.HEAD, report.rows(found))]
    emit("\n".join(lines), found.to_json(), as_json)


def _table(given: ArchitectureTable | None, options: Mapping[str, object]) -> ArchitectureTable:
    from pydantic import ValidationError

    from qffc.studies.tables import ArchitectureTable
    from qffc.training.config import config_error

    values = {} if given is None else given.model_dump()
    values |= {name: value for name, value in options.items() if value is not None}
    if isinstance(values.get("gates"), str):
        values["gates"] = [part.strip() for part in values["gates"].split(",")]
    try:
        return ArchitectureTable.model_validate(values)
    except ValidationError as problem:
        raise config_error(problem, ArchitectureTable) from None


def _say(entry: Entry) -> None:
    head = f"{entry.birth.generation}  {entry.birth.folder}  {entry.birth.words}"
    figures = entry.outcome.figures
    if figures is not None:
        say(f"{head}: error {figures.error:.3g}, {figures.shots:.2e} shots, {figures.zz:.1f} ZZ")
    elif entry.outcome.failure is not None:
        say(f"{head}: failed, {entry.outcome.failure}")
    else:
        say(f"{head}: {entry.outcome.state}")
