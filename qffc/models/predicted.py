"""What models say of the frames of a dataset, in a vacuum or in cells."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qffc.data import Dataset
from qffc.data.cells import volumes_of
from qffc.models.force_field import ForceField
from qffc.models.moving_atoms import MovingAtoms

Floats = NDArray[np.float64]


class Predicted(NamedTuple):
    """Predictions of frames.

    Args:
        energies: (frames,), eV.
        forces: (frames, atoms, 3), eV/Angstrom.
        stresses: (frames, 3, 3), eV/Angstrom^3, with the sign of ASE, no numbers where a frame has no volume; None of
            molecules in a vacuum.
    """

    energies: Floats
    forces: Floats
    stresses: Floats | None


def predict_data(model: ForceField, data: Dataset) -> Predicted:
    """Return what a model says of frames.

    Args:
        model: the model.
        data: the frames.

    Raises:
        QffcError: when the frames do not fit the model.

    Example:
        >>> from qffc.data import load_embedded
        >>> from qffc.models.files.model_file import load_model
        >>> said = predict_data(load_model("trained:water"), load_embedded("water").subset([0, 1]))
        >>> said.forces.shape, said.stresses is None
        ((2, 3, 3), True)
    """
    if data.cells is None or data.pbc is None:
        return Predicted(*model.predict(data.numbers, data.positions), None)
    energies, forces, virials = model.predict_in_cells(data.numbers, data.positions, data.cells, data.pbc)
    return Predicted(energies, forces, stresses_of(virials, data.cells))


def stresses_of(virials: Floats, cells: Floats) -> Floats:
    """Return derivatives of energies by strain (frames, 3, 3) over the volumes of cells; NaN where there is none."""
    volumes = volumes_of(cells)[:, None, None]
    return np.divide(virials, volumes, out=np.full_like(virials, np.nan), where=volumes > 0)


def deviations_of_data(model: ForceField, data: Dataset) -> tuple[Floats, Floats]:
    """Return how uncertain a model is of frames, see :meth:`qffc.models.force_field.ForceField.deviations`."""
    if data.cells is None or data.pbc is None:
        return model.deviations(data.numbers, data.positions)
    energies: list[float] = []
    forces: list[Floats] = []
    kinds: dict[tuple[bool, ...], MovingAtoms] = {}
    for positions, cell, pbc in zip(data.positions, data.cells, data.pbc, strict=True):
        periodic = tuple(map(bool, pbc))
        if periodic not in kinds:
            kinds[periodic] = MovingAtoms(model, data.numbers, periodic=periodic)
        kinds[periodic].predict(positions, cell)
        energy, of_atoms = kinds[periodic].deviations()
        energies.append(energy)
        forces.append(of_atoms)
    return np.array(energies), np.stack(forces)
