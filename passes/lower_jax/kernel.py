"""The quantum kernel: which one computes, and the derivatives that JAX sees.

Two kernels compute the same numbers: ``native``, compiled C++ for CPUs, and ``portable``, pure JAX. Both offer four
functions without derivatives of their own; :class:`KernelFunctions` joins them into functions that JAX differentiates.
Since second derivatives commute, the product of the Hessian with a vector is the derivative of the gradient along it,
so that a loss that holds forces needs no reverse pass through a reverse pass.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Literal, NoReturn, Protocol, TypeVar, get_args

import jax
import jax.numpy as jnp

from qffc.ir.diagnostics import error, quoted
from qffc.passes.circuit.split_program import Split
from qffc.passes.lower_jax.native import NativeKernel, NativeTableKernel
from qffc.passes.lower_jax.native_layers import native_layers
from qffc.passes.lower_jax.portable import PortableKernel
from qffc.passes.lower_jax.shapes import need_slots
from qffc.passes.lower_jax.slot_tables import Cotangents, Inputs, Shape, SlotTables
from qffc.passes.native_library import native_state

G = TypeVar("G")
GivenIn = TypeVar("GivenIn", contravariant=True)
S = TypeVar("S")
KernelName = Literal["auto", "native", "portable"]

MOST_QUBITS = 26
"""States of more are not made, however large the memory is."""
_BYTES_A_PLACE = 256
"""For each of the 2^qubits numbers of a state: as many circuits as go side by side into a register, two states each."""
KERNEL_VARIABLE = "QFFC_KERNEL"
"""The environment variable that chooses the kernel where a program leaves it open."""

Moments = Callable[[jax.Array], jax.Array]


class Kernel(Protocol[GivenIn, S]):
    """Functions of many circuits at once: what they are given, and slopes by it.

    Given are slots (batch, slots) in radians, with slopes of the same shape, and moments and weights (batch,
    observables); or tables of slots, see :mod:`qffc.passes.lower_jax.slot_tables`.
    """

    @property
    def name(self) -> str:
        """``native`` or ``portable``."""

    def moments(self, given: GivenIn, /) -> jax.Array:
        """Return the moments."""

    def moments_and_states(self, given: GivenIn, /) -> tuple[jax.Array, jax.Array]:
        """Return the moments, and what :meth:`gradient` may start from; an array of any shape, empty for nothing."""

    def gradient(self, given: GivenIn, weights: jax.Array, states: jax.Array | None = None, /) -> S:
        """Return the gradient of sum(weights * moments)."""

    def moments_along(self, given: GivenIn, along: S, /) -> tuple[jax.Array, jax.Array]:
        """Return the moments and their derivative along a direction."""

    def moments_along_and_states(self, given: GivenIn, along: S, /) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Return what :meth:`moments_along` does, and what :meth:`gradient_along_from` may start from."""

    def gradient_along(
        self, given: GivenIn, weights: jax.Array, along: S, weights_along: jax.Array, /
    ) -> tuple[S, S, jax.Array]:
        """Return the gradient, its derivative along a direction, and that of the moments."""

    def gradient_along_from(
        self, states: jax.Array, given: GivenIn, weights: jax.Array, along: S, weights_along: jax.Array, /
    ) -> tuple[S, S]:
        """Return the gradient and its derivative along a direction."""


@dataclass(frozen=True)
class Differentiable(Generic[G, S]):
    """A kernel as JAX differentiates it.

    Args:
        moments: of what is given; differentiable twice in reverse mode.
        moments_along: of what is given and a direction, the moments and their derivative along it; differentiable once.
    """

    moments: Callable[[G], jax.Array]
    moments_along: Callable[[G, S], tuple[jax.Array, jax.Array]]


TableFunctions = Differentiable[Inputs, Cotangents]
"""Moments (frames, instances, channels, observables) of tables of slots."""


@dataclass(frozen=True)
class KernelFunctions:
    """The kernel of a program as JAX sees it.

    Args:
        name: ``native`` or ``portable``.
        moments: slots (batch, slots) to moments (batch, observables); differentiable twice in reverse mode.
        moments_along: (slots, direction) to moments and their derivative along the direction; differentiable once.
        reads_tables: what makes functions of tables of slots; None where slots are written out first.
        native_layers: whether the classical layers around the circuits are native functions; left out, where these are
            there.
    """

    name: str
    moments: Moments
    moments_along: Callable[[jax.Array, jax.Array], tuple[jax.Array, jax.Array]]
    reads_tables: Callable[[SlotTables, Shape], TableFunctions] | None = None
    native_layers: bool = field(default_factory=native_layers)

    def on_tables(self, tables: SlotTables, shape: Shape) -> TableFunctions:
        """Return the functions of tables of slots.

        Args:
            tables: where slots are read.
            shape: frames, instances and channels.
        """
        if self.reads_tables is None or not tables.reads:
            return _written_out(Differentiable(self.moments, self.moments_along), tables, shape)
        return self.reads_tables(tables, shape)


def make_kernel(split: Split, kernel: KernelName = "auto") -> KernelFunctions:
    """Return the kernel of a program.

    Args:
        split: the program.
        kernel: ``auto`` takes the native one where it was built and JAX computes on a CPU, else the portable one.

    Raises:
        QffcError: for an unknown name, or when the native kernel is asked for and not there. The functions raise it
            when they are called with slots of another shape, and for more than :func:`most_qubits`: angles of such
            circuits can be computed.
    """
    if split.qubit_count > most_qubits():

        def refuse(*_: jax.Array) -> NoReturn:
            raise error(
                "too many qubits to simulate",
                found=f"{split.qubit_count} qubits in '{split.program.name}'",
                expected=f"at most {most_qubits()} on this machine: a state has 2^qubits numbers, for every circuit",
                help="use fewer qubits a circuit; larger ones can be proven, compiled and run on a machine",
            )

        return KernelFunctions("none", refuse, refuse)
    native = _is_native(kernel)
    functions = differentiable(NativeKernel(split) if native else PortableKernel(split))

    def moments(slots: jax.Array) -> jax.Array:
        need_slots(split, slots)
        return functions.moments(slots)

    def moments_along(slots: jax.Array, direction: jax.Array) -> tuple[jax.Array, jax.Array]:
        need_slots(split, slots, direction)
        return functions.moments_along(slots, direction)

    def reads_tables(tables: SlotTables, shape: Shape) -> TableFunctions:
        return differentiable(NativeTableKernel(split, tables, shape))

    if native:
        return KernelFunctions("native", moments, moments_along, reads_tables)
    return KernelFunctions("portable", moments, moments_along, native_layers=False)


def most_qubits() -> int:
    """Return the qubits of the largest circuits that are simulated here, by the memory of the machine.

    Example:
        >>> most_qubits() <= MOST_QUBITS
        True
    """
    return min(MOST_QUBITS, (_memory() // _BYTES_A_PLACE).bit_length() - 1)


def _memory() -> int:
    """Bytes of the machine."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def make_moments(split: Split, kernel: KernelName = "auto") -> Moments:
    """Return the moments of a program alone: (batch, slots) -> (batch, observables)."""
    return make_kernel(split, kernel).moments


def differentiable(kernel: Kernel[G, S]) -> Differentiable[G, S]:
    """Return the functions of a kernel with their derivatives."""

    @jax.custom_vjp
    def moments(given: G) -> jax.Array:
        return kernel.moments(given)

    def moments_forward(given: G) -> tuple[jax.Array, tuple[G, jax.Array]]:
        value, states = keeping(given)
        return value, (given, states)

    def moments_reverse(saved: tuple[G, jax.Array], weights: jax.Array) -> tuple[S]:
        given, states = saved
        return (gradient(given, weights, states),)

    moments.defvjp(moments_forward, moments_reverse)

    @jax.custom_vjp
    def keeping(given: G) -> tuple[jax.Array, jax.Array]:
        return kernel.moments_and_states(given)

    def keeping_forward(given: G) -> tuple[tuple[jax.Array, jax.Array], tuple[G, jax.Array]]:
        value, states = keeping(given)
        return (value, states), (given, states)

    def keeping_reverse(saved: tuple[G, jax.Array], weights: tuple[jax.Array, jax.Array]) -> tuple[S]:
        # Nothing depends on the states but through the gradient, whose derivative is by what is given.
        return moments_reverse(saved, weights[0])

    keeping.defvjp(keeping_forward, keeping_reverse)

    @jax.custom_vjp
    def gradient(given: G, weights: jax.Array, states: jax.Array) -> S:
        return kernel.gradient(given, weights, states)

    def gradient_forward(given: G, weights: jax.Array, states: jax.Array) -> tuple[S, tuple[G, jax.Array]]:
        return gradient(given, weights, states), (given, weights)

    def gradient_reverse(saved: tuple[G, jax.Array], along: S) -> tuple[S, jax.Array, None]:
        given, weights = saved
        _, hessian_product, moments_along = kernel.gradient_along(given, weights, along, jnp.zeros_like(weights))
        return hessian_product, moments_along, None

    gradient.defvjp(gradient_forward, gradient_reverse)

    @jax.custom_vjp
    def along(given: G, direction: S) -> tuple[jax.Array, jax.Array]:
        return kernel.moments_along(given, direction)

    def along_forward(given: G, direction: S) -> tuple[tuple[jax.Array, jax.Array], tuple[G, S, jax.Array]]:
        value, derivative, states = kernel.moments_along_and_states(given, direction)
        return (value, derivative), (given, direction, states)

    def along_reverse(saved: tuple[G, S, jax.Array], weights: tuple[jax.Array, jax.Array]) -> tuple[S, S]:
        # d(w . m + u . dm/d direction): by the direction it is the gradient for u, by what is given its derivative
        # along the direction, with w as the derivative of u.
        given, direction, states = saved
        for_moments, for_derivative = weights
        by_direction, by_given = kernel.gradient_along_from(states, given, for_derivative, direction, for_moments)
        return by_given, by_direction

    along.defvjp(along_forward, along_reverse)
    return Differentiable(moments, along)


def _written_out(
    functions: Differentiable[jax.Array, jax.Array], tables: SlotTables, shape: Shape
) -> Differentiable[Inputs, Cotangents]:
    """The functions of tables by those of slots, for a kernel that wants slots."""

    def flat(inputs: Inputs) -> jax.Array:
        slots = tables.slots(inputs, shape)
        return slots.reshape(-1, slots.shape[-1])

    def moments(inputs: Inputs) -> jax.Array:
        value = functions.moments(flat(inputs))
        return value.reshape(*shape, value.shape[-1])

    def moments_along(inputs: Inputs, along: Cotangents) -> tuple[jax.Array, jax.Array]:
        slots, direction = jax.jvp(lambda numbers: flat((numbers, inputs[1])), (inputs[0],), (along[0],))
        value, derivative = functions.moments_along(slots, direction)
        return value.reshape(*shape, value.shape[-1]), derivative.reshape(*shape, value.shape[-1])

    return Differentiable(moments, moments_along)


def _is_native(kernel: KernelName) -> bool:
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
    return name == "native" or (name == "auto" and state.available and jax.default_backend() == "cpu")
