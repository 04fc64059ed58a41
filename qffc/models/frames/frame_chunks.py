"""Many frames of one molecule with lists of near neighbours, joined a part at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from qffc.models.frames.array_sizes import SizeSteps
from qffc.models.frames.frame_batch import FrameBatch, join_frames, joined_positions, needed_sizes
from qffc.models.frames.frame_circuits import CircuitLists

CHUNK_CIRCUITS = 16_384
"""Circuits simulated at once: bounds the memory."""

_SAMPLE = 16
"""Frames whose circuits are counted to choose how many frames make a chunk."""


def joined_chunks(
    lists: CircuitLists, numbers: NDArray[np.integer], positions: NDArray[np.float64]
) -> Iterator[tuple[FrameBatch, NDArray[np.floating]]]:
    """Yield the frames in order, joined, in chunks of one number of frames and few sizes of arrays.

    Args:
        lists: finds the circuits.
        numbers: (atoms,) atomic numbers.
        positions: (frames, atoms, 3), Angstrom, at least one frame.

    Yields:
        The frames of a chunk and their positions (1, atoms, 3); the last chunk is filled up with frames of no atoms.

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
    sample = [lists.of(numbers, frame) for frame in positions[:_SAMPLE]]
    most = max(len(frame.instances) for frame in sample) * lists.program.channels
    chunk = max(1, min(len(positions), CHUNK_CIRCUITS // most))
    steps: SizeSteps | None = None
    for start in range(0, len(positions), chunk):
        frames = positions[start : start + chunk]
        circuits = [lists.of(numbers, frame) for frame in frames]
        needed = needed_sizes(lists.plan, circuits)
        steps = SizeSteps(needed[1:]) if steps is None else steps
        sizes = (chunk, *steps.fitting(needed[1:]))
        yield join_frames(lists.plan, circuits, sizes), joined_positions(frames, sizes[1])
