"""Write data as npz files that sGDML takes; they are read like other npz files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qffc.atomic_files import atomic_path
from qffc.data.dataset import Dataset
from qffc.ir.diagnostics import error

_HASHED = ("z", "R", "E", "F")


def write_sgdml(data: Dataset, path: Path) -> None:
    """Write a dataset in the layout of sGDML, whole or not at all; a file of this name is replaced.

    Args:
        data: with forces, which sGDML trains on.
        path: the file, ``.npz``.

    Raises:
        QffcError: there are no forces.
    """
    if not data.has_forces:
        raise error(
            "no forces for sGDML",
            where=str(path),
            found=f"'{data.name}', with energies alone",
            expected="forces: sGDML is trained on them",
            help="leave --layout out, which writes energies alone, too",
        )
    arrays: dict[str, NDArray[np.generic]] = {
        "z": data.numbers.astype(np.uint8),
        "R": data.positions,
        "E": data.energies,
        "F": data.forces,
    }
    texts = {
        "type": "d",
        "name": data.name,
        "theory": "unknown",
        "e_unit": "eV",
        "r_unit": "Ang",
        "md5": _fingerprint(arrays),
        "converted_from": str(data.source),
    }
    ranges = {f"{key}_{word}": np.array(value) for key in "EF" for word, value in _range(arrays[key]).items()}
    with atomic_path(path) as temporary:
        np.savez_compressed(
            temporary, allow_pickle=False, **arrays, **ranges, **{key: np.array(text) for key, text in texts.items()}
        )


def _fingerprint(arrays: dict[str, NDArray[np.generic]]) -> str:
    """As sGDML computes it of its data sets, to tell a model of other data."""
    digest = hashlib.md5(usedforsecurity=False)
    for key in _HASHED:
        digest.update(hashlib.md5(np.ascontiguousarray(arrays[key]).ravel().tobytes(), usedforsecurity=False).digest())
    return digest.hexdigest()


def _range(array: NDArray[np.generic]) -> dict[str, float]:
    numbers = array.astype(np.float64)
    return {
        "min": float(numbers.min()),
        "max": float(numbers.max()),
        "mean": float(numbers.mean()),
        "var": float(numbers.var()),
    }
