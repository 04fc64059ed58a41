"""The native kernel: the C++ of ``passes/native`` behind foreign calls of XLA.

As many circuits as a register has lanes are simulated side by side; their states stay in the nearest caches.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp

from qffc.ir.diagnostics import InternalError
from qffc.passes.circuit.split_program import Split
from qffc.passes.lower_jax.native_library import CALLS, native_state
from qffc.passes.lower_jax.native_program import TILE_QUBITS, native_program

INSTRUCTIONS_VARIABLE = "QFFC_INSTRUCTIONS"
"""The environment variable that names an instruction set: ``avx512``, ``avx2`` or ``portable``, instead of the best."""

_MOST_LANES = 16
"""Circuits side by side in the widest register; every other number of lanes divides it."""

_KEPT_QUBITS = 8
"""States of up to this many qubits are kept for the gradient: 4 KiB a circuit, read faster than made again."""


class NativeKernel:
    """The kernel of a program in C++; see :class:`qffc.passes.lower_jax.kernel.Kernel`.

    float32 or float64 by the type of the slots.

    Args:
        split: the program.
        tile_qubits: how many qubits of a state are worked on at a time.
    """

    name = "native"

    def __init__(self, split: Split, tile_qubits: int = TILE_QUBITS) -> None:
        register_native()
        native = native_program(split, tile_qubits)
        self._qubits = split.qubit_count
        self._observables = len(split.observables)
        self._attributes: dict[str, Any] = {
            "ints": native.ints,
            "reals": native.reals,
            "instructions": os.environ.get(INSTRUCTIONS_VARIABLE, ""),
        }

    def moments(self, slots: jax.Array) -> jax.Array:
        """Return the moments, (batch, observables), of slots (batch, slots)."""
        (result,) = self._call("qffc_moments", "m", slots)
        return result

    def moments_and_states(self, slots: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Return the moments, and the final states in the order of the kernel; none where states are large."""
        if self._qubits > _KEPT_QUBITS:
            return self.moments(slots), jnp.zeros((0,), slots.dtype)
        moments, states = self._call("qffc_moments", "mk", slots)
        return moments, states

    def gradient(self, slots: jax.Array, weights: jax.Array, states: jax.Array | None = None) -> jax.Array:
        """Return the gradient of sum(weights * moments), (batch, slots); from kept states, if there are any."""
        kept = () if states is None or states.size == 0 else (states,)
        (result,) = self._call("qffc_gradient", "s", slots, weights, *kept)
        return result

    def moments_along(self, slots: jax.Array, slots_along: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Return the moments and their derivative along a direction."""
        moments, along = self._call("qffc_moments_along", "mm", slots, slots_along)
        return moments, along

    def gradient_along(
        self, slots: jax.Array, weights: jax.Array, slots_along: jax.Array, weights_along: jax.Array
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Return the gradient, its derivative along a direction, and that of the moments."""
        gradient, along, moments = self._call("qffc_gradient_along", "ssm", slots, weights, slots_along, weights_along)
        return gradient, along, moments

    def _call(self, name: str, results: str, *arrays: jax.Array) -> Sequence[jax.Array]:
        slots = arrays[0]
        rows = slots.shape[:-1]
        blocks = -(-math.prod(rows) // _MOST_LANES)
        kinds = {
            "s": slots.shape,
            "m": (*rows, self._observables),
            "k": (blocks * _MOST_LANES * 2 ** (self._qubits + 1),),
        }
        shapes = [jax.ShapeDtypeStruct(kinds[kind], slots.dtype) for kind in results]  # type: ignore[no-untyped-call]
        call: Callable[..., Sequence[jax.Array]] = jax.ffi.ffi_call(name, shapes, vmap_method="broadcast_all")
        return call(*arrays, **self._attributes)


@cache
def register_native() -> None:
    """Make the foreign functions known to JAX; once is enough."""
    library = native_state().library
    if library is None:
        raise InternalError("a native kernel without its library")
    for name in CALLS:
        function = jax.ffi.pycapsule(getattr(library, name))  # type: ignore[no-untyped-call]  # of JAX
        jax.ffi.register_ffi_target(name, function, platform="cpu")
