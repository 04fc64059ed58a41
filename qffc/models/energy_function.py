"""The energy of a molecule as a pure function for JAX, with the parameters as a pytree."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from numpy.typing import NDArray

from qffc.ir.diagnostics import error
from qffc.models.circuits.instances import Instances
from qffc.models.energy import MoleculeEnergy
from qffc.models.molecule_circuits import ATOM_ENERGY
from qffc.passes.lower_jax.program import JaxProgram

EnergyFunction = Callable[[Mapping[str, ArrayLike], jax.Array], jax.Array]
"""Of parameters by name and positions (..., atoms, 3) in Angstrom; to energies (...,) in eV."""


def energy_function(
    lowered: JaxProgram, instances: Instances, arrays: Mapping[str, NDArray[np.float64]], *, reference: bool
) -> EnergyFunction:
    """Return the function, see :meth:`qffc.models.force_field.ForceField.energy_fn`.

    Args:
        lowered: the program of a model.
        instances: the circuits of the molecule.
        arrays: of the model, by name; what a call does not give is taken from here.
        reference: whether energies hold those of the free atoms.
    """
    molecule = MoleculeEnergy(lowered, instances)
    own = dict(arrays) if reference else {**arrays, ATOM_ENERGY: np.zeros_like(arrays[ATOM_ENERGY])}
    atoms = len(instances.atom_species)

    def energies(parameters: Mapping[str, ArrayLike], positions: jax.Array) -> jax.Array:
        positions = jnp.asarray(positions)
        _need_molecules(positions, atoms)
        _need_known(parameters, own)
        numbers = {name: jnp.asarray(value, positions.dtype) for name, value in {**own, **parameters}.items()}
        if positions.ndim == 3:
            return molecule.energies(numbers, positions)
        return molecule.energies(numbers, positions.reshape(-1, atoms, 3)).reshape(positions.shape[:-2])

    return energies


def _need_molecules(positions: jax.Array, atoms: int) -> None:
    if positions.ndim < 2 or positions.shape[-2:] != (atoms, 3) or not jnp.issubdtype(positions.dtype, jnp.floating):
        raise error(
            "positions of another molecule",
            found=f"{positions.shape}, {positions.dtype}",
            expected=f"(..., {atoms}, 3), floating point: Angstrom, any axes in front",
            help="make another energy function for another molecule",
        )


def _need_known(parameters: Mapping[str, ArrayLike], own: Mapping[str, NDArray[np.float64]]) -> None:
    wrong = [name for name in parameters if name not in own or np.shape(parameters[name]) != own[name].shape]
    if wrong:
        raise error(
            "parameters that do not fit the model",
            found=", ".join(f"'{name}' {np.shape(parameters[name])}" for name in wrong),
            expected="some of " + ", ".join(f"'{name}' {value.shape}" for name, value in own.items()),
            help="start from model.parameters()",
        )
