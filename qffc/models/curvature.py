"""Second derivatives of energies: rows of the Hessian, forward over reverse (Pearlmutter's product with a vector)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike, NDArray

from qffc.ir.telling import tell
from qffc.models.circuits.instances import instances_of
from qffc.models.energy import MoleculeEnergy
from qffc.models.frames.frame_chunks import CHUNK_CIRCUITS
from qffc.models.given.atoms_given import Elements, frames_of, positions_of
from qffc.passes.lower_jax.program import JaxProgram


def curvature_along(
    energies: Callable[[jax.Array], jax.Array], positions: jax.Array, directions: jax.Array
) -> jax.Array:
    """Return the derivative of the gradient of each frame along a direction: its Hessian times the direction.

    Args:
        energies: (batch, atoms, 3) in Angstrom to (batch,), each of its own frame alone.
        positions: (batch, atoms, 3), Angstrom.
        directions: likewise.

    Returns:
        (batch, atoms, 3).

    Example:
        >>> spring = lambda r: jnp.sum(r**2, axis=(1, 2))
        >>> curvature_along(spring, jnp.zeros((1, 1, 3)), jnp.ones((1, 1, 3))).tolist()
        [[[2.0, 2.0, 2.0]]]
    """
    along: jax.Array = jax.jvp(jax.grad(lambda r: jnp.sum(energies(r))), (positions,), (directions,))[1]
    return along


def _every_row(frames: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Each frame as often as it has coordinates, and the unit vectors of these, both (rows, atoms, 3)."""
    count, atoms, _ = frames.shape
    units = np.eye(3 * atoms).reshape(-1, atoms, 3)
    return np.repeat(frames, 3 * atoms, axis=0), np.tile(units, (count, 1, 1))


def hessians(
    lowered: JaxProgram, numbers: Elements, positions: ArrayLike, run: Callable[..., tuple[jax.Array, ...]]
) -> NDArray[np.float64]:
    """Return the Hessians of geometries of one molecule, see :meth:`qffc.models.force_field.ForceField.hessian`.

    Args:
        lowered: the program of a model.
        numbers: (atoms,) atomic numbers, or symbols of the elements.
        positions: (atoms, 3) or (frames, atoms, 3), Angstrom.
        run: computes a function of the arrays of the model, and of arrays that follow its name.
    """
    given = positions_of(positions)
    atomic, frames = frames_of(numbers, given[None] if given.ndim == 2 else given)
    instances = instances_of(lowered.program, atomic)
    molecule = MoleculeEnergy(lowered, instances)

    def rows(arrays: Mapping[str, jax.Array], along: jax.Array, r: jax.Array) -> tuple[jax.Array, ...]:
        return (curvature_along(lambda x: molecule.energies(arrays, x), r, along),)

    name = f"hessian {[int(number) for number in atomic]}"
    everything = _every_row(frames)
    count = len(everything[0])
    chunk = max(1, min(count, CHUNK_CIRCUITS // molecule.circuits))
    found = []
    for start in range(0, count, chunk):
        tell("rows of the Hessian:", start, count)
        here, along = (np.resize(each[start : start + chunk], (chunk, *each.shape[1:])) for each in everything)
        found.append(np.asarray(run(rows, name, along, here)[0])[: count - start])
    size = 3 * len(atomic)
    return np.concatenate(found).reshape(*given.shape[:-2], size, size)
