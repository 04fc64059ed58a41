"""The energy of one geometry around measured moments: its derivatives, and the errors that they inherit.

The kernel gives moments m and, by the shift rules of :mod:`qffc.passes.parameter_shift`, their derivatives D along the
slots s, all from circuits. In the energy, the kernel of each round is replaced by its tangent at the slots s0 that its
circuits were turned by,

    m(s) -> m + D (s - s0)

and what remains, the angle program, what is carried on and the readout, is differentiated by JAX. One function gives
the energy, forces and gradients of parameters, and the errors of all circuits are carried through it to first order
(error propagation by the delta method). Had a round measured something else, the circuits of later ones would have been
turned by another s0, and have given another m and D: errors are carried through that, too, by simulation.
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
from qffc.models.rounds import Carried
from qffc.passes.lower_jax.kernel import make_moments
from qffc.passes.parameter_shift import ShiftRule

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
        slots: (rounds, circuits of a round, slots), radians.
        weights: (rounds, circuits of a round, shifts, slots), from shifted moments to derivatives along the slots.
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
        rule: how circuits are shifted.
        parameters: whether gradients of parameters are wanted.
    """

    molecule: MoleculeEnergy
    arrays: Arrays
    rule: ShiftRule
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
                values: jax.Array = ravel_pytree(self._derivatives(*self._turned(place, m))[1:])[0]
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
                values: jax.Array = ravel_pytree(self._derivatives(*self._turned(place, m)))[0]
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

    @cached_property
    def force_covariance(self) -> Callable[[Geometry, jax.Array, jax.Array], jax.Array]:
        """Gives the covariance of the forces, (3 atoms, 3 atoms), of the same arguments as :attr:`standard_errors`."""

        def covariance(place: Geometry, moments: jax.Array, covariances: jax.Array) -> jax.Array:
            def forces(m: jax.Array) -> jax.Array:
                return jnp.ravel(self._derivatives(*self._turned(place, m)).forces)

            values, pull = jax.vjp(forces, moments)

            def row(index: jax.Array) -> jax.Array:
                slope: jax.Array = pull(jnp.zeros_like(values).at[index].set(1.0))[0]
                return slope

            slopes = jax.lax.map(row, jnp.arange(len(values)))
            found: jax.Array = jnp.einsum("acji,cjik,bcjk->ab", slopes, covariances, slopes, optimize=True)
            return found

        return jax.jit(covariance)

    @cached_property
    def exact_moments(self) -> Callable[[jax.Array], jax.Array]:
        """Gives the moments of slots (circuits, slots) of shifted circuits, without shot noise."""
        return jax.jit(make_moments(self.rule.split))

    def _derivatives(self, place: Geometry, moments: jax.Array) -> Derivatives:
        def energy(positions: jax.Array, tables: Arrays) -> jax.Array:
            arrays, last = {**self.arrays, **tables}, len(place.slots) - 1
            carried: Carried | None = None
            for number, measured in enumerate(self._rounds(place, moments)):
                slots = self.molecule.slots(arrays, positions, carried, number)
                moved = slots.reshape(place.slots[number].shape) - place.slots[number]
                slopes = jnp.einsum("cjs,cs->cj", place.weights[number], moved)
                tangent = measured[:, 0] + jnp.einsum("cj,cjm->cm", slopes, measured[:, 1:])
                found = tangent.reshape(*slots.shape[:-1], tangent.shape[-1])
                if number < last:
                    carried = self.molecule.carry(arrays, found, positions, carried, number)
            return self.molecule.finish(arrays, found, positions, carried)[0]

        if not self.parameters:
            value, slope = jax.value_and_grad(energy)(place.frame, self.tables)
            return Derivatives(value, -slope[0], {})
        value, (slope, gradient) = jax.value_and_grad(energy, (0, 1))(place.frame, self.tables)
        return Derivatives(value, -slope[0], gradient)

    def _turned(self, place: Geometry, moments: jax.Array) -> tuple[Geometry, jax.Array]:
        """The same numbers, with the derivatives that later rounds have by the moments of those before."""
        kernel = make_moments(self.rule.split)
        slots, weights = [place.slots[0]], [place.weights[0]]
        found: list[jax.Array] = []
        carried: Carried | None = None
        for number, measured in enumerate(self._rounds(place, moments)):
            if number:
                exact = self.molecule.slots(self.arrays, place.frame, carried, number).reshape(place.slots[0].shape)
                rows = jnp.concatenate([self.rule.unshifted(exact, jnp)[:, None], self.rule.slots(exact, jnp)], axis=1)
                simulated = kernel(rows.reshape(-1, rows.shape[-1])).reshape(measured.shape)
                measured = _turning(measured, simulated)
                slots.append(_turning(place.slots[number], exact))
                weights.append(_turning(place.weights[number], self.rule.weights(exact, jnp)))
            found.append(measured)
            if number + 1 < len(place.slots):
                seen = measured[:, 0].reshape(*self.molecule.shape(place.frame), measured.shape[-1])
                carried = self.molecule.carry(self.arrays, seen, place.frame, carried, number)
        return Geometry(place.frame, jnp.stack(slots), jnp.stack(weights)), jnp.concatenate(found)

    def _rounds(self, place: Geometry, moments: jax.Array) -> jax.Array:
        """Moments (circuits, 1 + shifts, observables) as (rounds, circuits of a round, 1 + shifts, observables)."""
        return moments.reshape(len(place.slots), -1, *moments.shape[1:])


def _turning(values: jax.Array, simulated: jax.Array) -> jax.Array:
    """Values with the derivatives of what was simulated in their place."""
    return values + (simulated - jax.lax.stop_gradient(simulated))
