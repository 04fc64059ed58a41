"""The verbs ``relax`` and ``md`` with a target: a molecule moved by forces from circuits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.output import emit, say, table
from qffc.compiling.levels import DEFAULT_LEVEL, LEVELS
from qffc.ir.diagnostics import error

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from qffc.execution.langevin import Langevin
    from qffc.execution.relaxation import Relaxation
    from qffc.execution.shot_forces import ShotForces
    from qffc.models.force_field import ForceField

TargetName = Annotated[
    str | None,
    typer.Option("--target", help="forces from circuits with shots on it; see 'qffc targets' [default: exact]"),
]
MaxHqc = Annotated[float | None, typer.Option(min=0, help="with --target: refuse what would cost more in all")]
Store = Annotated[Path | None, typer.Option(help="with --target: a folder for results, to go on after a kill")]
Level = Annotated[
    int | None,
    typer.Option(
        "-O",
        "--level",
        min=0,
        max=len(LEVELS) - 1,
        help=f"with --target: optimization level of the circuits [default: {DEFAULT_LEVEL}]",
    ),
]


@dataclass(frozen=True)
class OnCircuits:
    """How forces come from circuits.

    Args:
        target: that runs them.
        seed: what reproduces the shots.
        level: of optimization; None for the usual one.
        shots: mean over the circuits, shifts and settings counted.
        max_hqc: limit of the price.
        store: a folder for results.
    """

    target: str
    seed: int
    level: int | None
    shots: int
    max_hqc: float | None
    store: Path | None


def need_target(options: Mapping[str, object]) -> None:
    """Refuse options that mean nothing for exact forces.

    Args:
        options: by name, None or False where they were not given.
    """
    given = [name for name, value in options.items() if value is not None and value is not False]
    if given:
        raise error(
            "options of circuits for exact forces",
            found=", ".join(given),
            expected="--target with them, for forces from circuits",
            help="add --target H2-1LE, or leave them out",
        )


def relax_on_circuits(
    model: Path, geometry: str, how: OnCircuits, standard_error: str, steps: int, out: Path | None, as_json: bool
) -> None:
    """Relax a molecule by forces from circuits; prints its distances with error bars beside the exact ones."""
    from qffc.cli.geometry import read_geometry
    from qffc.execution.relaxation import relax
    from qffc.units import force_in_ev_per_angstrom

    wanted = force_in_ev_per_angstrom(standard_error)
    numbers, positions = read_geometry(geometry)
    trained, source = _source(model, numbers, positions[:1], how)
    say(f"forces to {1e3 * wanted:g} meV/Angstrom: {source.price(wanted):.1f} HQC, about, each time")
    found = relax(source, trained, numbers, positions[0], standard_error=wanted, steps=steps)
    if out is not None:
        _write(out, numbers, found.positions[None])
    emit(_relaxed(found, numbers), _relaxed_data(found, how.seed), as_json)
    if not found.converged:
        raise typer.Exit(1)


def dynamics_on_circuits(
    model: Path,
    geometry: str,
    how: OnCircuits,
    settings: Langevin,
    steps: int,
    replicas: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Move a molecule by forces from circuits, whose noise is a part of the thermostat; prints the temperature."""
    import numpy as np
    from ase.data import atomic_masses

    from qffc.cli.geometry import read_geometry
    from qffc.execution.backend import check_price
    from qffc.execution.langevin import run_langevin

    numbers, positions = read_geometry(geometry)
    start = np.repeat(positions[:1], replicas, axis=0)
    _, source = _source(model, numbers, start, how)
    price = steps * source.price(None)
    say(f"{steps} steps of {replicas} replicas: {price:.1f} HQC, about")
    check_price(price, how.max_hqc)
    found = run_langevin(source, start, atomic_masses[numbers], settings, steps=steps, seed=how.seed)
    if out is not None:
        for replica in range(replicas):
            name = "trajectory.xyz" if replicas == 1 else f"trajectory-{replica + 1}.xyz"
            _write(out / name, numbers, found.positions[:, replica])
    mean, uncertain = found.mean_temperature(steps // 2)
    data = {
        "seed": how.seed,
        "steps": steps,
        "temperature_K": mean,
        "standard_error_K": None if replicas == 1 else uncertain,
        "force_error_eV_per_Angstrom": float(found.noise.mean()),
        "largest_friction_per_fs": float(found.friction.max()),
        "shots": found.shots,
        "price_HQC": found.price,
    }
    spread = "" if replicas == 1 else f" ± {uncertain:.0f}"
    lines = [
        f"temperature: {mean:.0f}{spread} K, kinetic, over the second half of the steps; "
        f"{settings.temperature:g} K are wanted",
        f"noise of forces: {1e3 * found.noise.mean():.0f} meV/Angstrom; friction up to {found.friction.max():.4f}/fs",
        f"{found.shots} shots, {found.price:.1f} HQC",
    ]
    emit("\n".join(lines), data, as_json)


def _source(
    model: Path, numbers: NDArray[np.integer], positions: NDArray[np.float64], how: OnCircuits
) -> tuple[ForceField, ShotForces]:
    from qffc.compiling.levels import at_level
    from qffc.execution.backend import need_runner
    from qffc.execution.shot_forces import shot_forces
    from qffc.models.files.model_file import load_model
    from qffc.targets.catalogue import target as find_target

    place = find_target(how.target)
    need_runner(place)
    trained = at_level(load_model(model), place, DEFAULT_LEVEL if how.level is None else how.level)
    source = shot_forces(
        trained,
        numbers,
        positions,
        place,
        seed=how.seed,
        shots=how.shots,
        max_price=how.max_hqc,
        store=how.store,
    )
    return trained, source


def _write(out: Path, numbers: NDArray[np.integer], frames: NDArray[np.float64]) -> None:
    from ase import Atoms
    from ase.io import write

    from qffc.atomic_files import atomic_path

    with atomic_path(out) as temporary:
        write(temporary, [Atoms(numbers, frame) for frame in frames], format="extxyz")


def _relaxed(found: Relaxation, numbers: NDArray[np.integer]) -> str:
    from ase.data import chemical_symbols

    from qffc.cli.motion_options import bonded_pairs

    steps = [
        (
            str(index),
            f"{1e3 * step.force:.0f} ± {1e3 * step.error:.0f}",
            f"{step.significance:.2f}",
            f"{step.moved:.4f}",
            str(step.shots),
            f"{step.price:.1f}",
        )
        for index, step in enumerate(found.steps)
    ]
    rows = []
    for a, b in bonded_pairs(numbers, found.positions):
        length, error = found.distance(a, b)
        name = f"{chemical_symbols[numbers[a]]}{a} {chemical_symbols[numbers[b]]}{b}"
        rows.append((name, f"{length:.4f} ± {error:.4f}", f"{found.exact_distance(a, b):.4f}"))
    head = ("step", "force (meV/Angstrom)", "significance", "moved (Angstrom)", "shots", "HQC")
    end = "relaxed: forces are not significant" if found.converged else "not relaxed within these steps"
    whole = f"{end}; {found.shots} shots, {found.price:.1f} HQC"
    return f"{table(head, steps)}\n{whole}\n\n{table(('atoms', 'distance (Angstrom)', 'exact'), rows)}"


def _relaxed_data(found: Relaxation, seed: int) -> dict[str, object]:
    return {
        "units": {"positions": "Angstrom", "forces": "eV/Angstrom"},
        "seed": seed,
        "converged": found.converged,
        "positions": found.positions.tolist(),
        "covariance": found.covariance.tolist(),
        "exact_positions": None if found.exact is None else found.exact.tolist(),
        "steps": [step._asdict() for step in found.steps],
        "shots": found.shots,
        "price_HQC": found.price,
    }
