"""What one atom sends to another of its vectors, weighted by learned functions of the distance."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def edge_vectors(filters: jax.Array, directions: jax.Array, heard: jax.Array) -> jax.Array:
    """Return the vectors that go along edges, (edges, batch, 3, vectors).

    Args:
        filters: (edges, batch, 3 vectors), the learned functions of each edge: for vectors as they are, along the
            direction, and for what numbers tell.
        directions: (edges, batch, 3), unit vectors from the atom that receives.
        heard: (edges, batch, 4, vectors) of the atom that sends: three components of vectors, then what numbers tell.
    """
    same, along, out = (each[:, :, None] for each in jnp.split(filters, 3, axis=-1))
    vectors, told = heard[:, :, :3], heard[:, :, 3:]
    direction = directions[..., None]
    inner = jnp.sum(direction * vectors, axis=2, keepdims=True)
    return same * vectors + (along * inner + out * told) * direction
