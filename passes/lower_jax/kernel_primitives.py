"""The functions of a kernel as primitives of JAX: what they compute, and of which shapes.

:mod:`qffc.passes.lower_jax.kernel_derivatives` has the rules by which JAX differentiates and maps them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import Primitive
from jax.interpreters import mlir


@dataclass(frozen=True)
class Inputs:
    """What the arrays of a call are: first the given numbers, then rows, then what the function takes beside.

    Args:
        kernel: that computes.
        tree: of what is given.
        numbers: how many of its leaves are numbers; the others are rows.
    """

    kernel: Any
    tree: Any
    numbers: int

    @property
    def count(self) -> int:
        return int(self.tree.num_leaves)

    def given(self, leaves: Sequence[Any]) -> Any:
        return self.tree.unflatten(leaves[: self.count])

    def slopes(self, numbers: Sequence[Any]) -> Any:
        """Numbers as a direction or a gradient: without rows."""
        if self.count == 1:
            return numbers[0]
        return tuple(numbers), None


def _new(name: str) -> Primitive:
    made = Primitive(f"qffc_{name}")
    made.multiple_results = True
    return made


moments_p, slope_p, gradient_p, curved_p, along_p, second_p, both_p = map(
    _new, ("moments", "slope", "gradient", "curved", "along", "second", "both")
)

# --------------------------------------------------------------------------- what they compute

# Of the given leaves, the kept states where there are any, which may be empty, and the rest.


def _moments(inputs: Inputs, given: Any, states: None, *, keep: bool) -> list[jax.Array]:
    if keep:
        return list(inputs.kernel.moments_and_states(given))
    value = inputs.kernel.moments(given)
    return [value, jnp.zeros((0,), value.dtype)]


def _slope(inputs: Inputs, given: Any, states: Any, *direction: Any) -> list[jax.Array]:
    return [inputs.kernel.moments_along(given, inputs.slopes(direction))[1]]


def _gradient(inputs: Inputs, given: Any, states: Any, weights: Any) -> list[jax.Array]:
    return jax.tree.leaves(inputs.kernel.gradient(given, weights, states))


def _curved(inputs: Inputs, given: Any, states: None, weights: Any, *moved: Any) -> list[jax.Array]:
    *direction, weights_along = moved
    _, curved, slope = inputs.kernel.gradient_along(given, weights, inputs.slopes(direction), weights_along)
    return [*jax.tree.leaves(curved), slope]


def _along(inputs: Inputs, given: Any, states: None, *direction: Any, keep: bool) -> list[jax.Array]:
    if keep:
        return list(inputs.kernel.moments_along_and_states(given, inputs.slopes(direction)))
    value, slope = inputs.kernel.moments_along(given, inputs.slopes(direction))
    return [value, slope, jnp.zeros((0,), value.dtype)]


def second(inputs: Inputs, given: Any, states: Any, *moving: Any) -> list[jax.Array]:
    """Return the derivatives of moments and of their slope, in JAX alone: no kernel has a sweep for them."""
    count = inputs.numbers
    numbers, rows = (leaves := jax.tree.leaves(given))[:count], leaves[count:]
    direction, moved, turned = moving[:count], moving[count : 2 * count], moving[2 * count :]

    def along(x: Any, v: Any) -> Any:
        return jax.jvp(lambda y: inputs.kernel.in_jax(inputs.given([*y, *rows])), (x,), (v,))

    return list(jax.jvp(along, (numbers, [*direction]), ([*moved], [*turned]))[1])


def _both(inputs: Inputs, given: Any, states: Any, weights: Any, *moved: Any) -> list[jax.Array]:
    *slopes, weights_along = moved
    direction, kernel = inputs.slopes(slopes), inputs.kernel
    if states is None:
        gradient, curved, _ = kernel.gradient_along(given, weights, direction, weights_along)
    else:
        gradient, curved = kernel.gradient_along_from(states, given, weights, direction, weights_along)
    return [*jax.tree.leaves(gradient), *jax.tree.leaves(curved)]


def computed(function: Callable[..., list[jax.Array]]) -> Callable[..., list[jax.Array]]:
    """The function on the arrays of a call."""

    def compute(*arrays: Any, inputs: Inputs, kept: bool = False, **options: bool) -> list[jax.Array]:
        states = arrays[inputs.count] if kept else None
        return function(inputs, inputs.given(arrays), states, *arrays[inputs.count + kept :], **options)

    return compute


def curved_in_jax(inputs: Inputs, given: Any, states: None, weights: Any, *moved: Any) -> list[jax.Array]:
    """Return what ``curved`` is, in JAX alone."""
    gradient, slopes = _derivatives_in_jax(inputs, given, weights, moved)
    return [*gradient[1], slopes[1]]


def both_in_jax(inputs: Inputs, given: Any, states: Any, weights: Any, *moved: Any) -> list[jax.Array]:
    """Return what ``both`` is, in JAX alone."""
    gradient, _ = _derivatives_in_jax(inputs, given, weights, moved)
    return [*gradient[0], *gradient[1]]


def _derivatives_in_jax(inputs: Inputs, given: Any, weights: Any, moved: Sequence[Any]) -> Any:
    numbers, rows = (leaves := jax.tree.leaves(given))[: inputs.numbers], leaves[inputs.numbers :]

    def first(x: Any, w: Any) -> tuple[Any, Any]:
        value, back = jax.vjp(lambda y: inputs.kernel.in_jax(inputs.given([*y, *rows])), x)
        return back(w)[0], value

    *direction, weights_along = moved
    (gradient, value), (curved, slope) = jax.jvp(first, (numbers, weights), (direction, weights_along))
    return (gradient, curved), (value, slope)


# --------------------------------------------------------------------------- shapes


def _avals(shapes: Sequence[tuple[int, ...]], like: Any) -> list[Any]:
    return [like.update(shape=shape, weak_type=False) for shape in shapes]


def _moments_shapes(*avals: Any, inputs: Inputs, keep: bool) -> list[Any]:
    kernel, given = inputs.kernel, inputs.given(avals)
    return _avals([kernel.moments_shape(given), (kernel.states_size(given, 1) if keep else 0,)], avals[0])


def _slope_shapes(*avals: Any, inputs: Inputs, kept: bool) -> list[Any]:
    return _avals([inputs.kernel.moments_shape(inputs.given(avals))], avals[0])


def _gradient_shapes(*avals: Any, inputs: Inputs, kept: bool) -> list[Any]:
    return _avals([each.shape for each in avals[: inputs.numbers]], avals[0])


def _curved_shapes(*avals: Any, inputs: Inputs) -> list[Any]:
    shapes = [each.shape for each in avals[: inputs.numbers]]
    return _avals([*shapes, inputs.kernel.moments_shape(inputs.given(avals))], avals[0])


def _along_shapes(*avals: Any, inputs: Inputs, keep: bool) -> list[Any]:
    kernel, given = inputs.kernel, inputs.given(avals)
    shape = kernel.moments_shape(given)
    return _avals([shape, shape, (kernel.states_size(given, 2) if keep else 0,)], avals[0])


def _second_shapes(*avals: Any, inputs: Inputs, kept: bool) -> list[Any]:
    return _avals(2 * [inputs.kernel.moments_shape(inputs.given(avals))], avals[0])


def _both_shapes(*avals: Any, inputs: Inputs, kept: bool) -> list[Any]:
    return _avals(2 * [each.shape for each in avals[: inputs.numbers]], avals[0])


def _register(primitive: Primitive, function: Callable[..., list[Any]], shapes: Any, *static: str) -> None:
    compute = computed(function)
    primitive.def_impl(jax.jit(compute, static_argnames=("inputs", *static)))
    primitive.def_abstract_eval(shapes)
    mlir.register_lowering(primitive, mlir.lower_fun(compute, multiple_results=True))


for _primitive, _function, _shapes, _static in (
    (moments_p, _moments, _moments_shapes, "keep"),
    (slope_p, _slope, _slope_shapes, "kept"),
    (gradient_p, _gradient, _gradient_shapes, "kept"),
    (along_p, _along, _along_shapes, "keep"),
    (second_p, second, _second_shapes, "kept"),
    (both_p, _both, _both_shapes, "kept"),
):
    _register(_primitive, _function, _shapes, _static)
_register(curved_p, _curved, _curved_shapes)
