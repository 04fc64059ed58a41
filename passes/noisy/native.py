"""The native noisy kernel: the C++ of ``passes/native`` behind a foreign call of XLA, as the exact one is.

Circuits go side by side through registers. Everything between slots and moments is one call, forward and back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qffc.passes.lower_jax.native_calls import register_native
from qffc.passes.lower_jax.native_layers import instructions
from qffc.passes.noisy.kernel import NoisyKernel
from qffc.passes.noisy.native_program import native_noisy_program

Array = jax.Array
_MOMENTS, _GRADIENT, _MOMENTS_ALONG, _GRADIENT_ALONG = range(4)


class NativeNoisyKernel:
    """A noisy kernel in C++; see :class:`qffc.passes.lower_jax.kernel_protocol.Kernel`.

    float32 or float64 by the type of the slots. No states are kept for the gradient: those of few circuits stay in the
    nearest caches, and are made again.

    Args:
        kernel: the same in JAX.
    """

    name = "native"
    axis = 0
    reads = ()

    def __init__(self, kernel: NoisyKernel) -> None:
        register_native()
        program = native_noisy_program(kernel)
        self._kernel = kernel
        self._observables = len(kernel.plan.terms)
        self._attributes: dict[str, Any] = {
            "ints": program.ints,
            "reals": program.reals,
            "instructions": instructions(),
        }

    def wider(self, times: int) -> NativeNoisyKernel:
        """Return the kernel itself: it takes any number of circuits."""
        del times
        return self

    def moments_shape(self, slots: Array) -> tuple[int, ...]:
        """Return the shape of the moments."""
        return (*slots.shape[:-1], self._observables)

    def states_size(self, slots: Array, kinds: int) -> int:
        """Return how many numbers are kept of the states: none."""
        del slots, kinds
        return 0

    def in_jax(self, slots: Array) -> Array:
        """Return the moments by operations of JAX alone."""
        return self._kernel.moments(slots)

    def moments(self, slots: Array) -> Array:
        """Return the moments, (batch, observables), of slots (batch, slots)."""
        return self._call(_MOMENTS, [slots], [self.moments_shape(slots)])[0]

    def moments_and_states(self, slots: Array) -> tuple[Array, Array]:
        """Return the moments, and no states."""
        return self.moments(slots), _nothing(slots)

    def gradient(self, slots: Array, weights: Array, states: Array | None = None) -> Array:
        """Return the gradient of sum(weights * moments), (batch, slots)."""
        del states
        return self._call(_GRADIENT, [slots, weights], [slots.shape])[0]

    def moments_along(self, slots: Array, slots_along: Array) -> tuple[Array, Array]:
        """Return the moments and their derivative along a direction."""
        shape = self.moments_shape(slots)
        moments, along = self._call(_MOMENTS_ALONG, [slots, slots_along], [shape, shape])
        return moments, along

    def moments_along_and_states(self, slots: Array, slots_along: Array) -> tuple[Array, Array, Array]:
        """Return what :meth:`moments_along` does, and no states."""
        return *self.moments_along(slots, slots_along), _nothing(slots)

    def gradient_along(
        self, slots: Array, weights: Array, slots_along: Array, weights_along: Array
    ) -> tuple[Array, Array, Array]:
        """Return the gradient, its derivative along a direction, and that of the moments."""
        arrays, shapes = [slots, slots_along, weights, weights_along], [slots.shape, slots.shape, weights.shape]
        gradient, along, moments_along = self._call(_GRADIENT_ALONG, arrays, shapes)
        return gradient, along, moments_along

    def gradient_along_from(
        self, states: Array, slots: Array, weights: Array, slots_along: Array, weights_along: Array
    ) -> tuple[Array, Array]:
        """Return the gradient and its derivative along a direction."""
        del states
        return self.gradient_along(slots, weights, slots_along, weights_along)[:2]

    def _call(self, mode: int, arrays: Sequence[Array], results: Sequence[tuple[int, ...]]) -> list[Array]:
        kind = arrays[0].dtype
        shapes = [jax.ShapeDtypeStruct(shape, kind) for shape in results]  # type: ignore[no-untyped-call]
        return list(jax.ffi.ffi_call("qffc_noisy", shapes)(*arrays, mode=np.int64(mode), **self._attributes))


def _nothing(slots: Array) -> Array:
    return jnp.zeros((0,), slots.dtype)
