"""The power law of a learning curve: error = a N^-b, fitted on logarithms, with the standard error of the exponent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from qffc.ir.diagnostics import error


@dataclass(frozen=True)
class PowerLaw:
    """``error = prefactor x N^-exponent``.

    Args:
        exponent: b; larger is better.
        standard_error: of the exponent; None when two sizes with one repetition each leave it open.
        prefactor: a, the error at N = 1.
    """

    exponent: float
    standard_error: float | None
    prefactor: float

    def __call__(self, size: float) -> float:
        """Return the error at a size."""
        return float(self.prefactor * size**-self.exponent)


def fit_power_law(errors: Mapping[int, Sequence[float]]) -> PowerLaw:
    """Return the fit to the errors of each size.

    Least squares of the means of ln(error), each size weighted by its number of repetitions. Two standard errors of the
    slope follow, and the larger one is reported: from the spread of the repetitions within a size, pooled over sizes,
    and, from three sizes on, from the scatter of the means about the line, which sees a curve that is no power law.
    Repetitions count as independent.

    Args:
        errors: positive errors by number of training frames, at least two numbers.

    Raises:
        QffcError: for fewer than two sizes, or an error that is not positive.

    Example:
        >>> law = fit_power_law({50: [8.0], 100: [4.0], 200: [2.0]})
        >>> round(law.exponent, 6), round(law(400), 6)
        (1.0, 1.0)
    """
    flat = [value for values in errors.values() for value in values]
    if len(errors) < 2 or not all(np.isfinite(value) and value > 0 for value in flat) or not all(errors.values()):
        raise error(
            "fit of a power law",
            found=f"{len(errors)} sizes with errors {flat}",
            expected="at least two sizes with positive errors",
            help="add a size, or look at the runs that failed",
        )
    logs = {size: np.log(values) for size, values in errors.items()}
    x = np.log(np.array(list(logs), dtype=float))
    y = np.array([values.mean() for values in logs.values()])
    weight = np.array([len(values) for values in logs.values()], dtype=float)
    centre = float(weight @ x / weight.sum())
    moment = float(weight @ (x - centre) ** 2)
    slope = float(weight @ ((x - centre) * y) / moment)
    intercept = float(weight @ (y - slope * x) / weight.sum())
    candidates = []
    repeated = len(flat) - len(errors)
    if repeated:
        spread = sum(float(((values - values.mean()) ** 2).sum()) for values in logs.values()) / repeated
        candidates.append(spread)
    if len(errors) > 2:
        candidates.append(float(weight @ (y - intercept - slope * x) ** 2) / (len(errors) - 2))
    standard_error = float(np.sqrt(max(candidates) / moment)) if candidates else None
    return PowerLaw(-slope, standard_error, float(np.exp(intercept)))
