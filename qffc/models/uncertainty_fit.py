"""How uncertain a model is, from the frames that it was trained on and those that it was watched by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from qffc.data import Dataset
from qffc.ir.diagnostics import error
from qffc.ir.telling import tell
from qffc.models.circuits.instances import instances_of
from qffc.models.energy import MoleculeEnergy
from qffc.models.force_field import ForceField
from qffc.models.frames.frame_chunks import CHUNK_CIRCUITS, joined_chunks
from qffc.models.frames.frame_circuits import CircuitLists
from qffc.models.predicted import predict_data
from qffc.models.uncertainty.apart import summed_inputs, summed_inputs_of_frames
from qffc.models.uncertainty.heads import COUNT, FACTORS, HEADS, last_width
from qffc.models.uncertainty.posterior import best_ridge, factor_of, posterior_of
from qffc.passes.lower_jax.double_precision import in_double_precision

Floats = NDArray[np.float64]

MOST_FRAMES = 300
"""Frames of all sets, evenly chosen, whose forces are looked at, of those trained on and of those held out each."""
_SEED = 0
_LEAST_NOISE = 1e-12
"""eV and eV/Angstrom: below any error of a model."""


@in_double_precision
def with_uncertainty(model: ForceField, train: Sequence[Dataset], held_out: Sequence[Dataset]) -> ForceField:
    """Return a model that knows how uncertain it is; what it predicts stays as it is.

    Args:
        model: with an atomic readout.
        train: the frames that it was trained on, a set for each molecule.
        held_out: others, by which ridge and factors are chosen; likewise.

    Raises:
        QffcError: when the energy of the model is no sum over atoms, or the data do not fit it.

    Example:
        >>> from qffc.data import load_embedded
        >>> from qffc.library import load
        >>> from qffc.models.force_field import untrained
        >>> water = load_embedded("water")
        >>> model = untrained(load("pair", channels=1, depth=1, hidden=(4,)), seed=1)
        >>> sure = with_uncertainty(model, [water.subset(range(40))], [water.subset(range(40, 60))])
        >>> sure.arrays["constant.uncertainty_heads"].shape
        (16, 2, 5)
    """
    width = last_width(model.program)
    if not width:
        raise error(
            "uncertainty of an energy that is no sum over atoms",
            found=f"'{model.program.name}', whose readout is no atomic_energy",
            expected="atomic_energy as the readout of the program, whose last layer is linear",
            help="use a program such as lib:pair or lib:gathered, or several models: qf.Ensemble",
        )
    size = len(model.program.species) * width
    forces_too = all(data.has_forces for data in (*train, *held_out))
    judged = [_Rows(model, _thinned(data, len(held_out)), forces_too) for data in held_out]
    kinds = [(each.energies, each.energy_errors) for each in judged]
    of_energies = _together(kinds)
    of_forces = _together([(each.forces, each.force_errors) for each in judged]) if forces_too else None
    noise = [_noise(errors) for _, errors in (of_energies, of_forces or of_energies)]
    precision = np.zeros((size, size))
    for data in train:
        chosen = _thinned(data, len(train))
        rows = _Rows(model, chosen, forces_too)
        share = len(data) / len(chosen)
        precision += share * (rows.energies.T @ rows.energies / noise[0] + rows.forces.T @ rows.forces / noise[1])
    kept = [of_energies] if of_forces is None else [of_energies, of_forces]
    heads = best_ridge(posterior_of(precision), kept).draw(COUNT, _SEED)
    factors = [factor_of(errors, np.std(rows @ heads.T, axis=1, ddof=1)) for rows, errors in kept]
    found = {HEADS: heads.reshape(COUNT, -1, width), FACTORS: np.array([factors[0], factors[-1]])}
    return replace(model, arrays={**model.arrays, **found})


class _Rows:
    """Rows of the regression of a set, and the errors of the model there.

    Attributes:
        energies: (frames, size); ``energy_errors`` (frames,), eV.
        forces: (frames x atoms x 3, size), none where forces play no part; ``force_errors`` likewise, eV/Angstrom.
    """

    def __init__(self, model: ForceField, data: Dataset, forces_too: bool) -> None:
        self.energies, self.forces = (_rows_in_cells if data.periodic else _rows)(model, data, forces_too)
        energies, forces, _ = predict_data(model, data)
        self.energy_errors: Floats = data.energies - energies
        self.force_errors: Floats = (data.forces - forces).ravel()


def _rows(model: ForceField, data: Dataset, forces_too: bool) -> tuple[Floats, Floats]:
    lowered, numbers = model.lowered, data.numbers
    molecule = MoleculeEnergy(lowered, instances_of(lowered.split.program, numbers))

    def along(arrays: Mapping[str, jax.Array], direction: jax.Array, r: jax.Array) -> tuple[jax.Array, ...]:
        return jax.jvp(lambda x: summed_inputs(molecule, arrays, x), (r,), (direction,))

    # Each frame as often as it has coordinates, each time along another one of them.
    frames, atoms, _ = data.positions.shape
    every = 3 * atoms if forces_too else 1
    units = np.eye(3 * atoms)[:every].reshape(-1, atoms, 3)
    chunk = max(1, min(frames, CHUNK_CIRCUITS // (molecule.circuits * every)))
    energies, forces = [], []
    for start in range(0, frames, chunk):
        tell("inputs of the last layer, frames:", start, frames)
        here = data.positions[start : start + chunk]
        filled = np.resize(here, (chunk, atoms, 3))
        directions = np.tile(units, (chunk, 1, 1))
        name = f"last layer {[int(number) for number in numbers]} {every}"
        values, slopes = model._run(along, name, directions, np.repeat(filled, every, axis=0))
        energies.append(np.asarray(values)[::every][: len(here)])
        if forces_too:
            forces.append(-np.asarray(slopes)[: every * len(here)])
    rows = np.concatenate(energies)
    return rows, np.concatenate(forces) if forces_too else np.zeros((0, rows.shape[1]))


def _rows_in_cells(model: ForceField, data: Dataset, forces_too: bool) -> tuple[Floats, Floats]:
    """The same of joined frames: an atom is moved in all of them at once, with its images, along x, y and z."""
    lowered, count = model.lowered, len(data.numbers)

    def along(
        arrays: Mapping[str, jax.Array], batch: Any, directions: jax.Array, r: jax.Array
    ) -> tuple[jax.Array, ...]:
        def inputs(x: jax.Array) -> jax.Array:
            return summed_inputs_of_frames(lowered, batch, arrays, x)

        return inputs(r), jax.lax.map(lambda way: jax.jvp(inputs, (r,), (way,))[1], directions)

    energies, forces, done = [], [], 0
    geometries = data.numbers, data.positions, data.cells, data.pbc
    for batch, places in joined_chunks(CircuitLists(lowered), *geometries):
        tell("inputs of the last layer, frames:", done, len(data))
        owners = np.arange(places.shape[1]) if batch.instances.owners is None else np.asarray(batch.instances.owners)
        moved = (owners % count == np.arange(count if forces_too else 0)[:, None]).astype(places.dtype)
        directions = np.einsum("ap,xy->axpy", moved, np.eye(3)).reshape(-1, *places.shape)
        values, slopes = model._run(along, f"last layer in cells {count}", batch, directions, places)
        here = int(np.count_nonzero(batch.atoms))
        energies.append(np.asarray(values)[:here])
        # Of each frame the coordinates of its atoms, one after another.
        forces.append(-np.swapaxes(np.asarray(slopes)[:, :here], 0, 1).reshape(-1, energies[-1].shape[1]))
        done += here
    return np.concatenate(energies), np.concatenate(forces)


def _thinned(data: Dataset, sets: int) -> Dataset:
    """Evenly chosen frames, as many as a set may have."""
    most = max(1, MOST_FRAMES // sets)
    return data if len(data) <= most else data.subset(np.linspace(0, len(data) - 1, most).astype(int).tolist())


def _together(parts: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    return np.concatenate([rows for rows, _ in parts]), np.concatenate([errors for _, errors in parts])


def _noise(errors: Floats) -> float:
    """The mean square of errors."""
    return max(float(np.mean(errors**2)), _LEAST_NOISE**2)
