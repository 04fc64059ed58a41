"""The verb ``data sample``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.output import AsJson, emit
from qffc.ir.diagnostics import error

if TYPE_CHECKING:
    from ase.calculators.calculator import Calculator


def sample(
    geometry: Annotated[str, typer.Option(help="a file that ASE reads, or a molecule of ASE such as CH3OH")],
    method: Annotated[
        str,
        typer.Option(
            help="what moves the atoms: gfn2, gfn1, pyscf:METHOD/BASIS, a trained model, module:NAME or FILE.py:NAME"
        ),
    ],
    frames: Annotated[int, typer.Option(help="how many")],
    temperature: Annotated[float, typer.Option(help="K")],
    out: Annotated[Path, typer.Option(help="a file .npz, .xyz, .extxyz, .xyz.gz, .extxyz.gz or .db")],
    labels: Annotated[
        str | None, typer.Option(help="a second method for energies and forces of the frames [default: --method]")
    ] = None,
    way: Annotated[str, typer.Option(help="dynamics: Langevin; modes: harmonic, frames that are independent")] = (
        "dynamics"
    ),
    interval: Annotated[float, typer.Option(help="between frames of dynamics, fs")] = 10.0,
    seed: Annotated[int, typer.Option(help="of velocities, noise and displacements")] = 0,
    as_json: AsJson = False,
) -> None:
    """Sample geometries of a molecule at a temperature, and label them with energies and forces."""
    from qffc.data.conversion import write_data
    from qffc.data.sampling import SamplingPlan, sampled
    from qffc.references.calculators import atoms_named

    plan = SamplingPlan(frames, temperature, way, interval, seed)
    atoms, mover = atoms_named(geometry, method), _calculator(method)
    data = sampled(atoms, mover, plan, None if labels is None else _calculator(labels))
    written = write_data([data], out)
    text = (
        f"{out}: {data.formula}, {len(data)} frames at {temperature:g} K, moved by {method}, labelled by "
        f"{labels or method}\n  energies from {data.energies.min():.4f} to {data.energies.max():.4f} eV, "
        f"deviation {data.energies.std():.4f}; fingerprint {data.fingerprint}"
    )
    entry = {
        "file": str(written.path),
        "formula": data.formula,
        "frames": len(data),
        "method": method,
        "labels": labels or method,
        "temperature_K": temperature,
        "way": way,
        "seed": seed,
        "fingerprint": data.fingerprint,
    }
    emit(text, entry, as_json)


def _calculator(text: str) -> Calculator:
    from qffc.data.quantum_chemistry import METHOD_FORMS, method_named, names_method
    from qffc.references.calculators import calculator_named
    from qffc.references.programs import names_model

    if names_method(text):
        return method_named(text)
    if ":" not in text and not names_model(text):
        raise error(
            "no such method",
            found=f"'{text}'",
            expected=f"{METHOD_FORMS}; a trained model; or a calculator, module:NAME or FILE.py:NAME",
            help="a density functional is computed by PySCF: --method pyscf:PBE/def2-SVP",
        )
    return calculator_named(text)()
