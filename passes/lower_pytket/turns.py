"""Turns of one qubit as unit quaternions, composed numerically; no hardware package is needed.

The quaternion (w, x, y, z) stands for the SU(2) matrix w - i (x X + y Y + z Z).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import atan2, cos, hypot, pi, sin, sqrt
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from qffc.ir.pauli import Letter

Turn = tuple[float, float, float, float]
Radians = TypeVar("Radians", float, NDArray[np.float64], NDArray[np.float64] | float)

NO_TURN: Turn = (1.0, 0.0, 0.0, 0.0)
_HALF = sqrt(0.5)
FLIPS: dict[Letter, Turn] = {"X": (0.0, 1.0, 0.0, 0.0), "Y": (0.0, 0.0, 1.0, 0.0), "Z": (0.0, 0.0, 0.0, 1.0)}
"""The Pauli matrices, up to a phase."""
FROM_Z: dict[Letter, Turn] = {"X": (_HALF, 0.0, _HALF, 0.0), "Y": (_HALF, -_HALF, 0.0, 0.0), "Z": NO_TURN}
"""V with V Z V^dagger = X, Y or Z."""


def after(second: Turn, first: Turn) -> Turn:
    """Return the matrix product second * first.

    Example:
        >>> after(FLIPS["X"], FLIPS["Y"])
        (0.0, 0.0, 0.0, 1.0)
    """
    a, b, c, d = second
    w, x, y, z = first
    return (
        a * w - b * x - c * y - d * z,
        a * x + b * w + c * z - d * y,
        a * y - b * z + c * w + d * x,
        a * z + b * y - c * x + d * w,
    )


def inverse(turn: Turn) -> Turn:
    """Return the turn back."""
    w, x, y, z = turn
    return (w, -x, -y, -z)


def turn_about(vector: Sequence[float]) -> Turn:
    """Return exp(-i/2 v . sigma); the length of the vector is the angle in radians.

    Example:
        >>> turn_about((0.0, 0.0, 0.0))
        (1.0, 0.0, 0.0, 0.0)
    """
    x, y, z = vector
    length = hypot(x, y, z)
    if length == 0.0:
        return NO_TURN
    scale = sin(length / 2) / length
    return (cos(length / 2), scale * x, scale * y, scale * z)


def turn_about_axis(letter: Letter, angle: float) -> Turn:
    """Return exp(-i/2 angle P), the angle in radians."""
    x, y, z = (float(letter == axis) for axis in "XYZ")
    return turn_about((angle * x, angle * y, angle * z))


def euler_angles(turn: Turn) -> tuple[float, float, float]:
    """Return (a, b, c) in radians, 0 <= b <= pi, with turn = Rz(a) Rx(b) Rz(c)."""
    w, x, y, z = turn
    half_sum, half_difference = atan2(z, w), atan2(y, x)
    return half_sum + half_difference, 2 * atan2(hypot(x, y), hypot(w, z)), half_sum - half_difference


def nearest_zero(angle: float, period: float) -> tuple[float, int]:
    """Return the angle minus whole periods, as close to zero as can be, and how many periods went.

    Example:
        >>> nearest_zero(7.25, 2.0)
        (-0.75, 4)
    """
    periods = round(angle / period)
    return angle - periods * period, periods


def half_turns(radians: Radians) -> Radians:
    """Return an angle in the unit of pytket; the only place where the units meet.

    Example:
        >>> half_turns(pi / 2)
        0.5
    """
    return radians / pi
