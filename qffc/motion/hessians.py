"""Second derivatives of the energy of a model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qffc.models.circuits.neighbours import reach
from qffc.models.ensemble import Ensemble
from qffc.models.force_field import ForceField
from qffc.models.moving_atoms import MovingAtoms

_DISPLACEMENT = 1e-3
"""Angstrom."""


def hessian_of(
    model: ForceField | Ensemble, numbers: NDArray[np.integer], positions: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the Hessian, (3 atoms, 3 atoms), eV/Angstrom^2, symmetric.

    Args:
        model: a model, or an ensemble, whose mean energy is meant.
        numbers: (atoms,) atomic numbers.
        positions: (atoms, 3), Angstrom.

    Example:
        >>> from qffc.models.files.model_file import load_model
        >>> water = np.array([[0.0, 0.0, 0.12], [0.0, 0.8, -0.48], [0.0, -0.8, -0.48]])
        >>> hessian_of(load_model("trained:water"), np.array([8, 1, 1]), water).shape
        (9, 9)
    """
    size = positions.size
    moves = np.concatenate([np.eye(size), -np.eye(size)]).reshape(2 * size, -1, 3) * _DISPLACEMENT
    forces = forces_at(model, numbers, positions + moves)
    plus, minus = forces.reshape(2, size, size)
    found: NDArray[np.float64] = (minus - plus) / (2 * _DISPLACEMENT)
    return (found + found.T) / 2


def forces_at(
    model: ForceField | Ensemble, numbers: NDArray[np.integer], frames: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return exact forces (frames, atoms, 3), eV/Angstrom: frame after frame where that needs no compiling.

    Args:
        model: a model, or an ensemble, whose mean is meant.
        numbers: (atoms,) atomic numbers.
        frames: (frames, atoms, 3), Angstrom.
    """
    members = model.members if isinstance(model, Ensemble) else (model,)
    return np.mean([_forces_of(member, numbers, frames) for member in members], axis=0)


def _forces_of(model: ForceField, numbers: NDArray[np.integer], frames: NDArray[np.float64]) -> NDArray[np.float64]:
    if reach(model.program) is None:
        return model.predict(numbers, frames)[1]
    moving = MovingAtoms(model, numbers)
    return np.stack([moving.predict(frame)[1] for frame in frames])
