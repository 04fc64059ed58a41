"""Derivatives of energies and forces by every trained number: norms for each table, and the Fisher information."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.data import Dataset
from qffc.ir.program import Program
from qffc.ir.telling import told
from qffc.models.energy import energies_and_forces
from qffc.models.force_field import ForceField, trainable_names
from qffc.models.frames.frame_batch import (
    forces_and_virials,
    frame_energies,
    join_frames,
    joined_places,
    needed_sizes,
)
from qffc.models.frames.frame_circuits import CircuitLists
from qffc.models.initialization.fresh_parameters import constants_from_data, usual_parameters
from qffc.passes.lower_jax.double_precision import in_double_precision
from qffc.passes.lower_jax.program import lower_jax

Floats = NDArray[np.float64]
_Predict = Callable[[Mapping[str, jax.Array], Any], tuple[jax.Array, jax.Array]]
"""Of all arrays and a frame the energy (1,) in eV and the forces (1, atoms, 3) in eV/Angstrom."""


@dataclass(frozen=True, eq=False)
class Fisher:
    """The Fisher information of outputs at one choice of the parameters.

    Args:
        eigenvalues: those that can differ from zero, largest first: as many as outputs or as parameters.
        parameters: how many there are.
        norms: table and row of it (the layer; None for tables without layers) to the root mean square, over frames, of
            the norms of d energy and of d forces by these entries, outputs in their scales.
    """

    eigenvalues: Floats
    parameters: int
    norms: Mapping[tuple[str, int | None], tuple[float, float]]

    @property
    def rank(self) -> int:
        """Eigenvalues above 1e-10 of the largest: directions in which the outputs change."""
        return int(np.count_nonzero(self.eigenvalues > 1e-10 * self.eigenvalues[0]))

    @property
    def participation(self) -> float:
        """``(sum of eigenvalues)^2 / sum of squares``: in how many directions the outputs change about equally."""
        return float(self.eigenvalues.sum() ** 2 / np.sum(self.eigenvalues**2)) if self.eigenvalues[0] > 0 else 0.0


@in_double_precision
def starting_model(program: Program, data: Dataset, seed: int) -> ForceField:
    """Return a model as a training on the data starts with it."""
    arrays = usual_parameters(program, seed)
    return ForceField(program, arrays | constants_from_data(lower_jax(program), arrays, [data]))


@in_double_precision
def output_jacobian(
    model: ForceField, data: Dataset, energy_scale: float, force_scale: float
) -> tuple[Floats, tuple[tuple[str, int | None], ...]]:
    """Return derivatives of the outputs of each frame by every trained number.

    Args:
        model: where to differentiate.
        data: frames.
        energy_scale: energies are divided by it, eV.
        force_scale: force components are divided by it and the root of their number, eV/Angstrom, so that the forces
            of a frame weigh as much as its energy.

    Returns:
        (frames, 1 + 3 atoms, parameters), and for each parameter its table and row.
    """
    names = trainable_names(model.program)
    arrays = {name: jnp.asarray(value, jnp.float64) for name, value in model.arrays.items()}
    moving = {name: arrays[name] for name in names}
    components = 3 * len(data.numbers)
    force_unit = force_scale * float(np.sqrt(components))

    predict, frames = _in_cells(model, data) if data.periodic else _in_a_vacuum(model, data)

    def outputs(parameters: Mapping[str, jax.Array], frame: Any) -> jax.Array:
        energy, forces = predict({**arrays, **parameters}, frame)
        return jnp.concatenate([energy / energy_scale, forces.reshape(-1) / force_unit])

    @jax.jit
    def rows(parameters: Mapping[str, jax.Array], frame: Any) -> jax.Array:
        _, pull = jax.vjp(lambda p: outputs(p, frame), parameters)

        def row(weights: jax.Array) -> jax.Array:
            (gradient,) = pull(weights)
            return jnp.concatenate([gradient[name].reshape(-1) for name in names])

        jacobian: jax.Array = jax.lax.map(row, jnp.eye(1 + components, dtype=jnp.float64))
        return jacobian

    found = np.stack([np.asarray(rows(moving, frame)) for frame in told("frames:", frames)])
    return found, tuple(place for name in names for place in _places(model.program, name, arrays[name].shape))


def _in_a_vacuum(model: ForceField, data: Dataset) -> tuple[_Predict, list[Any]]:
    molecule = model.molecule(data.numbers)

    def predict(arrays: Mapping[str, jax.Array], r: jax.Array) -> tuple[jax.Array, jax.Array]:
        return energies_and_forces(lambda x: molecule.energies(arrays, x), r[None])

    return predict, [jnp.asarray(positions) for positions in data.positions]


def _in_cells(model: ForceField, data: Dataset) -> tuple[_Predict, list[Any]]:
    """With the circuits of near neighbours, images included, filled up to one size for all frames."""
    lists = CircuitLists(model.lowered)
    circuits = lists.of_data(data)
    needed = [needed_sizes(lists.plan, [each]) for each in circuits]
    sizes = tuple(map(max, zip(*needed, strict=True)))
    frames = [
        jax.device_put((join_frames(lists.plan, [each], sizes), joined_places([each], [each.placed(r)], *sizes[1:3])))
        for each, r in zip(circuits, data.positions, strict=True)
    ]

    def predict(arrays: Mapping[str, jax.Array], frame: Any) -> tuple[jax.Array, jax.Array]:
        batch, places = frame
        energies, forces = energies_and_forces(lambda r: frame_energies(model.lowered, batch, arrays, r), places)
        return energies, forces_and_virials(batch, forces, places)[0]

    return predict, frames


def fisher_spectrum(model: ForceField, data: Dataset, energy_scale: float, force_scale: float) -> Fisher:
    """Return the Fisher information of energies and forces at the parameters of a model.

    The model is read as a distribution: the energy and all force components of a frame are Gaussian about what it
    predicts, energies with the standard deviation ``energy_scale``, components with ``force_scale`` times the root of
    their number. Its Fisher information is the mean over frames of the transposed Jacobian times the Jacobian.

    Args:
        model: where to look.
        data: frames; few tens are enough for the large eigenvalues.
        energy_scale: eV.
        force_scale: eV/Angstrom.
    """
    jacobian, places = output_jacobian(model, data, energy_scale, force_scale)
    flat = jacobian.reshape(-1, jacobian.shape[-1]) / np.sqrt(len(data))
    # The smaller of the two products has the same eigenvalues, but for zeros.
    product = flat @ flat.T if flat.shape[0] < flat.shape[1] else flat.T @ flat
    eigenvalues = np.maximum(np.linalg.eigvalsh(product)[::-1], 0.0)
    norms = {}
    for place in dict.fromkeys(places):
        columns = np.array([index for index, other in enumerate(places) if other == place])
        squares = np.mean(jacobian[:, :, columns] ** 2, axis=0).sum(axis=1)
        norms[place] = (float(np.sqrt(squares[0])), float(np.sqrt(squares[1:].sum())))
    return Fisher(eigenvalues, jacobian.shape[-1], norms)


def scales_of(data: Dataset) -> tuple[float, float]:
    """Return the standard deviation of the energies (eV) and the root mean square force component (eV/Angstrom)."""
    energy, force = float(data.energies.std()), float(np.sqrt(np.mean(data.forces**2)))
    return energy or 1.0, force or 1.0


def _places(program: Program, name: str, shape: tuple[int, ...]) -> list[tuple[str, int | None]]:
    """For each entry of a table, flattened, its name and its row along the first axis with a size: the layer."""
    axes = next((table.axes for table in program.parameters if table.name == name), ())
    layered = next((index for index, axis in enumerate(axes) if isinstance(axis, int)), None)
    return [(name, None if layered is None else int(index[layered])) for index in np.ndindex(*shape)]
