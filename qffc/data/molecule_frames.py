"""Frames of any molecules, one by one, as formats that hold several molecules write them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qffc.data.dataset import Dataset


@dataclass(frozen=True, eq=False)
class Labelled:
    """One geometry with its labels.

    Args:
        numbers: atomic numbers (N,).
        positions: (N, 3), Angstrom.
        energy: eV.
        forces: (N, 3), eV/Angstrom; None where there are none.
    """

    numbers: NDArray[np.int64]
    positions: NDArray[np.float64]
    energy: float
    forces: NDArray[np.float64] | None


def frames_in(data: Dataset) -> Iterator[Labelled]:
    """Yield the frames of a dataset, in their order.

    Example:
        >>> from qffc.data import load_embedded
        >>> first = next(frames_in(load_embedded("water")))
        >>> first.positions.shape, first.forces.shape
        ((3, 3), (3, 3))
    """
    for index in range(len(data)):
        forces = data.forces[index] if data.has_forces else None
        yield Labelled(data.numbers, data.positions[index], float(data.energies[index]), forces)


def free_atom(number: int, energy: float) -> Labelled:
    """Return a free atom with its energy, eV, on which no force acts.

    Example:
        >>> free_atom(1, -13.6).positions
        array([[0., 0., 0.]])
    """
    return Labelled(np.array([number]), np.zeros((1, 3)), energy, np.zeros((1, 3)))
