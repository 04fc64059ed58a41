"""The verb ``md``: molecular dynamics by exact forces, or by forces from circuits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from qffc.cli.motion_on_circuits import (
    Level,
    MaxHqc,
    OnCircuits,
    Store,
    TargetName,
    dynamics_on_circuits,
    need_target,
)
from qffc.cli.motion_options import Geometry, Models, model_given
from qffc.cli.output import AsJson, emit, say, table
from qffc.ir.diagnostics import error

if TYPE_CHECKING:
    from qffc.motion.dynamics import DynamicsResult
    from qffc.motion.settings import DynamicsSettings, Limits, Thermostat

_FRICTION, _FRICTION_ON_CIRCUITS = 0.01, 0.02
_STEPS, _STEPS_ON_CIRCUITS = 1000, 100


def run_md(
    models: Models,
    geometry: Geometry,
    steps: Annotated[
        int | None,
        typer.Option(min=1, help="in all, with those of earlier calls [default: 1000; with --target 100]"),
    ] = None,
    step: Annotated[float, typer.Option(help="femtoseconds")] = 0.5,
    thermostat: Annotated[
        str, typer.Option(help="langevin, bussi (velocities rescaled at random), or none: constant energy")
    ] = "langevin",
    temperature: Annotated[float, typer.Option(help="kelvin; without thermostat of the first velocities")] = 300.0,
    friction: Annotated[
        float | None,
        typer.Option(help="per femtosecond; of bussi one over the time constant [default: 0.01; with --target 0.02]"),
    ] = None,
    replicas: Annotated[int, typer.Option(min=1, help="molecules that move side by side")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="what reproduces velocities, random forces and shots")] = 0,
    every: Annotated[int | None, typer.Option(min=1, help="steps from a frame to the next [default: 10]")] = None,
    precision: Annotated[
        str | None, typer.Option(help="bits of the numbers inside energies and forces, 64 or 32 [default: 32]")
    ] = None,
    stop_at: Annotated[
        str | None,
        typer.Option(
            metavar="LIMIT",
            help="stop where the model does not know enough: above an extrapolation grade, such as 1, or of several "
            "models, or one with uncertainty, above a deviation of a force, such as 200meV/A; exit 1 then",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="for trajectories and state [default: runs/NAME-md; with --target none]"),
    ] = None,
    target: TargetName = None,
    shots: Annotated[
        int | None,
        typer.Option(min=2, help="with --target: mean over the circuits, shifts and settings counted [default: 10]"),
    ] = None,
    uncorrected: Annotated[
        bool,
        typer.Option("--uncorrected", help="with --target: the noise of forces on top of the random force: it heats"),
    ] = False,
    max_hqc: MaxHqc = None,
    store: Store = None,
    level: Level = None,
    as_json: AsJson = False,
) -> None:
    """Move a molecule by the exact forces of a model, or with --target by forces from circuits.

    The same command goes on where it was stopped or killed, and to more --steps.
    """
    from qffc.execution.langevin import Langevin
    from qffc.ir.plain_numbers import bits_of
    from qffc.motion.settings import DynamicsSettings

    if target is not None:
        _need_what_circuits_know(models, thermostat, every, precision, stop_at)
        settings = Langevin(temperature, step, friction or _FRICTION_ON_CIRCUITS, compensate=not uncorrected)
        how = OnCircuits(target, seed, level, shots or 10, max_hqc, store)
        dynamics_on_circuits(models[0], geometry, how, settings, steps or _STEPS_ON_CIRCUITS, replicas, out, as_json)
        return
    need_target(
        {
            "--shots": shots,
            "--uncorrected": uncorrected,
            "--max-hqc": max_hqc,
            "--store": store,
            "--level": level,
        }
    )
    chosen = DynamicsSettings(
        cast("Thermostat", thermostat),
        temperature,
        step,
        _FRICTION if friction is None else friction,
        seed,
        replicas,
        every or 10,
        bits_of(precision or 32),
    )
    limits = limits_of(stop_at)
    folder = out or Path("runs") / f"{_name(models[0])}-md"
    found = _move(models, geometry, chosen, steps or _STEPS, folder, limits)
    emit(_text(found, chosen, folder), _data(found, chosen), as_json)
    if found.stopped_at is not None:
        raise typer.Exit(1)


def _move(
    models: list[Path], geometry: str, settings: DynamicsSettings, steps: int, folder: Path, limits: Limits
) -> DynamicsResult:
    from qffc.cli.geometry import read_geometry
    from qffc.motion.dynamics import run_dynamics

    numbers, positions = read_geometry(geometry)
    model = model_given(models)
    try:
        return run_dynamics(model, numbers, positions[0], settings, steps=steps, folder=folder, limits=limits)
    except KeyboardInterrupt:
        say(f"stopped: {folder} has all steps so far; the same command goes on from there")
        raise typer.Exit(130) from None


def limits_of(text: str | None) -> Limits:
    """Return the limit that a text names: a number is an extrapolation grade, a force the deviation of models.

    Example:
        >>> limits_of("1.2"), limits_of("200meV/A")
        (Limits(grade=1.2, deviation=None), Limits(grade=None, deviation=0.2))
    """
    from qffc.motion.settings import Limits
    from qffc.units import force_in_ev_per_angstrom

    if text is None:
        return Limits()
    try:
        return Limits(grade=float(text))
    except ValueError:
        return Limits(deviation=force_in_ev_per_angstrom(text))


def _need_what_circuits_know(
    models: list[Path], thermostat: str, every: int | None, precision: str | None, stop_at: str | None
) -> None:
    wrong = [
        name
        for name, given in (
            (f"{len(models)} models", len(models) > 1),
            (f"--thermostat {thermostat}", thermostat != "langevin"),
            ("--every", every is not None),
            ("--precision", precision is not None),
            ("--stop-at", stop_at is not None),
        )
        if given
    ]
    if wrong:
        raise error(
            "options of exact forces for circuits",
            found=", ".join(wrong),
            expected="one model and Langevin's thermostat, which the noise of the forces is a part of",
            help="leave them out, or leave --target out",
        )


def _name(model: Path) -> str:
    return model.stem.removeprefix("trained:") or "model"


def _text(found: DynamicsResult, settings: DynamicsSettings, folder: Path) -> str:
    rows = [
        (str(number), f"{warm:.0f}", f"{1e3 * drift:.3f}", f"{grade:.2f}", f"{1e3 * deviation:.0f}")
        for number, (warm, drift, grade, deviation) in enumerate(
            zip(found.temperatures, found.drifts, found.grades, found.deviations, strict=True), 1
        )
    ]
    head = ("replica", "temperature (K)", "drift (meV)", "largest grade", "largest deviation (meV/Å)")
    columns = 5 if found.deviations.any() else 4
    time = found.step * settings.step / 1000
    went = f", from step {found.begun} on" if found.begun else ""
    if found.begun and found.begun == found.step:
        went = ", all of them there before"
    lines = [
        f"{found.step} steps, {time:g} ps{went}, in {folder}",
        "",
        table(head[:columns], [row[:columns] for row in rows]),
    ]
    if found.stopped_at is not None:
        lines += ["", f"stopped at step {found.stopped_at}: the frame to label is in {found.to_label}"]
    elif (found.grades > 1).any():
        lines += ["", "beyond the training data on the way (grade above 1): --stop-at 1 would have stopped there"]
    return "\n".join(lines)


def _data(found: DynamicsResult, settings: DynamicsSettings) -> dict[str, object]:
    def numbers(values: object) -> list[float | None]:
        return [float(value) if value == value else None for value in list(values)]  # type: ignore[call-overload]

    return {
        "units": {"temperatures": "K", "drifts": "eV", "force_deviations": "eV/Angstrom", "time": "ps"},
        "step": found.step,
        "begun": found.begun,
        "time": found.step * settings.step / 1000,
        "temperatures": numbers(found.temperatures),
        "drifts": numbers(found.drifts),
        "extrapolation_grades": numbers(found.grades),
        "force_deviations": numbers(found.deviations),
        "stopped_at": found.stopped_at,
        "to_label": None if found.to_label is None else str(found.to_label),
        "trajectories": [str(path) for path in found.trajectories],
    }
