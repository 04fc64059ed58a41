"""Frames in the order of training, cut into batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import jax
import numpy as np
from numpy.typing import NDArray

from qffc.data import Dataset
from qffc.ir.diagnostics import error
from qffc.training.config import TrainingConfig
from qffc.training.precision import dtype_of

Array = jax.Array | NDArray[np.floating]


class Batch(NamedTuple):
    """What a step sees: a tree of arrays, which only the batches and the errors of a fit look into.

    A step takes a batch in pieces of one shape, stacked: every array has one more axis, of the pieces, in front.

    Args:
        positions: (frames, atoms, 3), Angstrom.
        energies: (frames,), eV, without the reference energies of the atoms.
        forces: (frames, atoms, 3), eV/Angstrom.
    """

    positions: Array
    energies: Array
    forces: Array


@dataclass(frozen=True, eq=False)
class FrameBatches:
    """The training frames, in batches of one size.

    Args:
        frames: all of them, as one batch.
        size: frames of a batch; what is left over at the end of an epoch is left out of it.
        pieces: of a batch, a divisor of its size.
        seed: of the order.
    """

    frames: Batch
    size: int
    pieces: int
    seed: int

    @property
    def count(self) -> int:
        """Batches of an epoch."""
        return len(self.frames.energies) // self.size

    def filled(self) -> float:
        """Return the share of circuits that only fill up arrays: none."""
        return 0.0

    def epoch(self, epoch: int) -> Iterator[Batch]:
        """Return the batches of an epoch, counted from 0, each in its pieces.

        The order depends on seed and epoch alone, so a resumed run sees the frames in the same order.
        """
        order = np.random.default_rng([self.seed, 1, epoch]).permutation(len(self.frames.energies))
        for index in range(self.count):
            rows = order[index * self.size : (index + 1) * self.size].reshape(self.pieces, -1)
            yield Batch(*(values[rows] for values in self.frames))


def steps_of_epoch(frames: int, config: TrainingConfig) -> int:
    """Return how many batches an epoch has."""
    return max(1, frames // config.batch_size)


def batch_shape(frames: int, config: TrainingConfig, devices: int) -> tuple[int, int]:
    """Return how many frames a batch has, and how many pieces.

    Args:
        frames: of training.
        config: batch size, and the pieces of a device.
        devices: that share a batch, each with as many pieces.

    Raises:
        QffcError: when a batch cannot be divided into pieces of one size.
    """
    size, pieces = min(config.batch_size, frames), config.accumulate * devices
    if size % pieces:
        shared = f": {devices} devices, {config.accumulate} each" if devices > 1 else ""
        raise error(
            "batch that does not divide",
            found=f"{size} frames in a batch, for {pieces} pieces{shared}",
            expected=f"a multiple of {pieces}",
            help="change batch_size, train, accumulate, or the number of devices",
        )
    return size, pieces


def frame_batches(sets: Sequence[Dataset], reference: float, config: TrainingConfig, devices: int) -> FrameBatches:
    """Return the batches of a run.

    Args:
        sets: the training frames, all of the same atoms in the same order.
        reference: the reference energy of the molecule, eV. It is thousands of eV, and is taken off before numbers
            are made 32 bits, which would leave little of the rest.
        config: batch size, pieces, precision and seed.
        devices: that share a batch.

    Raises:
        QffcError: when a batch cannot be divided into pieces of one size.
    """
    size, pieces = batch_shape(sum(len(data) for data in sets), config, devices)
    targets = [(data.positions, data.energies - reference, data.forces) for data in sets]
    numbers = Batch(*(np.concatenate(values).astype(dtype_of(config)) for values in zip(*targets, strict=True)))
    return FrameBatches(numbers, size, pieces, config.seed)
