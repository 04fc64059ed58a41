"""Turns and frames of many bindings in JAX, with derivatives: quaternions (w, x, y, z), last axis, as in ``turns.py``."""

from __future__ import annotations

import jax
import jax.numpy as jnp

Turns = jax.Array
"""(batch, 4)."""
Vectors = jax.Array
"""(batch, 3)."""

_SMALL = 1e-4
_NOWHERE = 1e-24


def product(second: Turns, first: Turns) -> Turns:
    """Return the matrix product second * first."""
    a, b, c, d = jnp.moveaxis(second, -1, 0)
    w, x, y, z = jnp.moveaxis(first, -1, 0)
    parts = (
        a * w - b * x - c * y - d * z,
        a * x + b * w + c * z - d * y,
        a * y - b * z + c * w + d * x,
        a * z + b * y - c * x + d * w,
    )
    return jnp.stack(jnp.broadcast_arrays(*parts), axis=-1)


def inverse(turns: Turns) -> Turns:
    """Return the turns back."""
    return turns * jnp.array([1.0, -1.0, -1.0, -1.0], turns.dtype)


def turns_about(vectors: Vectors) -> Turns:
    """Return exp(-i/2 v . sigma); smooth at v = 0, derivatives included."""
    squared = jnp.sum(vectors * vectors, axis=-1)
    small = squared < _SMALL
    length = jnp.sqrt(jnp.where(small, 1.0, squared))
    cosine = jnp.where(small, 1.0 - squared / 8.0 + squared**2 / 384.0 - squared**3 / 46080.0, jnp.cos(0.5 * length))
    series = 0.5 - squared / 48.0 + squared**2 / 3840.0 - squared**3 / 645120.0
    sine = jnp.where(small, series, jnp.sin(0.5 * length) / length)
    return jnp.concatenate([cosine[..., None], sine[..., None] * vectors], axis=-1)


def matrices(turns: Turns) -> jax.Array:
    """Return what turns do to vectors, (batch, 3, 3)."""
    w, x, y, z = jnp.moveaxis(turns, -1, 0)
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )
    return jnp.stack([jnp.stack(row, axis=-1) for row in rows], axis=-2)


def turned(turns: Turns, vectors: Vectors) -> Vectors:
    """Return vectors after turns."""
    return jnp.einsum("...ij,...j->...i", matrices(turns), vectors)


def directions(vectors: Vectors) -> Vectors:
    """Return unit vectors; z for what vanishes."""
    squared = jnp.sum(vectors * vectors, axis=-1, keepdims=True)
    there = squared > _NOWHERE
    up = jnp.array([0.0, 0.0, 1.0], vectors.dtype)
    return jnp.where(there, vectors / jnp.sqrt(jnp.where(there, squared, 1.0)), up)


def turns_onto_z(axes: Vectors) -> Turns:
    """Return turns that take unit vectors to z, or to -z where that is nearer."""
    x, y, z = jnp.moveaxis(jnp.where(axes[..., 2:] < 0, -axes, axes), -1, 0)
    return jnp.stack([1 + z, y, -x, jnp.zeros_like(z)], axis=-1) / jnp.sqrt(2 * (1 + z))[..., None]
