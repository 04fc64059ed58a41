"""What a model file says of the data sets that its model was trained on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from qffc.data import Dataset

_NAME, _FINGERPRINT, _SETS, _GEOMETRY = "data_name", "data_fingerprint", "data_sets", "geometry"


def describe_sets(sets: Sequence[Dataset]) -> dict[str, str]:
    """Return the entries of a model's metadata that name its data, with the first geometry as an example.

    Args:
        sets: one or more.

    Example:
        >>> from qffc.data import load_embedded
        >>> describe_sets([load_embedded("water")])["data_name"]
        'water'
    """
    first = {"numbers": sets[0].numbers.tolist(), "positions": sets[0].positions[0].round(6).tolist()}
    example = {_GEOMETRY: json.dumps(first)}
    if len(sets) == 1:
        return {_NAME: sets[0].name, _FINGERPRINT: sets[0].fingerprint, **example}
    return {
        **example,
        _NAME: ", ".join(data.name for data in sets),
        _SETS: json.dumps([{"name": data.name, "fingerprint": data.fingerprint} for data in sets]),
    }


def example_geometry(metadata: Mapping[str, str]) -> tuple[NDArray[np.int64], NDArray[np.float64]] | None:
    """Return atomic numbers (atoms,) and positions (atoms, 3) in Angstrom that a model is at home with, where it says.

    Args:
        metadata: of the model.
    """
    if _GEOMETRY not in metadata:
        return None
    told = json.loads(metadata[_GEOMETRY])
    return np.array(told["numbers"], dtype=np.int64), np.array(told["positions"], dtype=np.float64)


def known_sets(metadata: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the names and fingerprints of the sets that a model was trained on, in their order; nothing when unknown.

    Args:
        metadata: of the model.

    Example:
        >>> from qffc.data import load_embedded
        >>> sets = [load_embedded("water"), load_embedded("ammonia")]
        >>> [name for name, _ in known_sets(describe_sets(sets))]
        ['water', 'ammonia']
    """
    if _SETS in metadata:
        return tuple((entry["name"], entry["fingerprint"]) for entry in json.loads(metadata[_SETS]))
    if _FINGERPRINT in metadata:
        return ((metadata.get(_NAME, ""), metadata[_FINGERPRINT]),)
    return ()


def number_of_set(metadata: Mapping[str, str], data: Dataset) -> int | None:
    """Return which of its sets a model knows these frames as, from 0; None when it was trained on none of them.

    Args:
        metadata: of the model.
        data: frames.
    """
    fingerprints = [fingerprint for _, fingerprint in known_sets(metadata)]
    return fingerprints.index(data.fingerprint) if data.fingerprint in fingerprints else None
