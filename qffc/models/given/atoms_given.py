"""Atoms as callers give them: numbers or symbols of the elements, positions, objects of ASE."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ase import Atoms
from numpy.typing import ArrayLike, NDArray

from qffc.ir.diagnostics import error
from qffc.ir.elements import SYMBOLS, atomic_number
from qffc.ir.given_values import not_a, reals_of
from qffc.models.given.finite import check_positions

Elements = NDArray[np.integer] | Sequence[int] | Sequence[str]
"""The atoms of a molecule, by atomic number or by symbol."""


def elements_of(given: Elements) -> NDArray[np.int64]:
    """Return the atomic numbers of a molecule.

    Args:
        given: (atoms,) atomic numbers, or symbols such as ``["O", "H", "H"]``. Whether there is an element of each
            number is for the program to say.

    Raises:
        QffcError: when they are neither.

    Example:
        >>> elements_of(["O", "H", "H"]).tolist()
        [8, 1, 1]
    """
    array = _array(given)
    if array is not None and array.ndim == 1 and array.dtype.kind in "iuf":
        numbers = array.astype(np.int64)
        if np.array_equal(numbers, array):
            return numbers
    if array is not None and array.ndim == 1 and array.dtype.kind == "U":
        unknown = [symbol for symbol in array.tolist() if symbol not in SYMBOLS]
        if not unknown:
            return np.array([atomic_number(symbol) for symbol in array.tolist()], dtype=np.int64)
        raise error(
            "symbol of no element",
            found=f"'{unknown[0]}'",
            expected="symbols of elements, such as ['O', 'H', 'H']",
            help="give one symbol, or one atomic number, for each atom",
        )
    raise not_a(
        "the atoms of a molecule",
        given,
        "one atomic number for each atom, or one symbol: [8, 1, 1], ['O', 'H', 'H']",
        "of an ASE object give atoms.numbers and atoms.positions",
    )


def positions_of(given: ArrayLike) -> NDArray[np.float64]:
    """Return positions as float64, a copy; their shape is for the caller to check.

    Raises:
        QffcError: when they are no array of real numbers.

    Example:
        >>> positions_of([[[0, 0, 0], [0, 0, 0.74]]]).shape
        (1, 2, 3)
    """
    return reals_of("positions", given, "numbers, Angstrom: x, y and z of each atom")


def molecule_of(given: Atoms) -> Atoms:
    """Return the ASE object that was given for a molecule.

    Raises:
        QffcError: when it is something else.
    """
    if isinstance(given, Atoms):
        return given
    raise not_a(
        "a molecule", given, "one ase.Atoms object", "ase.build.molecule('H2O') makes one, ase.io.read reads one"
    )


def _array(given: object) -> NDArray[np.generic] | None:
    """The array of what was given; None where there is none, as of lists of unequal length."""
    if isinstance(given, Atoms):  # NumPy makes an array of objects of it
        return None
    try:
        return np.asarray(given)
    except (ValueError, TypeError):
        return None


def frames_of(numbers: Elements, positions: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return atomic numbers (atoms,) and positions (frames, atoms, 3) that belong together.

    Args:
        numbers: (atoms,) atomic numbers, or symbols of the elements.
        positions: (frames, atoms, 3), Angstrom.

    Raises:
        QffcError: when one of them is none, their shapes differ, there is no frame, or a position is not finite.

    Example:
        >>> frames_of(["H", "H"], [[[0, 0, 0], [0, 0, 1]]])[1].shape
        (1, 2, 3)
    """
    elements, frames = elements_of(numbers), positions_of(positions)
    if frames.ndim != 3 or not len(frames) or frames.shape[1:] != (len(elements), 3):
        raise error(
            "positions of another shape",
            found=f"{frames.shape}",
            expected=f"(frames, {len(elements)}, 3), Angstrom",
            help="give a batch of frames with all atoms, at least one frame",
        )
    check_positions(frames)
    return elements, frames
