"""The verb ``search``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.frames import Keys, Units
from qffc.cli.output import AsJson, emit, say, table
from qffc.cli.run_options import Out, Scheduler, SeveralData, Workers, run_options, study_folder
from qffc.cli.settings import with_settings
from qffc.cli.stopped import goes_on_in
from qffc.ir.diagnostics import QffcError, error
from qffc.studies.run_file import SUFFIX

if TYPE_CHECKING:
    from qffc.studies.search import Found
    from qffc.studies.trial import Outcome

_SHOWN = 10


@with_settings
def search(
    program: Annotated[
        str,
        typer.Argument(help="a run file with tables [search] and [search.space]; with --architecture, a program too"),
    ],
    trials: Annotated[int | None, typer.Option(min=1, help="in all, in the place of what the file says")] = None,
    architecture: Annotated[
        str | None,
        typer.Option(
            metavar="evolve|relax", help="search over programs instead: change them, or train weights of gates"
        ),
    ] = None,
    generations: Annotated[int | None, typer.Option(min=0, help="of programs, after the first [default: 5]")] = None,
    population: Annotated[int | None, typer.Option(min=1, help="programs of a generation [default: 8]")] = None,
    gates: Annotated[
        str | None,
        typer.Option(metavar="WORD,WORD,...", help="couplings that may be added, such as exchange,four_spin"),
    ] = None,
    standard_error: Annotated[
        str | None, typer.Option(help="of an energy whose shots are counted [default: 1 meV]")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="a run file beside a program; options win over it")] = None,
    data: SeveralData = None,
    units: Units = None,
    keys: Keys = None,
    out: Out = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    as_json: AsJson = False,
    **settings: int | float | str | None,
) -> None:
    """Search for settings and program options, or for programs, with small errors; the same command goes on."""
    from qffc.studies.in_parallel import place_from
    from qffc.studies.program_options import members_of
    from qffc.studies.search import run_search

    given = run_options(program, config, data, units, keys, settings)
    place = place_from(given.cluster, workers, scheduler)
    options = {
        "generations": generations,
        "population": population,
        "gates": gates,
        "standard_error": standard_error,
    }
    if architecture is not None:
        from qffc.cli.search_architectures import search_programs

        if trials is not None:
            raise _no_use("trials", "--generations and --population say how long a search over programs is")
        named = program if program.endswith(SUFFIX) else members_of(program)[0].reference
        folder = study_folder(named, given, out, architecture)
        search_programs(given, options, architecture, folder, place, as_json)
        return
    extra = next((name for name, value in options.items() if value is not None), None)
    if extra is not None:
        raise _no_use(extra.replace("_", "-"), "add --architecture evolve or --architecture relax, or leave it out")
    if given.search is None:
        raise error(
            "nothing to search over",
            found=f"no table [search] in '{program}'",
            expected="[search.space], then learning_rate = {low = 1e-3, high = 3e-2, log = true}",
            help="add the tables to a run file; --architecture searches over programs instead",
        )
    chosen = given.search if trials is None else given.search.model_copy(update={"trials": trials})
    folder = study_folder(program, given, out, "search")
    with goes_on_in(folder):
        found = run_search(given, chosen, folder, place, lambda outcome, done: _say(outcome, done, chosen.trials))
    say(f"search.json written to {folder}, the model of each trial beside it")
    emit(_text(found, chosen.energy_share, folder), found.to_json(), as_json)
    if found.best is None:
        raise typer.Exit(1)


def _no_use(option: str, advice: str) -> QffcError:
    return error(
        "option that this search has no use for",
        found=f"--{option}",
        expected="--trials for settings; --generations, --population, --gates, --standard-error for programs",
        help=advice,
    )


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
