"""How well a model knows its errors, as rows of a table."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qffc.models.uncertainty.calibration import Calibration

COVERAGE_HEADER = ("errors of", "within one deviation", "within two", "were they normal", "rank correlation")


def coverage_rows(told: Calibration) -> list[tuple[str, ...]]:
    """Return a row for energies, and one for forces where there are any: shares of errors within deviations.

    Example:
        >>> from qffc.models.uncertainty.calibration import Calibration
        >>> coverage_rows(Calibration(0.5, float("nan"), 0.7, 0.96, float("nan"), float("nan")))
        [('energies', '70%', '96%', '68%, 95%', '0.50')]
    """
    found = (
        ("energies", told.energy_within_one, told.energy_within_two, "68%, 95%", told.energy_rank),
        ("forces on atoms", told.force_within_one, told.force_within_two, "61%, 99%", told.force_rank),
    )
    return [
        (name, f"{one:.0%}", f"{two:.0%}", normal, "-" if isnan(rank) else f"{rank:.2f}")
        for name, one, two, normal, rank in found
        if not isnan(one)
    ]
