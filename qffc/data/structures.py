"""Structures in a file: molecules of any kind, and atoms in cells, with all that the file says of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from qffc.data.declared_units import declared_length
from qffc.data.file_names import XYZ_SUFFIXES, suffix
from qffc.data.source import existing_file
from qffc.data.xyz_frames import no_frames, xyz_frames
from qffc.ir.diagnostics import error

if TYPE_CHECKING:
    from ase import Atoms


def read_structures(path: str | Path) -> Iterator[Atoms]:
    """Yield the frames of a file, one by one, labels and other entries included.

    Args:
        path: extended XYZ, which may be packed, in Angstrom; or any file that ASE reads.

    Raises:
        QffcError: the file is missing, without frames, or declares another unit of length; a frame cannot be read, or
            has a cell under a name that ASE does not read; names the frame.

    Example:
        >>> import pathlib, tempfile
        >>> text = '''1
        ... Lattice="2 0 0 0 2 0 0 0 2" pbc="T T F" Properties=species:S:1:pos:R:3 run=7
        ... H 0 0 0
        ... '''
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = pathlib.Path(folder, "slab.xyz")
        ...     _ = file.write_text(text)
        ...     [(atoms.pbc.tolist(), int(atoms.info["run"])) for atoms in read_structures(file)]
        [([True, True, False], 7)]
    """
    file = existing_file(path)
    count = 0
    for atoms in _of_xyz(file) if suffix(file) in XYZ_SUFFIXES else _of_ase(file):
        yield atoms
        count += 1
    if not count:
        raise no_frames(file)


def _of_xyz(file: Path) -> Iterator[Atoms]:
    for frame in xyz_frames(file, cells=True):
        unit = declared_length(frame.texts(), frame.where)
        if unit != "Angstrom":
            raise error(
                "positions in another unit",
                where=frame.where,
                found=f"'{unit}'",
                expected="'Angstrom'",
                help="convert the file",
            )
        yield frame.atoms


def _of_ase(file: Path) -> Iterator[Atoms]:
    from ase.io import iread

    try:
        yield from iread(file, index=":")
    except Exception as problem:  # ASE raises whatever it stumbles over
        raise error(
            "file that ASE cannot read",
            where=str(file),
            found=f"{type(problem).__name__}: {problem}",
            expected="extended XYZ, or another format that ASE knows by the name or the content of the file",
            help="convert the file to extended XYZ: ase convert FILE structures.xyz",
        ) from None
