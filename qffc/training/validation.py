"""The errors of a model in training on frames that it is not trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.data import Dataset
from qffc.models.circuits.instances import instances_of, species_of
from qffc.models.energy import MoleculeEnergy, energies_and_forces
from qffc.models.errors import Errors, errors_of_sets
from qffc.models.frames.frame_batch import FrameBatch, frame_energies
from qffc.models.frames.frame_chunks import joined_chunks
from qffc.models.frames.frame_circuits import CircuitLists, lists_pay
from qffc.models.molecule_circuits import ATOM_ENERGY
from qffc.passes.lower_jax.program import JaxProgram

Arrays = dict[str, jax.Array]
Floats = NDArray[np.float64]
Predict = Callable[[Arrays], tuple[Floats, Floats]]
"""All arrays by name, to energies (frames,) in eV and forces (frames, atoms, 3) in eV/Angstrom."""


def make_validation(
    lowered: JaxProgram, constants: Mapping[str, np.ndarray], sets: Sequence[Dataset]
) -> Callable[[Arrays], Errors]:
    """Return the errors on frames as a function of trained parameters; 64 bits, whatever a step does.

    Args:
        lowered: the program as JAX functions.
        constants: arrays that are not trained.
        sets: the frames, at least one set.
    """
    fixed = {name: jnp.asarray(value) for name, value in constants.items()}
    near = [lists_pay(lowered.program, [data.positions]) for data in sets]
    predictions = [(_near if short else _all)(lowered, data) for short, data in zip(near, sets, strict=True)]

    def validate(parameters: Arrays) -> Errors:
        arrays = {**fixed, **{name: jnp.asarray(value, np.float64) for name, value in parameters.items()}}
        return errors_of_sets([(*predict(arrays), data) for predict, data in zip(predictions, sets, strict=True)])

    return validate


def _all(lowered: JaxProgram, data: Dataset) -> Predict:
    """With all circuits of the molecule, all frames at once."""
    molecule = MoleculeEnergy(lowered, instances_of(lowered.program, data.numbers))
    compiled = jax.jit(lambda arrays, r: energies_and_forces(lambda x: molecule.energies(arrays, x), r))

    def predict(arrays: Arrays) -> tuple[Floats, Floats]:
        energies, forces = compiled(arrays, jnp.asarray(data.positions))
        return np.asarray(energies), np.asarray(forces)

    return predict


def _near(lowered: JaxProgram, data: Dataset) -> Predict:
    """With lists of near neighbours, made once."""
    chunks = [jax.device_put(chunk) for chunk in joined_chunks(CircuitLists(lowered), data.numbers, data.positions)]
    atoms = [int(np.sum(batch.atoms)) for batch, _ in chunks]
    species = species_of(lowered.program, data.numbers)

    @jax.jit
    def compiled(arrays: Arrays, batch: FrameBatch, positions: jax.Array) -> tuple[jax.Array, jax.Array]:
        return energies_and_forces(lambda r: frame_energies(lowered, batch, arrays, r), positions)

    def predict(arrays: Arrays) -> tuple[Floats, Floats]:
        reference = float(np.sum(np.asarray(arrays[ATOM_ENERGY])[species]))
        found = [compiled(arrays, *chunk) for chunk in chunks]
        energies = np.concatenate([np.asarray(each) for each, _ in found])[: len(data)]
        forces = np.concatenate([np.asarray(f)[0, :count] for (_, f), count in zip(found, atoms, strict=True)])
        return reference + energies, forces.reshape(data.forces.shape)

    return predict
