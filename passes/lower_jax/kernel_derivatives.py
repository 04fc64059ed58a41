"""A kernel as JAX differentiates and maps it: in either mode, any number of times.

A kernel offers moments, their gradient, and the derivatives of both along a direction. Each of them is a primitive of
JAX here, whose rules name the others:

    function    what it is                                                  derivative      transpose
    moments     m(x)                                                        slope           -
    slope       dm along v, linear in v                                     second          gradient
    gradient    g = d(w . m), linear in w                                   curved          slope, by w
    curved      derivatives of g and m along (v, u): the Hessian of w . m   in JAX          curved: it is symmetric
    along       m(x) and its derivative along v                             second          -
    second      derivatives of both, linear in where x and v go             in JAX          both
    both        g, and its derivative along (v, u)                          in JAX          -

So a gradient is one sweep back from states that were kept on the way there, and a loss that holds forces needs no
reverse pass through a reverse pass: second derivatives commute. What a kernel has no sweep for, a second derivative
forward over forward and everything of third order, is made of the portable kernel's gates, which are plain JAX.

A mapped axis (``jax.vmap``) becomes more circuits side by side. States that were kept are then made again: their order
in memory is the kernel's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from jax.extend.core import Primitive
from jax.interpreters import ad, batching

from qffc.passes.lower_jax.kernel_primitives import (
    Inputs,
    along_p,
    both_in_jax,
    both_p,
    computed,
    curved_in_jax,
    curved_p,
    gradient_p,
    moments_p,
    second,
    second_p,
    slope_p,
)
from qffc.passes.lower_jax.kernel_protocol import Differentiable, Kernel
from qffc.passes.lower_jax.own_primitives import ahead, apart, beside, bound, further

G = TypeVar("G")
S = TypeVar("S")

# --------------------------------------------------------------------------- derivatives


def _still(tangents: Sequence[Any]) -> bool:
    return all(isinstance(each, ad.Zero) for each in tangents)


def _filled(tangents: Sequence[Any]) -> list[Any]:
    return [ad.instantiate_zeros(each) for each in tangents]


def _no_change(values: Sequence[Any]) -> list[Any]:
    return [ad.Zero(jax.typeof(each).to_tangent_aval()) for each in values]


def _moments_jvp(primals: Sequence[Any], tangents: Sequence[Any], *, inputs: Inputs, keep: bool) -> Any:
    value, states = bound(moments_p, primals, inputs=inputs, keep=True)
    moved = _filled(tangents[: inputs.numbers])
    slope = bound(slope_p, [*primals, states, *moved], inputs=inputs, kept=True)
    # Nothing depends on the states but through derivatives, which are those by what is given.
    shown = states if keep else jnp.zeros((0,), value.dtype)
    return [value, shown], [*slope, *_no_change([shown])]


def _slope_jvp(primals: Sequence[Any], tangents: Sequence[Any], *, inputs: Inputs, kept: bool) -> Any:
    start, count = inputs.count + kept, inputs.numbers
    given, direction = primals[: inputs.count], primals[start:]
    value = bound(slope_p, primals, inputs=inputs, kept=kept)
    turned = _filled(tangents[start:])
    if _still(tangents[:count]):
        return value, bound(slope_p, [*primals[:start], *turned], inputs=inputs, kept=kept)
    moved = _filled(tangents[:count])
    found = bound(second_p, [*given, *direction, *moved, *turned], inputs=inputs, kept=False)
    return value, [found[1]]


def _gradient_jvp(primals: Sequence[Any], tangents: Sequence[Any], *, inputs: Inputs, kept: bool) -> Any:
    count = inputs.numbers
    given, weights = primals[: inputs.count], primals[-1]
    value = bound(gradient_p, primals, inputs=inputs, kept=kept)
    weights_along = ad.instantiate_zeros(tangents[-1])
    if _still(tangents[:count]):
        return value, bound(gradient_p, [*primals[:-1], weights_along], inputs=inputs, kept=kept)
    moved = _filled(tangents[:count])
    return value, bound(curved_p, [*given, weights, *moved, weights_along], inputs=inputs)[:count]


def _along_jvp(primals: Sequence[Any], tangents: Sequence[Any], *, inputs: Inputs, keep: bool) -> Any:
    value, slope, states = bound(along_p, primals, inputs=inputs, keep=True)
    given, direction = primals[: inputs.count], primals[inputs.count :]
    moved, turned = _filled(tangents[: inputs.numbers]), _filled(tangents[inputs.count :])
    found = bound(second_p, [*given, states, *direction, *moved, *turned], inputs=inputs, kept=True)
    shown = states if keep else jnp.zeros((0,), value.dtype)
    return [value, slope, shown], [*found, *_no_change([shown])]


def _linear_or_in_jax(primitive: Primitive, function: Callable[..., list[Any]], linear: Callable[..., int]) -> Any:
    """The derivative of a function that is linear in its last arrays, and by the others one of operations of JAX.

    Args:
        primitive: of the function.
        function: the same without the kernel's own sweeps.
        linear: how many arrays it is linear in.
    """

    def rule(primals: Sequence[Any], tangents: Sequence[Any], *, inputs: Inputs, **options: bool) -> Any:
        value = bound(primitive, primals, inputs=inputs, **options)
        fixed = len(primals) - linear(inputs)
        kept = options.get("kept", False)
        if _still([*tangents[: inputs.numbers], *tangents[inputs.count + kept : fixed]]):
            return value, bound(primitive, [*primals[:fixed], *_filled(tangents[fixed:])], inputs=inputs, **options)
        numbers = [*range(inputs.numbers), *range(inputs.count + kept, len(primals))]

        def plain(*moving: Any) -> list[Any]:
            arrays = list(primals)
            for place, each in zip(numbers, moving, strict=True):
                arrays[place] = each
            return computed(function)(*arrays, inputs=inputs, **options)

        moved = _filled([tangents[place] for place in numbers])
        return value, jax.jvp(plain, [primals[place] for place in numbers], moved)[1]

    return rule


# --------------------------------------------------------------------------- transposes


def _weights(cotangents: Sequence[Any], shapes: Sequence[Any]) -> list[Any]:
    return [
        jnp.zeros(shape.shape, shape.dtype) if isinstance(each, ad.Zero) else each
        for each, shape in zip(cotangents, shapes, strict=True)
    ]


def _asked(found: Sequence[Any], arrays: Sequence[Any]) -> list[Any]:
    """What was found for the last arrays, where it is asked for; nothing for the ones before them."""
    last = arrays[len(arrays) - len(found) :]
    own = [each if ad.is_undefined_primal(one) else None for each, one in zip(found, last, strict=True)]
    return [None] * (len(arrays) - len(found)) + own


def _slope_transpose(cotangents: Sequence[Any], *arrays: Any, inputs: Inputs, kept: bool) -> list[Any]:
    if _still(cotangents):
        return [None] * len(arrays)
    fixed = arrays[: inputs.count + kept]
    return _asked(bound(gradient_p, [*fixed, cotangents[0]], inputs=inputs, kept=kept), arrays)


def _gradient_transpose(cotangents: Sequence[Any], *arrays: Any, inputs: Inputs, kept: bool) -> list[Any]:
    if _still(cotangents):
        return [None] * len(arrays)
    fixed = arrays[: inputs.count + kept]
    direction = _weights(cotangents, fixed[: inputs.numbers])
    return _asked(bound(slope_p, [*fixed, *direction], inputs=inputs, kept=kept), arrays)


def _curved_transpose(cotangents: Sequence[Any], *arrays: Any, inputs: Inputs) -> list[Any]:
    if _still(cotangents):
        return [None] * len(arrays)
    fixed = arrays[: inputs.count + 1]
    moved = _weights(cotangents, [*fixed[: inputs.numbers], fixed[-1]])
    return _asked(bound(curved_p, [*fixed, *moved], inputs=inputs), arrays)


def _second_transpose(cotangents: Sequence[Any], *arrays: Any, inputs: Inputs, kept: bool) -> list[Any]:
    if _still(cotangents):
        return [None] * len(arrays)
    # d(w . m + u . dm/dv): by v it is the gradient for u, by what is given its derivative along v, with w as that of u.
    start, count = inputs.count + kept, inputs.numbers
    shape = inputs.kernel.moments_shape(inputs.given(arrays))
    for_moments, for_slope = _weights(cotangents, 2 * [jax.ShapeDtypeStruct(shape, arrays[0].dtype)])
    fixed, direction = arrays[:start], arrays[start : start + count]
    found = bound(both_p, [*fixed, for_slope, *direction, for_moments], inputs=inputs, kept=kept)
    return _asked([*found[count:], *found[:count]], arrays)


# --------------------------------------------------------------------------- mapping


def _mapped(primitive: Primitive) -> Callable[..., Any]:
    def rule(arrays: Sequence[Any], dims: Sequence[Any], *, inputs: Inputs, **options: bool) -> Any:
        kernel, count, kept = inputs.kernel, inputs.count, options.get("kept", False)
        times, front = ahead(arrays, dims)
        numbers, rows, rest = front[: inputs.numbers], front[inputs.numbers : count], front[count + kept :]
        further_rows = [further(each, numbers[table].shape[2]) for each, table in zip(rows, kernel.reads, strict=True)]
        wide = Inputs(kernel.wider(times), inputs.tree, inputs.numbers)
        wide_numbers, wide_rest = ([beside(each, kernel.axis) for each in part] for part in (numbers, rest))
        without_states = dict.fromkeys(options, False)
        found = bound(primitive, [*wide_numbers, *further_rows, *wide_rest], inputs=wide, **without_states)
        if "keep" not in options:
            return [apart(each, kernel.axis, times) for each in found], [0] * len(found)
        *shown, _ = found
        size = kernel.states_size(inputs.given([each[0] for each in front]), len(shown)) if options["keep"] else 0
        states = jnp.zeros((size,), arrays[0].dtype)  # never read: where inputs are mapped, states are made again
        return [*(apart(each, kernel.axis, times) for each in shown), states], [*[0] * len(shown), batching.not_mapped]

    return rule


for _primitive in (moments_p, slope_p, gradient_p, curved_p, along_p, second_p, both_p):
    batching.primitive_batchers[_primitive] = _mapped(_primitive)

ad.primitive_jvps[moments_p] = _moments_jvp
ad.primitive_jvps[slope_p] = _slope_jvp
ad.primitive_jvps[gradient_p] = _gradient_jvp
ad.primitive_jvps[along_p] = _along_jvp
ad.primitive_jvps[curved_p] = _linear_or_in_jax(curved_p, curved_in_jax, lambda inputs: inputs.numbers + 1)
ad.primitive_jvps[second_p] = _linear_or_in_jax(second_p, second, lambda inputs: 2 * inputs.numbers)
ad.primitive_jvps[both_p] = _linear_or_in_jax(both_p, both_in_jax, lambda _: 0)
ad.primitive_transposes[slope_p] = _slope_transpose
ad.primitive_transposes[gradient_p] = _gradient_transpose
ad.primitive_transposes[curved_p] = _curved_transpose
ad.primitive_transposes[second_p] = _second_transpose


def differentiable(kernel: Kernel[G, S]) -> Differentiable[G, S]:
    """Return the functions of a kernel with their derivatives."""

    def moments(given: G) -> jax.Array:
        inputs, leaves = _inputs_of(kernel, given)
        value: jax.Array = bound(moments_p, leaves, inputs=inputs, keep=False)[0]
        return value

    def moments_along(given: G, direction: S) -> tuple[jax.Array, jax.Array]:
        inputs, leaves = _inputs_of(kernel, given)
        slopes = jax.tree.leaves(direction)
        value, derivative, _ = bound(along_p, [*leaves, *slopes], inputs=inputs, keep=False)
        return value, derivative

    return Differentiable(moments, moments_along)


def _inputs_of(kernel: Any, given: Any) -> tuple[Inputs, list[Any]]:
    leaves, tree = jax.tree.flatten(given)
    return Inputs(kernel, tree, len(leaves) - len(kernel.reads)), leaves
