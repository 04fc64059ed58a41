"""Pairs of atoms between which messages go."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from qffc.ir.declarations import Basis
from qffc.ir.evaluate import radial_basis
from qffc.passes.lower_jax.native_layers import Index


@dataclass(frozen=True, eq=False)
class Edges:
    """Pairs of atoms that exchange messages, both ways.

    Args:
        centres: (edges,) the atom that receives.
        others: (edges,) the atom that sends.
        distances: (batch, edges), Angstrom.
        directions: (batch, edges, 3), unit vectors from the one that receives.
        weights: (batch or 1, edges) what a message is multiplied with, 0 where the edge only fills up an array; None
            when all count in full.
    """

    centres: Index
    others: Index
    distances: jax.Array
    directions: jax.Array
    weights: jax.Array | None = None

    def filters(self, basis: Basis) -> jax.Array:
        """Return the radial functions of every edge, (edges, batch, basis)."""
        values: jax.Array = jax.vmap(jax.vmap(lambda distance: radial_basis(distance, basis, jnp)))(self.distances.T)
        if self.weights is None:
            return values
        return values * jnp.asarray(self.weights, values.dtype).T[:, :, None]
