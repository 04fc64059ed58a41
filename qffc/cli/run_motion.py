"""The verbs ``relax`` and ``dynamics``: a molecule moved by forces from circuits on a target."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.output import AsJson, emit, say, table
from qffc.compiling.levels import DEFAULT_LEVEL, LEVELS
from qffc.data.file_names import DATA_FORMS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from qffc.execution.relaxation import Relaxation
    from qffc.execution.shot_forces import ShotForces
    from qffc.models.force_field import ForceField

_BOND = 1.3
"""Distances up to this times the covalent radii are printed."""

Model = Annotated[Path, typer.Argument(help="a model file, or the folder of its run")]
Geometry = Annotated[str, typer.Option(help=f"in Angstrom: {DATA_FORMS}; its first frame")]
TargetName = Annotated[str, typer.Option("--target", help="a target that runs circuits; see 'qffc targets'")]
MaxHqc = Annotated[float | None, typer.Option(min=0, help="refuse what would cost more in all")]
Store = Annotated[Path | None, typer.Option(help="a folder for results, to go on after a kill")]
Seed = Annotated[int, typer.Option(min=0, help="what reproduces the shots")]
Level = Annotated[
    int, typer.Option("-O", "--level", min=0, max=len(LEVELS) - 1, help="optimization level of the circuits")
]
Out = Annotated[Path | None, typer.Option(metavar="FILE", help="extended XYZ file for geometries")]


def relax_model(
    model: Model,
    geometry: Geometry,
    target: TargetName = "H2-1LE",
    standard_error: Annotated[str, typer.Option(help="of the forces at the end, such as 100meV/A")] = "100meV/A",
    steps: Annotated[int, typer.Option(min=1, help="evaluations of the forces, at most")] = 50,
    max_hqc: MaxHqc = None,
    store: Store = None,
    seed: Seed = 0,
    level: Level = DEFAULT_LEVEL,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Relax a molecule by forces from circuits; prints its distances with error bars beside the exact ones."""
    from qffc.cli.geometry import read_geometry
    from qffc.execution.relaxation import relax
    from qffc.units import force_in_ev_per_angstrom

    wanted = force_in_ev_per_angstrom(standard_error)
    numbers, positions = read_geometry(geometry)
    trained, source = _source(model, numbers, positions[:1], target, level, seed, 10, max_hqc, store)
    say(f"forces to {1e3 * wanted:g} meV/Angstrom: {source.price(wanted):.1f} HQC, about, each time")
    found = relax(source, trained, numbers, positions[0], standard_error=wanted, steps=steps)
    if out is not None:
        _write(out, numbers, found.positions[None])
    emit(_relaxed(found, numbers), _relaxed_data(found, seed), as_json)
    if not found.converged:
        raise typer.Exit(1)


def run_dynamics(
    model: Model,
    geometry: Geometry,
    target: TargetName = "H2-1LE",
    steps: Annotated[int, typer.Option(min=1, help="how many")] = 100,
    replicas: Annotated[int, typer.Option(min=1, help="molecules that move beside each other")] = 1,
    temperature: Annotated[float, typer.Option(help="kelvin")] = 300.0,
    step: Annotated[float, typer.Option(help="femtoseconds")] = 0.5,
    friction: Annotated[float, typer.Option(help="per femtosecond")] = 0.02,
    shots: Annotated[int, typer.Option(min=2, help="mean over the circuits, shifts and settings counted")] = 10,
    uncorrected: Annotated[
        bool, typer.Option("--uncorrected", help="leave the noise of the forces beside the random force: it heats")
    ] = False,
    max_hqc: MaxHqc = None,
    store: Store = None,
    seed: Seed = 0,
    level: Level = DEFAULT_LEVEL,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Move a molecule by forces from circuits, whose noise is a part of the thermostat; prints the temperature."""
    import numpy as np
    from ase.data import atomic_masses

    from qffc.cli.geometry import read_geometry
    from qffc.execution.backend import check_price
    from qffc.execution.langevin import Langevin, run_langevin

    settings = Langevin(temperature, step, friction, compensate=not uncorrected)
    numbers, positions = read_geometry(geometry)
    start = np.repeat(positions[:1], replicas, axis=0)
    _, source = _source(model, numbers, start, target, level, seed, shots, max_hqc, store)
    price = steps * source.price(None)
    say(f"{steps} steps of {replicas} replicas: {price:.1f} HQC, about")
    check_price(price, max_hqc)
    found = run_langevin(source, start, atomic_masses[numbers], settings, steps=steps, seed=seed)
    if out is not None:
        _write(out, numbers, found.positions[:, 0])
    mean, error = found.mean_temperature(steps // 2)
    data = {
        "seed": seed,
        "steps": steps,
        "temperature_K": mean,
        "standard_error_K": None if replicas == 1 else error,
        "force_error_eV_per_Angstrom": float(found.noise.mean()),
        "largest_friction_per_fs": float(found.friction.max()),
        "shots": found.shots,
        "price_HQC": found.price,
    }
    spread = "" if replicas == 1 else f" ± {error:.0f}"
    lines = [
        f"temperature: {mean:.0f}{spread} K, kinetic, over the second half of the steps; {temperature:g} K are wanted",
        f"noise of forces: {1e3 * found.noise.mean():.0f} meV/Angstrom; friction up to {found.friction.max():.4f}/fs",
        f"{found.shots} shots, {found.price:.1f} HQC",
    ]
    emit("\n".join(lines), data, as_json)


def _source(
    model: Path,
    numbers: NDArray[np.integer],
    positions: NDArray[np.float64],
    target: str,
    level: int,
    seed: int,
    shots: int,
    max_hqc: float | None,
    store: Path | None,
) -> tuple[ForceField, ShotForces]:
    from qffc.compiling.levels import at_level
    from qffc.execution.backend import need_runner
    from qffc.execution.shot_forces import shot_forces
    from qffc.models.files.model_file import load_model
    from qffc.targets.catalogue import target as find_target

    place = find_target(target)
    need_runner(place)
    trained = at_level(load_model(model), place, level)
    source = shot_forces(trained, numbers, positions, place, seed=seed, shots=shots, max_price=max_hqc, store=store)
    return trained, source


def _write(out: Path, numbers: NDArray[np.integer], frames: NDArray[np.float64]) -> None:
    from ase import Atoms
    from ase.io import write

    from qffc.atomic_files import atomic_path

    with atomic_path(out) as temporary:
        write(temporary, [Atoms(numbers, frame) for frame in frames], format="extxyz")


def _bonds(found: Relaxation, numbers: NDArray[np.integer]) -> list[tuple[int, int]]:
    from ase.data import covalent_radii

    pairs = [(a, b) for b in range(len(numbers)) for a in range(b)]
    near = [(a, b) for a, b in pairs if found.distance(a, b)[0] < _BOND * sum(covalent_radii[numbers[[a, b]]])]
    return pairs if len(numbers) <= 4 else near


def _relaxed(found: Relaxation, numbers: NDArray[np.integer]) -> str:
    from ase.data import chemical_symbols

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
    for a, b in _bonds(found, numbers):
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
