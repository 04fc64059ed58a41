"""Files of NumPy as rMD17 has them, to read and to spoil."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qffc.data import load_embedded


def raw(frames: int = 3) -> dict[str, NDArray[np.float64]]:
    """Return water in kcal/mol and Angstrom under the keys of rMD17."""
    water = load_embedded("water")
    return {
        "nuclear_charges": water.numbers.astype(np.uint8),
        "coords": water.positions[:frames],
        "energies": water.energies[:frames] / 0.0433641,
        "forces": water.forces[:frames] / 0.0433641,
    }


def save(path: Path, arrays: Mapping[str, ArrayLike], **more: ArrayLike) -> Path:
    np.savez(path, allow_pickle=True, **arrays, **more)
    return path
