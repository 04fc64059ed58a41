"""What a model file says of the data sets that its model was trained on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qffc.data import Dataset
from qffc.data.surroundings import surroundings
from qffc.models.files.metadata import metadata_entry, unreadable_metadata

_NAME, _FINGERPRINT, _SETS, _GEOMETRY = "data_name", "data_fingerprint", "data_sets", "geometry"


@dataclass(frozen=True)
class _Geometry:
    """Atoms that a model is at home with."""

    numbers: tuple[int, ...]
    positions: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True)
class _Set:
    """One of several data sets."""

    name: str
    fingerprint: str


def describe_sets(sets: Sequence[Dataset]) -> dict[str, str]:
    """Return the entries of a model's metadata that name its data, with the first geometry as an example.

    Of a frame in a cell the example are its atoms with some around them, in a vacuum.

    Args:
        sets: one or more.

    Example:
        >>> from qffc.data import load_embedded
        >>> describe_sets([load_embedded("water")])["data_name"]
        'water'
    """
    numbers, positions = surroundings(sets[0])
    first = {"numbers": numbers.tolist(), "positions": positions[0].round(6).tolist()}
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
    told = metadata_entry(_Geometry, metadata, _GEOMETRY)
    if len(told.numbers) != len(told.positions):
        raise unreadable_metadata(_GEOMETRY, f"{len(told.numbers)} numbers and {len(told.positions)} positions")
    return np.array(told.numbers, dtype=np.int64), np.array(told.positions, dtype=np.float64).reshape(-1, 3)


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
        return tuple((each.name, each.fingerprint) for each in metadata_entry(tuple[_Set, ...], metadata, _SETS))
    if _FINGERPRINT in metadata:
        return ((metadata.get(_NAME, ""), metadata[_FINGERPRINT]),)
    return ()


def distinct_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of sets with a number behind those that occur more than once: two files may have one name.

    Args:
        names: of the sets, in their order.

    Example:
        >>> distinct_names(["water", "ammonia", "water"])
        ('water (1)', 'ammonia', 'water (2)')
    """
    counts: dict[str, int] = {}
    found = []
    for name in names:
        counts[name] = counts.get(name, 0) + 1
        found.append(name if names.count(name) == 1 else f"{name} ({counts[name]})")
    return tuple(found)


def number_of_set(metadata: Mapping[str, str], data: Dataset) -> int | None:
    """Return which of its sets a model knows these frames as, from 0; None when it was trained on none of them.

    Args:
        metadata: of the model.
        data: frames.
    """
    fingerprints = [fingerprint for _, fingerprint in known_sets(metadata)]
    return fingerprints.index(data.fingerprint) if data.fingerprint in fingerprints else None
