"""Which frames are the same geometry: in another order, precision, unit or format, moved, turned or mirrored.

A frame is known by three sums over its pairs of atoms. They are numbers, compared within a tolerance, not a hash, which
would change where rounding crosses the border of a bin.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from qffc.data.cells import volumes_of
from qffc.data.dataset import Dataset
from qffc.data.surroundings import neighbour_distances
from qffc.ir.telling import tell

Marks = NDArray[np.float32]
"""(n, 3), three sums for each frame; four bytes hold them to a hundredth of the tolerance."""

_TOLERANCE = 5e-6
"""Relative: positions in single precision, or with six decimals, are the same frame; those with four are others."""
_BLOCK_NUMBERS = 4_000_000
_RADIUS = 6.0
"""Angstrom, of the neighbours in cells."""


def composition_of(data: Dataset) -> str:
    """Return the elements of a molecule with their counts, by atomic number.

    Example:
        >>> from qffc.data import load_embedded
        >>> composition_of(load_embedded("water"))
        '1x2 8x1'
    """
    numbers, counts = np.unique(data.numbers, return_counts=True)
    return " ".join(f"{number}x{count}" for number, count in zip(numbers, counts, strict=True))


def marks_of(data: Dataset) -> Marks:
    """Return what each frame is known by.

    Sums over pairs of (Z_a + 1/2)(Z_b + 1/2) times 1/r, r and 1/r^3, which no exchange of like atoms changes either.
    Frames of different molecules are not compared by them. In cells pairs are those of atoms and neighbours up to 6
    Angstrom, images included, and terms fade to 0 there; the volume goes along.

    Args:
        data: n frames.

    Example:
        >>> from qffc.data import load_embedded
        >>> marks_of(load_embedded("water").subset([0, 1])).shape
        (2, 3)
    """
    if data.periodic:
        return _marks_in_cells(data)
    first, second = np.triu_indices(len(data.numbers), k=1)
    weights = (data.numbers[first] + 0.5) * (data.numbers[second] + 0.5)
    marks = np.empty((len(data), 3))
    size = max(1, _BLOCK_NUMBERS // max(1, 3 * len(first)))
    for start in range(0, len(data), size):
        tell("looking for repeated frames:", start, len(data))
        positions = data.positions[start : start + size]
        distances = np.linalg.norm(positions[:, second] - positions[:, first], axis=-1)
        inverse = 1 / distances
        terms = (inverse, distances, inverse * inverse * inverse)
        marks[start : start + size] = np.stack([term @ weights for term in terms], axis=1)
    return marks.astype(np.float32)


def _marks_in_cells(data: Dataset) -> Marks:
    marks = np.empty((len(data), 3))
    numbers = data.numbers + 0.5
    volumes = np.ones(len(data)) if data.cells is None else volumes_of(data.cells)
    for frame, (centres, others, apart) in enumerate(neighbour_distances(data, _RADIUS)):
        weights = numbers[centres] * numbers[others] * (1.0 - (apart / _RADIUS) ** 2) ** 3
        terms = (1.0 / apart, apart, apart**-3)
        marks[frame] = [term @ weights for term in terms]
    return (marks + volumes[:, None]).astype(np.float32)


def found_in(marks: Marks, known: Marks) -> NDArray[np.intp]:
    """Return for each frame the number of a known frame that is the same, -1 where there is none.

    Args:
        marks: of the frames.
        known: of the known frames, of the same molecule.

    Example:
        >>> from qffc.data import load_embedded
        >>> marks = marks_of(load_embedded("water"))
        >>> found_in(marks[[5, 6]], marks[:6])
        array([ 5, -1])
    """
    if not len(known) or not len(marks):
        return np.full(len(marks), -1, dtype=np.intp)
    distances, nearest = cKDTree(_scaled(known)).query(_scaled(marks), p=np.inf, distance_upper_bound=1.0)
    return np.where(np.isfinite(distances), nearest, -1).astype(np.intp)


def repeated(marks: Marks) -> tuple[tuple[int, int], ...]:
    """Return pairs of frames that are the same geometry, the first of each pair before the second.

    Args:
        marks: of the frames of one molecule.

    Example:
        >>> from qffc.data import load_embedded
        >>> repeated(marks_of(load_embedded("water").subset([3, 8, 3])))
        ((0, 2),)
    """
    pairs = cKDTree(_scaled(marks)).query_pairs(1.0, p=np.inf, output_type="ndarray")
    return tuple((int(first), int(second)) for first, second in sorted(map(sorted, pairs.tolist())))


def _scaled(marks: Marks) -> NDArray[np.float64]:
    """Logarithms, in which the tolerance is one everywhere; of a single atom, which has no pairs, all the same."""
    return np.asarray(np.log(np.maximum(marks.astype(np.float64), 1e-30)) / _TOLERANCE)
