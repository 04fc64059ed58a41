"""Energies and forces for a loss: their gradient is that of one derivative along a direction.

A loss holds forces, which are a gradient themselves. With its derivatives u by the energies and v by the forces held
fixed, its gradient is that of u . E minus the derivative of E along v: one sweep of circuits with derivatives, where a
reverse pass through a reverse pass needs another one of them, and twice the arrays. In other words: a
Hessian-vector product, reverse over forward, in place of double backpropagation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import jax
import jax.numpy as jnp

from qffc.models.energy import energies_and_forces

Arrays = Mapping[str, jax.Array]
Pair = tuple[jax.Array, jax.Array]
Fixed = TypeVar("Fixed")


def with_forces(
    energies: Callable[[Arrays, jax.Array, Fixed], jax.Array],
    energies_along: Callable[[Arrays, jax.Array, Fixed, jax.Array], Pair],
) -> Callable[[Arrays, jax.Array, Fixed], Pair]:
    """Return a function to energies and forces, differentiable once by arrays and positions.

    Args:
        energies: of arrays by name, positions (batch, atoms, 3) in Angstrom and a tree that is not differentiated.
        energies_along: the same and a direction of the positions, to energies and their derivatives along it.

    Example:
        >>> spring = lambda arrays, r, _: arrays["k"] * jnp.sum(r**2, axis=(1, 2))
        >>> along = lambda arrays, r, _, d: jax.jvp(lambda x: spring(arrays, x, _), (r,), (d,))
        >>> squared = lambda k: jnp.sum(with_forces(spring, along)({"k": k}, jnp.ones((1, 1, 3)), None)[1] ** 2)
        >>> float(jax.grad(squared)(2.0))
        48.0
    """

    @jax.custom_vjp
    def values(arrays: Arrays, positions: jax.Array, fixed: Fixed) -> Pair:
        return energies_and_forces(lambda r: energies(arrays, r, fixed), positions)

    def forward(arrays: Arrays, positions: jax.Array, fixed: Fixed) -> tuple[Pair, tuple[Arrays, jax.Array, Fixed]]:
        return values(arrays, positions, fixed), (arrays, positions, fixed)

    def reverse(saved: tuple[Arrays, jax.Array, Fixed], wanted: Pair) -> tuple[Arrays, jax.Array, None]:
        arrays, positions, fixed = saved
        by_energies, by_forces = wanted

        def weighted(a: Arrays, r: jax.Array) -> jax.Array:
            found, slopes = energies_along(a, r, fixed, -by_forces)
            return jnp.sum(by_energies * found) + jnp.sum(slopes)

        by_arrays, by_positions = jax.grad(weighted, (0, 1))(arrays, positions)
        return by_arrays, by_positions, None

    values.defvjp(forward, reverse)
    return values
