"""Errors of a prediction in the units that people compare: meV and meV/Angstrom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qffc.data import Dataset
from qffc.units import energy_from_ev, force_from_ev_per_angstrom

Prediction = tuple[NDArray[np.float64], NDArray[np.float64], Dataset]


@dataclass(frozen=True)
class Errors:
    """Mean absolute and root mean square errors.

    Args:
        energy_mae: meV.
        energy_rmse: meV.
        force_mae: meV/Angstrom, over all components; no number where the frames have no forces.
        force_rmse: meV/Angstrom.
        frames: how many.
    """

    energy_mae: float
    energy_rmse: float
    force_mae: float
    force_rmse: float
    frames: int


def force_errors_by_element(forces: NDArray[np.float64], data: Dataset) -> dict[str, tuple[float, float]]:
    """Return mean absolute and root mean square errors of forces, meV/Angstrom, by element; none without forces.

    Args:
        forces: (frames, atoms, 3) predicted, eV/Angstrom.
        data: the frames.
    """
    if not data.has_forces:
        return {}
    errors = force_from_ev_per_angstrom(forces - data.forces, "meV/Angstrom")
    symbols = np.array(data.symbols)
    of = {symbol: errors[:, symbols == symbol] for symbol in dict.fromkeys(data.symbols)}
    return {symbol: (float(np.mean(np.abs(e))), float(np.sqrt(np.mean(e**2)))) for symbol, e in of.items()}


def errors_of_sets(predictions: Sequence[Prediction]) -> Errors:
    """Return the errors over all frames of several sets: means over energies, and over components of forces.

    Args:
        predictions: energies (frames,) in eV, forces (frames, atoms, 3) in eV/Angstrom, and the frames of each set.
    """
    if len(predictions) == 1:
        return errors_of(*predictions[0])
    parts = [errors_of(*prediction) for prediction in predictions]
    frames = [part.frames for part in parts]
    components = [data.forces.size for *_, data in predictions]
    return Errors(
        float(np.average([part.energy_mae for part in parts], weights=frames)),
        float(np.sqrt(np.average([part.energy_rmse**2 for part in parts], weights=frames))),
        float(np.average([part.force_mae for part in parts], weights=components)),
        float(np.sqrt(np.average([part.force_rmse**2 for part in parts], weights=components))),
        sum(frames),
    )


def errors_of(energies: NDArray[np.float64], forces: NDArray[np.float64], data: Dataset) -> Errors:
    """Return the errors of predicted energies (frames,) in eV and forces (frames, atoms, 3) in eV/Angstrom."""
    de = energy_from_ev(energies - data.energies, "meV")
    df = force_from_ev_per_angstrom(forces - data.forces, "meV/Angstrom") if data.has_forces else np.array(np.nan)
    return Errors(
        float(np.mean(np.abs(de))),
        float(np.sqrt(np.mean(de**2))),
        float(np.mean(np.abs(df))),
        float(np.sqrt(np.mean(df**2))),
        len(data),
    )
