"""The verb ``relax``: a minimum by exact forces, or by forces from circuits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.motion_on_circuits import Level, MaxHqc, OnCircuits, Store, TargetName, need_target, relax_on_circuits
from qffc.cli.motion_options import Geometry, Models
from qffc.cli.output import AsJson, emit, table
from qffc.ir.diagnostics import error

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from qffc.motion.relaxing import RelaxedGeometry


def relax_model(
    models: Models,
    geometry: Geometry,
    fmax: Annotated[
        str | None, typer.Option(help="largest force on an atom at the end, such as 1meV/A [default: 1meV/A]")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="at most [default: 500; with --target 50 evaluations of the forces]")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="extended XYZ file of the minimum")] = None,
    target: TargetName = None,
    standard_error: Annotated[
        str | None,
        typer.Option(help="with --target: of the forces at the end, such as 100meV/A [default: 100meV/A]"),
    ] = None,
    max_hqc: MaxHqc = None,
    store: Store = None,
    seed: Annotated[int | None, typer.Option(min=0, help="with --target: what reproduces the shots")] = None,
    level: Level = None,
    as_json: AsJson = False,
) -> None:
    """Relax a molecule by the exact forces of a model, or with --target by forces from circuits; exit 1 if it fails."""
    if target is not None:
        if fmax is not None or len(models) > 1:
            raise error(
                "relaxation on circuits by the rules of exact forces",
                found="--fmax" if fmax is not None else f"{len(models)} models",
                expected="one model, and --standard-error: it ends where forces are not significant",
                help="give --standard-error, or leave --target out",
            )
        how = OnCircuits(target, seed or 0, level, 10, max_hqc, store)
        relax_on_circuits(models[0], geometry, how, standard_error or "100meV/A", steps or 50, out, as_json)
        return
    need_target(
        {
            "--standard-error": standard_error,
            "--max-hqc": max_hqc,
            "--store": store,
            "--seed": seed,
            "--level": level,
        }
    )
    _relax_exactly(models, geometry, fmax, steps, out, as_json)


def _relax_exactly(
    models: list[Path], geometry: str, fmax: str | None, steps: int | None, out: Path | None, as_json: bool
) -> None:
    from qffc.cli.geometry import read_geometry
    from qffc.cli.motion_options import model_given
    from qffc.motion.relaxing import FORCE, STEPS, relax_exactly
    from qffc.units import force_in_ev_per_angstrom

    wanted = FORCE if fmax is None else force_in_ev_per_angstrom(fmax)
    numbers, positions = read_geometry(geometry)
    found = relax_exactly(model_given(models), numbers, positions[0], force=wanted, steps=steps or STEPS)
    if out is not None:
        _write(out, numbers, found)
    data = {
        "units": {"positions": "Angstrom", "energies": "eV", "forces": "eV/Angstrom"},
        "converged": found.converged,
        "steps": found.steps,
        "energies": list(found.energies),
        "largest_forces": list(found.largest_forces),
        "positions": found.positions.tolist(),
        "extrapolation_grade": found.grade,
    }
    emit(_text(found, numbers, positions[0], wanted), data, as_json)
    if not found.converged:
        raise typer.Exit(1)


def _text(found: RelaxedGeometry, numbers: NDArray[np.integer], start: NDArray[np.float64], wanted: float) -> str:
    import numpy as np
    from ase.data import chemical_symbols

    from qffc.cli.motion_options import bonded_pairs

    rows = []
    for a, b in bonded_pairs(numbers, found.positions):
        before, after = (float(np.linalg.norm(place[a] - place[b])) for place in (start, found.positions))
        rows.append(
            (
                f"{chemical_symbols[numbers[a]]}{a} {chemical_symbols[numbers[b]]}{b}",
                f"{before:.4f}",
                f"{after:.4f}",
            )
        )
    energies = [
        ("energy (eV)", *(f"{each:.6f}" for each in found.energies)),
        ("largest force (meV/Å)", *(f"{1e3 * each:.3f}" for each in found.largest_forces)),
    ]
    end = "relaxed" if found.converged else "not relaxed"
    first = f"{end} in {found.steps} steps, to forces below {1e3 * wanted:g} meV/Å"
    pairs = table(("distance (Å)", "start", "end"), rows)
    return f"{first}\n\n{table(('', 'start', 'end'), energies)}\n\n{pairs}"


def _write(out: Path, numbers: NDArray[np.integer], found: RelaxedGeometry) -> None:
    from qffc.atomic_files import write_text
    from qffc.motion.trajectory_file import frame_text

    write_text(out, frame_text(numbers, found.positions, found.forces, [("energy", f"{found.energies[1]:.8f}")]))
