"""Products of rows with the matrix of their kind, native; JAX differentiates them any number of times.

A mapped axis (``jax.vmap``) becomes further rows of further kinds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from qffc.ir.diagnostics import InternalError
from qffc.passes.lower_jax.native_calls import register_native
from qffc.passes.lower_jax.native_layers import Index, eager, index_array, instructions
from qffc.passes.lower_jax.own_primitives import ahead, apart, beside, bound, further

_FORWARD, _BACKWARD, _OUTER = range(3)


def grouped_product(rows: jax.Array, weights: jax.Array, kinds: Index) -> jax.Array:
    """Return each row times the matrix of its kind.

    Args:
        rows: (rows, batch, in).
        weights: (kinds, in, out), of the same type.
        kinds: (rows,), in any order.

    Returns:
        (rows, batch, out).
    """
    register_native()
    found: jax.Array = _product(rows, weights, index_array(kinds), mode=_FORWARD, count=None)
    return found


def _outer(rows: Any, others: Any, kinds: Any, count: int) -> Any:
    return _product(rows, others, kinds, mode=_OUTER, count=count)


def _product(first: Any, second: Any, kinds: Any, *, mode: int, count: int | None) -> Any:
    return bound(_product_p, [first, second, kinds], mode=mode, count=count)[0]


_product_p = Primitive("qffc_product")
_product_p.multiple_results = True


def _product_shape(first: Any, second: Any, kinds: Any, *, mode: int, count: int | None) -> Any:
    if first.dtype != second.dtype:
        raise InternalError(f"a product of {first.dtype} and {second.dtype}")
    if mode == _OUTER:
        return [first.update(shape=(count, first.shape[2], second.shape[2]))]
    return [first.update(shape=(*first.shape[:2], second.shape[2 if mode == _FORWARD else 1]))]


def _product_call(
    first: jax.Array, second: jax.Array, kinds: jax.Array, *, mode: int, count: int | None, chosen: str | None = None
) -> list[jax.Array]:
    if mode == _OUTER:
        shape: tuple[int, ...] = (count or 0, first.shape[2], second.shape[2])
    else:
        shape = (*first.shape[:2], second.shape[2 if mode == _FORWARD else 1])
    call = jax.ffi.ffi_call("qffc_product", jax.ShapeDtypeStruct(shape, first.dtype))
    found: jax.Array = call(
        first, second, kinds, mode=np.int64(mode), instructions=instructions() if chosen is None else chosen
    )
    return [found]


def _product_jvp(primals: Sequence[Any], tangents: Sequence[Any], *, mode: int, count: int | None) -> tuple[Any, Any]:
    first, second, kinds = primals
    moved, also, _ = tangents
    value = [_product(first, second, kinds, mode=mode, count=count)]
    parts = [
        _product(*pair, kinds, mode=mode, count=count)
        for pair, tangent in (((moved, second), moved), ((first, also), also))
        if not isinstance(tangent, ad.Zero)
    ]
    return value, [parts[0] if len(parts) == 1 else parts[0] + parts[1]]


def _product_transpose(
    cotangents: Sequence[Any], first: Any, second: Any, kinds: Any, *, mode: int, count: int | None
) -> Any:
    """Each of the three products is linear in both of its factors, and the other two are its transposes."""
    (weights,) = cotangents
    if isinstance(weights, ad.Zero):
        return [None, None, None]
    by_first = by_second = None
    if ad.is_undefined_primal(first):
        if mode == _OUTER:  # rows (in) from the matrix (in, out) and rows (out)
            by_first = _product(second, weights, kinds, mode=_BACKWARD, count=None)
        else:
            other = _BACKWARD if mode == _FORWARD else _FORWARD
            by_first = _product(weights, second, kinds, mode=other, count=None)
    if ad.is_undefined_primal(second):
        if mode == _OUTER:
            by_second = _product(first, weights, kinds, mode=_FORWARD, count=None)
        else:
            pair = (first, weights) if mode == _FORWARD else (weights, first)
            by_second = _outer(*pair, kinds, second.aval.shape[0])
    return [by_first, by_second, None]


def _product_mapped(arrays: Sequence[Any], dims: Sequence[Any], *, mode: int, count: int | None) -> Any:
    times, (first, second, kinds) = ahead(arrays, dims)
    shared = mode != _OUTER and dims[1] is batching.not_mapped
    # Weights that are the same for all stay as they are.
    factor = arrays[1] if shared else beside(second, 0)
    kind_count = 0 if shared else count if mode == _OUTER else second.shape[1]
    assert kind_count is not None
    many = None if count is None else times * count
    found = _product(beside(first, 0), factor, further(kinds, kind_count), mode=mode, count=many)
    return [apart(found, 0, times)], [0]


_product_p.def_abstract_eval(_product_shape)
_product_p.def_impl(eager(_product_call, "mode", "count"))
ad.primitive_jvps[_product_p] = _product_jvp
ad.primitive_transposes[_product_p] = _product_transpose
batching.primitive_batchers[_product_p] = _product_mapped
mlir.register_lowering(_product_p, mlir.lower_fun(_product_call, multiple_results=True), platform="cpu")
