"""The quantum kernel: which one computes.

Two kernels compute the same numbers: ``native``, compiled C++ for CPUs, and ``portable``, pure JAX. Both offer a few
functions without derivatives of their own; :mod:`qffc.passes.lower_jax.kernel_derivatives` joins them into functions
that JAX differentiates and maps.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, NoReturn, get_args

import jax

from qffc.ir.diagnostics import error, quoted
from qffc.passes.circuit.split_program import Split
from qffc.passes.lower_jax.kernel_derivatives import differentiable
from qffc.passes.lower_jax.kernel_protocol import Differentiable
from qffc.passes.lower_jax.native import NativeKernel, NativeTableKernel
from qffc.passes.lower_jax.native_layers import native_layers
from qffc.passes.lower_jax.portable import PortableKernel
from qffc.passes.lower_jax.shapes import need_slots
from qffc.passes.lower_jax.slot_tables import Cotangents, Inputs, Shape, SlotTables
from qffc.passes.native_library import native_state

KernelName = Literal["auto", "native", "portable"]

MOST_QUBITS = 26
"""States of more are not made, however large the memory is."""
_BYTES_A_PLACE = 256
"""For each of the 2^qubits numbers of a state: as many circuits as go side by side into a register, two states each."""
KERNEL_VARIABLE = "QFFC_KERNEL"
"""The environment variable that chooses the kernel where a program leaves it open."""

Moments = Callable[[jax.Array], jax.Array]


TableFunctions = Differentiable[Inputs, Cotangents]
"""Moments (frames, instances, channels, observables) of tables of slots."""


@dataclass(frozen=True)
class KernelFunctions:
    """The kernel of a program as JAX sees it.

    Args:
        name: ``native`` or ``portable``.
        moments: slots (batch, slots) to moments (batch, observables).
        moments_along: (slots, direction) to moments and their derivative along the direction.
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
    native = takes_native(kernel)
    functions = differentiable(NativeKernel(split) if native else PortableKernel(split))

    def moments(slots: jax.Array) -> jax.Array:
        need_slots(split, slots)
        return functions.moments(slots)

    def moments_along(slots: jax.Array, direction: jax.Array) -> tuple[jax.Array, jax.Array]:
        need_slots(split, slots, direction)
        return functions.moments_along(slots, direction)

    # One kernel for each form of tables: what JAX has compiled for it is found again.
    @cache
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


def takes_native(kernel: KernelName = "auto") -> bool:
    """Return whether the native kernel computes.

    Args:
        kernel: ``auto`` takes what the variable ``QFFC_KERNEL`` names, else the native one where it was built and JAX
            computes on a CPU.

    Raises:
        QffcError: for an unknown name, or when the native kernel is asked for and not there.
    """
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
