"""What the arrays of a dataset must satisfy; each check raises a diagnostic that says where it failed.

The ``where`` of every diagnostic starts with the role of the array (``positions``, ``forces`` ...), so that a file
reader can put the file and its own key in front.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qffc.ir.diagnostics import error
from qffc.ir.elements import SYMBOLS

CLOSEST = 0.1
"""No two atoms may be closer than this (Angstrom)."""


def real_array(value: ArrayLike, role: str) -> NDArray[np.float64]:
    """Return a float64 copy of real numbers.

    Args:
        value: numbers, any shape and any real dtype.
        role: name of the array, for the message.

    Returns:
        A copy, float64, the same shape.

    Raises:
        QffcError: the values are not real numbers.

    Example:
        >>> real_array([1, 2], "energies")
        array([1., 2.])
    """
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise error(
            "not real numbers",
            where=role,
            found=f"dtype {array.dtype}" + (f", such as {array.flat[0]!r}" if array.size else ""),
            expected="floating point numbers or integers",
            help=f"store {role} as a plain array of float64",
        )
    return array.astype(np.float64)


def atomic_numbers(value: ArrayLike) -> NDArray[np.int64]:
    """Return atomic numbers (N,) as int64, checked to be those of elements.

    Args:
        value: atomic numbers, shape (N,), integers; or (n, N), a row for each frame, all rows equal.

    Returns:
        A copy, int64, shape (N,).

    Raises:
        QffcError: not integers, of another shape, empty, frames that differ, or a number outside 1 to 118.

    Example:
        >>> atomic_numbers([8, 1, 1])
        array([8, 1, 1])
    """
    array = np.asarray(value)
    if array.ndim == 2 and array.size:
        array = _equal_rows(array)
    if array.ndim != 1 or array.size == 0:
        raise error(
            "wrong shape",
            where="numbers",
            found=f"shape {array.shape}",
            expected="shape (N,) with N of at least 1: one atomic number per atom, the same for all frames; "
            "or (n, N) with equal rows",
            help="keep one molecule per dataset, its atoms in one order",
        )
    if array.dtype.kind not in "iu":
        raise error(
            "atomic numbers are not integers",
            where="numbers",
            found=f"dtype {array.dtype}",
            expected="integers such as 1 for hydrogen, 8 for oxygen",
            help="store the atomic numbers as integers",
        )
    wrong = np.flatnonzero((array < 1) | (array > len(SYMBOLS)))
    if wrong.size:
        raise error(
            "no such element",
            where=f"numbers, atom {wrong[0]}",
            found=f"atomic number {array[wrong[0]]}",
            expected=f"1 to {len(SYMBOLS)}",
            help="remove padding and dummy atoms from the data",
        )
    return array.astype(np.int64)


def check_rows(numbers: ArrayLike, frames: int) -> None:
    """Refuse atomic numbers (n, N) with another number of rows than frames.

    Args:
        numbers: atomic numbers, (N,) or (n, N).
        frames: number of frames there are.

    Raises:
        QffcError: there are more or fewer rows.

    Example:
        >>> check_rows([[8, 1, 1], [8, 1, 1]], 2)
    """
    shape = np.shape(numbers)
    if len(shape) == 2 and shape[0] != frames:
        raise error(
            "wrong shape",
            where="numbers",
            found=f"shape {shape}: atomic numbers of {shape[0]} frames",
            expected=f"({shape[1]},), or one row for each of the {frames} frames",
            help="numbers, positions, energies and forces must speak of the same frames and the same atoms",
        )


def check_shape(array: NDArray[np.float64], role: str, expected: tuple[int, ...], meaning: str) -> None:
    """Refuse an array of another shape.

    Args:
        array: any shape.
        role: name of the array.
        expected: the right shape; -1 stands for any length of at least 1.
        meaning: the right shape in letters, such as ``(n, N, 3)``.

    Raises:
        QffcError: the shape differs.

    Example:
        >>> check_shape(np.zeros((4, 3, 3)), "positions", (-1, 3, 3), "(n, N, 3)")
    """
    fits = array.ndim == len(expected) and all(
        have == want or (want == -1 and have > 0) for have, want in zip(array.shape, expected, strict=True)
    )
    if fits:
        return
    raise error(
        "wrong shape",
        where=role,
        found=f"shape {array.shape}",
        expected=f"shape {meaning} = {_letters(expected)}, n frames of N atoms, at least one frame",
        help="numbers, positions, energies and forces must speak of the same frames and the same atoms",
    )


def check_finite(array: NDArray[np.float64], role: str) -> None:
    """Refuse NaN and infinity.

    Args:
        array: shape (n,) or (n, N, 3).
        role: name of the array.

    Raises:
        QffcError: a value is not finite; names its frame and atom.

    Example:
        >>> check_finite(np.zeros(2), "energies")
    """
    wrong = np.argwhere(~np.isfinite(array))
    if not len(wrong):
        return
    first = tuple(int(index) for index in wrong[0])
    atom = f", atom {first[1]}, {'xyz'[first[2]]}" if len(first) == 3 else ""
    raise error(
        "not a finite number",
        where=f"{role}, frame {first[0]}{atom}",
        found=f"{array[first]} ({len(wrong)} such values in {role})",
        expected="finite numbers",
        help="remove frames whose calculation failed",
    )


def check_apart(positions: NDArray[np.float64]) -> None:
    """Refuse two atoms at nearly the same place.

    Args:
        positions: shape (n, N, 3), Angstrom.

    Raises:
        QffcError: two atoms are closer than ``CLOSEST``; names the frame and the atoms.

    Example:
        >>> check_apart(np.array([[[0.0, 0.0, 0.0], [0.0, 0.0, 0.74]]]))
    """
    for atom in range(positions.shape[1] - 1):
        distances = np.linalg.norm(positions[:, atom + 1 :] - positions[:, atom : atom + 1], axis=-1)
        close = np.argwhere(distances < CLOSEST)
        if not len(close):
            continue
        frame, other = int(close[0][0]), int(close[0][1])
        raise error(
            "two atoms at nearly the same place",
            where=f"positions, frame {frame}, atoms {atom} and {atom + 1 + other}",
            found=f"a distance of {distances[frame, other]:.4g} Angstrom",
            expected=f"at least {CLOSEST} Angstrom",
            help="check the unit of length (is it nm?) and remove broken or padded frames",
        )


def _equal_rows(rows: NDArray[np.generic]) -> NDArray[np.generic]:
    other = np.flatnonzero((rows != rows[0]).any(axis=1))
    if not len(other):
        first: NDArray[np.generic] = rows[0]
        return first
    frame = int(other[0])
    raise error(
        "frames differ in their atoms",
        where=f"numbers, frame {frame}",
        found=" ".join(map(str, rows[frame].tolist())),
        expected=f"{' '.join(map(str, rows[0].tolist()))}, as in frame 0",
        help="keep one molecule per dataset, its atoms in one order",
    )


def _letters(shape: tuple[int, ...]) -> str:
    return "(" + ", ".join("n" if size == -1 else str(size) for size in shape) + (",)" if len(shape) == 1 else ")")
