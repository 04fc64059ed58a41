"""How long bonds are, beside what covalent radii say: whether positions can be in their unit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qffc.data.dataset import Dataset
from qffc.data.surroundings import neighbour_distances

_FRAMES = 200
_FAR = 8.0


def bond_ratio(data: Dataset) -> float:
    """Return the median of the distances to the nearest atom, over the sums of the covalent radii; about 1.

    Nearest is what is nearest in such sums. Of many frames some are taken evenly.

    Args:
        data: frames of a molecule of at least two atoms, or of atoms in cells; images count there.

    Example:
        >>> from qffc.data import load_embedded
        >>> round(bond_ratio(load_embedded("water")), 1)
        1.0
    """
    from ase.data import covalent_radii

    radii = covalent_radii[data.numbers]
    step = max(1, len(data) // _FRAMES)
    if data.periodic:
        return _in_cells(data, radii, step)
    positions = data.positions[::step]
    every = np.arange(len(radii))
    nearest = np.empty(positions.shape[:2])
    for atom in every:  # an atom at a time: large molecules have many pairs
        ratios = np.linalg.norm(positions - positions[:, [atom]], axis=-1) / (radii + radii[atom])
        nearest[:, atom] = ratios[:, every != atom].min(axis=1)
    return float(np.median(nearest))


def _in_cells(data: Dataset, radii: NDArray[np.float64], step: int) -> float:
    """The same with images; an atom without a neighbour up to 8 Angstrom counts as if one were there."""
    nearest = []
    for centres, others, apart in neighbour_distances(data, _FAR, step):
        least = _FAR / (2 * radii)
        np.minimum.at(least, centres, apart / (radii[centres] + radii[others]))
        nearest.append(least)
    return float(np.median(np.concatenate(nearest)))
