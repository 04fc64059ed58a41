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
from qffc.models.frames.frame_batch import FrameBatch, forces_and_virials, frame_energies
from qffc.models.frames.frame_chunks import joined_chunks
from qffc.models.frames.frame_circuits import CircuitLists, lists_pay
from qffc.models.molecule_circuits import ATOM_ENERGY
from qffc.models.predicted import stresses_of
from qffc.models.whole_frames import predict_whole, whole_chunks
from qffc.models.whole_rounds import WholeRounds, whole_rounds
from qffc.passes.lower_jax.program import JaxProgram

Arrays = dict[str, jax.Array]
Floats = NDArray[np.float64]
Predict = Callable[[Arrays], tuple[Floats, Floats, Floats | None]]
"""All arrays by name, to energies (frames,) in eV, forces (frames, atoms, 3) in eV/Angstrom, and of frames in cells
stresses (frames, 3, 3) in eV/Angstrom^3."""


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
    whole = whole_rounds(lowered)
    predictions = [_prediction(lowered, data) if whole is None else _whole(whole, data) for data in sets]

    def validate(parameters: Arrays) -> Errors:
        arrays = {**fixed, **{name: jnp.asarray(value, np.float64) for name, value in parameters.items()}}
        found = [(*predict(arrays), data) for predict, data in zip(predictions, sets, strict=True)]
        return errors_of_sets([(energies, forces, data, stresses) for energies, forces, stresses, data in found])

    return validate


def _prediction(lowered: JaxProgram, data: Dataset) -> Predict:
    near = data.periodic or lists_pay(lowered.program, [data.positions])
    return (_near if near else _all)(lowered, data)


def _whole(whole: WholeRounds, data: Dataset) -> Predict:
    """By the native function of the whole model, with lists made once; nothing is compiled."""
    chunks = list(whole_chunks(whole, data.numbers, data.positions, data.cells, data.pbc))
    species = species_of(whole.program, data.numbers)

    def predict(arrays: Arrays) -> tuple[Floats, Floats, Floats | None]:
        own = {name: np.asarray(value) for name, value in arrays.items()}
        found = [predict_whole(whole, own, chunk) for chunk in chunks]
        energies, forces, virials = (np.concatenate(parts) for parts in zip(*found, strict=True))
        energies = float(np.sum(own[ATOM_ENERGY][species])) + energies
        return energies, forces, None if data.cells is None else stresses_of(virials, data.cells)

    return predict


def _all(lowered: JaxProgram, data: Dataset) -> Predict:
    """With all circuits of the molecule, all frames at once."""
    molecule = MoleculeEnergy(lowered, instances_of(lowered.program, data.numbers))
    compiled = jax.jit(lambda arrays, r: energies_and_forces(lambda x: molecule.energies(arrays, x), r))

    def predict(arrays: Arrays) -> tuple[Floats, Floats, None]:
        energies, forces = compiled(arrays, jnp.asarray(data.positions))
        return np.asarray(energies), np.asarray(forces), None

    return predict


def _near(lowered: JaxProgram, data: Dataset) -> Predict:
    """With lists of near neighbours, made once."""
    geometries = data.numbers, data.positions, data.cells, data.pbc
    chunks = [jax.device_put(chunk) for chunk in joined_chunks(CircuitLists(lowered), *geometries)]
    atoms = [int(np.sum(batch.atoms)) for batch, _ in chunks]
    species = species_of(lowered.program, data.numbers)

    @jax.jit
    def compiled(arrays: Arrays, batch: FrameBatch, places: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        energies, forces = energies_and_forces(lambda r: frame_energies(lowered, batch, arrays, r), places)
        return energies, *forces_and_virials(batch, forces, places)

    def predict(arrays: Arrays) -> tuple[Floats, Floats, Floats | None]:
        reference = float(np.sum(np.asarray(arrays[ATOM_ENERGY])[species]))
        found = [compiled(arrays, *chunk) for chunk in chunks]
        energies = reference + np.concatenate([np.asarray(each) for each, *_ in found])[: len(data)]
        parts = [np.asarray(f)[0, :count] for (_, f, _), count in zip(found, atoms, strict=True)]
        forces = np.concatenate(parts).reshape(data.forces.shape)
        if data.cells is None:
            return energies, forces, None
        virials = np.concatenate([np.asarray(each) for *_, each in found])[: len(data)]
        return energies, forces, stresses_of(virials, data.cells)

    return predict
