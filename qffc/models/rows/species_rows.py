"""Rows of atoms, or of pairs of atoms, whose weights are chosen by species.

Beside the native kernel this is a native function, too. In JAX alone, where the species are numbers, known when JAX
traces, rows of one species are put side by side and share one product of matrices; where they are traced, as for atoms
that move, a row is spread over the species, zeros for the others. Either way no weights are copied to every atom: they
are by far larger than what they are multiplied with.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from numpy.typing import NDArray

from qffc.passes.lower_jax.native_layers import Index
from qffc.passes.lower_jax.native_products import grouped_product


def order_of(kinds: Index) -> NDArray[np.intp] | None:
    """Return an order of rows in which those of one kind lie side by side; None when they do, or kinds are traced."""
    if not isinstance(kinds, np.ndarray) or np.all(kinds[:-1] <= kinds[1:]):
        return None
    return np.argsort(kinds, kind="stable")


def times_weights(rows: jax.Array, weights: jax.Array, kinds: Index, *, native: bool = False) -> jax.Array:
    """Return each row times the matrix of its kind.

    Args:
        rows: (rows, batch, in).
        weights: (kinds, in, out).
        kinds: (rows,), in any order.
        native: whether by the native function, which must be there.

    Returns:
        (rows, batch, out).

    Example:
        >>> rows, weights = jnp.ones((3, 1, 2)), jnp.arange(8.0).reshape(2, 2, 2)
        >>> times_weights(rows, weights, np.array([0, 1, 0]))[:, 0].tolist()
        [[2.0, 4.0], [10.0, 12.0], [2.0, 4.0]]
    """
    if not len(rows):
        return jnp.zeros((0, rows.shape[1], weights.shape[2]), rows.dtype)
    if native:
        return grouped_product(rows, weights, kinds)
    if not isinstance(kinds, np.ndarray):
        chosen = jax.nn.one_hot(kinds, len(weights), dtype=rows.dtype)
        spread = rows[:, :, None, :] * chosen[:, None, :, None]
        return jnp.einsum("nbzi,zio->nbo", spread, weights)
    order = order_of(kinds)
    if order is None:
        return _sorted_product(rows, weights, kinds)
    return taken(_sorted_product(taken(rows, order), weights, kinds[order]), np.argsort(order))


def _sorted_product(rows: jax.Array, weights: jax.Array, kinds: NDArray[np.integer]) -> jax.Array:
    count, batch, _ = rows.shape
    sizes = np.bincount(kinds, minlength=len(weights))
    starts = np.cumsum(sizes) - sizes
    # Taken apart in one operation, whose way back is one, too.
    matrices = lax.split(weights, (1,) * len(weights))
    parts = [
        jnp.dot(rows[start : start + size].reshape(size * batch, -1), matrix[0])
        for start, size, matrix in zip(starts, sizes, matrices, strict=True)
        if size
    ]
    return jnp.concatenate(parts).reshape(count, batch, -1)


def taken(rows: jax.Array, index: Index) -> jax.Array:
    """Return rows (rows, ...) at an index, which must be in bounds."""
    if isinstance(index, np.ndarray):
        return _product(_ones(index, len(rows), rows), rows)
    return rows.at[index].get(mode="promise_in_bounds")


def summed(rows: jax.Array, index: Index, count: int) -> jax.Array:
    """Return ``count`` rows, each the sum of the rows whose index it is."""
    if isinstance(index, np.ndarray) and len(index):
        return _product(_ones(index, count, rows).T, rows)
    return jnp.zeros((count, *rows.shape[1:]), rows.dtype).at[index].add(rows, mode="promise_in_bounds")


def _ones(index: NDArray[np.integer], count: int, rows: jax.Array) -> NDArray[np.floating]:
    """A one at the index of each row: for one molecule, on a CPU, a product with it is faster than a scatter."""
    ones: NDArray[np.floating] = (index[:, None] == np.arange(count)).astype(rows.dtype)
    return ones


def _product(matrix: NDArray[np.floating], rows: jax.Array) -> jax.Array:
    return jnp.dot(matrix, rows.reshape(len(rows), -1)).reshape(-1, *rows.shape[1:])
