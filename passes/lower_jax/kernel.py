"""The quantum kernel: which one computes, and the derivatives that JAX sees.

Two kernels compute the same numbers: ``native``, compiled C++ for CPUs, and ``portable``, pure JAX. Both offer four
functions without derivatives of their own; :class:`KernelFunctions` joins them into functions that JAX differentiates.
Since second derivatives commute, the product of the Hessian with a vector is the derivative of the gradient along it,
so that a loss that holds forces needs no reverse pass through a reverse pass.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import jax
import jax.numpy as jnp

from qffc.ir.diagnostics import error, quoted
from qffc.passes.circuit.split_program import Split
from qffc.passes.lower_jax.native import NativeKernel
from qffc.passes.lower_jax.native_library import native_state
from qffc.passes.lower_jax.portable import PortableKernel

KernelName = Literal["auto", "native", "portable"]

KERNEL_VARIABLE = "QFFC_KERNEL"
"""The environment variable that chooses the kernel where a program leaves it open."""

Moments = Callable[[jax.Array], jax.Array]
_Kept = tuple[jax.Array, jax.Array]


class Kernel(Protocol):
    """Functions of many circuits at once: slots (batch, slots) in radians, moments and weights (batch, observables)."""

    @property
    def name(self) -> str:
        """``native`` or ``portable``."""

    def moments(self, slots: jax.Array) -> jax.Array:
        """Return the moments."""

    def moments_and_states(self, slots: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Return the moments, and what :meth:`gradient` may start from; an array of any shape, empty for nothing."""

    def gradient(self, slots: jax.Array, weights: jax.Array, states: jax.Array | None = None) -> jax.Array:
        """Return the gradient of sum(weights * moments), (batch, slots)."""

    def moments_along(self, slots: jax.Array, slots_along: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Return the moments and their derivative along a direction."""

    def gradient_along(
        self, slots: jax.Array, weights: jax.Array, slots_along: jax.Array, weights_along: jax.Array
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Return the gradient, its derivative along a direction, and that of the moments."""


@dataclass(frozen=True)
class KernelFunctions:
    """A kernel as JAX sees it.

    Args:
        name: ``native`` or ``portable``.
        moments: slots (batch, slots) to moments (batch, observables); differentiable twice in reverse mode.
        moments_along: (slots, direction) to moments and their derivative along the direction; differentiable once.
    """

    name: str
    moments: Moments
    moments_along: Callable[[jax.Array, jax.Array], tuple[jax.Array, jax.Array]]


def make_kernel(split: Split, kernel: KernelName = "auto") -> KernelFunctions:
    """Return the kernel of a program.

    Args:
        split: the program.
        kernel: ``auto`` takes the native one where it was built and JAX computes on a CPU, else the portable one.

    Raises:
        QffcError: for an unknown name, or when the native kernel is asked for and not there.
    """
    return differentiable(_choose(split, kernel))


def make_moments(split: Split, kernel: KernelName = "auto") -> Moments:
    """Return the moments of a program alone: (batch, slots) -> (batch, observables)."""
    return make_kernel(split, kernel).moments


def differentiable(kernel: Kernel) -> KernelFunctions:
    """Return the functions of a kernel with their derivatives."""

    @jax.custom_vjp
    def moments(slots: jax.Array) -> jax.Array:
        return kernel.moments(slots)

    def moments_forward(slots: jax.Array) -> tuple[jax.Array, _Kept]:
        value, states = keeping(slots)
        return value, (slots, states)

    def moments_reverse(saved: _Kept, weights: jax.Array) -> tuple[jax.Array]:
        slots, states = saved
        return (gradient(slots, weights, states),)

    moments.defvjp(moments_forward, moments_reverse)

    @jax.custom_vjp
    def keeping(slots: jax.Array) -> tuple[jax.Array, jax.Array]:
        return kernel.moments_and_states(slots)

    def keeping_forward(slots: jax.Array) -> tuple[tuple[jax.Array, jax.Array], _Kept]:
        value, states = keeping(slots)
        return (value, states), (slots, states)

    def keeping_reverse(saved: _Kept, weights: tuple[jax.Array, jax.Array]) -> tuple[jax.Array]:
        # Nothing depends on the states but through the gradient, whose derivative is by the slots.
        return moments_reverse(saved, weights[0])

    keeping.defvjp(keeping_forward, keeping_reverse)

    @jax.custom_vjp
    def gradient(slots: jax.Array, weights: jax.Array, states: jax.Array) -> jax.Array:
        return kernel.gradient(slots, weights, states)

    def gradient_forward(slots: jax.Array, weights: jax.Array, states: jax.Array) -> tuple[jax.Array, _Kept]:
        return gradient(slots, weights, states), (slots, weights)

    def gradient_reverse(saved: _Kept, along: jax.Array) -> tuple[jax.Array, jax.Array, None]:
        slots, weights = saved
        _, hessian_product, moments_along = kernel.gradient_along(slots, weights, along, jnp.zeros_like(weights))
        return hessian_product, moments_along, None

    gradient.defvjp(gradient_forward, gradient_reverse)

    @jax.custom_vjp
    def along(slots: jax.Array, direction: jax.Array) -> tuple[jax.Array, jax.Array]:
        return kernel.moments_along(slots, direction)

    def along_forward(
        slots: jax.Array, direction: jax.Array
    ) -> tuple[tuple[jax.Array, jax.Array], tuple[jax.Array, jax.Array]]:
        return along(slots, direction), (slots, direction)

    def along_reverse(
        saved: tuple[jax.Array, jax.Array], weights: tuple[jax.Array, jax.Array]
    ) -> tuple[jax.Array, jax.Array]:
        # d(w . m + u . dm/d direction): by the direction it is the gradient for u, by the slots its derivative along
        # the direction, with w as the derivative of u.
        for_moments, for_derivative = weights
        by_direction, by_slots, _ = kernel.gradient_along(saved[0], for_derivative, saved[1], for_moments)
        return by_slots, by_direction

    along.defvjp(along_forward, along_reverse)
    return KernelFunctions(kernel.name, moments, along)


def _choose(split: Split, kernel: KernelName) -> Kernel:
    name = os.environ.get(KERNEL_VARIABLE, "auto") if kernel == "auto" else kernel
    if name not in get_args(KernelName):
        raise error(
            "unknown kernel",
            found=f"'{name}'" + (f" in the variable {KERNEL_VARIABLE}" if kernel == "auto" else ""),
            expected=f"one of {quoted(get_args(KernelName))}",
            help="leave it out for the fastest one that is there",
        )
    state = native_state()
    if name == "native" and not state.available:
        raise error(
            "no native kernel",
            found=state.reason,
            expected="the compiled kernel",
            help="use the kernel 'portable', or install qffc where a C++17 compiler is found",
        )
    # On other devices the portable kernel keeps the data where they are.
    if name == "native" or (name == "auto" and state.available and jax.default_backend() == "cpu"):
        return NativeKernel(split)
    return PortableKernel(split)
