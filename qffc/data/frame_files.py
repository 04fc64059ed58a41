"""The frames of a file, whatever its format; they may be of any molecules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from qffc.data.ani_h5 import h5_frames
from qffc.data.ase_database import database_frames
from qffc.data.file_names import DB_SUFFIXES, H5_SUFFIXES, suffix
from qffc.data.xyz_frames import Frame, xyz_frames


def frames_of(file: Path, *, cells: bool = False) -> Iterator[Frame]:
    """Yield the frames of a file.

    Args:
        file: in one of the formats of :data:`qffc.data.file_names.FRAME_SUFFIXES`.
        cells: whether frames may be periodic; those of HDF5 may not.

    Raises:
        QffcError: the reader of the format refuses.
    """
    if suffix(file) in DB_SUFFIXES:
        yield from database_frames(file, cells=cells)
    elif suffix(file) in H5_SUFFIXES:
        yield from h5_frames(file)
    else:
        yield from xyz_frames(file, cells=cells)
