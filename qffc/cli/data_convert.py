"""The verb ``data convert``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.frames import Keys, Units, parse_keys
from qffc.cli.output import AsJson, emit, say
from qffc.data.file_names import DATA_FORMS
from qffc.ir.diagnostics import error

if TYPE_CHECKING:
    from qffc.data.conversion import Written


def convert(
    files: Annotated[list[str], typer.Argument(metavar="IN...", help=f"{DATA_FORMS}, or several")],
    out: Annotated[Path, typer.Argument(help="a file .npz, .xyz, .extxyz, .xyz.gz, .extxyz.gz or .db")],
    units: Units = None,
    keys: Keys = None,
    by_composition: Annotated[
        bool, typer.Option("--by-composition", help="write a file for each molecule: OUT with its formula")
    ] = False,
    layout: Annotated[str, typer.Option(help="names of arrays in npz: rmd17 or sgdml")] = "rmd17",
    as_json: AsJson = False,
) -> None:
    """Write data again in another format, in eV and Angstrom, with every digit; what has no place there is told."""
    from qffc.data.conversion import joined, with_formula, write_data
    from qffc.data.label_verdicts import warn_of_levels
    from qffc.data.left_out import passed_over
    from qffc.data.molecules import molecule_in
    from qffc.references.data import resolve_molecules

    given = None if keys is None else parse_keys(keys)
    if any(Path(file).exists() and out.exists() and Path(file).samefile(out) for file in files):
        raise error(
            "one file to read and to write",
            found=f"'{out}' as both",
            expected="another name for what is written",
            help="write to a new file, and rename it",
        )
    found = [resolve_molecules(file, units, given) for file in files]
    read = [data for each in found for data in each.sets]
    sets, atoms = joined(read), {symbol: value for each in found for symbol, value in each.atoms.items()}
    warn_of_levels(read)
    lost = []
    for file in files:
        path = Path((molecule_in(file) or (file, ""))[0])
        lost += [f"'{name}' of {path}" for name in (passed_over(path, given) if path.is_file() else ())]
    lost += [
        f"published splits of {data.name}: its frames are joined with others"
        for data in read
        if data.published and not any(data is each for each in sets)
    ]
    if by_composition:
        written = [write_data([data], with_formula(out, data), layout=layout) for data in sets]
        lost += [f"energies of the free atoms {', '.join(atoms)}: they are no molecule"] if atoms else []
    else:
        written = [write_data(sets, out, atoms, layout)]
    for each in (*lost, *(text for file in written for text in file.left_out)):
        say(f"note: left out: {each}")
    for data in read:
        if data.pbc_assumed:
            say(f"note: {data.name}: assumed periodic, which is written as pbc: the file has cells and no pbc")
    emit("\n".join(map(_text, written)), {"files": [_entry(file, lost) for file in written]}, as_json)


def _text(file: Written) -> str:
    rows = [f"{file.path}: in eV, Angstrom, eV/Angstrom; read again, all digits are the same"]
    rows += [f"  {data.formula}: {len(data)} frames, fingerprint {data.fingerprint}" for data in file.sets]
    return "\n".join([*rows, *([f"  free atoms: {', '.join(file.atoms)}"] if file.atoms else [])])


def _entry(file: Written, lost: list[str]) -> dict[str, object]:
    return {
        "file": str(file.path),
        "units": "eV, Angstrom, eV/Angstrom",
        "sets": [{"formula": data.formula, "frames": len(data), "fingerprint": data.fingerprint} for data in file.sets],
        "atom_energies_eV": dict(file.atoms),
        "left_out": [*lost, *file.left_out],
    }
