"""Positions, energies and forces that are no numbers are refused by name: a run must not go on with NaN."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import error


def check_positions(positions: NDArray[np.floating]) -> None:
    """Stop at the first position that is NaN or infinite.

    Args:
        positions: (atoms, 3) or (frames, atoms, 3), Angstrom.

    Raises:
        QffcError: names atom and axis, and the frame where there are several.

    Example:
        >>> check_positions(np.array([[0.0, np.nan, 0.0]]))
        Traceback (most recent call last):
        ...
        qffc.ir.diagnostics.QffcError: error: position that is not finite
          found:    nan for y of atom 0
          expected: finite numbers, Angstrom
          help:     look at the step before: steps that are too long, or atoms on top of each other, throw atoms out
    """
    if np.isfinite(positions).all():
        return
    bad = np.argwhere(~np.isfinite(positions))
    *frame, atom, axis = (int(index) for index in bad[0])
    place = f"{'xyz'[axis]} of atom {atom}"
    if frame and len(positions) > 1:
        place += f" in frame {frame[0]}"
    raise error(
        "position that is not finite",
        found=f"{positions[tuple(bad[0])]} for {place}",
        expected="finite numbers, Angstrom",
        help="look at the step before: steps that are too long, or atoms on top of each other, throw atoms out",
    )


def check_predictions(energies: NDArray[np.floating], forces: NDArray[np.floating]) -> None:
    """Stop at the first frame whose energy or force is NaN or infinite, at positions that are finite.

    Args:
        energies: (frames,), eV.
        forces: (frames, atoms, 3), eV/Angstrom.

    Raises:
        QffcError: names the frame.

    Example:
        >>> check_predictions(np.zeros(2), np.zeros((2, 3, 3)))
    """
    bad = ~np.isfinite(energies) | ~np.isfinite(forces).all(axis=(1, 2))
    if bad.any():
        raise error(
            "energy or force that is not finite",
            found=f"NaN or infinity for frame {int(np.flatnonzero(bad)[0])}",
            expected="finite numbers",
            help="the program divides by zero or takes a logarithm of zero there: move the atoms, or guard the value",
        )
