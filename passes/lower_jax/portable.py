"""The portable kernel: pure JAX, for every machine that JAX runs on.

State. The state vector has real and imaginary parts apart, shape (2**qubits, batch), batch last, so that every gate is
a few contiguous vector operations.

Gates. Each gate has the form psi'[r] = D psi[r] + O psi[permutation[r]], where D and O take one of two values by
a bit of the row r. The program is a table of such rows walked by ``lax.scan``: compile time does not grow with depth.

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
from qffc.passes.lower_jax.table import gate_coefficients, gate_table, initial_state, resolve_relabels


class PortableKernel:
    """The kernel of a program in pure JAX; see :class:`qffc.passes.lower_jax.kernel.Kernel`."""

    name = "portable"

    def __init__(self, split: Split) -> None:
        ops, wires = resolve_relabels(split)
        self._gates = tuple(op for op in ops if op.kind not in ("singlet", "zero"))
        self._initial = initial_state(split)
        self._terms = [_observable_rows(o, split.qubit_count, wires) for o in split.observables]
        self._table = gate_table(self._gates, split.qubit_count) if self._gates else None
        self._coefficients = partial(gate_coefficients, self._gates, split)

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
        rows = (table.permutation, table.bit, coefs, *(() if table.second is None else (table.second,)))

        def step(state: _Pair, row: tuple[jax.Array, ...]) -> tuple[_Pair, None]:
            permutation, bit, coefs, *second = row
            return _apply(state, permutation, bit, second[0] if second else None, coefs), None

        return jax.lax.scan(step, (real, imag), rows)[0]

    def _sweep(self, slots: jax.Array, weights: jax.Array) -> tuple[jax.Array, jax.Array]:
        """The gradient of weights . moments, and the moments that come along."""
        table = self._table
        if table is None:
            return jnp.zeros_like(slots), self._constant_moments(slots)
        coefs, pull = jax.vjp(self._coefficients, slots.T)
        state = self._final_state(coefs)
        applied = [_apply_rows(rows, state) for rows in self._terms]
        costate = _weighted(applied, weights)
        thirds = () if table.second is None else (table.second, np.argsort(table.second, axis=1))
        rows = (table.permutation, table.inverse, table.bit, table.flips, coefs, *thirds)

        def step(carry: tuple[_Pair, _Pair], row: tuple[jax.Array, ...]) -> tuple[tuple[_Pair, _Pair], jax.Array]:
            state, costate = carry
            permutation, inverse, bit, flips, coefs, *thirds = row
            second, second_inverse = thirds or (None, None)
            back = (inverse, bit, second_inverse, _adjoint(coefs, flips))
            before = _apply(state, *back)
            gradient = _coefficient_gradient(costate, before, permutation, bit, second)
            return (before, _apply(costate, *back)), gradient

        _, gradients = jax.lax.scan(step, (state, costate), rows, reverse=True)
        return pull(gradients)[0].T, jnp.stack([_inner(state, image) for image in applied], axis=1)


# --------------------------------------------------------------------------- one gate

_Pair = tuple[jax.Array, jax.Array]


def _apply(state: _Pair, permutation: jax.Array, bit: jax.Array, second: jax.Array | None, coefs: jax.Array) -> _Pair:
    real, imag = state
    other_real, other_imag = real[permutation], imag[permutation]
    chosen = jnp.where(bit[None, :, None], coefs[4:8, None, :], coefs[0:4, None, :])
    d_real, d_imag, o_real, o_imag = chosen
    new_real = d_real * real - d_imag * imag + o_real * other_real - o_imag * other_imag
    new_imag = d_real * imag + d_imag * real + o_real * other_imag + o_imag * other_real
    if second is not None:
        new_real = new_real + coefs[8][None, :] * real[second]
        new_imag = new_imag + coefs[8][None, :] * imag[second]
    return new_real, new_imag


def _adjoint(coefs: jax.Array, flips: jax.Array) -> jax.Array:
    """The coefficients of the adjoint: O is conjugated and belongs to the row that it was read from.

    Where the permutation flips the bit the two off-diagonal coefficients trade places. The third term of a chirality is
    real, and only its permutation is inverted.
    """
    swapped = jnp.where(flips, jnp.concatenate([coefs[6:8], coefs[2:4]]), jnp.concatenate([coefs[2:4], coefs[6:8]]))
    signs = jnp.array([1.0, -1.0], coefs.dtype)[:, None]
    parts = [signs * coefs[0:2], signs * swapped[0:2], signs * coefs[4:6], signs * swapped[2:4], coefs[8:]]
    return jnp.concatenate(parts)


def _coefficient_gradient(
    costate: _Pair, before: _Pair, permutation: jax.Array, bit: jax.Array, second: jax.Array | None
) -> jax.Array:
    """D energy / d coefficients: 2 Re <costate| d gate |before>, (8 or 9, batch)."""
    lr, li = costate
    br, bi = before
    pr, pi = br[permutation], bi[permutation]
    products = jnp.stack([lr * br + li * bi, li * br - lr * bi, lr * pr + li * pi, li * pr - lr * pi])
    upper = jnp.where(bit[None, :, None], products, 0.0)
    one = 2.0 * jnp.sum(upper, axis=1)
    total = 2.0 * jnp.sum(products, axis=1)
    parts = [total - one, one]
    if second is not None:
        parts.append(2.0 * jnp.sum(lr * br[second] + li * bi[second], axis=0)[None])
    return jnp.concatenate(parts)


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


def _apply_rows(observable: _Rows, state: _Pair) -> _Pair:
    real, imag = jnp.zeros_like(state[0]), jnp.zeros_like(state[1])
    for factor, permutation in observable:
        r, i = state[0][permutation], state[1][permutation]
        fr = jnp.asarray(factor.real, r.dtype)[:, None]
        real, imag = real + fr * r, imag + fr * i
        if np.any(factor.imag):
            fi = jnp.asarray(factor.imag, r.dtype)[:, None]
            real, imag = real - fi * i, imag + fi * r
    return real, imag


def _inner(left: _Pair, right: _Pair) -> jax.Array:
    return jnp.sum(left[0] * right[0] + left[1] * right[1], axis=0)


def _weighted(images: list[_Pair], cotangent: jax.Array) -> _Pair:
    real, imag = jnp.zeros_like(images[0][0]), jnp.zeros_like(images[0][1])
    for index, (r, i) in enumerate(images):
        weight = cotangent[:, index][None, :]
        real, imag = real + weight * r, imag + weight * i
    return real, imag


def _expect_rows(observable: _Rows, state: NDArray[np.complex128]) -> float:
    return float(sum(np.vdot(state, factor * state[permutation]).real for factor, permutation in observable))
