"""What stands around the atoms of frames, images in other cells included."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from qffc.data.dataset import Dataset
from qffc.data.images import Images, images_within, whole_cell
from qffc.ir.diagnostics import error

Floats = NDArray[np.float64]

_CLUSTER = 8
"""Atoms of the surroundings of a frame, at least."""


def images_of(data: Dataset, frame: int, radius: float) -> Images | None:
    """Return the neighbours of the atoms of a frame that are nearer than a radius (Angstrom); None in a vacuum."""
    if data.cells is None or data.pbc is None or not data.pbc[frame].any():
        return None
    cell = whole_cell(data.cells[frame], data.pbc[frame])
    return images_within(data.positions[frame], cell, data.pbc[frame], radius)


def neighbour_distances(
    data: Dataset, radius: float, step: int = 1
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp], Floats]]:
    """Yield for some frames atoms, an atom of which a neighbour is an image, and how far it is (Angstrom).

    Args:
        data: frames in cells.
        radius: Angstrom, up to which neighbours are looked for.
        step: between two frames that are looked at.
    """
    for frame in range(0, len(data), step):
        found = images_of(data, frame, radius)
        if found is None:
            first, second = np.nonzero(~np.eye(len(data.numbers), dtype=bool))
            apart = np.linalg.norm(data.positions[frame, second] - data.positions[frame, first], axis=1)
            near = apart < radius
            yield first[near], second[near], apart[near]
            continue
        places = found.places(data.positions[frame], found.cell)
        apart = np.linalg.norm(places[found.others] - places[found.centres], axis=1)
        yield found.centres, found.owners[found.others], apart


def surroundings(data: Dataset, frames: int = 1) -> tuple[NDArray[np.int64], Floats]:
    """Return the first frames as molecules in a vacuum: atomic numbers (atoms,), positions (frames, atoms, 3).

    Of frames in cells the nearest images go along until there are eight atoms: a cell with one atom is no molecule.
    All of them have the images that are near in the first.
    """
    positions = data.positions[:frames]
    if data.cells is None or data.pbc is None or not data.pbc[0].any():
        return data.numbers, positions
    radius, found = 3.0, images_of(data, 0, 3.0)
    while found is not None and len(found.owners) < _CLUSTER and radius < 100.0:
        radius *= 1.3
        found = images_of(data, 0, radius)
    if found is None or len(found.owners) <= len(data.numbers):
        return data.numbers, positions
    middle = positions[0].mean(axis=0)
    apart = np.linalg.norm(found.places(positions[0], found.cell)[len(data.numbers) :] - middle, axis=1)
    nearest = len(data.numbers) + np.argsort(apart, kind="stable")[: max(0, _CLUSTER - len(data.numbers))]
    kept = np.concatenate([np.arange(len(data.numbers)), nearest])
    places = np.stack([found.places(each, found.cell)[kept] for each in positions])
    return data.numbers[found.owners[kept]], places


def refuse_cells(data: Dataset, what: str, help: str) -> None:
    """Refuse frames in cells where they are not supported.

    Args:
        data: the frames.
        what: that does not take them, for people.
        help: what to do instead.

    Raises:
        QffcError: when a frame is periodic.
    """
    if data.cells is None:
        return
    raise error(
        "frames in cells",
        where=data.name,
        found=f"periodic boundaries, for {what}",
        expected="molecules in a vacuum",
        help=help,
    )
