"""Molecules for verbs that need positions but no energies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import QffcError, error, quoted

if TYPE_CHECKING:
    from numpy.lib.npyio import NpzFile

Geometry = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Atomic numbers (atoms,) and positions (frames, atoms, 3) in Angstrom."""
Positions = tuple[NDArray[np.int64] | None, NDArray[np.float64]]
"""The same, where a file may leave the atomic numbers out."""


def read_geometry(text: str) -> Geometry:
    """Return the molecule in a data file, in Angstrom, or in an embedded dataset.

    Raises:
        QffcError: when the file cannot be read, is periodic, declares another unit of length, or its frames differ in
            their atoms.
    """
    from qffc.data import EMBEDDED, load_embedded

    if text in EMBEDDED:
        data = load_embedded(text)
        return data.numbers, data.positions
    numbers, positions = read_positions(Path(text))
    if numbers is None:
        raise _without_numbers(Path(text))
    if positions.ndim != 3 or not len(positions) or positions.shape[1:] != (len(numbers), 3):
        raise _unreadable(
            Path(text), f"positions of shape {positions.shape}", f"(frames, {len(numbers)}, 3), at least one frame"
        )
    return numbers, positions


def read_positions(file: Path) -> Positions:
    """Return what a data file has of atoms; npz files may have positions alone.

    Raises:
        QffcError: as for :func:`read_geometry`.
    """
    from qffc.data import EMBEDDED
    from qffc.data.file_names import DATA_SUFFIXES, FRAME_SUFFIXES, suffix
    from qffc.data.source import existing_file

    if suffix(file) in FRAME_SUFFIXES:
        return _read_frames(existing_file(file))
    if suffix(file) == ".npz":
        return _read_npz(existing_file(file))
    raise error(
        "unknown kind of geometry",
        found=f"'{file}'",
        expected=f"a file with one of the endings {quoted(DATA_SUFFIXES)}, or one of {quoted(EMBEDDED)}",
        help="convert the file to XYZ"
        if file.exists()
        else f"write the molecule to a file first; ASE knows many by name: ase build {file.stem} {file.stem}.xyz",
    )


def _read_npz(file: Path) -> Positions:
    from qffc.data.archive import opened, refuse_periodic_archive, text_in
    from qffc.data.declared_units import quantity_of
    from qffc.data.npz import KNOWN_KEYS

    with opened(file) as archive:
        refuse_periodic_archive(file, archive)
        _need_angstrom(file, {key: text_in(file, archive, key) for key in archive.files if quantity_of(key)})
        positions = _only(file, archive, KNOWN_KEYS["positions"])
        numbers = _only(file, archive, KNOWN_KEYS["numbers"])
    if positions is None:
        raise _unreadable(file, f"no {quoted(KNOWN_KEYS['positions'])}", "positions under one of these names")
    return _checked(file, numbers, positions)


def _only(file: Path, archive: NpzFile, keys: tuple[str, ...]) -> NDArray[np.generic] | None:
    from qffc.data.archive import array_in

    found = [key for key in keys if key in archive.files]
    if len(found) > 1:
        raise _unreadable(file, f"arrays {quoted(found)}", f"one array under one of {quoted(keys)}")
    return array_in(file, archive, found[0]) if found else None


def _checked(file: Path, numbers: NDArray[np.generic] | None, stored: NDArray[np.generic]) -> Positions:
    """The arrays as numbers that can be: finite positions, and the numbers of elements."""
    from qffc.data.checks import atomic_numbers, check_rows, real_array

    try:
        positions = real_array(stored, "positions")
        if numbers is not None and positions.ndim == 3:
            check_rows(numbers, len(positions))
        known = None if numbers is None else atomic_numbers(numbers)
    except QffcError as mistake:
        raise QffcError(replace(mistake.diagnostic, where=f"{file}, {mistake.diagnostic.where}")) from None
    if not np.all(np.isfinite(positions)):
        raise _unreadable(file, "positions with NaN or infinity", "finite positions in Angstrom")
    return known, positions


def _read_frames(file: Path) -> Geometry:
    from qffc.data.frame_files import frames_of
    from qffc.data.xyz_frames import no_frames, refuse_other_atoms

    frames = list(frames_of(file))
    if not frames:
        raise no_frames(file)
    for frame in frames:
        refuse_other_atoms(frame, frames[0])
        _need_angstrom(file, frame.texts())
    positions = np.stack([frame.atoms.positions for frame in frames])
    return _checked(file, frames[0].atoms.numbers, positions)  # type: ignore[return-value]  # the format has elements


def _need_angstrom(file: Path, texts: Mapping[str, str | None]) -> None:
    from qffc.data.declared_units import declared_length

    unit = declared_length(texts, str(file))
    if unit != "Angstrom":
        raise _unreadable(file, f"positions in '{unit}'", "positions in 'Angstrom'")


def _without_numbers(file: Path) -> QffcError:
    from qffc.data.npz import KNOWN_KEYS

    keys = quoted(KNOWN_KEYS["numbers"])
    return _unreadable(file, "no atomic numbers", f"whole atomic numbers (atoms,) under one of {keys}")


def _unreadable(file: Path, found: str, expected: str) -> QffcError:
    return error("geometry that cannot be used", found=found, expected=expected, help="correct it", where=str(file))
