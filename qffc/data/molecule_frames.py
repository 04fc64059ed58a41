"""Frames of any molecules, one by one, as formats that hold several molecules write them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qffc.data.dataset import Dataset
from qffc.data.images import OPEN


@dataclass(frozen=True, eq=False)
class Labelled:
    """One geometry with its labels.

    Args:
        numbers: atomic numbers (N,).
        positions: (N, 3), Angstrom.
        energy: eV.
        forces: (N, 3), eV/Angstrom; None where there are none.
        cell: (3, 3), vectors in rows, Angstrom; None in a vacuum.
        pbc: along which of them atoms repeat.
        stress: (3, 3), eV/Angstrom^3, with the sign of ASE; None where there is none.
    """

    numbers: NDArray[np.int64]
    positions: NDArray[np.float64]
    energy: float
    forces: NDArray[np.float64] | None
    cell: NDArray[np.float64] | None = None
    pbc: tuple[bool, ...] = OPEN
    stress: NDArray[np.float64] | None = None


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
        place = data.positions[index], float(data.energies[index]), forces
        if data.cells is None or data.pbc is None:
            yield Labelled(data.numbers, *place)
            continue
        stress = None if data.stresses is None else data.stresses[index]
        yield Labelled(data.numbers, *place, data.cells[index], tuple(map(bool, data.pbc[index])), stress)


def free_atom(number: int, energy: float) -> Labelled:
    """Return a free atom with its energy, eV, on which no force acts.

    Example:
        >>> free_atom(1, -13.6).positions
        array([[0., 0., 0.]])
    """
    return Labelled(np.array([number]), np.zeros((1, 3)), energy, np.zeros((1, 3)))
