"""The verb ``train``."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.frames import Keys, Units
from qffc.cli.output import AsJson, emit, say
from qffc.cli.run_options import ProgramOrFile, SeveralData, run_options
from qffc.cli.settings import with_settings
from qffc.cli.starting_options import AtomEnergies, StartFrom, with_start
from qffc.cli.stopped import STOPPED
from qffc.cli.together import Coordinator, Processes, ProcessId, together
from qffc.cli.training_summary import doubts, errors_by_set, summary_text, training_summary
from qffc.ir.diagnostics import error
from qffc.progress_line import hushed
from qffc.training.config import TrainingConfig

if TYPE_CHECKING:
    from qffc.data import Dataset
    from qffc.models.force_field import ForceField
    from qffc.references.programs import ProgramLike
    from qffc.studies.run import Run

SUMMARY_NAME = "summary.json"
UNFINISHED = 75
"""The exit code of a run that has epochs left: EX_TEMPFAIL of sysexits.h, try again."""


def _folder(text: str) -> Path:
    if text.strip():
        return Path(text)
    raise error(
        "no folder for the run",
        found="an empty name",
        expected="a folder that can be written, or a name that is free in one",
        help="name a folder, '.' for this one, or leave --out out",
    )


@with_settings
def train(
    program: ProgramOrFile,
    data: SeveralData = None,
    units: Units = None,
    keys: Keys = None,
    out: Annotated[
        Path | None,
        typer.Option(parser=_folder, metavar="FOLDER", help="of the run [default: runs/PROGRAM, or runs/FILE]"),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="a run file beside a program; options win over it")] = None,
    atom_energies: AtomEnergies = None,
    start_from: StartFrom = None,
    unproven: Annotated[
        bool, typer.Option("--unproven", help="train even when a declared symmetry is not proven")
    ] = False,
    coordinator: Coordinator = None,
    processes: Processes = None,
    process_id: ProcessId = None,
    as_json: AsJson = False,
    **settings: int | float | str | None,
) -> None:
    """Train a program on energies and forces, or go on with the run in the folder."""
    from qffc.library.catalogue import PREFIX
    from qffc.references.programs import resolve_program
    from qffc.studies.grid import base_run
    from qffc.studies.run import load_data
    from qffc.training.stopping import is_paused

    given = with_start(run_options(program, config, data, units, keys, settings), atom_energies, start_from)
    run, others = base_run(given), together(coordinator, processes, process_id)
    run = replace(run, unproven=unproven or run.unproven)
    chosen, source, sets = run.config, resolve_program(run.program), load_data(run.data)
    folder = Path(out or given.out or f"runs/{source.name}")
    if others.is_first:
        _need_folder(folder)
    with others.met():
        train_here = _train_watched if others.is_first else _train_along
        named = run.program if run.program.startswith(PREFIX) else source  # a file is run once
        model = train_here(named, sets, run, folder)
    if is_paused(model):
        raise typer.Exit(UNFINISHED)
    if not others.is_first:
        return
    say(f"model written to {folder}{_padding(model)}")
    tests = errors_by_set(model, sets, chosen)
    summary = training_summary(model, sets, chosen, tests)
    from qffc.atomic_files import write_text

    write_text(folder / SUMMARY_NAME, json.dumps(summary, indent=2, allow_nan=False) + "\n")
    emit(summary_text(tests, len(sets)), summary, as_json)
    for each in doubts(tests, chosen):
        say(f"note: {each}")


def _padding(model: ForceField) -> str:
    from qffc.training.trainer import FILLED

    share = model.metadata.get(FILLED)
    return "" if share is None else f"; {float(share):.0%} of the circuits of a step only filled up arrays"


def _need_folder(folder: Path) -> None:
    """Refuse a folder that cannot be written before the first epoch is paid for; nothing is made yet."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return
    raise error(
        "no folder for the run",
        found=f"'{there}', which {'cannot be written' if there.is_dir() else 'is a file'}",
        expected="a folder that can be written, or a name that is free in one",
        help="choose another folder with --out",
    )


def _train_watched(source: ProgramLike, sets: Sequence[Dataset], run: Run, folder: Path) -> ForceField:
    from qffc.studies.run import how_to_train
    from qffc.toolchain import train as train_program
    from qffc.training.checkpoint import epochs_in
    from qffc.training.progress import TrainingProgress

    chosen = run.config
    done = epochs_in(folder)
    so_far = f"{done} of {_epochs(chosen.epochs)} done"
    # Said with the first epoch, because the folder may turn out to hold another run.
    opening = f"going on with the run in {folder}: {so_far}" if done else ""
    try:
        with TrainingProgress(chosen.epochs, done, opening) as shown:
            model = train_program(
                source,
                sets,
                folder,
                config=chosen,
                report=shown,
                tell=shown.say,
                stepped=shown.stepped,
                **how_to_train(run),
            )
        if not shown.epochs_shown:
            say(f"the run in {folder} was complete: {so_far}")
    except KeyboardInterrupt:
        kept = epochs_in(folder)
        saved = f"the checkpoint in {folder} holds {_epochs(kept)}; the same command goes on from there"
        say(f"stopped: {saved if kept else 'before the first checkpoint, nothing was written'}")
        raise typer.Exit(STOPPED) from None
    _say_how_it_ended(model, chosen, folder)
    return model


def _train_along(source: ProgramLike, sets: Sequence[Dataset], run: Run, folder: Path) -> ForceField:
    """Train with the first process, which says and writes what there is."""
    from qffc.studies.run import how_to_train
    from qffc.toolchain import train as train_program

    with hushed():
        return train_program(source, sets, folder, config=run.config, quiet=True, **how_to_train(run))


def _say_how_it_ended(model: ForceField, config: TrainingConfig, folder: Path) -> None:
    """Say whether a run ended before its last epoch."""
    from qffc.training.stopping import EPOCH, EPOCHS_DONE, ended_early, is_paused

    done = _epochs(int(model.metadata[EPOCHS_DONE]))
    if is_paused(model):
        left = f"the checkpoint in {folder} holds {done} of {config.epochs}; the same command goes on from there"
        say(f"max_minutes is over: {left}")
    elif ended_early(model, config):
        waited = "1 evaluation" if config.patience == 1 else f"{config.patience} evaluations"
        say(f"ended after {done} of {config.epochs}: {waited} without a better one")
    best = model.metadata[EPOCH]
    if is_paused(model) or (config.patience is None and best == model.metadata[EPOCHS_DONE]):
        return
    if best == "0":
        say("the model is that of the start: nothing after it was better on the validation frames")
    else:
        say(f"the model is that of epoch {best}, the best on the validation frames")


def _epochs(count: int) -> str:
    return "1 epoch" if count == 1 else f"{count} epochs"
