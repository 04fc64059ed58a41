"""The verb ``export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from qffc.cli.output import AsJson, emit
from qffc.ir.diagnostics import error


def export_file(
    model: Annotated[Path, typer.Argument(help="a model file, the folder of its run, or trained:NAME")],
    out: Annotated[Path, typer.Option(help="the file to write")],
    atoms: Annotated[str | None, typer.Option(help="the molecule: symbols or atomic numbers, such as 'O H H'")] = None,
    geometry: Annotated[str | None, typer.Option(help="instead: a file with the molecule, or a dataset's name")] = None,
    to: Annotated[Literal["jax"], typer.Option(help="what the file is for")] = "jax",
    as_json: AsJson = False,
) -> None:
    """Write energies and forces of a molecule as a function that JAX runs without qffc."""
    if (atoms is None) == (geometry is None):
        raise error(
            "export without a molecule" if atoms is None else "export of two molecules",
            found="neither --atoms nor --geometry" if atoms is None else "--atoms and --geometry",
            expected="one of the two",
            help="write for instance --atoms 'O H H'",
        )
    from qffc.cli.geometry import read_geometry
    from qffc.models.files.export_model import PLATFORMS, export_model
    from qffc.models.files.model_file import load_model
    from qffc.models.given.atoms_given import elements_of

    if geometry is not None:
        numbers = read_geometry(geometry)[0]
    else:
        words = (atoms or "").replace(",", " ").split()
        numbers = elements_of([int(word) for word in words] if all(map(str.isdecimal, words)) else words)
    export_model(load_model(model), numbers, out)
    size = out.stat().st_size
    entries = {"file": str(out), "bytes": size, "to": to, "numbers": numbers.tolist(), "platforms": list(PLATFORMS)}
    emit(f"{out}: {size / 1e6:.1f} MB, for {', '.join(PLATFORMS)}", entries, as_json)
