"""Errors of a prediction in the units that people compare: meV and meV/Angstrom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qffc.data import Dataset
from qffc.units import energy_from_ev, force_from_ev_per_angstrom


@dataclass(frozen=True)
class Errors:
    """Mean absolute and root mean square errors.

    Args:
        energy_mae: meV.
        energy_rmse: meV.
        force_mae: meV/Angstrom, over all components.
        force_rmse: meV/Angstrom.
        frames: how many.
    """

    energy_mae: float
    energy_rmse: float
    force_mae: float
    force_rmse: float
    frames: int


def errors_of(energies: NDArray[np.float64], forces: NDArray[np.float64], data: Dataset) -> Errors:
    """Return the errors of predicted energies (frames,) in eV and forces (frames, atoms, 3) in eV/Angstrom."""
    de = energy_from_ev(energies - data.energies, "meV")
    df = force_from_ev_per_angstrom(forces - data.forces, "meV/Angstrom")
    return Errors(
        float(np.mean(np.abs(de))),
        float(np.sqrt(np.mean(de**2))),
        float(np.mean(np.abs(df))),
        float(np.sqrt(np.mean(df**2))),
        len(data),
    )
