"""How far a model is from the energies and forces of a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp

from qffc.models.energy import ENERGY_SCALE, MoleculeEnergy, energies_and_forces
from qffc.training.batches import Batch


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

    squared_errors: Callable[[Mapping[str, jax.Array], Batch], SquaredErrors]
    counts: Callable[[Batch], Counts]


def fit_of_molecule(molecule: MoleculeEnergy) -> Fit:
    """Return the fit of batches of frames of one molecule."""
    atoms = float(len(molecule.instances.atom_species))

    def squared_errors(arrays: Mapping[str, jax.Array], piece: Batch) -> SquaredErrors:
        positions = jnp.asarray(piece.positions)
        e, f = energies_and_forces(lambda r: arrays[ENERGY_SCALE] * molecule.raw_energies(arrays, r), positions)
        return SquaredErrors(jnp.sum(((e - piece.energies) / atoms) ** 2), jnp.sum((f - piece.forces) ** 2))

    return Fit(squared_errors, lambda batch: Counts(batch.energies.size, batch.forces.size))
