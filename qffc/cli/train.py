"""The verb ``train``."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.frames import Keys, Units
from qffc.cli.output import AsJson, emit, say
from qffc.cli.run_options import MaybeData, ProgramOrFile, run_options
from qffc.cli.settings import with_settings
from qffc.ir.diagnostics import error
from qffc.training.config import TrainingConfig

if TYPE_CHECKING:
    from qffc.data import Dataset
    from qffc.models.force_field import ForceField
    from qffc.reports.evaluation import Evaluation

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
    data: MaybeData = None,
    units: Units = None,
    keys: Keys = None,
    out: Annotated[
        Path | None,
        typer.Option(parser=_folder, metavar="FOLDER", help="of the run [default: runs/PROGRAM, or runs/FILE]"),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="a run file beside a program; options win over it")] = None,
    unproven: Annotated[
        bool, typer.Option("--unproven", help="train even when a declared symmetry is not proven")
    ] = False,
    as_json: AsJson = False,
    **settings: int | float | str | None,
) -> None:
    """Train a program on energies and forces, or go on with the run in the folder."""
    from qffc.library.catalogue import PREFIX
    from qffc.references import resolve_program
    from qffc.studies.grid import base_run
    from qffc.studies.run import load_data

    given = run_options(program, config, data, units, keys, settings)
    run = base_run(given)
    chosen, source, dataset = run.config, resolve_program(run.program), load_data(run.data)
    folder = out or Path(given.out or f"runs/{source.name}")
    _need_folder(folder)
    named = run.program if run.program.startswith(PREFIX) else source  # a file is run once
    model = _train_watched((named, dataset, chosen, folder), unproven or run.unproven)
    say(f"model written to {folder}")
    evaluation = _test(model, dataset, chosen)
    summary = _summary(model, dataset, chosen, evaluation)
    from qffc.atomic_files import write_text

    write_text(folder / SUMMARY_NAME, json.dumps(summary, indent=2, allow_nan=False) + "\n")
    emit(_text(evaluation), summary, as_json)


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


def _train_watched(what: tuple[object, Dataset, TrainingConfig, Path], unproven: bool) -> ForceField:
    from qffc.cli.progress import TrainingProgress
    from qffc.toolchain import train as train_program

    source, dataset, chosen, folder = what
    done = _epochs_done(folder)
    so_far = f"{done} of {_epochs(chosen.epochs)} done"
    # Said with the first epoch, because the folder may turn out to hold another run.
    opening = f"going on with the run in {folder}: {so_far}" if done else ""
    try:
        with TrainingProgress(chosen.epochs, done, opening) as report:
            model = train_program(source, dataset, folder, config=chosen, unproven=unproven, report=report)  # type: ignore[arg-type]  # a program
        if not report.epochs_shown:
            say(f"the run in {folder} was complete: {so_far}")
    except KeyboardInterrupt:
        kept = _epochs_done(folder)
        saved = f"the checkpoint in {folder} holds {_epochs(kept)}; the same command goes on from there"
        say(f"stopped: {saved if kept else 'before the first checkpoint, nothing was written'}")
        raise typer.Exit(130) from None
    _say_how_it_ended(model, chosen, folder)
    return model


def _say_how_it_ended(model: ForceField, config: TrainingConfig, folder: Path) -> None:
    """Say whether a run ended before its last epoch, and leave when it has to go on."""
    from qffc.training.stopping import EPOCH, EPOCHS_DONE, ended_early, is_paused

    done = _epochs(int(model.metadata[EPOCHS_DONE]))
    if is_paused(model):
        left = f"the checkpoint in {folder} holds {done} of {config.epochs}; the same command goes on from there"
        say(f"max_minutes is over: {left}")
        raise typer.Exit(UNFINISHED)
    if ended_early(model, config):
        waited = "1 evaluation" if config.patience == 1 else f"{config.patience} evaluations"
        say(f"ended after {done} of {config.epochs}: {waited} without a better one")
    if config.patience is not None:
        say(f"the model is that of epoch {model.metadata[EPOCH]}, the best on the validation frames")


def _epochs(count: int) -> str:
    return "1 epoch" if count == 1 else f"{count} epochs"


def _epochs_done(folder: Path) -> int:
    from qffc.training.checkpoint import CHECKPOINT_NAME, epochs_done

    file = folder / CHECKPOINT_NAME
    return epochs_done(file) if file.exists() else 0


def _test(model: ForceField, data: Dataset, config: TrainingConfig) -> Evaluation | None:
    from qffc.toolchain import evaluate
    from qffc.training.split import split_of

    return evaluate(model, data) if split_of(data, config).test else None


def _summary(
    model: ForceField, data: Dataset, config: TrainingConfig, evaluation: Evaluation | None
) -> dict[str, object]:
    return {
        "program": model.program.name,
        "digest": model.program.digest,
        "data": data.name,
        "data_fingerprint": data.fingerprint,
        "settings": config.model_dump(),
        "test": None if evaluation is None else evaluation.to_json(),
    }


def _text(evaluation: Evaluation | None) -> str:
    from qffc.cli.errors_table import errors_table

    if evaluation is None:
        return "no test frames were held out"
    frames = len(evaluation.data)
    return f"{frames} test frames; baselines fitted to the training frames\n\n{errors_table(evaluation)}"
