"""What kind of data a file holds, by the ending of its name."""

from __future__ import annotations

from pathlib import Path

XYZ_SUFFIXES = (".xyz", ".extxyz", ".xyz.gz", ".extxyz.gz")
DB_SUFFIXES = (".db",)
"""Databases of ASE."""
H5_SUFFIXES = (".h5", ".hdf5")
"""HDF5 in the form of the ANI data sets."""
FRAME_SUFFIXES = (*XYZ_SUFFIXES, *DB_SUFFIXES, *H5_SUFFIXES)
"""Files of frames that may be of any molecules."""
DATA_SUFFIXES = (".npz", *FRAME_SUFFIXES)
FILE_FORMS = "a file .npz, .xyz, .extxyz, .xyz.gz, .extxyz.gz, .db or .h5"
"""The kinds of data files, for messages and help."""
DATA_FORMS = f"water, ammonia, or {FILE_FORMS}"
"""What names frames."""
ALL = "all"
"""In the place of the formula behind a file, as in ``FILE:all``: every molecule in it."""


def suffix(file: str | Path) -> str:
    """Return the ending of a data file in small letters, with the one before ``.gz``.

    Example:
        >>> suffix("runs.v2/WATER.XYZ"), suffix("water.1.xyz.gz"), suffix("water")
        ('.xyz', '.xyz.gz', '')
    """
    path = Path(file)
    last = path.suffix.lower()
    return Path(path.stem).suffix.lower() + last if last == ".gz" else last


def stem(file: str | Path) -> str:
    """Return the name of a data file without its ending.

    Example:
        >>> stem("data/water.1.xyz.gz")
        'water.1'
    """
    name = Path(file).name
    return name[: len(name) - len(suffix(file))]
