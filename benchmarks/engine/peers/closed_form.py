"""Gates in closed form, as matrices in JAX, for peers that take matrices."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

SWAP = np.eye(4)[[0, 2, 1, 3]]
DOT = 2 * SWAP - np.eye(4)
"""XX + YY + ZZ."""


def rotation(vector: jax.Array) -> jax.Array:
    """exp(-i/2 v . sigma), (2, 2)."""
    x, y, z = vector
    length = jnp.sqrt(x * x + y * y + z * z)
    c, s = jnp.cos(length / 2), jnp.sin(length / 2) / length
    return jnp.array([[c - 1j * s * z, -s * (y + 1j * x)], [s * (y - 1j * x), c + 1j * s * z]])


def exchange(angle: jax.Array) -> jax.Array:
    """exp(-i t (XX + YY + ZZ)) up to a phase, (4, 4)."""
    return jnp.cos(2 * angle) * np.eye(4) - 1j * jnp.sin(2 * angle) * SWAP
