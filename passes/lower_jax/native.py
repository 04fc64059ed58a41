"""The native kernel: the C++ of ``passes/native`` behind foreign calls of XLA.

As many circuits as a register has lanes (SIMD: AVX2, AVX-512) are simulated side by side; their states stay in the
nearest caches.
"""

from __future__ import annotations

from functools import cached_property

import jax
import numpy as np

from qffc.passes.circuit.split_program import Split
from qffc.passes.lower_jax.native_calls import Given, NativeCalls
from qffc.passes.lower_jax.native_program import TILE_QUBITS
from qffc.passes.lower_jax.portable import PortableKernel
from qffc.passes.lower_jax.slot_tables import Cotangents, Inputs, Shape, SlotTables, Tables

Array = jax.Array


class NativeKernel:
    """The kernel of a program in C++; see :class:`qffc.passes.lower_jax.kernel.Kernel`.

    float32 or float64 by the type of the slots.

    Args:
        split: the program.
        tile_qubits: how many qubits of a state are worked on at a time.
    """

    name = "native"
    axis = 0
    reads = ()

    def __init__(self, split: Split, tile_qubits: int = TILE_QUBITS) -> None:
        self._calls = NativeCalls(split, tile_qubits)
        self._split = split

    @cached_property
    def _portable(self) -> PortableKernel:
        return PortableKernel(self._split)

    def wider(self, times: int) -> NativeKernel:
        """Return the kernel itself: it takes any number of circuits."""
        del times
        return self

    def moments_shape(self, slots: Array) -> tuple[int, ...]:
        """Return the shape of the moments."""
        return (*slots.shape[:-1], self._calls.observables)

    def states_size(self, slots: Array, kinds: int) -> int:
        """Return how many numbers are kept of the states."""
        return self._calls.states_size(slots.shape[:-1], kinds)

    def in_jax(self, slots: Array) -> Array:
        """Return the moments by operations of JAX alone."""
        return self._portable.moments(slots)

    def moments(self, slots: Array) -> Array:
        """Return the moments, (batch, observables), of slots (batch, slots)."""
        return self._calls.moments(_slots(slots), slots.shape[:-1], keep=False)[0]

    def moments_and_states(self, slots: Array) -> tuple[Array, Array]:
        """Return the moments, and the final states in the order of the kernel; none where states are large."""
        moments, states = self._calls.moments(_slots(slots), slots.shape[:-1], keep=True)
        return moments, states

    def gradient(self, slots: Array, weights: Array, states: Array | None = None) -> Array:
        """Return the gradient of sum(weights * moments), (batch, slots); from kept states, if there are any."""
        return self._calls.gradient(_slots(slots), weights, states)[0]

    def moments_along(self, slots: Array, slots_along: Array) -> tuple[Array, Array]:
        """Return the moments and their derivative along a direction."""
        moments, along, _ = self._calls.moments_along(_slots(slots), [slots_along], slots.shape[:-1], keep=False)
        return moments, along

    def moments_along_and_states(self, slots: Array, slots_along: Array) -> tuple[Array, Array, Array]:
        """Return what :meth:`moments_along` does, and the final states with their derivatives."""
        moments, along, states = self._calls.moments_along(_slots(slots), [slots_along], slots.shape[:-1], keep=True)
        return moments, along, states

    def gradient_along(
        self, slots: Array, weights: Array, slots_along: Array, weights_along: Array
    ) -> tuple[Array, Array, Array]:
        """Return the gradient, its derivative along a direction, and that of the moments."""
        found = self._calls.gradient_along(_slots(slots), [slots_along], weights, weights_along, None)
        return found[0], found[1], found[2]

    def gradient_along_from(
        self, states: Array, slots: Array, weights: Array, slots_along: Array, weights_along: Array
    ) -> tuple[Array, Array]:
        """Return the gradient and its derivative along a direction, from the states kept along it."""
        found = self._calls.gradient_along(_slots(slots), [slots_along], weights, weights_along, states)
        return found[0], found[1]


class NativeTableKernel:
    """The kernel on tables: circuits read their slots, and gradients are summed over circuits, in C++.

    No array of slots is written. The methods are those of :class:`qffc.passes.lower_jax.kernel.Kernel`, with
    moments and weights (frames, instances, channels, observables).

    Args:
        split: the program.
        tables: where slots are read.
        shape: frames, instances and channels.
    """

    name = "native"
    axis = 1

    def __init__(self, split: Split, tables: SlotTables, shape: Shape) -> None:
        self._calls = NativeCalls(split, TILE_QUBITS, tables)
        self._split, self._tables, self._shape = split, tables, shape
        self.reads = tables.reads

    @cached_property
    def _portable(self) -> PortableKernel:
        return PortableKernel(self._split)

    def wider(self, times: int) -> NativeTableKernel:
        """Return the kernel of that many times the instances."""
        if times not in self._wider:
            frames, instances, channels = self._shape
            self._wider[times] = NativeTableKernel(self._split, self._tables, (frames, times * instances, channels))
        return self._wider[times]

    @cached_property
    def _wider(self) -> dict[int, NativeTableKernel]:
        return {}

    def moments_shape(self, inputs: Inputs) -> tuple[int, ...]:
        """Return the shape of the moments."""
        del inputs
        return (*self._shape, self._calls.observables)

    def states_size(self, inputs: Inputs, kinds: int) -> int:
        """Return how many numbers are kept of the states."""
        del inputs
        return self._calls.states_size(self._shape, kinds)

    def in_jax(self, inputs: Inputs) -> Array:
        """Return the moments by operations of JAX alone, slots written out."""
        slots = self._tables.slots(inputs, self._shape)
        return self._portable.moments(slots.reshape(-1, slots.shape[-1])).reshape(self.moments_shape(inputs))

    def moments(self, inputs: Inputs) -> Array:
        """Return the moments."""
        return self._calls.moments(_given(inputs), self._shape, keep=False)[0]

    def moments_and_states(self, inputs: Inputs) -> tuple[Array, Array]:
        """Return the moments, and the final states."""
        moments, states = self._calls.moments(_given(inputs), self._shape, keep=True)
        return moments, states

    def gradient(self, inputs: Inputs, weights: Array, states: Array | None = None) -> Cotangents:
        """Return the gradient of sum(weights * moments) by the tables."""
        return tuple(self._calls.gradient(_given(inputs), weights, states)), None

    def moments_along(self, inputs: Inputs, along: Cotangents) -> tuple[Array, Array]:
        """Return the moments and their derivative along a direction."""
        moments, derivative, _ = self._calls.moments_along(_given(inputs), along[0], self._shape, keep=False)
        return moments, derivative

    def moments_along_and_states(self, inputs: Inputs, along: Cotangents) -> tuple[Array, Array, Array]:
        """Return what :meth:`moments_along` does, and the final states with their derivatives."""
        moments, derivative, states = self._calls.moments_along(_given(inputs), along[0], self._shape, keep=True)
        return moments, derivative, states

    def gradient_along(
        self, inputs: Inputs, weights: Array, along: Cotangents, weights_along: Array
    ) -> tuple[Cotangents, Cotangents, Array]:
        """Return the gradient, its derivative along a direction, and that of the moments."""
        *found, moments = self._calls.gradient_along(_given(inputs), along[0], weights, weights_along, None)
        return *_both(found), moments

    def gradient_along_from(
        self, states: Array, inputs: Inputs, weights: Array, along: Cotangents, weights_along: Array
    ) -> tuple[Cotangents, Cotangents]:
        """Return the gradient and its derivative along a direction, from the states kept along it."""
        found = self._calls.gradient_along(_given(inputs), along[0], weights, weights_along, states)
        return _both(found[: 2 * len(inputs[0])])


def _slots(slots: Array) -> Given:
    return Given((slots,), (), np.dtype(slots.dtype))


def _given(inputs: Inputs) -> Given:
    tables, rows = inputs
    return Given(tables, rows, np.dtype(tables[0].dtype))


def _both(found: list[Array]) -> tuple[Cotangents, Cotangents]:
    half = len(found) // 2
    first: Tables = tuple(found[:half])
    return (first, None), (tuple(found[half:]), None)
