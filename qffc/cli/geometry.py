"""Molecules for verbs that need positions but no energies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import QffcError, error, quoted

Geometry = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Atomic numbers (atoms,) and positions (frames, atoms, 3) in Angstrom."""


def read_geometry(text: str) -> Geometry:
    """Return the molecule in a file ``.xyz``, ``.extxyz`` (Angstrom) or ``.npz``, or in an embedded dataset.

    Raises:
        QffcError: when the file cannot be read, is periodic, or its frames differ in their atoms.
    """
    from qffc.data import EMBEDDED, load_embedded

    if text in EMBEDDED:
        data = load_embedded(text)
        return data.numbers, data.positions
    file = Path(text)
    if file.suffix in (".xyz", ".extxyz"):
        return _read_xyz(file)
    if file.suffix == ".npz":
        arrays = read_arrays(file)
        return numbers_in(file, arrays, needed=True), _one(file, arrays, ("positions", "R", "coords"))  # type: ignore[return-value]  # needed
    raise error(
        "unknown kind of geometry",
        found=f"'{text}'",
        expected=f"a file .xyz, .extxyz or .npz, or one of {quoted(EMBEDDED)}",
        help="convert the file to XYZ",
    )


def read_arrays(file: Path) -> dict[str, NDArray[np.float64]]:
    """Return the numeric arrays of an npz file by name."""
    try:
        # Opened here, because numpy leaves a file open that turns out to be no archive.
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except Exception as problem:  # numpy raises whatever its reader stumbles over
        found = str(problem) or type(problem).__name__
        raise _unreadable(file, found, "an npz file of plain arrays") from None
    unit = str(arrays.get("units_length", "Angstrom"))
    if unit != "Angstrom":
        raise _unreadable(file, f"positions in '{unit}'", "positions in 'Angstrom'")
    return {name: array for name, array in arrays.items() if array.dtype.kind in "iuf"}


def positions_in(file: Path, arrays: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the array ``positions`` as floats, finite."""
    return _one(file, arrays, ("positions",))


def numbers_in(file: Path, arrays: dict[str, NDArray[np.float64]], *, needed: bool) -> NDArray[np.int64] | None:
    """Return the atomic numbers, (atoms,), or None where there are none and none are needed."""
    from qffc.data.npz import KNOWN_KEYS
    from qffc.ir.elements import SYMBOLS

    found = [arrays[key] for key in KNOWN_KEYS["numbers"] if key in arrays]
    if not found and not needed:
        return None
    numbers = found[0] if len(found) == 1 else np.zeros(0)
    if numbers.ndim != 1 or not numbers.size or numbers.dtype.kind not in "iu" or not _elements(numbers, len(SYMBOLS)):
        raise _unreadable(
            file,
            f"arrays {quoted(arrays) or '(none)'}",
            f"whole atomic numbers (atoms,) under one of {quoted(KNOWN_KEYS['numbers'])}",
        )
    return numbers.astype(np.int64)


def _elements(numbers: NDArray[np.float64], count: int) -> bool:
    return bool(numbers.min() >= 1 and numbers.max() <= count)


def _one(file: Path, arrays: dict[str, NDArray[np.float64]], names: tuple[str, ...]) -> NDArray[np.float64]:
    found = [arrays[name] for name in names if name in arrays]
    if len(found) != 1:
        raise _unreadable(file, f"arrays {quoted(arrays) or '(none)'}", f"one array {quoted(names)} of numbers")
    positions = found[0].astype(np.float64)
    if not np.all(np.isfinite(positions)):
        raise _unreadable(file, "positions with NaN or infinity", "finite positions in Angstrom")
    return positions


def _read_xyz(file: Path) -> Geometry:
    from qffc.data.xyz import frames_of_ase

    try:
        frames = list(frames_of_ase(file))
    except Exception as problem:  # ASE raises whatever its reader stumbles over
        raise _unreadable(file, f"{type(problem).__name__}: {problem}", "frames in the XYZ format") from None
    if not frames:
        raise _unreadable(file, "no frames", "at least one frame")
    for frame in frames:
        if np.any(frame.pbc):
            raise _unreadable(file, "a periodic cell", "a molecule in a vacuum")
        if not np.array_equal(frame.numbers, frames[0].numbers):
            raise _unreadable(file, "frames with different atoms", "the same atoms in the same order in every frame")
    return frames[0].numbers, np.stack([frame.positions for frame in frames])


def _unreadable(file: Path, found: str, expected: str) -> QffcError:
    return error("geometry that cannot be used", found=found, expected=expected, help="correct it", where=str(file))
