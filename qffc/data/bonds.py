"""How long bonds are, beside what covalent radii say: whether positions can be in their unit."""

from __future__ import annotations

import numpy as np

from qffc.data.dataset import Dataset

_FRAMES = 200


def bond_ratio(data: Dataset) -> float:
    """Return the median of the distances to the nearest atom, over the sums of the covalent radii; about 1.

    Nearest is what is nearest in such sums. Of many frames some are taken evenly.

    Args:
        data: frames of a molecule of at least two atoms.

    Example:
        >>> from qffc.data import load_embedded
        >>> round(bond_ratio(load_embedded("water")), 1)
        1.0
    """
    from ase.data import covalent_radii

    radii = covalent_radii[data.numbers]
    positions = data.positions[:: max(1, len(data) // _FRAMES)]
    every = np.arange(len(radii))
    nearest = np.empty(positions.shape[:2])
    for atom in every:  # an atom at a time: large molecules have many pairs
        ratios = np.linalg.norm(positions - positions[:, [atom]], axis=-1) / (radii + radii[atom])
        nearest[:, atom] = ratios[:, every != atom].min(axis=1)
    return float(np.median(nearest))
