"""The errors of a model in training on frames that it is not trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
import numpy as np

from qffc.data import Dataset
from qffc.models.energy import MoleculeEnergy, energies_and_forces
from qffc.models.errors import Errors, errors_of

Arrays = dict[str, jax.Array]


def make_validation(
    molecule: MoleculeEnergy, constants: Mapping[str, np.ndarray]
) -> Callable[[Arrays, Dataset], Errors]:
    """Return a function of trained parameters and frames; it computes in 64 bits whatever a step does.

    Args:
        molecule: the energy function.
        constants: arrays that are not trained.
    """
    fixed = {name: jnp.asarray(value) for name, value in constants.items()}
    predict = jax.jit(lambda p, r: energies_and_forces(lambda x: molecule.energies({**fixed, **p}, x), r))

    def validate(parameters: Arrays, frames: Dataset) -> Errors:
        full = {name: jnp.asarray(value, np.float64) for name, value in parameters.items()}
        energies, forces = predict(full, jnp.asarray(frames.positions))
        return errors_of(np.asarray(energies), np.asarray(forces), frames)

    return validate
