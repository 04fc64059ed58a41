"""Second derivatives and forces of a model, or of the mean of several."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qffc.ir.telling import told
from qffc.models.circuits.neighbours import reach
from qffc.models.ensemble import Ensemble
from qffc.models.force_field import ForceField
from qffc.models.moving_atoms import MovingAtoms

Floats = NDArray[np.float64]


def hessian_of(model: ForceField | Ensemble, numbers: NDArray[np.integer], positions: Floats) -> Floats:
    """Return the exact Hessian, (3 atoms, 3 atoms), eV/Angstrom^2.

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
    found = [member.hessian(numbers, positions) for member in told("second derivatives of models:", _members(model))]
    mean: Floats = np.mean(found, axis=0)
    return mean


def forces_at(model: ForceField | Ensemble, numbers: NDArray[np.integer], positions: Floats) -> Floats:
    """Return exact forces (atoms, 3), eV/Angstrom, without compiling where the model lists neighbours.

    Args:
        model: a model, or an ensemble, whose mean is meant.
        numbers: (atoms,) atomic numbers.
        positions: (atoms, 3), Angstrom.
    """
    mean: Floats = np.mean([_forces_of(member, numbers, positions) for member in _members(model)], axis=0)
    return mean


def _members(model: ForceField | Ensemble) -> tuple[ForceField, ...]:
    return model.members if isinstance(model, Ensemble) else (model,)


def _forces_of(model: ForceField, numbers: NDArray[np.integer], positions: Floats) -> Floats:
    if reach(model.program) is None:
        _, forces = model.predict(numbers, positions[None])
        return np.asarray(forces[0])
    return MovingAtoms(model, numbers).predict(positions)[1]
