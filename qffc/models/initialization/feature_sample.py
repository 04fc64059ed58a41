"""Features and energies of the atoms of sample frames, for their mean, deviation and least value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.data import Dataset
from qffc.models.circuits.instances import instances_of, species_of
from qffc.models.energy import MoleculeEnergy
from qffc.models.frames.frame_batch import FrameBatch
from qffc.models.frames.frame_chunks import joined_chunks
from qffc.models.frames.frame_circuits import CircuitLists, lists_pay
from qffc.passes.lower_jax.double_precision import in_double_precision
from qffc.passes.lower_jax.program import JaxProgram

Floats = NDArray[np.float64]
Arrays = Mapping[str, jax.Array]
Of = Callable[[MoleculeEnergy, Arrays, jax.Array], jax.Array]


@in_double_precision
def sample_features(
    lowered: JaxProgram, arrays: Mapping[str, Floats], samples: Sequence[Dataset], number: int = 0
) -> tuple[NDArray[np.int32], Floats]:
    """Return the species and the features of all atoms of all frames, before normalization.

    Args:
        lowered: a program with an atomic readout, as JAX functions.
        arrays: parameters and constants by name.
        samples: frames, a set for each molecule.
        number: after which round, from 0.

    Returns:
        Species (atoms,), indices into those of the program, and features (atoms, features).
    """

    def features(molecule: MoleculeEnergy, numbers: Arrays, r: jax.Array) -> jax.Array:
        return molecule.features_after(numbers, r, number)

    return _sampled(features, lowered, arrays, samples)


def sample_parts(
    lowered: JaxProgram, arrays: Mapping[str, Floats], samples: Sequence[Dataset]
) -> tuple[NDArray[np.int32], Floats]:
    """Return the species and the raw energies (atoms,) of all atoms of all frames; see :func:`sample_features`."""

    def parts(molecule: MoleculeEnergy, numbers: Arrays, r: jax.Array) -> jax.Array:
        return molecule.contributions(numbers, r)[..., None]

    species, values = _sampled(parts, lowered, arrays, samples)
    return species, values[:, 0]


def _sampled(
    what: Of, lowered: JaxProgram, arrays: Mapping[str, Floats], samples: Sequence[Dataset]
) -> tuple[NDArray[np.int32], Floats]:
    """Species, and what a function of a molecule gives for its atoms (batch, atoms, numbers), as rows."""
    numbers = {name: jnp.asarray(value) for name, value in arrays.items()}
    species, values = [], []
    for sample in samples:
        near = sample.periodic or lists_pay(lowered.program, [sample.positions])
        found = (_near if near else _all)(what, lowered, numbers, sample)
        species.append(np.tile(species_of(lowered.program, sample.numbers), len(sample)))
        values.append(found.reshape(-1, found.shape[-1]))
    return np.concatenate(species), np.concatenate(values)


def _all(what: Of, lowered: JaxProgram, arrays: Arrays, sample: Dataset) -> Floats:
    molecule = MoleculeEnergy(lowered, instances_of(lowered.program, sample.numbers))
    return np.asarray(jax.jit(lambda r: what(molecule, arrays, r))(jnp.asarray(sample.positions)))


def _near(what: Of, lowered: JaxProgram, arrays: Arrays, sample: Dataset) -> Floats:

    @jax.jit
    def values(batch: FrameBatch, positions: jax.Array) -> jax.Array:
        return what(MoleculeEnergy(lowered, batch.instances, batch.rows), arrays, positions)[0]

    geometries = sample.numbers, sample.positions, sample.cells, sample.pbc
    chunks = joined_chunks(CircuitLists(lowered), *geometries)
    return np.concatenate([np.asarray(values(*chunk))[: int(np.sum(chunk[0].atoms))] for chunk in chunks])
