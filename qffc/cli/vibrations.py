"""The verb ``vibrations``: harmonic frequencies of a molecule."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.motion_options import Geometry, Models, model_given
from qffc.cli.output import AsJson, emit, say, table

if TYPE_CHECKING:
    from qffc.motion.vibrations import HarmonicVibrations

_FORCE = 1e-4
"""eV/Angstrom on an atom after relaxing: what is left of a force bends the frequencies of soft modes."""
_STILL = 0.01
"""eV/Angstrom: with more force than this a geometry is no stationary point."""


def vibrations(
    models: Models,
    geometry: Geometry,
    relax: Annotated[
        bool, typer.Option("--relax/--no-relax", help="go to the minimum near the geometry first, or take it as it is")
    ] = True,
    modes: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="extended XYZ file: a frame for each mode"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the harmonic frequencies of a molecule and its zero-point energy; exit 1 when it does not relax."""
    from qffc.cli.geometry import read_geometry
    from qffc.motion.relaxing import relax_exactly
    from qffc.motion.vibrations import harmonic_vibrations

    numbers, positions = read_geometry(geometry)
    model, place = model_given(models), positions[0]
    if relax:
        relaxed = relax_exactly(model, numbers, place, force=_FORCE)
        place = relaxed.positions
        if not relaxed.converged:
            say(f"not relaxed: a force of {1e3 * relaxed.largest_forces[1]:.2g} meV/Å is left")
            raise typer.Exit(1)
        say(f"relaxed in {relaxed.steps} steps, from {relaxed.energies[0]:.6f} to {relaxed.energies[1]:.6f} eV")
    found = harmonic_vibrations(model, numbers, place)
    if found.largest_force > _STILL:
        say(
            f"a force of {1e3 * found.largest_force:.0f} meV/Å is on an atom: at such a geometry harmonic frequencies "
            "mean little; leave --no-relax out"
        )
    if found.imaginary:
        say(f"{found.imaginary} imaginary: {'a saddle point' if found.imaginary == 1 else 'no minimum'}")
    if modes is not None:
        _write(modes, found)
    data = {
        "units": {"frequencies": "1/cm", "zero_point_energy": "eV", "positions": "Angstrom"},
        "frequencies": found.frequencies.tolist(),
        "zero_point_energy": found.zero_point_energy,
        "imaginary": found.imaginary,
        "largest_rigid_frequency": found.largest_rigid,
        "positions": found.positions.tolist(),
    }
    emit(_text(found), data, as_json)


def _text(found: HarmonicVibrations) -> str:
    from ase.units import invcm

    rows = [
        (str(number), f"{abs(value):.1f}" + ("i" if value < 0 else ""), f"{1e3 * abs(value) * invcm:.1f}")
        for number, value in enumerate(found.frequencies, 1)
    ]
    rigid = f"translations and rotations, projected out: up to {found.largest_rigid:.1f}/cm before"
    zero_point = f"zero-point energy: {found.zero_point_energy:.4f} eV"
    return f"{table(('mode', 'frequency (1/cm)', 'meV'), rows)}\n\n{zero_point}\n{rigid}"


def _write(out: Path, found: HarmonicVibrations) -> None:
    from ase import Atoms
    from ase.io import write

    from qffc.atomic_files import atomic_path

    frames = []
    for frequency, mode in zip(found.frequencies, found.modes, strict=True):
        frame = Atoms(found.numbers, found.positions)
        frame.arrays["mode"] = mode
        frame.info["frequency_per_cm"] = round(float(frequency), 4)
        frames.append(frame)
    with atomic_path(out) as temporary:
        write(temporary, frames, format="extxyz")
