"""Chirality as four exchanges, in closed form."""

from __future__ import annotations

from math import atan, cos, pi, sin, sqrt

from qffc.passes.lower_pytket.turns import nearest_zero

_TINY = 1e-15


def chirality_exchanges(angle: float) -> tuple[int, tuple[tuple[int, int, float], ...]]:
    """Return exp(-i t sigma_a . (sigma_b x sigma_c)) as a cyclic relabel and at most four exchanges.

    On three spins, chirality and exchanges act on the two copies of total spin 1/2 as a qubit: the exchanges of ab
    and of bc as -1 + 2 n.tau with axes n at 120 degrees in a plane, chirality as 2 sqrt(3) times the Pauli matrix
    of the normal of that plane; on total spin 3/2 they are 1 and 0. The exchanges by p, q, -q, -p of alternating
    pairs leave spin 3/2 alone, and turn spin 1/2 about the normal by half-angle theta when

        tan 4p = 2 tan 2q,    1 + 4 tan^2 2q = ((3 + 2 sqrt(3) sin theta) / (1 + 2 cos theta))^2.

    A cyclic relabel is the chirality with theta = 2 pi/3, so that |theta| <= pi/3 is enough.

    Args:
        angle: t in radians.

    Returns:
        How often the states move on cyclically (0, 1 or 2; once: a to b, b to c, c to a), and the exchanges as
        (position, position, angle in radians) in order of execution, with 0, 1, 2 the positions of a, b, c.

    Example:
        >>> chirality_exchanges(0.0)
        (0, ())
        >>> len(chirality_exchanges(0.1)[1])
        4
    """
    theta, cycles = nearest_zero(2 * sqrt(3) * angle, 2 * pi / 3)
    size = abs(theta)
    if size < _TINY:
        return cycles % 3, ()
    p, q = chirality_angles(size)
    first, second = ((0, 1), (1, 2)) if theta > 0 else ((1, 2), (0, 1))
    return cycles % 3, ((*first, -p), (*second, -q), (*first, q), (*second, p))


def chirality_angles(theta: float) -> tuple[float, float]:
    """Return the angles p and q of the exchanges of :func:`chirality_exchanges`.

    Args:
        theta: the half-angle of the turn of total spin 1/2, radians, from 0 to below 2 pi/3.

    Example:
        >>> chirality_angles(0.0)
        (0.0, 0.0)
    """
    root = (3 + 2 * sqrt(3) * sin(theta)) / (1 + 2 * cos(theta))
    tangent = sqrt(max(root * root - 1, 0.0)) / 2
    return atan(2 * tangent) / 4, atan(tangent) / 2
