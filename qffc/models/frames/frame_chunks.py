"""Many frames of one molecule with lists of near neighbours, joined a part at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from qffc.models.frames.array_sizes import SizeSteps
from qffc.models.frames.frame_batch import FrameBatch, join_frames, joined_places, needed_sizes
from qffc.models.frames.frame_circuits import CircuitLists, FrameCircuits

CHUNK_CIRCUITS = 16_384
"""Circuits simulated at once: bounds the memory."""

_SAMPLE = 16
"""Frames whose circuits are counted to choose how many frames make a chunk."""


def joined_chunks(
    lists: CircuitLists,
    numbers: NDArray[np.integer],
    positions: NDArray[np.float64],
    cells: NDArray[np.float64] | None = None,
    pbc: NDArray[np.bool_] | None = None,
) -> Iterator[tuple[FrameBatch, NDArray[np.floating]]]:
    """Yield the frames in order, joined, in chunks of one number of frames and few sizes of arrays.

    Args:
        lists: finds the circuits.
        numbers: (atoms,) atomic numbers.
        positions: (frames, atoms, 3), Angstrom, at least one frame.
        cells: (frames, 3, 3), Angstrom, where frames are in cells.
        pbc: (frames, 3) along which of their vectors atoms repeat.

    Yields:
        The frames of a chunk and the positions (1, places, 3) of their atoms and images; the last chunk is filled up
        with frames of no atoms.

    Example:
        >>> from qffc.data import load_embedded
        >>> from qffc.library import load
        >>> from qffc.passes.lower_jax.program import lower_jax
        >>> water = load_embedded("water")
        >>> lists = CircuitLists(lower_jax(load("pair", cutoff=3.0)))
        >>> chunks = list(joined_chunks(lists, water.numbers, water.positions))
        >>> len(chunks), sum(int(batch.atoms.sum()) for batch, _ in chunks)
        (1, 3000)
    """

    def circuits_of(rows: slice) -> list[FrameCircuits]:
        if cells is None or pbc is None:
            return [lists.of(numbers, frame) for frame in positions[rows]]
        return [lists.of(numbers, *each) for each in zip(positions[rows], cells[rows], pbc[rows], strict=True)]

    sample = circuits_of(slice(_SAMPLE))
    most = max(len(frame.instances) for frame in sample) * lists.program.channels
    chunk = max(1, min(len(positions), CHUNK_CIRCUITS // most))
    steps: SizeSteps | None = None
    for start in range(0, len(positions), chunk):
        rows = slice(start, start + chunk)
        frames, circuits = positions[rows], circuits_of(rows)
        needed = needed_sizes(lists.plan, circuits)
        steps = SizeSteps(needed[1:]) if steps is None else steps
        sizes = (chunk, *steps.fitting(needed[1:]))
        placed = [each.placed(frame) for each, frame in zip(circuits, frames, strict=True)]
        yield join_frames(lists.plan, circuits, sizes), joined_places(circuits, placed, sizes[1], sizes[2])
