"""How far the heads of a model are apart: of the energy, and of the forces, by its gradient.

Limits play no part: where the training data end an energy fades to what is known of free atoms, but what circuits and
network say there is as uncertain as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike, NDArray

from qffc.ir.diagnostics import error
from qffc.ir.telling import tell
from qffc.models.circuits.instances import Instances, instances_of
from qffc.models.energy import MoleculeEnergy
from qffc.models.frames.frame_batch import FrameBatch
from qffc.models.frames.frame_chunks import CHUNK_CIRCUITS
from qffc.models.given.atoms_given import Elements, frames_of
from qffc.models.molecule_circuits import ENERGY_SCALE
from qffc.models.rows.value_rows import ValueRows
from qffc.models.uncertainty.heads import FACTORS, HEADS, has_heads
from qffc.models.validity.limits import PREFIX as LIMITS
from qffc.passes.lower_jax.program import JaxProgram

Arrays = Mapping[str, jax.Array]
Floats = NDArray[np.float64]
Run = Callable[..., tuple[jax.Array, ...]]
"""Computes a function of the arrays of a model, and of arrays that follow its name."""


def summed_inputs(molecule: MoleculeEnergy, arrays: Arrays, positions: jax.Array) -> jax.Array:
    """Return what an energy is linear in: inputs of the last layer and 1, summed over the atoms of each species.

    Args:
        molecule: the energy function.
        arrays: of the model by name.
        positions: (batch, atoms, 3), Angstrom.

    Returns:
        (batch, species x (inputs + 1)), eV for a weight of 1.
    """
    inputs, member = _inputs(molecule, arrays, positions)
    summed = jnp.einsum("as,abw->bsw", member, inputs)
    return arrays[ENERGY_SCALE] * summed.reshape(len(positions), -1)


def summed_inputs_of_frames(lowered: JaxProgram, batch: FrameBatch, arrays: Arrays, places: jax.Array) -> jax.Array:
    """Return :func:`summed_inputs` of joined frames, (frames, species x (inputs + 1)).

    Args:
        lowered: the program of the model.
        batch: the frames.
        arrays: of the model by name.
        places: (1, places, 3), Angstrom; see :func:`qffc.models.frames.frame_batch.joined_places`.
    """
    inputs, member = _inputs(MoleculeEnergy(lowered, batch.instances, batch.rows), arrays, places)
    count, of_atoms = len(batch.atoms), jnp.einsum("as,aw->asw", member, inputs[:, 0])
    # What only fills up belongs to no frame, and is dropped.
    summed = jnp.zeros((count, *of_atoms.shape[1:]), of_atoms.dtype).at[batch.frame_of_atom].add(of_atoms, mode="drop")
    return arrays[ENERGY_SCALE] * summed.reshape(count, -1)


def _inputs(molecule: MoleculeEnergy, arrays: Arrays, positions: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Inputs of the last layer and 1 (atoms, batch, inputs + 1), and which species each atom is (atoms, species)."""
    bare = {name: value for name, value in arrays.items() if not name.startswith(LIMITS)}
    inputs = molecule.last_hidden(bare, positions)  # atoms first
    with_bias = jnp.concatenate([inputs, jnp.ones_like(inputs[..., :1])], axis=-1)
    species, kinds = jnp.asarray(molecule.instances.atom_species), len(molecule.lowered.program.species)
    return with_bias, jax.nn.one_hot(species, kinds, dtype=inputs.dtype)


def _apart(molecule: MoleculeEnergy, arrays: Arrays, positions: jax.Array) -> tuple[jax.Array, jax.Array]:
    """What heads add to energies (batch, heads) and forces (batch, heads, places, 3)."""
    heads = arrays[HEADS].reshape(len(arrays[HEADS]), -1)
    inputs, back = jax.vjp(lambda r: summed_inputs(molecule, arrays, r), positions)
    slopes = jax.lax.map(lambda head: back(jnp.broadcast_to(head, inputs.shape))[0], heads)
    return inputs @ heads.T, -jnp.swapaxes(slopes, 0, 1)


def frame_deviations(
    lowered: JaxProgram, given: Mapping[str, Floats], numbers: Elements, positions: ArrayLike, run: Run
) -> tuple[Floats, Floats]:
    """Return the deviations of frames, see :meth:`qffc.models.force_field.ForceField.deviations`.

    Args:
        lowered: the program of the model.
        given: arrays of the model.
        numbers: (atoms,) atomic numbers, or symbols of the elements.
        positions: (frames, atoms, 3), Angstrom.
        run: of the model.
    """
    need_heads(given)
    atomic, frames = frames_of(numbers, positions)
    molecule = MoleculeEnergy(lowered, instances_of(lowered.split.program, atomic))

    def apart(arrays: Arrays, r: jax.Array) -> tuple[jax.Array, ...]:
        return _apart(molecule, arrays, r)

    chunk = max(1, min(len(frames), CHUNK_CIRCUITS // molecule.circuits))
    energies, forces = [], []
    for start in range(0, len(frames), chunk):
        tell("deviations of frames:", start, len(frames))
        batch = frames[start : start + chunk]
        found = run(apart, f"apart {[int(number) for number in atomic]}", np.resize(batch, (chunk, *batch.shape[1:])))
        energy, force = deviations_of(given, *(np.asarray(each)[: len(batch)] for each in found))
        energies.append(energy)
        forces.append(force)
    return np.concatenate(energies), np.concatenate(forces)


def listed_apart(
    lowered: JaxProgram,
    given: Mapping[str, Floats],
    instances: Instances,
    rows: ValueRows,
    positions: Floats,
    run: Run,
) -> tuple[Floats, Floats]:
    """Return what heads add to the energy (1, heads) and forces (1, heads, places, 3) of one frame, of chosen circuits.

    Args:
        lowered: the program of the model.
        given: arrays of the model.
        instances: the circuits.
        rows: where their values are computed.
        positions: (1, places, 3), Angstrom.
        run: of the model.
    """
    need_heads(given)

    def apart(arrays: Arrays, instances: Any, rows: Any, r: jax.Array) -> tuple[jax.Array, ...]:
        return _apart(MoleculeEnergy(lowered, instances, rows), arrays, r)

    energies, forces = run(apart, "apart listed", instances, rows, positions)
    return np.asarray(energies), np.asarray(forces)


def deviations_of(given: Mapping[str, Floats], energies: Floats, forces: Floats) -> tuple[Floats, Floats]:
    """Return calibrated deviations (frames,) in eV and (frames, atoms) in eV/Angstrom.

    Args:
        given: arrays of the model.
        energies: (frames, heads), eV.
        forces: (frames, heads, atoms, 3), eV/Angstrom.
    """
    by_energy, by_force = given[FACTORS]
    squared = np.sum((forces - forces.mean(axis=1, keepdims=True)) ** 2, axis=(1, 3)) / (forces.shape[1] - 1)
    return by_energy * np.std(energies, axis=1, ddof=1), by_force * np.sqrt(squared)


def need_heads(given: Mapping[str, Floats]) -> None:
    """Raise a diagnostic unless a model with these arrays knows how uncertain it is."""
    if not has_heads(given):
        raise error(
            "model without uncertainty",
            found="a model that does not know how uncertain it is",
            expected="one with heads drawn from the posterior of its last layer",
            help="qf.with_uncertainty(model, data) adds them, and so does 'qffc uncertainty'",
        )
