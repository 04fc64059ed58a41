"""The verb ``eval``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.errors_table import calibration_table, elements_table, errors_table, shots_line
from qffc.cli.frames import Data, Keys, Units, read_frames
from qffc.cli.output import AsJson, emit, say
from qffc.ir.diagnostics import error

if TYPE_CHECKING:
    from qffc.models.errors import Errors
    from qffc.reports.evaluation import Evaluation, Members


class Part(StrEnum):
    """Which frames ``--split`` takes."""

    TEST = "test"
    ALL = "all"


def evaluate(
    models: Annotated[
        list[Path],
        typer.Argument(metavar="MODEL...", help="a model file, or the folder of its run; of several the mean"),
    ],
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
    shots: Annotated[
        bool, typer.Option("--shots", help="say how many shots energies take for a standard error of 1 meV")
    ] = False,
    max_energy_mae: Annotated[float | None, typer.Option(min=0, help="meV; exit 1 when it is exceeded")] = None,
    max_force_mae: Annotated[float | None, typer.Option(min=0, help="meV/Å; exit 1 when it is exceeded")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare a model, or the mean of several, with data and with baselines; exit 1 when it is worse than asked."""
    from qffc.models.ensemble import Ensemble
    from qffc.models.files.data_sets import number_of_set
    from qffc.models.files.model_file import load_model
    from qffc.models.files.seen_frames import knows_all_frames
    from qffc.toolchain import evaluate as evaluate_model
    from qffc.training.config import stored_config
    from qffc.training.stopping import EPOCH, is_paused

    members, dataset = [load_model(model) for model in models], read_frames(data, units, keys)
    for name, each in zip(models, members, strict=True):
        if is_paused(each):
            done, config = each.metadata[EPOCH], stored_config(each.metadata)
            of = "" if config is None else f" of {config.epochs}"
            which = "" if len(models) == 1 else f"{name}: "
            say(f"{which}the model of epoch {done}{of}, from the checkpoint of a run that is not finished")
    trained = members[0] if len(members) == 1 else Ensemble(members)
    if max_force_mae is not None and not dataset.has_forces:
        raise error(
            "a limit for forces that are not there",
            found=f"--max-force-mae, and '{dataset.name}' with energies alone",
            expected="frames with forces",
            help="leave --max-force-mae out, or compute the forces",
        )
    evaluation = evaluate_model(trained, dataset, part=None if split is None else split.value, shots=shots, noise=noise)
    own = all(number_of_set(each.metadata, dataset) is not None for each in members)
    note = _note(evaluation, own, split, all(knows_all_frames(each.metadata) for each in members))
    exceeded = _exceeded(evaluation.errors, max_energy_mae, max_force_mae)
    tables = errors_table(evaluation) + (f"\n\n{elements_table(evaluation)}" if evaluation.elements else "")
    tables += "" if evaluation.shots is None else f"\n\n{shots_line(evaluation.shots)}"
    text = f"{len(evaluation.data)} frames of {dataset.name}: {note}\n\n{tables}"
    if evaluation.members is not None:
        text += f"\n\n{_apart(evaluation.members)}"
    if evaluation.calibration is not None:
        text += f"\n\n{calibration_table(evaluation.calibration)}"
    if plot is not None:
        from qffc.reports.plots import parity_plot

        parity_plot(evaluation, plot, "frames")
    data_out = {
        "frames": len(evaluation.data),
        "seen": evaluation.seen,
        "left_out": evaluation.left_out,
        "note": note,
        "exceeded": exceeded,
        "doubt": evaluation.doubt,
        "errors": evaluation.to_json(),
    }
    if evaluation.members is not None:
        data_out["deviations"] = {
            "energy_rms_meV": evaluation.members.energy_deviation,
            "force_rms_meV_per_Angstrom": evaluation.members.force_deviation,
        }
    if evaluation.doubt:
        say(f"note: {evaluation.doubt}")
    emit("\n".join([text, *(["", *exceeded] if exceeded else [])]), data_out, as_json)
    if exceeded:
        raise typer.Exit(1)


def _note(evaluation: Evaluation, own: bool, split: Part | None, complete: bool) -> str:
    """What the frames are to the model, and why there are baselines or not."""
    if not own:
        return f"{_how_new(evaluation, complete)}; no baselines, because the fingerprints differ: other data"
    if not evaluation.baselines and evaluation.members is not None:
        frames = f"all, of which {evaluation.seen} were trained on" if split is Part.ALL else "held out from all models"
        return f"{frames}; no baselines, because the models were trained on different frames"
    if not evaluation.baselines:
        return "no baselines, because the model does not say how it was trained"
    if split is Part.ALL:
        frames = f"all of them, {evaluation.seen} training frames included"
    else:
        frames = "held out when the model was trained"
        frames += f", but it was trained on {evaluation.seen} of them under another number" if evaluation.seen else ""
    return f"{frames}; baselines fitted to the training frames of the model"


def _apart(members: Members) -> str:
    return (
        f"the model is the mean of {len(members.errors)} members, which deviate from it by "
        f"{members.energy_deviation:.2f} meV and {members.force_deviation:.2f} meV/Å (root mean square)"
    )


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
