"""The options of a verb that name frames with energies and forces: ``--data``, ``--units``, ``--keys``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from qffc.data.file_names import DATA_FORMS
from qffc.ir.diagnostics import error

if TYPE_CHECKING:
    from qffc.data import Dataset

Data = Annotated[str, typer.Option(help=DATA_FORMS)]
Units = Annotated[str | None, typer.Option(help="of a data file: rmd17, ase, atomic, or 'eV, Angstrom'")]
Keys = Annotated[
    str | None,
    typer.Option(metavar="ROLE=KEY,...", help="other names in a data file, such as energies=E_dft,forces=F_dft"),
]


def read_frames(data: str, units: str | None, keys: str | None) -> Dataset:
    """Return the dataset that the options name, which may have energies alone."""
    from qffc.references.data import resolve_data

    return resolve_data(data, units, None if keys is None else parse_keys(keys), energies_alone=True)


def parse_keys(text: str) -> dict[str, str]:
    """Return keys by role from their spelling on the command line; the reader of the file knows the roles.

    Raises:
        QffcError: when the text is no list of ``role=key``, or names a role twice.

    Example:
        >>> parse_keys("positions=R, energies=E")
        {'positions': 'R', 'energies': 'E'}
    """
    keys: dict[str, str] = {}
    for part in text.split(","):
        role, _, key = (word.strip() for word in part.partition("="))
        if not role or not key or role in keys:
            raise error(
                "keys that cannot be read",
                found=f"'{part.strip()}' in --keys '{text}'" + (f", a second key for {role}" if role in keys else ""),
                expected="ROLE=KEY for each role once, separated by commas",
                help="write for instance --keys energies=E_dft,forces=F_dft",
            )
        keys[role] = key
    return keys
