"""The energy of one geometry around measured moments: its derivatives, and the errors that they inherit.

The kernel gives moments m and, by the shift rules of :mod:`qffc.passes.parameter_shift`, their derivatives D along the
slots s, all from circuits. In the energy, the kernel is replaced by its tangent at the slots s0 of the geometry,

    m(s) -> m + D (s - s0)

and what remains, the angle program and the readout, is differentiated by JAX. One function gives the energy, forces and
gradients of parameters, and the errors of all circuits are carried through it to first order
(error propagation by the delta method).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from qffc.models.energy import MoleculeEnergy
from qffc.models.molecule_circuits import CONSTANT_PREFIX

Arrays = dict[str, jax.Array]


class Derivatives(NamedTuple):
    """What a tangent gives: estimates, or their standard errors.

    Args:
        energy: (), eV.
        forces: (atoms, 3), eV/Angstrom.
        gradient: of the energy along the tables of parameters, by name, eV; empty unless asked for.
    """

    energy: jax.Array
    forces: jax.Array
    gradient: Arrays


class Geometry(NamedTuple):
    """Where the kernel is replaced by its tangent.

    Args:
        frame: (1, atoms, 3), Angstrom.
        slots: (1, instances, channels, slots), radians.
        weights: (circuits, shifts, slots), from shifted moments to derivatives along the slots.
    """

    frame: jax.Array
    slots: jax.Array
    weights: jax.Array


@dataclass(frozen=True, eq=False)
class Tangent:
    """The energy of a molecule as a function of the moments of its circuits and of their shifted circuits.

    Args:
        molecule: the energy function.
        arrays: parameters and constants of the model.
        parameters: whether gradients of parameters are wanted.
    """

    molecule: MoleculeEnergy
    arrays: Arrays
    parameters: bool

    @property
    def tables(self) -> Arrays:
        """The trained parameters by name."""
        return {name: array for name, array in self.arrays.items() if not name.startswith(CONSTANT_PREFIX)}

    @cached_property
    def derivatives(self) -> Callable[[Geometry, jax.Array], Derivatives]:
        """Gives the estimates for moments (circuits, 1 + shifts, observables), the circuit itself first."""
        return jax.jit(self._derivatives)

    @cached_property
    def importance(self) -> Callable[[Geometry, jax.Array], jax.Array]:
        """Gives what the covariance of each circuit does to the derivatives.

        Takes moments (circuits, 1 + shifts, observables) and gives (circuits, 1 + shifts, observables, observables):
        the sum of the variances of all force components, and of all entries of the gradient where it is wanted, is the
        sum of these times the covariances of the moments.
        """

        def importance(place: Geometry, moments: jax.Array) -> jax.Array:
            def flat(m: jax.Array) -> jax.Array:
                values: jax.Array = ravel_pytree(self._derivatives(place, m)[1:])[0]
                return values

            values, pull = jax.vjp(flat, moments)

            def add(total: jax.Array, index: jax.Array) -> tuple[jax.Array, None]:
                (slope,) = pull(jnp.zeros_like(values).at[index].set(1.0))
                return total + slope[..., :, None] * slope[..., None, :], None

            start = jnp.zeros((*moments.shape, moments.shape[-1]), moments.dtype)
            return jax.lax.scan(add, start, jnp.arange(len(values)))[0]

        return jax.jit(importance)

    @cached_property
    def standard_errors(self) -> Callable[[Geometry, jax.Array, jax.Array], Derivatives]:
        """Gives the standard errors of the estimates; circuits are independent.

        Takes moments (circuits, 1 + shifts, observables) and their covariances (circuits, 1 + shifts, observables,
        observables).
        """

        def errors(place: Geometry, moments: jax.Array, covariances: jax.Array) -> Derivatives:
            def flat(m: jax.Array) -> jax.Array:
                values: jax.Array = ravel_pytree(self._derivatives(place, m))[0]
                return values

            unravel = ravel_pytree(self._derivatives(place, moments))[1]
            values, pull = jax.vjp(flat, moments)

            def variance(index: jax.Array) -> jax.Array:
                (slope,) = pull(jnp.zeros_like(values).at[index].set(1.0))
                return jnp.einsum("cji,cjik,cjk->", slope, covariances, slope)

            # One output at a time: all slopes at once would be outputs times circuits times observables.
            variances = jax.lax.map(variance, jnp.arange(len(values)))
            result: Derivatives = unravel(jnp.sqrt(jnp.maximum(variances, 0.0)))
            return result

        return jax.jit(errors)

    def _derivatives(self, place: Geometry, moments: jax.Array) -> Derivatives:
        def energy(positions: jax.Array, tables: Arrays) -> jax.Array:
            arrays = {**self.arrays, **tables}
            moved = (self.molecule.slots(arrays, positions) - place.slots).reshape(len(place.weights), -1)
            slopes = jnp.einsum("cjs,cs->cj", place.weights, moved)
            tangent = moments[:, 0] + jnp.einsum("cj,cjm->cm", slopes, moments[:, 1:])
            shape = (*place.slots.shape[:-1], moments.shape[-1])
            return self.molecule.finish(arrays, tangent.reshape(shape), positions)[0]

        if not self.parameters:
            value, slope = jax.value_and_grad(energy)(place.frame, self.tables)
            return Derivatives(value, -slope[0], {})
        value, (slope, gradient) = jax.value_and_grad(energy, (0, 1))(place.frame, self.tables)
        return Derivatives(value, -slope[0], gradient)
