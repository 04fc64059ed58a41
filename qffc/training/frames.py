"""How the frames of a run become batches: along one axis, or joined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np

from qffc.data import Dataset
from qffc.models.circuits.instances import instances_of
from qffc.models.energy import MoleculeEnergy
from qffc.models.frames.frame_circuits import lists_pay
from qffc.models.molecule_circuits import ATOM_ENERGY
from qffc.models.shot_cost import shot_cost
from qffc.passes.lower_jax.program import JaxProgram
from qffc.training.batches import frame_batches
from qffc.training.config import TrainingConfig
from qffc.training.joined_batches import joined_batches
from qffc.training.loss import Fit, ShotTerm, TrainingBatch, fit_of_frames, fit_of_molecule


class Batches(Protocol):
    """The training frames in batches."""

    @property
    def count(self) -> int:
        """Batches of an epoch."""
        ...

    def filled(self) -> float:
        """Return the share of the circuits in the first epoch that only fill up arrays."""
        ...

    def epoch(self, epoch: int) -> Iterator[TrainingBatch]:
        """Return the batches of an epoch, counted from 0, each in its pieces; the same at every call."""
        ...


def batches_and_fit(
    lowered: JaxProgram,
    sets: Sequence[Dataset],
    constants: Mapping[str, np.ndarray],
    config: TrainingConfig,
    devices: int,
) -> tuple[Batches, Fit]:
    """Return the batches of a run, and what a step needs to know of them.

    Frames of one molecule that all need all circuits are computed along a batch axis. Frames of several molecules,
    those in cells, and those for which lists of near neighbours pay, are joined.

    Args:
        lowered: the program as JAX functions.
        sets: the training frames.
        constants: of the model.
        config: of the run.
        devices: that share a batch.

    Raises:
        QffcError: when a molecule does not fit the program, or a batch cannot be divided into pieces of one size.
    """
    shots = shot_term(lowered, config)
    in_cells = any(data.periodic for data in sets)
    if in_cells or not same_molecule(sets) or lists_pay(lowered.program, [data.positions for data in sets]):
        return joined_batches(lowered, sets, constants, config, devices), fit_of_frames(lowered, shots)
    molecule = MoleculeEnergy(lowered, instances_of(lowered.program, sets[0].numbers))
    reference = float(np.sum(constants[ATOM_ENERGY][molecule.instances.atom_species]))
    return frame_batches(sets, reference, config, devices), fit_of_molecule(molecule, shots)


def shot_term(lowered: JaxProgram, config: TrainingConfig) -> ShotTerm | None:
    """Return the part of the loss that shots have; None where they do not count.

    Settings are those that suit all moments alike: a run plans its own by the slopes that the model has then, and needs
    fewer shots, not more.
    """
    if not config.shot_weight:
        return None
    return ShotTerm(shot_cost(lowered), 0.0 if config.shots_for_1mev is None else 1e-3 * config.shots_for_1mev**0.5)


def same_molecule(sets: Sequence[Dataset]) -> bool:
    """Return whether all sets have the same atoms in the same order."""
    return all(np.array_equal(data.numbers, sets[0].numbers) for data in sets)
