"""Arrays with the axes batch, rows, channels and values: reading and adding up rows, formulas on every place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

import jax
import jax.numpy as jnp
import numpy as np

from qffc.passes.lower_jax.native_layers import Index

AXES = 4
"""Batch, rows, channels, values."""
_DENSE = 1 << 20
"""Ones and zeros up to which rows of one molecule are read and added up by products of matrices."""


def take_rows(values: jax.Array, index: jax.Array | np.ndarray) -> jax.Array:
    """Return rows of the second axis; ``index`` must be in bounds."""
    return values.at[:, index].get(mode="promise_in_bounds")


def read_rows(values: jax.Array, index: Index) -> jax.Array:
    """The same for rows of one molecule by a product of matrices, whose way back is faster than a scatter."""
    if not isinstance(index, np.ndarray) or len(index) * values.shape[1] > _DENSE:
        return take_rows(values, index)
    flat = values.reshape(*values.shape[:2], prod(values.shape[2:]))
    found = jnp.einsum("er,brw->bew", ones_at(index, values.shape[1], values.dtype), flat)
    return found.reshape(values.shape[0], len(index), *values.shape[2:])


def sum_rows(values: jax.Array, index: Index, count: int) -> jax.Array:
    """Return ``count`` rows, each the sum of the values whose index it is; an index past the last is dropped."""
    if isinstance(index, np.ndarray) and len(index) * count <= _DENSE:
        flat = values.reshape(*values.shape[:2], prod(values.shape[2:]))
        found = jnp.einsum("re,bew->brw", ones_at(index, count, values.dtype).T, flat)
        return found.reshape(values.shape[0], count, *values.shape[2:])
    zeros = jnp.zeros((values.shape[0], count, *values.shape[2:]), values.dtype)
    return zeros.at[:, index].add(values, mode="drop")


def ones_at(index: np.ndarray, count: int, dtype: np.dtype[np.floating]) -> np.ndarray:
    """A one at the index of each row."""
    ones: np.ndarray = (index[:, None] == np.arange(count)).astype(dtype)
    return ones


def add_rows(values: jax.Array, index: jax.Array | np.ndarray, rows: int) -> jax.Array:
    """Return ``rows`` rows along the second axis, each the sum of the values whose index it is."""
    zeros = jnp.zeros((values.shape[0], rows, *values.shape[2:]), values.dtype)
    return zeros.at[:, index].add(values, mode="promise_in_bounds")


def on_each(function: Callable[..., jax.Array], parts: Sequence[jax.Array]) -> jax.Array:
    """Apply a function of single numbers or vectors to each place of the leading axes, those of length 1 repeated."""
    # Of an atom without neighbours there are no rows.
    sizes = [next((part.shape[axis] for part in parts if part.shape[axis] != 1), 1) for axis in range(AXES)]
    mapped = function
    for axis in reversed(range(AXES)):
        if sizes[axis] != 1:
            mapped = jax.vmap(mapped, in_axes=tuple(None if part.shape[axis] == 1 else 0 for part in parts))
    squeezed = [jnp.squeeze(part, tuple(a for a in range(AXES) if part.shape[a] == 1)) for part in parts]
    return jnp.expand_dims(mapped(*squeezed), tuple(axis for axis in range(AXES) if sizes[axis] == 1))
