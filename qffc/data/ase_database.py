"""Databases of the Atomic Simulation Environment (ASE): read, and written."""

# ASE has no types for most of its methods.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from qffc.atomic_files import atomic_path
from qffc.data.cells import to_voigt
from qffc.data.molecule_frames import Labelled
from qffc.data.periodic import refuse_periodic
from qffc.data.xyz_frames import Frame
from qffc.ir.diagnostics import QffcError, error
from qffc.ir.telling import tell

_FIRST_BYTES = b"SQLite format 3\0"


def database_frames(file: Path, *, cells: bool = False) -> Iterator[Frame]:
    """Yield the rows of a database of ASE, in the order of their numbers.

    Energy and forces are those that the row holds as results; its key-value pairs stand beside them, under their own
    names, as in the comment line of extended XYZ. Units are those of ASE, eV and Angstrom, unless its user says others.

    Args:
        file: an SQLite database, ``.db``.
        cells: whether rows may be periodic.

    Raises:
        QffcError: it is none, or a row is periodic and may not be.
    """
    from ase.db import connect

    with file.open("rb") as stream:
        head = stream.read(len(_FIRST_BYTES))
    if head != _FIRST_BYTES:
        raise _unreadable(file, "a file that is no SQLite database")
    try:
        database = connect(str(file), type="db", append=True, use_lock_file=False)
        count = len(database)
        rows = database.select(sort="id")
        for index, row in enumerate(rows):
            tell("reading rows:", index, count)
            atoms = row.toatoms()
            if not cells:
                refuse_periodic({"pbc": atoms.pbc}, f"{file}, row {row.id}")
            results = {} if atoms.calc is None else dict(atoms.calc.results)
            header: dict[str, object] = {
                **row.key_value_pairs,
                **{f"data.{key}": value for key, value in row.data.items()},
                **results,
            }
            header |= {key: np.float64(value) for key, value in header.items() if isinstance(value, float)}
            yield Frame(file, index, row.id, header, atoms)
    except (KeyError, ValueError, OSError) as mistake:
        raise _unreadable(file, f"content that ASE cannot read ({type(mistake).__name__}: {mistake})") from None
    finally:
        tell("")


def write_database(frames: Sequence[Labelled], path: Path) -> None:
    """Write frames to a database of ASE, whole or not at all; a file of this name is replaced.

    Args:
        frames: of any molecules.
        path: the file, ``.db``.
    """
    from ase import Atoms
    from ase.calculators.singlepoint import SinglePointCalculator
    from ase.db import connect

    with atomic_path(path) as temporary:
        temporary.unlink()  # ASE makes its tables in a file of its own
        with connect(str(temporary), type="db", append=True, use_lock_file=False) as database:
            database.metadata = {"e_unit": "eV", "r_unit": "Angstrom", "title": path.stem}
            for index, frame in enumerate(frames):
                tell("writing rows:", index, len(frames))
                atoms = Atoms(frame.numbers, positions=frame.positions, cell=frame.cell, pbc=frame.pbc)
                results: dict[str, object] = {"energy": frame.energy}
                results |= {} if frame.forces is None else {"forces": frame.forces}
                results |= {} if frame.stress is None else {"stress": to_voigt(frame.stress)}
                atoms.calc = SinglePointCalculator(atoms, **results)
                database.write(atoms)
    tell("")


def _unreadable(file: Path, found: str) -> QffcError:
    return error(
        "not a database of ASE",
        where=str(file),
        found=found,
        expected="an SQLite database that ase.db wrote",
        help="copy the file again; other formats: .xyz, .npz",
    )
