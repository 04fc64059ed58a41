"""The verb ``predict``: energies and forces of all structures of a file, written beside what the file says of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.output import AsJson, emit
from qffc.ir.diagnostics import error
from qffc.ir.short_repr import counted

if TYPE_CHECKING:
    from ase import Atoms

_ENDINGS = (".xyz", ".extxyz")


def predict(
    models: Annotated[
        list[Path],
        typer.Argument(metavar="MODEL...", help="a model file, or the folder of its run; of several the mean"),
    ],
    geometry: Annotated[
        Path, typer.Option(help="structures: extended XYZ, npz, any file that ASE reads, water or ammonia; Angstrom")
    ],
    out: Annotated[Path, typer.Option(help="the file to write, extended XYZ: .xyz or .extxyz")],
    as_json: AsJson = False,
) -> None:
    """Write energies and forces of all structures of a file, and stress of those in cells."""
    if out.suffix.lower() not in _ENDINGS:
        raise error(
            "unknown kind of file for predictions",
            found=f"'{out}'",
            expected="a name that ends in .xyz or .extxyz",
            help="ASE converts it to other formats: ase convert predictions.xyz predictions.traj",
        )
    if out.exists() and geometry.exists() and out.samefile(geometry):
        raise error(
            "predictions in the place of the structures",
            found=f"--geometry and --out both '{out}'",
            expected="another file",
            help="name another file",
        )
    from ase.io.extxyz import write_xyz

    from qffc.atomic_files import atomic_path
    from qffc.ir.telling import tell
    from qffc.models.ensemble import Ensemble
    from qffc.models.files.model_file import load_model
    from qffc.models.predictions import predict_structures

    members = [load_model(each) for each in models]
    model = members[0] if len(members) == 1 else Ensemble(members)
    frames = atoms = cells = 0
    grades: list[float] = []
    with atomic_path(out) as temporary, temporary.open("w", encoding="utf-8") as file:
        for predicted in predict_structures(model, _structures(geometry), str(geometry)):
            write_xyz(file, [predicted])
            frames, atoms, cells = frames + 1, atoms + len(predicted), cells + bool(predicted.pbc.any())
            if "extrapolation_grade" in predicted.info:
                grades.append(float(predicted.info["extrapolation_grade"]))
            tell("frames:", frames)
    beyond = sum(grade > 1 for grade in grades)
    text = f"{counted(frames, 'frame')}, {counted(atoms, 'atom')}" + (f", {cells} in cells" if cells else "")
    text += f": written to {out}"
    if beyond:
        text += (
            f"\n{beyond} beyond the training data, the largest extrapolation grade {max(grades):.2f}: energies fade to "
            "those of free atoms there and mean little"
        )
    counts: dict[str, object] = {"frames": frames, "atoms": atoms, "cells": cells, "written": str(out)}
    if grades:
        counts |= {"beyond_training_data": beyond, "largest_extrapolation_grade": max(grades)}
    emit(text, counts, as_json)


def _structures(geometry: Path) -> Iterator[Atoms]:
    from ase import Atoms

    from qffc.cli.geometry import read_geometry
    from qffc.data import EMBEDDED
    from qffc.data.file_names import suffix
    from qffc.data.structures import read_structures

    if str(geometry) not in EMBEDDED and suffix(geometry) != ".npz":
        return read_structures(geometry)
    numbers, positions = read_geometry(str(geometry))
    return (Atoms(numbers, frame) for frame in positions)
