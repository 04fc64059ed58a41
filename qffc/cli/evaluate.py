"""The verb ``eval``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.errors_table import elements_table, errors_table
from qffc.cli.frames import Data, Keys, Units, read_frames
from qffc.cli.output import AsJson, emit, say
from qffc.ir.diagnostics import error

if TYPE_CHECKING:
    from qffc.models.errors import Errors
    from qffc.reports.evaluation import Evaluation


class Part(StrEnum):
    """Which frames ``--split`` takes."""

    TEST = "test"
    ALL = "all"


def evaluate(
    model: Annotated[Path, typer.Argument(help="a model file, or the folder of its run")],
    data: Data,
    units: Units = None,
    keys: Keys = None,
    split: Annotated[
        Part | None,
        typer.Option(
            help="test: frames held out of the training data [default: test where it exists, else new frames]"
        ),
    ] = None,
    noise: Annotated[
        str | None,
        typer.Option(
            metavar="TARGET",
            help="a target or its file: errors with its noise, without shot noise; 'ideal': exact circuits "
            "[default: as trained]",
        ),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="write predicted against reference values, .png or .svg")
    ] = None,
    max_energy_mae: Annotated[float | None, typer.Option(min=0, help="meV; exit 1 when it is exceeded")] = None,
    max_force_mae: Annotated[float | None, typer.Option(min=0, help="meV/Å; exit 1 when it is exceeded")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare a model with data and with baselines; exit 1 when it is worse than asked."""
    from qffc.models.files.data_sets import number_of_set
    from qffc.models.files.model_file import load_model
    from qffc.models.files.seen_frames import knows_all_frames
    from qffc.toolchain import evaluate as evaluate_model
    from qffc.training.config import stored_config
    from qffc.training.stopping import EPOCH, is_paused

    trained, dataset = load_model(model), read_frames(data, units, keys)
    if is_paused(trained):
        done, config = trained.metadata[EPOCH], stored_config(trained.metadata)
        of = "" if config is None else f" of {config.epochs}"
        say(f"the model of epoch {done}{of}, from the checkpoint of a run that is not finished")
    if max_force_mae is not None and not dataset.has_forces:
        raise error(
            "a limit for forces that are not there",
            found=f"--max-force-mae, and '{dataset.name}' with energies alone",
            expected="frames with forces",
            help="leave --max-force-mae out, or compute the forces",
        )
    evaluation = evaluate_model(trained, dataset, part=None if split is None else split.value, noise=noise)
    own = number_of_set(trained.metadata, dataset) is not None
    note = _note(evaluation, own, split, knows_all_frames(trained.metadata))
    exceeded = _exceeded(evaluation.errors, max_energy_mae, max_force_mae)
    tables = errors_table(evaluation) + (f"\n\n{elements_table(evaluation)}" if evaluation.elements else "")
    text = f"{len(evaluation.data)} frames of {dataset.name}: {note}\n\n{tables}"
    if plot is not None:
        from qffc.reports.plots import parity_plot

        parity_plot(evaluation, plot, "frames")
    data_out = {
        "frames": len(evaluation.data),
        "seen": evaluation.seen,
        "left_out": evaluation.left_out,
        "note": note,
        "exceeded": exceeded,
        "errors": evaluation.to_json(),
    }
    emit("\n".join([text, *(["", *exceeded] if exceeded else [])]), data_out, as_json)
    if exceeded:
        raise typer.Exit(1)


def _note(evaluation: Evaluation, own: bool, split: Part | None, complete: bool) -> str:
    """What the frames are to the model, and why there are baselines or not."""
    if not own:
        return f"{_how_new(evaluation, complete)}; no baselines, because the fingerprints differ: other data"
    if not evaluation.baselines:
        return "no baselines, because the model does not say how it was trained"
    if split is Part.ALL:
        frames = f"all of them, {evaluation.seen} training frames included"
    else:
        frames = "held out when the model was trained"
        frames += f", but it was trained on {evaluation.seen} of them under another number" if evaluation.seen else ""
    return f"{frames}; baselines fitted to the training frames of the model"


def _how_new(evaluation: Evaluation, complete: bool) -> str:
    if evaluation.seen is None:
        return "which of them the model was trained on is not known"
    as_far = "" if complete else ", as far as is known"
    if evaluation.left_out:
        return f"new to the model{as_far}; {evaluation.left_out} more, which it was trained on, left out"
    if not evaluation.seen:
        return f"new to the model{as_far}"
    return f"the model was trained on {evaluation.seen} of them"


def _exceeded(errors: Errors, energy: float | None, force: float | None) -> list[str]:
    limits = (
        ("energy MAE", errors.energy_mae, energy, "meV"),
        ("force MAE", errors.force_mae, force, "meV/Å"),
    )
    return [
        f"{name} {value:.2f} {unit} is above the limit of {limit:g} {unit}"
        for name, value, limit, unit in limits
        if limit is not None and not value <= limit
    ]
