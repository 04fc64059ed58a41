"""Batches of frames that differ in their circuits: of several molecules, in cells, or with lists of near neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import jax
import numpy as np
from numpy.typing import NDArray

from qffc.data import Dataset
from qffc.data.cells import volumes_of
from qffc.models.circuits.instances import species_of
from qffc.models.frames.array_sizes import SizeSteps
from qffc.models.frames.frame_batch import FrameBatch, join_frames, joined_places, joined_positions, needed_sizes
from qffc.models.frames.frame_circuits import CircuitLists, FrameCircuits
from qffc.models.molecule_circuits import ATOM_ENERGY
from qffc.passes.lower_jax.program import JaxProgram
from qffc.training.batches import Array, batch_shape
from qffc.training.config import TrainingConfig
from qffc.training.precision import dtype_of

Numbers = NDArray[np.floating]


class JoinedBatch(NamedTuple):
    """A piece of a batch, its frames joined into one molecule.

    Args:
        frames: circuits, and which atom is of which frame.
        positions: (1, places, 3), Angstrom, of atoms and images; zeros for those that only fill up.
        energies: (frames,), eV, without the reference energies of the atoms.
        forces: (1, atoms, 3), eV/Angstrom; zeros for atoms that only fill up.
        virials: (frames, 3, 3), stresses times volumes, eV; None where they are not trained on.
        stressed: (frames,) 1 where a frame has a stress, else 0; likewise.
    """

    frames: FrameBatch
    positions: Array
    energies: Array
    forces: Array
    virials: Array | None = None
    stressed: Array | None = None


@dataclass(frozen=True, eq=False)
class JoinedBatches:
    """The training frames of all sets, in batches of one number of frames and few sizes of arrays.

    Every batch has its share of each set, as far as whole frames allow. So batches are of about one size, little is
    filled up, and steps follow the loss of all sets.

    Args:
        lists: found the circuits.
        circuits: of each frame, one set after the other.
        positions: of each frame (places, 3), Angstrom.
        energies: (frames,), eV, without the reference energies of the atoms.
        forces: of each frame (atoms, 3), eV/Angstrom.
        sets: how many frames each set has.
        size: frames of a batch; what is left over at the end of an epoch is left out of it.
        pieces: of a batch, a divisor of its size.
        seed: of the order.
        virials: (frames, 3, 3), eV, zeros for those without a stress; None where they are not trained on.
        stressed: (frames,) 1 for those with a stress; likewise.
    """

    lists: CircuitLists
    circuits: Sequence[FrameCircuits]
    positions: Sequence[Numbers]
    energies: Numbers
    forces: Sequence[Numbers]
    sets: tuple[int, ...]
    size: int
    pieces: int
    seed: int
    virials: Numbers | None = None
    stressed: Numbers | None = None

    @property
    def count(self) -> int:
        """Batches of an epoch."""
        return len(self.energies) // self.size

    def epoch(self, epoch: int) -> Iterator[JoinedBatch]:
        """Return the batches of an epoch, counted from 0, each in its pieces.

        Order and sizes depend on seed, epoch and frames alone, so a resumed run computes the same.
        """
        for pieces in self._rows(epoch):
            sizes = self._sizes(pieces)
            yield jax.tree.map(lambda *parts: np.stack(parts), *(self._joined(rows, sizes) for rows in pieces))

    def filled(self) -> float:
        """Return the share of the circuits in the first epoch that only fill up arrays."""
        real = everything = 0
        for pieces in self._rows(0):
            everything += self._sizes(pieces)[4] * len(pieces)
            real += sum(self.circuits[row].instances.counted for rows in pieces for row in rows)
        return 1 - real / everything

    def _rows(self, epoch: int) -> Iterator[NDArray[np.intp]]:
        """For each batch (pieces, frames), which frames it has."""
        order = interleaved_order(self.sets, np.random.default_rng([self.seed, 1, epoch]))
        for index in range(self.count):
            yield order[index * self.size : (index + 1) * self.size].reshape(self.pieces, -1)

    def _sizes(self, pieces: NDArray[np.intp]) -> tuple[int, ...]:
        needed = [needed_sizes(self.lists.plan, [self.circuits[row] for row in rows]) for rows in pieces]
        frames, *most = map(max, zip(*needed, strict=True))
        return (frames, *self._steps.fitting(most))

    @cached_property
    def _steps(self) -> SizeSteps:
        frames = self.size // self.pieces
        sums = np.sum([frame.sizes for frame in self.circuits], axis=0)
        return SizeSteps(tuple(int(np.ceil(each * frames / len(self.circuits))) for each in sums[1:]))

    def _joined(self, rows: NDArray[np.intp], sizes: tuple[int, ...]) -> JoinedBatch:
        frames = [self.circuits[row] for row in rows]
        return JoinedBatch(
            join_frames(self.lists.plan, frames, sizes),
            joined_places(frames, [self.positions[row] for row in rows], sizes[1], sizes[2]),
            self.energies[rows],
            joined_positions([self.forces[row] for row in rows], sizes[1]),
            None if self.virials is None else self.virials[rows],
            None if self.stressed is None else self.stressed[rows],
        )


def interleaved_order(sets: Sequence[int], generator: np.random.Generator) -> NDArray[np.intp]:
    """Return all frames in random order, but with those of every set spread evenly.

    Args:
        sets: how many frames each set has; frames are numbered through.
        generator: of what is random.

    Example:
        >>> order = interleaved_order([4, 8], np.random.default_rng(0))
        >>> sorted(order[:3].tolist())[0] < 4 <= sorted(order[:3].tolist())[1]
        True
    """
    if len(sets) == 1:
        return generator.permutation(sets[0])
    frames, places = [], []
    for start, count in zip(np.cumsum([0, *sets]), sets, strict=False):
        frames.append(start + generator.permutation(count))
        places.append((np.arange(count) + generator.uniform()) / count)
    return np.concatenate(frames)[np.argsort(np.concatenate(places), kind="stable")]


def joined_batches(
    lowered: JaxProgram,
    sets: Sequence[Dataset],
    constants: Mapping[str, np.ndarray],
    config: TrainingConfig,
    devices: int,
) -> JoinedBatches:
    """Return the batches of a run.

    Args:
        lowered: the program as JAX functions.
        sets: the training frames.
        constants: with the reference energies of the atoms, which are taken off before numbers are made 32 bits.
        config: batch size, pieces, precision and seed.
        devices: that share a batch, each with pieces of the same sizes.

    Raises:
        QffcError: when a molecule does not fit the program, or a batch cannot be divided into pieces of one size.
    """
    size, pieces = batch_shape(sum(len(data) for data in sets), config, devices)
    lists, kind = CircuitLists(lowered), dtype_of(config)
    references = [float(np.sum(constants[ATOM_ENERGY][species_of(lists.program, data.numbers)])) for data in sets]
    energies = [data.energies - reference for data, reference in zip(sets, references, strict=True)]
    circuits = [each for data in sets for each in lists.of_data(data)]
    frames = [frame for data in sets for frame in data.positions]
    virials, stressed = virials_of(sets) if config.stress_weight else (None, None)
    return JoinedBatches(
        lists,
        circuits,
        [each.placed(frame).astype(kind) for each, frame in zip(circuits, frames, strict=True)],
        np.concatenate(energies).astype(kind),
        [frame.astype(kind) for data in sets for frame in data.forces],
        tuple(len(data) for data in sets),
        size,
        pieces,
        config.seed,
        None if virials is None else virials.astype(kind),
        None if stressed is None else stressed.astype(kind),
    )


def virials_of(sets: Sequence[Dataset]) -> tuple[Numbers, Numbers]:
    """Return stresses times volumes (frames, 3, 3), eV, and which frames have one, (frames,) 1 or 0."""
    virials, stressed = [], []
    for data in sets:
        if data.stresses is None or data.cells is None:
            virials.append(np.zeros((len(data), 3, 3)))
            stressed.append(np.zeros(len(data)))
            continue
        virials.append(volumes_of(data.cells)[:, None, None] * data.stresses)
        stressed.append(np.ones(len(data)))
    return np.concatenate(virials), np.concatenate(stressed)
