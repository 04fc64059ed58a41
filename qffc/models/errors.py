"""Errors of a prediction in the units that people compare: meV and meV/Angstrom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isnan, nan

import numpy as np
from numpy.typing import NDArray

from qffc.data import Dataset
from qffc.units import energy_from_ev, force_from_ev_per_angstrom

Floats = NDArray[np.float64]
Prediction = tuple[Floats, Floats, Dataset] | tuple[Floats, Floats, Dataset, Floats | None]


@dataclass(frozen=True)
class Errors:
    """Mean absolute and root mean square errors.

    Args:
        energy_mae: meV.
        energy_rmse: meV.
        force_mae: meV/Angstrom, over all components; no number where the frames have no forces.
        force_rmse: meV/Angstrom.
        frames: how many.
        stress_mae: meV/Angstrom^3, over the nine entries; no number where no frame has a stress.
        stress_rmse: meV/Angstrom^3.
    """

    energy_mae: float
    energy_rmse: float
    force_mae: float
    force_rmse: float
    frames: int
    stress_mae: float = nan
    stress_rmse: float = nan

    @property
    def has_stress(self) -> bool:
        """Whether there are errors of stresses."""
        return not isnan(self.stress_mae)

    def figures(self) -> dict[str, float]:
        """Return all by name; those of stresses only where there are any."""
        return {name: value for name, value in asdict(self).items() if self.has_stress or not name.startswith("stress")}


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
    """Return the errors over all frames of several sets: means over energies, components of forces, and of stresses.

    Args:
        predictions: energies (frames,) in eV, forces (frames, atoms, 3) in eV/Angstrom, and the frames of each set; and
            stresses (frames, 3, 3) in eV/Angstrom^3, where there are any.
    """
    if len(predictions) == 1:
        return errors_of(*predictions[0])
    parts = [errors_of(*prediction) for prediction in predictions]
    frames = [part.frames for part in parts]
    components = [prediction[2].forces.size for prediction in predictions]
    stressed = [part for part in parts if part.has_stress]
    of_stress = {} if not stressed else _stress_figures(stressed)
    return Errors(
        float(np.average([part.energy_mae for part in parts], weights=frames)),
        float(np.sqrt(np.average([part.energy_rmse**2 for part in parts], weights=frames))),
        float(np.average([part.force_mae for part in parts], weights=components)),
        float(np.sqrt(np.average([part.force_rmse**2 for part in parts], weights=components))),
        sum(frames),
        **of_stress,
    )


def _stress_figures(parts: Sequence[Errors]) -> dict[str, float]:
    frames = [part.frames for part in parts]
    return {
        "stress_mae": float(np.average([part.stress_mae for part in parts], weights=frames)),
        "stress_rmse": float(np.sqrt(np.average([part.stress_rmse**2 for part in parts], weights=frames))),
    }


def errors_of(energies: Floats, forces: Floats, data: Dataset, stresses: Floats | None = None) -> Errors:
    """Return the errors of predictions.

    Args:
        energies: (frames,), eV.
        forces: (frames, atoms, 3), eV/Angstrom.
        data: the frames.
        stresses: (frames, 3, 3), eV/Angstrom^3; None where they were not predicted.
    """
    de = energy_from_ev(energies - data.energies, "meV")
    df = force_from_ev_per_angstrom(forces - data.forces, "meV/Angstrom") if data.has_forces else np.array(np.nan)
    of_stress = {}
    if stresses is not None and data.stresses is not None:
        ds = 1000.0 * (stresses - data.stresses)
        of_stress = {"stress_mae": float(np.mean(np.abs(ds))), "stress_rmse": float(np.sqrt(np.mean(ds**2)))}
    return Errors(
        float(np.mean(np.abs(de))),
        float(np.sqrt(np.mean(de**2))),
        float(np.mean(np.abs(df))),
        float(np.sqrt(np.mean(df**2))),
        len(data),
        **of_stress,
    )
