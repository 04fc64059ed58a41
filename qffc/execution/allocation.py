"""How many shots each circuit gets: the smallest variance for a total, or the smallest total for a variance.

One shot of circuit c gives the energy the variance v_c, n_c shots give it v_c / n_c. For a given total the sum is
smallest with n_c proportional to sqrt(v_c), which is Neyman allocation of shots (Journal of the Royal Statistical
Society 97, 558 (1934)).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import error

Floats = NDArray[np.float64]
Shots = NDArray[np.int64]

MINIMUM_SHOTS = 10
"""What every circuit gets that matters at all: a spread is estimated from its shots, and expected variances may err."""


def allocate(variances: Floats, total: int, minimum: int = MINIMUM_SHOTS) -> Shots:
    """Return whole shots that add up to a total, with the smallest variance of the energy.

    Args:
        variances: of one shot of each circuit, any shape, >= 0.
        total: all shots together.
        minimum: each circuit gets at least this many.

    Raises:
        QffcError: when the variances are not numbers >= 0, or the total does not give everyone the minimum.

    Example:
        >>> allocate(np.array([9.0, 1.0, 0.0]), 100, minimum=4).tolist()
        [72, 24, 4]
    """
    spread = _spreads(variances).reshape(-1)
    if total < minimum * spread.size or minimum < 1:
        raise error(
            "too few shots to allocate",
            found=f"{total} shots, at least {minimum} for each of {spread.size} circuits",
            expected=f"at least {max(minimum, 1) * spread.size}",
            help="ask for more shots",
        )
    if not spread.size:
        return np.zeros(np.shape(variances), dtype=np.int64)
    ideal = _with_minimum(spread, float(total), minimum)
    shots = np.floor(ideal).astype(np.int64)
    missing = total - int(shots.sum())
    shots[np.argsort(shots - ideal, kind="stable")[:missing]] += 1
    return shots.reshape(np.shape(variances))


def allocate_for(variances: Floats, standard_error: float, minimum: int = MINIMUM_SHOTS) -> Shots:
    """Return the fewest shots that reach a standard error of the energy, one number for each circuit.

    Args:
        variances: of one shot of each circuit, any shape, >= 0, in the square of the unit of the energy.
        standard_error: of the energy, > 0.
        minimum: each circuit gets at least this many.

    Raises:
        QffcError: when the variances are not numbers >= 0, or the standard error is not above zero.

    Example:
        >>> shots = allocate_for(np.array([9.0, 1.0]), 0.2)
        >>> shots.tolist(), round(float(np.sqrt(np.sum(np.array([9.0, 1.0]) / shots))), 6)
        ([300, 100], 0.2)
    """
    spread = _spreads(variances).reshape(-1)
    if not (standard_error > 0 and np.isfinite(standard_error)):
        raise error(
            "standard error out of range",
            found=f"{standard_error}",
            expected="a number above zero",
            help="give the standard error that the energy should have",
        )
    target = standard_error**2
    fixed = np.zeros(spread.size, dtype=bool)  # those that the minimum is more than enough for
    while True:
        left = target - float(np.sum(spread[fixed] ** 2) / minimum)
        # Those that are fixed take less of the variance than they may, so something is left for the others.
        ideal = np.where(fixed, minimum, spread * (spread[~fixed].sum() / left))
        low = ~fixed & (ideal < minimum)
        if not low.any():
            return np.ceil(np.maximum(ideal, minimum) * (1 - 1e-12)).astype(np.int64).reshape(np.shape(variances))
        fixed |= low


def energy_variance(variances: Floats, shots: Shots) -> float:
    """Return the variance of the energy for variances of one shot and numbers of shots of the same shape.

    A circuit without shots must have no variance.

    Example:
        >>> energy_variance(np.array([8.0, 0.0]), np.array([4, 0]))
        2.0
    """
    used = shots > 0
    if not (variances[~used] <= 0).all():
        raise error(
            "circuit without shots",
            found="no shots for a circuit that the energy depends on",
            expected="at least one",
            help="allocate shots to every circuit",
        )
    return float(np.sum(variances[used] / shots[used]))


def _with_minimum(spread: Floats, total: float, minimum: int) -> Floats:
    """Shares in proportion to the spread, none below the minimum."""
    fixed = np.zeros(spread.size, dtype=bool)
    while True:
        rest = total - minimum * int(fixed.sum())
        weight = spread[~fixed].sum()
        share = spread / weight if weight > 0 else np.full(spread.size, 1 / max(1, int((~fixed).sum())))
        ideal = np.where(fixed, minimum, rest * share)
        low = ~fixed & (ideal < minimum)
        if not low.any():
            return ideal
        fixed |= low


def _spreads(variances: Floats) -> Floats:
    values = np.asarray(variances, dtype=np.float64)
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise error(
            "variances out of range",
            found=f"the least {values.min()}",
            expected="finite numbers >= 0",
            help="estimate them from shots, or from exact states",
        )
    return np.asarray(np.sqrt(values))
