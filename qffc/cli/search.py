"""The verb ``search``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.output import AsJson, emit, say, table
from qffc.cli.run_options import Out, Scheduler, Workers, study_folder
from qffc.ir.diagnostics import error

if TYPE_CHECKING:
    from qffc.studies.search import Found
    from qffc.studies.trial import Outcome

_SHOWN = 10


def search(
    file: Annotated[Path, typer.Argument(help="a run file with tables [search] and [search.space]")],
    trials: Annotated[int | None, typer.Option(min=1, help="in all, in the place of what the file says")] = None,
    out: Out = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    as_json: AsJson = False,
) -> None:
    """Search for settings and program options with small validation errors; the same command goes on."""
    from qffc.studies.in_parallel import place_from
    from qffc.studies.run_file import read_run
    from qffc.studies.search import run_search

    given = read_run(file)
    if given.search is None:
        raise error(
            "nothing to search over",
            found=f"no table [search] in '{file}'",
            expected="[search.space], then learning_rate = {low = 1e-3, high = 3e-2, log = true}",
            help="add the tables",
        )
    chosen = given.search if trials is None else given.search.model_copy(update={"trials": trials})
    folder = study_folder(str(file), given, out, "search")
    place = place_from(given.cluster, workers, scheduler)
    try:
        found = run_search(given, chosen, folder, place, lambda outcome, done: _say(outcome, done, chosen.trials))
    except KeyboardInterrupt:
        say(f"stopped: the same command goes on with what is in {folder}")
        raise typer.Exit(130) from None
    say(f"search.json written to {folder}, the model of each trial beside it")
    emit(_text(found, chosen.energy_share, folder), found.to_json(), as_json)
    if found.best is None:
        raise typer.Exit(1)


def _say(outcome: Outcome, done: int, of: int) -> None:
    head = f"{done}/{of}  {outcome.folder}  {' '.join(f'{key}={_spell(value)}' for key, value in outcome.labels)}"
    if outcome.failure is not None:
        say(f"{head}: failed\n{outcome.failure.render()}")
        return
    value = "" if outcome.objective is None else f" at {outcome.objective:.4g}"
    say(f"{head}: {'stopped early' if outcome.state == 'PRUNED' else 'complete'}{value}")


def _text(found: Found, share: float, folder: Path) -> str:
    if found.best is None:
        return "no trial came to its end"
    whole = sorted((each for each in found.trials if each["state"] == "complete"), key=lambda each: each["objective"])
    names = list(dict.fromkeys(name for each in whole for name in each["chosen"]))
    rows = [
        (
            each["folder"],
            *(_spell(each["chosen"].get(name, "")) for name in names),
            f"{each['objective']:.4g}",
        )
        for each in whole[:_SHOWN]
    ]
    stopped = sum(each["state"] == "pruned" for each in found.trials)
    lines = [
        f"objective: (energy MAE / meV)^{share:g} (force MAE / meV/Å)^{1 - share:g} of the validation frames",
        f"{len(found.trials)} trials, {len(whole)} complete, {stopped} stopped early",
        "",
        table(("trial", *names, "objective"), rows),
        "",
        f"best: {folder / found.best['folder']}",
    ]
    if found.test is not None:
        energy, forces = found.test["energy_mae_meV"], found.test["force_mae_meV_per_Angstrom"]
        lines.append(f"its errors on {found.test['frames']} test frames: {energy:.2f} meV, {forces:.2f} meV/Å")
    return "\n".join(lines)


def _spell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
