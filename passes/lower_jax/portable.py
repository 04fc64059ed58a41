"""The portable kernel: pure JAX, for every machine that JAX runs on.

State. The state vector has real and imaginary parts apart, shape (2**qubits, batch), batch last, so that every gate is
a few contiguous vector operations.

Gates. Each gate reads rows of the state and has a few coefficients (``gate_steps.py``). The program is a table of them
walked by ``lax.scan``: compile time does not grow with depth.

Derivatives. The gradient is an adjoint sweep (adjoint differentiation), which un-applies the gates instead of storing
states. Derivatives along a direction are JAX's forward derivatives of the two sweeps.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import InternalError
from qffc.ir.observables import Observable
from qffc.passes.circuit.split_program import Split
from qffc.passes.lower_jax.gate_steps import GateRow, Pair, apply, coefficient_gradient, undo
from qffc.passes.lower_jax.own_primitives import alike
from qffc.passes.lower_jax.table import gate_coefficients, gate_table, initial_state, resolve_relabels


class PortableKernel:
    """The kernel of a program in pure JAX; see :class:`qffc.passes.lower_jax.kernel.Kernel`."""

    name = "portable"
    axis = 0
    reads = ()

    def __init__(self, split: Split) -> None:
        ops, wires = resolve_relabels(split)
        self._gates = tuple(op for op in ops if op.kind not in ("singlet", "zero"))
        self._initial = initial_state(split)
        self._terms = [_observable_rows(o, split.qubit_count, wires) for o in split.observables]
        self._table = gate_table(self._gates, split.qubit_count) if self._gates else None
        self._coefficients = partial(gate_coefficients, self._gates, split)

    def wider(self, times: int) -> PortableKernel:
        """Return the kernel itself: it takes any number of circuits."""
        del times
        return self

    def moments_shape(self, slots: jax.Array) -> tuple[int, ...]:
        """Return the shape of the moments."""
        return (*slots.shape[:-1], len(self._terms))

    def states_size(self, slots: jax.Array, kinds: int) -> int:
        """Return 0: this kernel makes the states again."""
        del slots, kinds
        return 0

    def in_jax(self, slots: jax.Array) -> jax.Array:
        """Return the moments, all operations of this kernel being JAX."""
        return self.moments(slots)

    def moments(self, slots: jax.Array) -> jax.Array:
        """Return the moments, (batch, observables), of slots (batch, slots)."""
        if self._table is None:
            return self._constant_moments(slots)
        state = self._final_state(self._coefficients(slots.T))
        return jnp.stack([_inner(state, _apply_rows(rows, state)) for rows in self._terms], axis=1)

    def moments_and_states(self, slots: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Return the moments and an empty array: this kernel makes the states again."""
        return self.moments(slots), jnp.zeros((0,), slots.dtype)

    def gradient(self, slots: jax.Array, weights: jax.Array, states: jax.Array | None = None) -> jax.Array:
        """Return the gradient of sum(weights * moments), (batch, slots)."""
        del states
        return self._sweep(slots, weights)[0]

    def moments_along(self, slots: jax.Array, slots_along: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Return the moments and their derivative along a direction."""
        return jax.jvp(self.moments, (slots,), (slots_along,))

    def moments_along_and_states(
        self, slots: jax.Array, slots_along: jax.Array
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Return what :meth:`moments_along` does and an empty array."""
        return (*self.moments_along(slots, slots_along), jnp.zeros((0,), slots.dtype))

    def gradient_along(
        self, slots: jax.Array, weights: jax.Array, slots_along: jax.Array, weights_along: jax.Array
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Return the gradient, its derivative along a direction, and that of the moments."""
        primals, tangents = jax.jvp(self._sweep, (slots, weights), (slots_along, weights_along))
        return primals[0], tangents[0], tangents[1]

    def gradient_along_from(
        self, states: jax.Array, slots: jax.Array, weights: jax.Array, slots_along: jax.Array, weights_along: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """Return the gradient and its derivative along a direction."""
        del states
        gradient, along, _ = self.gradient_along(slots, weights, slots_along, weights_along)
        return gradient, along

    def _constant_moments(self, slots: jax.Array) -> jax.Array:
        constant = np.array([_expect_rows(rows, self._initial) for rows in self._terms])
        return jnp.broadcast_to(jnp.asarray(constant, slots.dtype), (slots.shape[0], len(constant)))

    def _final_state(self, coefs: jax.Array) -> tuple[jax.Array, jax.Array]:
        table, initial = self._table, self._initial
        if table is None:
            raise InternalError("a sweep over no gates")
        shape = (initial.shape[0], coefs.shape[-1])
        real = jnp.broadcast_to(jnp.asarray(initial.real, coefs.dtype)[:, None], shape)
        imag = jnp.broadcast_to(jnp.asarray(initial.imag, coefs.dtype)[:, None], shape)

        def step(state: Pair, row: GateRow) -> tuple[Pair, None]:
            return apply(state, row, table.sets), None

        real, imag, coefs = alike((real, imag, coefs))
        return jax.lax.scan(step, (real, imag), table.rows(coefs))[0]

    def _sweep(self, slots: jax.Array, weights: jax.Array) -> tuple[jax.Array, jax.Array]:
        """The gradient of weights . moments, and the moments that come along."""
        table = self._table
        if table is None:
            return jnp.zeros_like(slots), self._constant_moments(slots)
        coefs, pull = jax.vjp(self._coefficients, slots.T)
        state = self._final_state(coefs)
        applied = [_apply_rows(rows, state) for rows in self._terms]
        costate = _weighted(applied, weights)

        def step(carry: tuple[Pair, Pair], row: GateRow) -> tuple[tuple[Pair, Pair], jax.Array]:
            state, costate = carry
            before = undo(state, row, table.sets)
            gradient = coefficient_gradient(costate, before, row, table.sets)
            return (before, undo(costate, row, table.sets)), gradient

        _, gradients = jax.lax.scan(step, (state, costate), table.rows(coefs, back=True), reverse=True)
        return pull(gradients)[0].T, jnp.stack([_inner(state, image) for image in applied], axis=1)


# --------------------------------------------------------------------------- observables

_Rows = tuple[tuple[NDArray[np.complex128], NDArray[np.int32]], ...]
"""An observable as a sum of (factor by row, row to read)."""


def _observable_rows(observable: Observable, qubits: int, wires: dict[int, int]) -> _Rows:
    size = 2**qubits
    rows = np.arange(size)
    by_permutation: dict[bytes, tuple[NDArray[np.complex128], NDArray[np.int32]]] = {}
    for string, (weight, imaginary) in observable.paulis.relabelled(wires).terms:
        if imaginary.text != "0":
            raise InternalError("an observable that is not Hermitian")
        factor = np.full(size, complex(float(weight.value)))  # type: ignore[attr-defined]  # observables have exact weights
        mask = 0
        for qubit, letter in string:
            shift = qubits - 1 - qubit
            sign = 1 - 2 * ((rows >> shift) & 1)
            if letter != "Z":
                mask |= 1 << shift
            factor = factor * {"X": np.ones(size), "Y": -1j * sign, "Z": sign}[letter]
        permutation = (rows ^ mask).astype(np.int32)
        old = by_permutation.get(permutation.tobytes())
        total = factor if old is None else old[0] + factor
        by_permutation[permutation.tobytes()] = (total, permutation)
    return tuple(by_permutation.values())


def _apply_rows(observable: _Rows, state: Pair) -> Pair:
    real, imag = jnp.zeros_like(state[0]), jnp.zeros_like(state[1])
    for factor, permutation in observable:
        r, i = state[0][permutation], state[1][permutation]
        fr = jnp.asarray(factor.real, r.dtype)[:, None]
        real, imag = real + fr * r, imag + fr * i
        if np.any(factor.imag):
            fi = jnp.asarray(factor.imag, r.dtype)[:, None]
            real, imag = real - fi * i, imag + fi * r
    return real, imag


def _inner(left: Pair, right: Pair) -> jax.Array:
    return jnp.sum(left[0] * right[0] + left[1] * right[1], axis=0)


def _weighted(images: list[Pair], cotangent: jax.Array) -> Pair:
    real, imag = jnp.zeros_like(images[0][0]), jnp.zeros_like(images[0][1])
    for index, (r, i) in enumerate(images):
        weight = cotangent[:, index][None, :]
        real, imag = real + weight * r, imag + weight * i
    return real, imag


def _expect_rows(observable: _Rows, state: NDArray[np.complex128]) -> float:
    return float(sum(np.vdot(state, factor * state[permutation]).real for factor, permutation in observable))
