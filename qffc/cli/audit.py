"""The verb ``audit``: any ASE calculator put to the test."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qffc.cli.output import AsJson, emit, say


def audit(
    calculator: Annotated[
        str,
        typer.Argument(help="module:NAME or FILE.py:NAME, a calculator or what makes one; or a trained model"),
    ],
    geometry: Annotated[
        str | None,
        typer.Option(
            help="a file that ASE reads, a molecule of ASE such as H2O, or bulk:Cu; "
            "default: ethanol, or the molecule of a trained model"
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="a folder for audit.html, audit.json and the geometries of what fails")
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(help="a symmetry that is not claimed: rotation, inversion, translation or exchange; repeatable"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="of displacements, motions and directions")] = 0,
    as_json: AsJson = False,
) -> None:
    """Test symmetries, derivatives, smoothness and limits of a calculator; exit 1 when something fails."""
    from qffc.auditing.audit import audit as run_audit
    from qffc.auditing.report import write_report
    from qffc.ir.declarations import SYMMETRIES
    from qffc.ir.diagnostics import error, quoted
    from qffc.references.calculators import atoms_named, calculator_named

    unknown = [name for name in without or () if name not in SYMMETRIES]
    if unknown:
        raise error(
            "unknown symmetry",
            found=quoted(unknown),
            expected=f"one of {quoted(SYMMETRIES)}",
            help="leave --without out to test all",
        )
    make, atoms = calculator_named(calculator), atoms_named(geometry, calculator)
    symmetry = tuple(name for name in SYMMETRIES if name not in (without or ()))
    found = run_audit(make, atoms, symmetry, seed, calculator)
    if out is not None:
        for path in write_report(found, out):
            say(f"written: {path}")
    emit(found.render(), found.to_json(), as_json)
    if not found.holds:
        raise typer.Exit(1)
