"""Primitives of JAX of our own: bound wherever JAX traces, and mapped axes put beside others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import batching


def bound(primitive: Primitive, arrays: Sequence[Any], **options: Any) -> list[Any]:
    """Return the results of a primitive for arrays, which are made alike before."""
    found: list[Any] = primitive.bind(*alike(arrays), **options)
    return found


def alike(arrays: Sequence[Any]) -> Sequence[Any]:
    """Return arrays that are the same on all devices of a ``shard_map`` as ones that differ there, where others do."""
    varying: frozenset[str] = frozenset().union(*(jax.typeof(each).manual_axis_type.varying for each in arrays))
    if not varying:
        return arrays
    return [
        jax.lax.pcast(each, tuple(varying - jax.typeof(each).manual_axis_type.varying), to="varying") for each in arrays
    ]


def ahead(arrays: Sequence[Any], dims: Sequence[Any]) -> tuple[int, list[jax.Array]]:
    """Return the size of a mapped axis, and the arrays with that axis in front, repeated where there was none.

    Args:
        arrays: of a rule for mapping.
        dims: the mapped axis of each of them.
    """
    none = batching.not_mapped
    times = next(each.shape[dim] for each, dim in zip(arrays, dims, strict=True) if dim is not none)
    return times, [
        jnp.broadcast_to(jnp.asarray(each), (times, *np.shape(each))) if dim is none else jnp.moveaxis(each, dim, 0)
        for each, dim in zip(arrays, dims, strict=True)
    ]


def beside(array: jax.Array, axis: int) -> jax.Array:
    """Return arrays (times, ...) side by side along an axis of theirs."""
    moved = jnp.moveaxis(array, 0, axis)
    return moved.reshape(*moved.shape[:axis], moved.shape[axis] * moved.shape[axis + 1], *moved.shape[axis + 2 :])


def apart(array: jax.Array, axis: int, times: int) -> jax.Array:
    """Undo :func:`beside`."""
    shape = array.shape
    return jnp.moveaxis(array.reshape(*shape[:axis], times, shape[axis] // times, *shape[axis + 1 :]), axis, 0)


def further(rows: jax.Array, count: int) -> jax.Array:
    """Return numbers of rows (times, ...) as those of rows put side by side, ``count`` each: (times x ...)."""
    starts = jnp.arange(len(rows), dtype=rows.dtype) * count
    return (rows + starts[:, None]).reshape(-1)
