"""How well deviations tell the errors of predictions."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isnan, nan

import numpy as np
from numpy.typing import NDArray

from qffc.data import Dataset

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """Deviations beside true errors.

    Of normal errors of energies 68 % are within one deviation and 95 % within two; of those of forces, vectors that are
    as uncertain along every axis, 61 % and 99 %.

    Args:
        energy_rank: Spearman's rank correlation of deviations of energies with their absolute errors.
        force_rank: of deviations of the force on each atom with the length of its error; no number without forces.
        energy_within_one: share of the energies within one standard deviation.
        energy_within_two: likewise within two.
        force_within_one: share of the forces on atoms whose error is no longer than their deviation.
        force_within_two: likewise than twice that.
    """

    energy_rank: float
    force_rank: float
    energy_within_one: float
    energy_within_two: float
    force_within_one: float
    force_within_two: float

    def to_json(self) -> dict[str, float | None]:
        """Return the figures as plain data; what is no number is None."""
        return {name: None if isnan(value) else value for name, value in asdict(self).items()}


def calibration_of(predicted: tuple[Floats, Floats], deviations: tuple[Floats, Floats], data: Dataset) -> Calibration:
    """Return how well deviations tell errors.

    Args:
        predicted: energies (frames,) in eV and forces (frames, atoms, 3) in eV/Angstrom.
        deviations: of energies (frames,), and of the force on each atom (frames, atoms).
        data: the frames.

    Example:
        >>> from qffc.data import load_embedded
        >>> water = load_embedded("water").subset(range(4))
        >>> off = np.array([1.0, -2.0, 3.0, -4.0])
        >>> predicted = water.energies + off, water.forces + off[:, None, None]
        >>> said = calibration_of(predicted, (np.abs(off) + 0.1, np.ones((4, 3)) * np.abs(off)[:, None]), water)
        >>> said.energy_rank, said.energy_within_one, said.force_within_one, said.force_within_two
        (1.0, 1.0, 0.0, 1.0)
    """
    energies = np.abs(predicted[0] - data.energies)
    force_rank, of_forces = nan, (nan, nan)
    if data.has_forces:
        lengths = np.linalg.norm(predicted[1] - data.forces, axis=2)
        force_rank = _rank_correlation(lengths.ravel(), deviations[1].ravel())
        of_forces = _shares(lengths, deviations[1])
    return Calibration(
        _rank_correlation(energies, deviations[0]), force_rank, *_shares(energies, deviations[0]), *of_forces
    )


def _shares(errors: Floats, deviations: Floats) -> tuple[float, float]:
    """Which share of errors is within one deviation, and within two."""
    return float(np.mean(errors <= deviations)), float(np.mean(errors <= 2 * deviations))


def _rank_correlation(one: Floats, other: Floats) -> float:
    """Spearman's; no number where all of one are alike."""
    from scipy.stats import spearmanr

    if min(np.ptp(one), np.ptp(other)) == 0:
        return nan
    return float(spearmanr(one, other).statistic)
