"""What a training starts from, on the command line: energies of atoms, or a trained model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qffc.ir.diagnostics import error
from qffc.studies.run_file import SUFFIX, RunFile, read_toml

AtomEnergies = Annotated[
    str | None,
    typer.Option(metavar="ELEMENT=EV,...", help="energies of free atoms, or a file .toml of such lines"),
]
StartFrom = Annotated[
    str | None, typer.Option(metavar="MODEL", help="a trained model of the program, or its folder, to train on from")
]


def with_start(run: RunFile, atom_energies: str | None, start_from: str | None) -> RunFile:
    """Return a run with these options in the place of what its file says.

    Args:
        run: from the file and other options.
        atom_energies: as on the command line.
        start_from: a model or its folder.
    """
    changes: dict[str, object] = {}
    if atom_energies is not None:
        changes["atom_energies"] = parse_atom_energies(atom_energies)
    if start_from is not None:
        changes["start_from"] = start_from
    return run.model_copy(update=changes)


def parse_atom_energies(text: str) -> dict[str, float]:
    """Return energies (eV) by element from their spelling on the command line.

    Args:
        text: ``H=-13.6,O=-2035.6``, or a TOML file with a line ``H = -13.6`` for each element.

    Raises:
        QffcError: when it cannot be read, or names an element twice.

    Example:
        >>> parse_atom_energies("H=-13.6, O=-2035.6")
        {'H': -13.6, 'O': -2035.6}
    """
    if text.endswith(SUFFIX):
        entries = list(read_toml(Path(text)).items())
    else:
        entries = [
            (name.strip(), _number(value)) for name, _, value in (part.partition("=") for part in text.split(","))
        ]
    energies: dict[str, float] = {}
    for name, value in entries:
        if not isinstance(value, int | float) or isinstance(value, bool) or name in energies:
            raise error(
                "atom energies that cannot be read",
                found=f"'{text}'" + (f", where {name} comes twice" if name in energies else ""),
                expected="an energy in eV for each element once",
                help="write --atom-energies H=-13.6,O=-2035.6, or name a file .toml with lines such as H = -13.6",
            )
        energies[name] = float(value)
    return energies


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
