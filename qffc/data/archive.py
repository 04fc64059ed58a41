"""Open npz files, and take arrays and texts out of them."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from qffc.data.periodic import refuse_periodic, says_periodic
from qffc.ir.diagnostics import QffcError, error


@contextmanager
def opened(file: Path) -> Iterator[NpzFile]:
    """Open an npz file, and close it in the end.

    Args:
        file: the file, which exists.

    Raises:
        QffcError: numpy cannot open it, or it holds a single array.
    """
    with file.open("rb") as stream, _loaded(file, stream) as archive:
        yield archive


def array_in(file: Path, archive: NpzFile, key: str) -> NDArray[np.generic]:
    """Return an array of an npz file.

    Raises:
        QffcError: it cannot be unpacked, or holds Python objects.
    """
    try:
        array: object = archive[key]
    except Exception as mistake:  # numpy raises whatever its reader stumbles over
        if "allow_pickle" in str(mistake):
            raise error(
                "Python objects in the file",
                where=f"{file}, key {key!r}",
                found="an array of Python objects (pickle)",
                expected="a plain array of numbers",
                help="pickled data can run code when it is read: convert the array with .astype(float), save it again",
            ) from None
        raise _damaged(
            file, key, f"an array that cannot be unpacked ({str(mistake) or type(mistake).__name__})"
        ) from None
    if not isinstance(array, np.ndarray):  # numpy hands out the bytes of what has no header
        raise _damaged(file, key, "bytes that are no array")
    return array


def _damaged(file: Path, key: str, found: str) -> QffcError:
    return error(
        "damaged file",
        where=f"{file}, key {key!r}",
        found=found,
        expected="an npz file as it was written",
        help="copy or download the file again",
    )


def text_in(file: Path, archive: NpzFile, key: str) -> str | None:
    """Return a single text of an npz file, or None where the array is something else.

    Raises:
        QffcError: it cannot be unpacked, or holds Python objects.
    """
    array = array_in(file, archive, key)
    if array.size != 1 or array.dtype.kind not in "US":
        return None
    if array.dtype.kind == "U" and not _characters(array):
        raise _damaged(file, key, "a text with characters that do not exist")
    text = array.item()
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)


def _characters(array: NDArray[np.generic]) -> bool:
    """Whether the numbers in a text stand for characters; numpy makes strings that break Python of any others."""
    codes = np.frombuffer(array.astype(array.dtype.newbyteorder("=")).tobytes(), dtype=np.uint32)
    return bool(np.all((codes < 0xD800) | ((codes > 0xDFFF) & (codes <= sys.maxunicode))))


def refuse_periodic_archive(file: Path, archive: NpzFile, read: Collection[str] = ()) -> None:
    """Refuse an npz file with a cell or periodic boundaries, under any name; see :mod:`qffc.data.periodic`.

    Args:
        file: for messages.
        archive: its content.
        read: keys that are read, and so are none of these.

    Raises:
        QffcError: there is one that is not zero; names its key.
    """
    there = [key for key in archive.files if says_periodic(key) and key not in read]
    refuse_periodic({key: array_in(file, archive, key) for key in there}, str(file))


def _loaded(file: Path, stream: BinaryIO) -> NpzFile:
    try:
        archive = np.load(stream, allow_pickle=False)
    except Exception as mistake:  # numpy raises whatever its reader stumbles over
        raise error(
            "not an npz file",
            where=str(file),
            found=f"content that numpy cannot open ({str(mistake) or type(mistake).__name__})",
            expected="an npz file: a zip of numpy arrays",
            help="write it with numpy.savez; other formats: extended XYZ",
        ) from None
    if isinstance(archive, NpzFile):
        return archive
    raise error(
        "not an npz file",
        where=str(file),
        found="a single numpy array (npy)",
        expected="an npz file with atomic numbers, positions, energies and forces",
        help="put all four arrays into one file with numpy.savez",
    )
