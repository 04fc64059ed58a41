"""How far a model is from the energies and forces of a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from qffc.models.energy import MoleculeEnergy
from qffc.models.force_gradient import Pair, with_forces
from qffc.models.frames.frame_batch import FrameBatch, frame_energies, frame_energies_along
from qffc.models.molecule_circuits import ENERGY_SCALE
from qffc.models.whole_rounds import whole_rounds
from qffc.passes.lower_jax.program import JaxProgram
from qffc.training.batches import Batch
from qffc.training.joined_batches import JoinedBatch

TrainingBatch = Batch | JoinedBatch

Arrays = Mapping[str, jax.Array]


class SquaredErrors(NamedTuple):
    """Sums over the frames of a piece of a batch: those of all pieces add up to those of the batch.

    Args:
        energy: sum of (energy error / atoms)^2, eV^2.
        forces: sum of the squared errors of force components, (eV/Angstrom)^2.
    """

    energy: jax.Array
    forces: jax.Array


class Counts(NamedTuple):
    """Over how many the squared errors of a batch are summed.

    Args:
        frames: energies.
        components: components of forces.
    """

    frames: int | jax.Array
    components: int | jax.Array


@dataclass(frozen=True)
class Fit:
    """All that a step knows of batches.

    Args:
        squared_errors: of arrays (parameters and constants by name) and a piece of a batch.
        counts: of a batch in pieces.
    """

    squared_errors: Callable[[Arrays, Any], SquaredErrors]  # the kind of batch is the fit's own
    counts: Callable[[Any], Counts]


def fit_of_molecule(molecule: MoleculeEnergy) -> Fit:
    """Return the fit of batches of frames of one molecule."""
    atoms = float(len(molecule.instances.atom_species))

    def energies(arrays: Arrays, positions: jax.Array, _: None) -> jax.Array:
        return arrays[ENERGY_SCALE] * molecule.raw_energies(arrays, positions)

    def along(arrays: Arrays, positions: jax.Array, _: None, direction: jax.Array) -> Pair:
        found, slopes = molecule.raw_energies_along(arrays, positions, direction)
        return arrays[ENERGY_SCALE] * found, arrays[ENERGY_SCALE] * slopes

    # The same numbers, up to rounding, in far less time.
    whole = whole_rounds(molecule.lowered)
    values = with_forces(energies, along) if whole is None else whole.raw_energies_and_forces(molecule.instances)

    def squared_errors(arrays: Arrays, piece: Batch) -> SquaredErrors:
        e, f = values(arrays, jnp.asarray(piece.positions), None)
        return SquaredErrors(jnp.sum(((e - piece.energies) / atoms) ** 2), jnp.sum((f - piece.forces) ** 2))

    return Fit(squared_errors, lambda batch: Counts(batch.energies.size, batch.forces.size))


def fit_of_frames(lowered: JaxProgram) -> Fit:
    """Return the fit of batches of joined frames; every component of a force counts alike, whatever its molecule."""

    def energies(arrays: Arrays, positions: jax.Array, frames: FrameBatch) -> jax.Array:
        return frame_energies(lowered, frames, arrays, positions)

    def along(arrays: Arrays, positions: jax.Array, frames: FrameBatch, direction: jax.Array) -> Pair:
        return frame_energies_along(lowered, frames, arrays, positions, direction)

    values = with_forces(energies, along)

    def squared_errors(arrays: Arrays, piece: JoinedBatch) -> SquaredErrors:
        e, f = values(arrays, jnp.asarray(piece.positions), piece.frames)
        atoms = jnp.asarray(piece.frames.atoms, e.dtype)
        # Atoms that only fill up have no force, and none to be compared with.
        return SquaredErrors(jnp.sum(((e - piece.energies) / atoms) ** 2), jnp.sum((f - piece.forces) ** 2))

    def counts(batch: JoinedBatch) -> Counts:
        components = 3 * jnp.sum(jnp.asarray(batch.frames.atoms, batch.forces.dtype))
        return Counts(batch.energies.size, components)

    return Fit(squared_errors, counts)
