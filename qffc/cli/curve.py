"""The verb ``curve``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.frames import Keys, Units
from qffc.cli.output import AsJson, emit, say, table
from qffc.cli.run_options import (
    Out,
    ProgramOrFile,
    Scheduler,
    SeveralData,
    Workers,
    run_options,
    say_result,
    study_folder,
)
from qffc.cli.settings import with_settings
from qffc.cli.stopped import goes_on_in
from qffc.ir.diagnostics import error

if TYPE_CHECKING:
    from qffc.studies.curve import Curve
    from qffc.studies.tables import CurveTable


@with_settings
def curve(
    program: ProgramOrFile,
    data: SeveralData = None,
    units: Units = None,
    keys: Keys = None,
    sizes: Annotated[
        str | None, typer.Option(metavar="N,N,...", help="numbers of training frames, such as 50,100,200,400")
    ] = None,
    splits: Annotated[int | None, typer.Option(min=1, help="splits for each size [default: 1]")] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="trainings for each split [default: 1]")] = None,
    published: Annotated[
        bool | None, typer.Option("--published", help="the splits that come with the data, from the first on")
    ] = None,
    stretch: Annotated[
        float | None,
        typer.Option(min=1, help="small sizes get at most so many times the epochs of the largest [default: 5]"),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="a run file beside a program; options win over it")] = None,
    out: Out = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    as_json: AsJson = False,
    **settings: int | float | str | None,
) -> None:
    """Train at several sizes, and fit test error = a N^-b; the same command goes on with what is left."""
    from qffc.studies.curve import learning_curve
    from qffc.studies.in_parallel import place_from

    if settings.get("train") is not None:
        raise error(
            "one size for a learning curve",
            found="--train",
            expected="several sizes: --sizes 50,100,200",
            help="leave --train out",
        )
    given = run_options(program, config, data, units, keys, settings)
    options = {"sizes": sizes, "splits": splits, "seeds": seeds, "published": published, "stretch": stretch}
    chosen = _table(given.curve, options)
    folder = study_folder(program, given, out, "curve")
    place = place_from(given.cluster, workers, scheduler)
    count = len(chosen.sizes) * chosen.splits * chosen.seeds
    with goes_on_in(folder):
        found = learning_curve(given, chosen, folder, place, lambda result, done: say_result(result, done, count))
    say(f"curve.csv, curve.json and curve.png written to {folder}")
    emit(_text(found), found.to_json(), as_json)
    if any(result.failure is not None for result in found.results):
        raise typer.Exit(1)


def _table(given: CurveTable | None, options: Mapping[str, object]) -> CurveTable:
    from pydantic import ValidationError

    from qffc.studies.tables import CurveTable
    from qffc.training.config import config_error

    values = {} if given is None else given.model_dump()
    values |= {name: value for name, value in options.items() if value is not None}
    if isinstance(values.get("sizes"), str):
        values["sizes"] = [part.strip() for part in values["sizes"].split(",")]
    try:
        return CurveTable.model_validate(values)
    except ValidationError as problem:
        raise config_error(problem, CurveTable) from None


def _text(found: Curve) -> str:
    from qffc.studies.curve import FITTED, spell_exponent

    rows = [
        (
            str(dict(summary.labels)["train"]),
            str(summary.runs),
            *(_spread(summary.means[name], summary.deviations.get(name)) for name in FITTED),
        )
        for summary in found.summaries
    ]
    lines = [table(("training frames", "runs", *FITTED.values()), rows)]
    for name, law in found.fits.items():
        lines += [f"{FITTED[name]} falls as N^-b with b = {spell_exponent(law)}"]
    return "\n".join([lines[0], "", *lines[1:]])


def _spread(mean: float, deviation: float | None) -> str:
    return f"{mean:.2f}" if deviation is None else f"{mean:.2f} ± {deviation:.2f}"
