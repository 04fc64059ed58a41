"""How far a model is from the energies and forces of a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from qffc.models.beside import Beside
from qffc.models.energy import MoleculeEnergy
from qffc.models.force_gradient import Pair, with_forces
from qffc.models.frames.frame_batch import (
    FrameBatch,
    forces_and_virials,
    frame_energies,
    frame_energies_along,
    sums_of_circuits,
)
from qffc.models.molecule_circuits import ENERGY_SCALE
from qffc.models.shot_cost import ShotCost, with_shots
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
        shots: sum of the squares of the shot costs above the target, eV^2; None where they do not count.
        virials: sum of (error of stress times volume / atoms)^2 over the nine entries, eV^2; None where they do not
            count.
    """

    energy: jax.Array
    forces: jax.Array
    shots: jax.Array | None = None
    virials: jax.Array | None = None


@dataclass(frozen=True, eq=False)
class ShotTerm:
    """The part of a loss that shots have.

    Args:
        cost: of the program.
        free: eV, the shot cost that costs nothing.
    """

    cost: ShotCost
    free: float

    def squared(self, costs: jax.Array) -> jax.Array:
        """Return the sum of squares of what shot costs (frames,), eV, have above the target."""
        return jnp.sum(jnp.maximum(costs - self.free, 0.0) ** 2)


class Counts(NamedTuple):
    """Over how many the squared errors of a batch are summed.

    Args:
        frames: energies.
        components: components of forces.
        entries: of stresses; 1 where there are none.
    """

    frames: int | jax.Array
    components: int | jax.Array
    entries: int | jax.Array = 1


@dataclass(frozen=True)
class Fit:
    """All that a step knows of batches.

    Args:
        squared_errors: of arrays (parameters and constants by name) and a piece of a batch.
        counts: of a batch in pieces.
    """

    squared_errors: Callable[[Arrays, Any], SquaredErrors]  # the kind of batch is the fit's own
    counts: Callable[[Any], Counts]


def fit_of_molecule(molecule: MoleculeEnergy, shots: ShotTerm | None = None) -> Fit:
    """Return the fit of batches of frames of one molecule."""
    atoms = float(len(molecule.instances.atom_species))

    def energies(arrays: Arrays, positions: jax.Array, _: None, beside: Beside | None = None) -> jax.Array:
        return arrays[ENERGY_SCALE] * molecule.raw_energies(arrays, positions, beside)

    def along(
        arrays: Arrays, positions: jax.Array, _: None, direction: jax.Array, beside: Beside | None = None
    ) -> Pair:
        found, slopes = molecule.raw_energies_along(arrays, positions, direction, beside)
        return arrays[ENERGY_SCALE] * found, arrays[ENERGY_SCALE] * slopes

    def errors(e: jax.Array, f: jax.Array, piece: Batch) -> SquaredErrors:
        return SquaredErrors(jnp.sum(((e - piece.energies) / atoms) ** 2), jnp.sum((f - piece.forces) ** 2))

    def counts(batch: Batch) -> Counts:
        return Counts(batch.energies.size, batch.forces.size)

    if shots is None:
        # The same numbers, up to rounding, in far less time.
        whole = whole_rounds(molecule.lowered)
        values = with_forces(energies, along) if whole is None else whole.raw_energies_and_forces(molecule.instances)
        return Fit(lambda arrays, piece: errors(*values(arrays, jnp.asarray(piece.positions), None), piece), counts)

    def shape(positions: jax.Array, _: None) -> Sequence[int]:
        return molecule.shape(positions)

    def by_frame(of_circuits: jax.Array, _: None) -> jax.Array:
        return jnp.sum(of_circuits, axis=(1, 2))

    triples = with_shots(shots.cost, energies, along, shape, by_frame)

    def with_costs(arrays: Arrays, piece: Batch) -> SquaredErrors:
        e, f, costs = triples(arrays, jnp.asarray(piece.positions), None)
        return errors(e, f, piece)._replace(shots=shots.squared(costs))

    return Fit(with_costs, counts)


def fit_of_frames(lowered: JaxProgram, shots: ShotTerm | None = None) -> Fit:
    """Return the fit of batches of joined frames; every component of a force counts alike, whatever its molecule."""

    def energies(arrays: Arrays, positions: jax.Array, frames: FrameBatch, beside: Beside | None = None) -> jax.Array:
        return frame_energies(lowered, frames, arrays, positions, beside)

    def along(
        arrays: Arrays,
        positions: jax.Array,
        frames: FrameBatch,
        direction: jax.Array,
        beside: Beside | None = None,
    ) -> Pair:
        return frame_energies_along(lowered, frames, arrays, positions, direction, beside)

    def errors(e: jax.Array, of_places: jax.Array, piece: JoinedBatch) -> SquaredErrors:
        atoms = jnp.asarray(piece.frames.atoms, e.dtype)
        f, virials = forces_and_virials(piece.frames, of_places, jnp.asarray(piece.positions))
        # Atoms that only fill up have no force, and none to be compared with.
        energy, forces = jnp.sum(((e - piece.energies) / atoms) ** 2), jnp.sum((f - piece.forces) ** 2)
        if piece.virials is None or piece.stressed is None:
            return SquaredErrors(energy, forces)
        off = (virials - piece.virials) * (piece.stressed / atoms)[:, None, None]
        return SquaredErrors(energy, forces, virials=jnp.sum(off**2))

    def counts(batch: JoinedBatch) -> Counts:
        components = 3 * jnp.sum(jnp.asarray(batch.frames.atoms, batch.forces.dtype))
        if batch.stressed is None:
            return Counts(batch.energies.size, components)
        return Counts(batch.energies.size, components, jnp.maximum(9 * jnp.sum(batch.stressed), 1))

    if shots is None:
        values = with_forces(energies, along)
        return Fit(
            lambda arrays, piece: errors(*values(arrays, jnp.asarray(piece.positions), piece.frames), piece), counts
        )

    def shape(positions: jax.Array, frames: FrameBatch) -> Sequence[int]:
        return 1, len(frames.instances), lowered.program.channels

    def by_frame(of_circuits: jax.Array, frames: FrameBatch) -> jax.Array:
        return sums_of_circuits(frames, jnp.sum(of_circuits[0], axis=1))

    triples = with_shots(shots.cost, energies, along, shape, by_frame)

    def with_costs(arrays: Arrays, piece: JoinedBatch) -> SquaredErrors:
        e, f, costs = triples(arrays, jnp.asarray(piece.positions), piece.frames)
        return errors(e, f, piece)._replace(shots=shots.squared(costs))

    return Fit(with_costs, counts)
