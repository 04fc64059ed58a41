"""How far a model is from the energies and forces of a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp

from qffc.models.energy import ENERGY_SCALE, MoleculeEnergy, energies_and_forces
from qffc.training.batches import Batch


class SquaredErrors(NamedTuple):
    """Sums over frames, and over how many: sums of parts of a batch add up to those of the batch.

    Args:
        energy: sum of (energy error / atoms)^2, eV^2.
        forces: sum of the squared errors of force components, (eV/Angstrom)^2.
        frames: how many energies.
        components: how many components of forces.
    """

    energy: jax.Array
    forces: jax.Array
    frames: int | jax.Array
    components: int | jax.Array


ErrorsOfBatch = Callable[[Mapping[str, jax.Array], Batch], SquaredErrors]
"""Parameters and constants by name, and a batch, to its squared errors."""


def errors_of_molecule(molecule: MoleculeEnergy) -> ErrorsOfBatch:
    """Return the squared errors of batches of one molecule, as a function of arrays and batch."""
    atoms = float(len(molecule.instances.atom_species))

    def squared_errors(arrays: Mapping[str, jax.Array], batch: Batch) -> SquaredErrors:
        positions = jnp.asarray(batch.positions)
        e, f = energies_and_forces(lambda r: arrays[ENERGY_SCALE] * molecule.raw_energies(arrays, r), positions)
        energy = jnp.sum(((e - batch.energies) / atoms) ** 2)
        return SquaredErrors(energy, jnp.sum((f - batch.forces) ** 2), e.size, f.size)

    return squared_errors
