"""Messages between atoms, native.

JAX differentiates them in either mode, any number of times, and maps them. What a loss with forces needs is native:
once forward or in reverse, the one over the other, or in reverse twice; the C++ runs one sweep on plain or on dual
numbers. Forward over forward, and third order, are derivatives of the same formulas in JAX. A mapped axis
(``jax.vmap``) becomes further atoms with edges and tables of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from qffc.ir.diagnostics import InternalError
from qffc.passes.lower_jax.edge_vectors import edge_vectors
from qffc.passes.lower_jax.native_calls import register_native
from qffc.passes.lower_jax.native_layers import Index, eager, index_array, instructions
from qffc.passes.lower_jax.own_primitives import ahead, apart, beside, bound, further

MOST_BASIS = 32
"""Radial functions of an edge, at most: ``most_basis`` of the library."""

_MESSAGES, _ALONG, _REVERSE, _TWICE = range(4)


class Heard(NamedTuple):
    """What messages are made of.

    Args:
        basis: (edges, batch, basis), radial functions of each edge.
        directions: (edges, batch, 3), unit vectors from the atom that receives.
        heard: (atoms, batch, 4, vectors): three components of vectors, then what numbers tell.
        sent: (atoms, batch, numbers).
        tables: (kinds, basis, 3 vectors + numbers): learned functions of an edge are the basis times the table of its
            kind: for vectors as they are, along the direction, for what numbers tell, and for numbers.
    """

    basis: Any
    directions: Any
    heard: Any
    sent: Any
    tables: Any


def messages(given: Heard, receivers: Index, senders: Index, kinds: Index) -> tuple[jax.Array, jax.Array]:
    """Return what atoms receive: vectors (atoms, batch, 3, vectors) and numbers (atoms, batch, numbers).

    Args:
        given: all of one type, at most :data:`MOST_BASIS` basis functions.
        receivers: (edges,) atoms, in any order.
        senders: (edges,) atoms.
        kinds: (edges,) which table an edge has.
    """
    register_native()
    index = (index_array(receivers), index_array(senders), index_array(kinds))
    vectors, numbers = bound(_messages_p, [*given, *index])
    return vectors, numbers


_INPUTS = len(Heard._fields)
_INDICES = 3


def _new(name: str) -> Primitive:
    made = Primitive(name)
    made.multiple_results = True
    return made


_messages_p = _new("qffc_messages")
_along_p = _new("qffc_messages_along")
_reverse_p = _new("qffc_messages_reverse")
_second_p = _new("qffc_messages_second")
_twice_p = _new("qffc_messages_twice")
_hessian_p = _new("qffc_messages_hessian")


def _results(given: Heard) -> list[tuple[int, ...]]:
    atoms, batch, _, vectors = given.heard.shape
    return [(atoms, batch, 3, vectors), (atoms, batch, given.sent.shape[2])]


def _call(
    mode: int, arrays: Sequence[Any], shapes: Sequence[tuple[int, ...]], chosen: str | None, **flags: bool
) -> list[jax.Array]:
    results = [jax.ShapeDtypeStruct(shape, arrays[0].dtype) for shape in shapes]
    call: Callable[..., Sequence[jax.Array]] = jax.ffi.ffi_call("qffc_messages", results)
    flags = {"tables_move": False, "want_tables": False} | flags
    set_of = instructions() if chosen is None else chosen
    return list(call(*arrays, mode=np.int64(mode), instructions=set_of, **flags))


def _messages_call(*arrays: Any, chosen: str | None = None) -> list[jax.Array]:
    return _call(_MESSAGES, arrays, _results(Heard(*arrays[:_INPUTS])), chosen)


def _messages_jvp(primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """JAX asks only where something moves: tables are left out where they do not."""
    *moving, tables = tangents[:_INPUTS]
    tables_move = not isinstance(tables, ad.Zero)
    along = [ad.instantiate_zeros(tangent) for tangent in (*moving, *([tables] if tables_move else []))]
    return bound(_messages_p, primals), bound(_along_p, [*primals, *along], tables_move=tables_move)


def _along_call(*arrays: Any, tables_move: bool, chosen: str | None = None) -> list[jax.Array]:
    return _call(_ALONG, arrays, _results(Heard(*arrays[:_INPUTS])), chosen, tables_move=tables_move)


def _along_jvp(primals: Sequence[Any], tangents: Sequence[Any], *, tables_move: bool) -> tuple[Any, Any]:
    values = bound(_along_p, primals, tables_move=tables_move)
    moved = [ad.instantiate_zeros(tangent) for tangent in (*tangents[:_INPUTS], *tangents[_INPUTS + _INDICES :])]
    return values, bound(_second_p, [*primals, *moved], tables_move=tables_move)


def _along_transpose(weights: Sequence[Any], *arrays: Any, tables_move: bool) -> list[Any]:
    if all(isinstance(weight, ad.Zero) for weight in weights):
        return [None] * len(arrays)
    fixed, along = arrays[: _INPUTS + _INDICES], arrays[_INPUTS + _INDICES :]
    weights = _instantiated(weights, fixed)
    found = bound(_reverse_p, [*fixed, *weights], want_tables=tables_move)
    asked = [each if ad.is_undefined_primal(one) else None for each, one in zip(found, along, strict=True)]
    return [None] * len(fixed) + asked


def _reverse_jvp(primals: Sequence[Any], tangents: Sequence[Any], *, want_tables: bool) -> tuple[Any, Any]:
    values = bound(_reverse_p, primals, want_tables=want_tables)
    moved = [ad.instantiate_zeros(tangent) for tangent in (*tangents[:_INPUTS], *tangents[_INPUTS + _INDICES :])]
    return values, bound(_hessian_p, [*primals, *moved], want_tables=want_tables)


def _hessian_call(*arrays: Any, want_tables: bool, chosen: str | None = None) -> list[jax.Array]:
    """The derivative of a gradient: by what it is taken at, and by its weights."""
    fixed, weights, along, weights_along = _parted(arrays)
    found = _twice_call(*fixed, *along, *weights, tables_move=True, chosen=chosen)
    linear = _reverse_call(*fixed, *weights_along, want_tables=want_tables, chosen=chosen)
    return [first + second for first, second in zip(found, linear, strict=False)]


def _hessian_transpose(weights: Sequence[Any], *arrays: Any, want_tables: bool) -> list[Any]:
    """The Hessian is symmetric, and the gradient is linear in its weights."""
    if all(isinstance(weight, ad.Zero) for weight in weights):
        return [None] * len(arrays)
    fixed, own, along, weights_along = _parted(arrays)
    given = Heard(*fixed[:_INPUTS])
    direction = [
        jnp.zeros(each.shape, each.dtype) if isinstance(weight, ad.Zero) else weight
        for weight, each in zip(weights, given, strict=False)
    ]
    found = bound(_twice_p, [*fixed, *direction, *own], tables_move=want_tables)[:_INPUTS]
    linear = bound(_along_p, [*fixed, *direction], tables_move=want_tables)
    asked = [
        each if ad.is_undefined_primal(one) else None
        for each, one in zip((*found, *linear), (*along, *weights_along), strict=True)
    ]
    return [None] * (len(fixed) + len(own)) + asked


def _parted(arrays: Sequence[Any]) -> tuple[Sequence[Any], ...]:
    """Inputs with indices, weights of both outputs, and the directions of inputs and weights."""
    ends = np.cumsum([_INPUTS + _INDICES, 2, _INPUTS, 2])
    return tuple(arrays[end - size : end] for end, size in zip(ends, (_INPUTS + _INDICES, 2, _INPUTS, 2), strict=True))


def _second_transpose(weights: Sequence[Any], *arrays: Any, tables_move: bool) -> list[Any]:
    if all(isinstance(weight, ad.Zero) for weight in weights):
        return [None] * len(arrays)
    count = _INPUTS + _INDICES + _INPUTS - 1 + tables_move
    primals, moved = arrays[:count], arrays[count:]
    weights = _instantiated(weights, primals)
    found = bound(_twice_p, [*primals, *weights], tables_move=tables_move)
    asked = [each if ad.is_undefined_primal(one) else None for each, one in zip(found, moved, strict=True)]
    return [None] * count + asked


def _reverse_call(*arrays: Any, want_tables: bool, chosen: str | None = None) -> list[jax.Array]:
    shapes = [each.shape for each in arrays[: _INPUTS if want_tables else _INPUTS - 1]]
    return _call(_REVERSE, arrays, shapes, chosen, want_tables=want_tables)


def _twice_call(*arrays: Any, tables_move: bool, chosen: str | None = None) -> list[jax.Array]:
    shapes = [each.shape for each in arrays[:_INPUTS]]
    shapes += shapes if tables_move else shapes[:-1]
    return _call(_TWICE, arrays, shapes, chosen, tables_move=tables_move, want_tables=True)


def _instantiated(weights: Sequence[Any], arrays: Sequence[Any]) -> list[Any]:
    """The weights of both outputs, zeros where an output is not used."""
    given = Heard(*arrays[:_INPUTS])
    return [
        jnp.zeros(shape, given.heard.dtype) if isinstance(weight, ad.Zero) else weight
        for weight, shape in zip(weights, _results(given), strict=True)
    ]


def _second_call(*arrays: Any, tables_move: bool, chosen: str | None = None) -> list[jax.Array]:
    return _second_in_jax(*arrays, tables_move=tables_move)


def _in_jax(index: Sequence[Any]) -> Callable[[Sequence[Any]], list[jax.Array]]:
    """The messages by operations of JAX alone."""
    receivers, senders, kinds = index

    def messages_of(numbers: Sequence[Any]) -> list[jax.Array]:
        given = Heard(*numbers)
        filters = jnp.einsum("ebk,eko->ebo", given.basis, given.tables[kinds])
        split = 3 * given.heard.shape[3]
        vectors = edge_vectors(filters[..., :split], given.directions, given.heard[senders])
        parts = vectors, filters[..., split:] * given.sent[senders]
        sums = (jnp.zeros(shape, given.heard.dtype) for shape in _results(given))
        return [zeros.at[receivers].add(part) for zeros, part in zip(sums, parts, strict=True)]

    return messages_of


def _along_in_jax(given: Sequence[Any], index: Sequence[Any], along: Sequence[Any]) -> list[jax.Array]:
    moved = [*along, *(jnp.zeros_like(each) for each in given[len(along) :])]
    found: list[jax.Array] = jax.jvp(_in_jax(index), (list(given),), (moved,))[1]
    return found


def _second_in_jax(*arrays: Any, tables_move: bool) -> list[jax.Array]:
    """The derivative of that along a direction, by what it is taken at, and by the direction."""
    given, index, rest = arrays[:_INPUTS], arrays[_INPUTS : _INPUTS + _INDICES], arrays[_INPUTS + _INDICES :]
    count = _INPUTS - 1 + tables_move
    along, moved, turned = rest[:count], rest[count : count + _INPUTS], rest[count + _INPUTS :]

    def slope(x: Sequence[Any], v: Sequence[Any]) -> list[jax.Array]:
        return _along_in_jax(x, index, v)

    found: list[jax.Array] = jax.jvp(slope, (list(given), list(along)), (list(moved), list(turned)))[1]
    return found


def _twice_in_jax(*arrays: Any, tables_move: bool) -> list[jax.Array]:
    given, index, rest = arrays[:_INPUTS], arrays[_INPUTS : _INPUTS + _INDICES], arrays[_INPUTS + _INDICES :]
    along, weights = rest[:-2], rest[-2:]
    _, back = jax.vjp(lambda x, v: _along_in_jax(x, index, v), list(given), list(along))
    by_given, by_along = back(list(weights))
    return [*by_given, *by_along]


def _hessian_in_jax(*arrays: Any, want_tables: bool) -> list[jax.Array]:
    fixed, weights, along, weights_along = _parted(arrays)
    given, index = fixed[:_INPUTS], fixed[_INPUTS:]

    def gradient(x: Sequence[Any], w: Sequence[Any]) -> list[jax.Array]:
        found: list[jax.Array] = jax.vjp(_in_jax(index), x)[1](w)[0]
        return found

    directions = list(along), list(weights_along)
    found = jax.jvp(gradient, (list(given), list(weights)), directions)[1]
    return list(found[: _INPUTS if want_tables else _INPUTS - 1])


def _jvp_in_jax(primitive: Primitive, function: Callable[..., list[jax.Array]]) -> Callable[..., Any]:
    """The derivative of a function that has no sweep of its own for it."""
    numbers = [*range(_INPUTS)]

    def rule(primals: Sequence[Any], tangents: Sequence[Any], **options: bool) -> Any:
        places = [*numbers, *range(_INPUTS + _INDICES, len(primals))]

        def plain(*moving: Any) -> list[jax.Array]:
            arrays = list(primals)
            for place, each in zip(places, moving, strict=True):
                arrays[place] = each
            return function(*arrays, **options)

        moved = [ad.instantiate_zeros(tangents[place]) for place in places]
        return bound(primitive, primals, **options), jax.jvp(plain, [primals[place] for place in places], moved)[1]

    return rule


def _mapped(primitive: Primitive) -> Callable[..., Any]:
    """The rule of JAX for a mapped axis."""

    def rule(arrays: Sequence[Any], dims: Sequence[Any], **options: bool) -> Any:
        times, front = ahead(arrays, dims)
        given, index, rest = front[:_INPUTS], front[_INPUTS : _INPUTS + _INDICES], front[_INPUTS + _INDICES :]
        atoms, kinds = given[2].shape[1], given[4].shape[1]
        rows = [further(each, count) for each, count in zip(index, (atoms, atoms, kinds), strict=True)]
        numbers, others = ([beside(each, 0) for each in part] for part in (given, rest))
        found = bound(primitive, [*numbers, *rows, *others], **options)
        return [apart(each, 0, times) for each in found], [0] * len(found)

    return rule


def _outputs(*avals: Any, **_: Any) -> list[Any]:
    kinds = {aval.dtype for aval in avals[:_INPUTS]}
    if len(kinds) > 1:
        raise InternalError(f"messages of {' and '.join(map(str, kinds))}")
    return [avals[0].update(shape=shape) for shape in _results(Heard(*avals[:_INPUTS]))]


def _gradients(*avals: Any, want_tables: bool) -> list[Any]:
    return list(avals[: _INPUTS if want_tables else _INPUTS - 1])


def _both_gradients(*avals: Any, tables_move: bool) -> list[Any]:
    return [*avals[:_INPUTS], *avals[: _INPUTS if tables_move else _INPUTS - 1]]


for _primitive, _implementation, _shapes, _static in (
    (_messages_p, _messages_call, _outputs, ()),
    (_along_p, _along_call, _outputs, ("tables_move",)),
    (_reverse_p, _reverse_call, _gradients, ("want_tables",)),
    (_hessian_p, _hessian_call, _gradients, ("want_tables",)),
    (_second_p, _second_call, _outputs, ("tables_move",)),
    (_twice_p, _twice_call, _both_gradients, ("tables_move",)),
):
    _primitive.def_impl(eager(_implementation, *_static))
    _primitive.def_abstract_eval(_shapes)
    mlir.register_lowering(_primitive, mlir.lower_fun(_implementation, multiple_results=True), platform="cpu")
    batching.primitive_batchers[_primitive] = _mapped(_primitive)

ad.primitive_jvps[_messages_p] = _messages_jvp
ad.primitive_jvps[_along_p] = _along_jvp
ad.primitive_jvps[_reverse_p] = _reverse_jvp
ad.primitive_jvps[_second_p] = _jvp_in_jax(_second_p, _second_in_jax)
ad.primitive_jvps[_twice_p] = _jvp_in_jax(_twice_p, _twice_in_jax)
ad.primitive_jvps[_hessian_p] = _jvp_in_jax(_hessian_p, _hessian_in_jax)
ad.primitive_transposes[_hessian_p] = _hessian_transpose
ad.primitive_transposes[_along_p] = _along_transpose
ad.primitive_transposes[_second_p] = _second_transpose
