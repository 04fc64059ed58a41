"""Products of rows with the matrix of their kind, native; JAX differentiates them any number of times.

They do not know how to be mapped (``jax.vmap``), as circuits on tables do not: batches are an axis of theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import ad, mlir

from qffc.ir.diagnostics import InternalError
from qffc.passes.lower_jax.native_calls import register_native
from qffc.passes.lower_jax.native_layers import Index, eager, index_array, instructions

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
    found: jax.Array = _product_p.bind(rows, weights, index_array(kinds), mode=_FORWARD, count=None)
    return found


def _outer(rows: Any, others: Any, kinds: Any, count: int) -> Any:
    return _product_p.bind(rows, others, kinds, mode=_OUTER, count=count)


_product_p = Primitive("qffc_product")


def _product_shape(first: Any, second: Any, kinds: Any, *, mode: int, count: int | None) -> Any:
    if first.dtype != second.dtype:
        raise InternalError(f"a product of {first.dtype} and {second.dtype}")
    if mode == _OUTER:
        return first.update(shape=(count, first.shape[2], second.shape[2]))
    return first.update(shape=(*first.shape[:2], second.shape[2 if mode == _FORWARD else 1]))


def _product_call(
    first: jax.Array, second: jax.Array, kinds: jax.Array, *, mode: int, count: int | None, chosen: str | None = None
) -> jax.Array:
    if mode == _OUTER:
        shape: tuple[int, ...] = (count or 0, first.shape[2], second.shape[2])
    else:
        shape = (*first.shape[:2], second.shape[2 if mode == _FORWARD else 1])
    call = jax.ffi.ffi_call("qffc_product", jax.ShapeDtypeStruct(shape, first.dtype))
    found: jax.Array = call(
        first, second, kinds, mode=np.int64(mode), instructions=instructions() if chosen is None else chosen
    )
    return found


def _product_jvp(primals: Sequence[Any], tangents: Sequence[Any], *, mode: int, count: int | None) -> tuple[Any, Any]:
    first, second, kinds = primals
    moved, also, _ = tangents
    value = _product_p.bind(first, second, kinds, mode=mode, count=count)
    parts = [
        _product_p.bind(*pair, kinds, mode=mode, count=count)
        for pair, tangent in (((moved, second), moved), ((first, also), also))
        if not isinstance(tangent, ad.Zero)
    ]
    return value, parts[0] if len(parts) == 1 else parts[0] + parts[1]


def _product_transpose(weights: Any, first: Any, second: Any, kinds: Any, *, mode: int, count: int | None) -> Any:
    """Each of the three products is linear in both of its factors, and the other two are its transposes."""
    if isinstance(weights, ad.Zero):
        return [None, None, None]
    by_first = by_second = None
    if ad.is_undefined_primal(first):
        if mode == _OUTER:  # rows (in) from the matrix (in, out) and rows (out)
            by_first = _product_p.bind(second, weights, kinds, mode=_BACKWARD, count=None)
        else:
            other = _BACKWARD if mode == _FORWARD else _FORWARD
            by_first = _product_p.bind(weights, second, kinds, mode=other, count=None)
    if ad.is_undefined_primal(second):
        if mode == _OUTER:
            by_second = _product_p.bind(first, weights, kinds, mode=_FORWARD, count=None)
        else:
            pair = (first, weights) if mode == _FORWARD else (weights, first)
            by_second = _outer(*pair, kinds, second.aval.shape[0])
    return [by_first, by_second, None]


_product_p.def_abstract_eval(_product_shape)
_product_p.def_impl(eager(_product_call, "mode", "count"))
ad.primitive_jvps[_product_p] = _product_jvp
ad.primitive_transposes[_product_p] = _product_transpose
mlir.register_lowering(_product_p, mlir.lower_fun(_product_call, multiple_results=False), platform="cpu")
