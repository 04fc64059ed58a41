"""Pairs of atoms between which messages go."""

from __future__ import annotations

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.ir.declarations import Basis
from qffc.ir.evaluate import radial_basis

Index = jax.Array | NDArray[np.int32]


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

    def at(self, order: NDArray[np.intp]) -> Edges:
        """Return the edges in another order."""
        return Edges(
            self.centres[order],
            self.others[order],
            self.distances[:, order],
            self.directions[:, order],
            None if self.weights is None else self.weights[:, order],
        )

    def renumbered(self, order: NDArray[np.intp]) -> Edges:
        """Return the same edges for atoms in another order."""
        places = np.argsort(order).astype(np.int32)
        return replace(self, centres=places[self.centres], others=places[self.others])

    def filters(self, basis: Basis) -> jax.Array:
        """Return the radial functions of every edge, (edges, batch, basis)."""
        values: jax.Array = jax.vmap(jax.vmap(lambda distance: radial_basis(distance, basis, jnp)))(self.distances.T)
        if self.weights is None:
            return values
        return values * jnp.asarray(self.weights, values.dtype).T[:, :, None]
