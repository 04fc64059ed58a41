"""The quantum kernel in JAX: expectation values of many circuits at once, with exact derivatives.

State. Real and imaginary parts apart, shape (2**qubits, batch), batch last, so that every gate is a few contiguous
vector operations.

Gates. Each gate has the form psi'[r] = D psi[r] + O psi[permutation[r]], where D and O take one of two values by
a bit of the row r. The program is a table of such rows walked by ``lax.scan``: the compile time does not grow with depth.

Derivatives. ``moments`` has a custom reverse rule, the adjoint sweep, which un-applies the gates instead of storing
states. The gradient has a reverse rule of its own, for losses that hold forces: since second derivatives commute, the
product of the Hessian with a vector is the forward derivative of the gradient along it, one more sweep with tangents.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import InternalError
from qffc.ir.observables import Observable
from qffc.passes.split_program import Affine, KernelOp, Split

Moments = Callable[[jax.Array], jax.Array]

_CHIRALITY_GAP = 2.0 * np.sqrt(3.0)
"""The eigenvalues of sigma_a . (sigma_b x sigma_c) are 0 and plus or minus this."""


@dataclass(frozen=True)
class GateTable:
    """The fixed structure of the gates; G gates on N = 2**qubits rows.

    Args:
        permutation: (G, N) the row that the off-diagonal term reads.
        inverse: (G, N) its inverse.
        bit: (G, N) which of the two coefficients a row takes.
        flips: (G,) whether the permutation changes the bit, as in a rotation.
        second: (G, N) the row that the third term of a chirality reads, or None without chiralities.
    """

    permutation: NDArray[np.int32]
    inverse: NDArray[np.int32]
    bit: NDArray[np.bool_]
    flips: NDArray[np.bool_]
    second: NDArray[np.int32] | None


def make_moments(split: Split) -> Moments:
    """Return ``moments(slots)``: (batch, slots) -> (batch, observables), differentiable twice in reverse mode."""
    gates = tuple(op for op in _resolve_relabels(split)[0] if op.kind not in ("singlet", "zero"))
    initial = _initial_state(split)
    terms = [_observable_rows(o, split.qubit_count, _resolve_relabels(split)[1]) for o in split.observables]
    if not gates:
        constant = np.array([_expect_rows(rows, initial) for rows in terms])
        return lambda slots: jnp.broadcast_to(jnp.asarray(constant, slots.dtype), (slots.shape[0], len(terms)))
    table = _gate_table(gates, split.qubit_count)
    coefficients = partial(_coefficients, gates, split)

    def final_state(coefs: jax.Array) -> tuple[jax.Array, jax.Array]:
        shape = (initial.shape[0], coefs.shape[-1])
        start = tuple(
            jnp.broadcast_to(jnp.asarray(p, coefs.dtype)[:, None], shape) for p in (initial.real, initial.imag)
        )
        rows = (table.permutation, table.bit, *(() if table.second is None else (table.second,)), coefs)

        def step(state: _Pair, row: tuple[jax.Array, ...]) -> tuple[_Pair, None]:
            return _apply(state, *_unpack(row, table.second is not None)), None

        return jax.lax.scan(step, start, rows)[0]

    def plain(slots: jax.Array) -> jax.Array:
        state = final_state(coefficients(slots.T))
        return jnp.stack([_inner(state, _apply_rows(rows, state)) for rows in terms], axis=1)

    def sweep(slots: jax.Array, cotangent: jax.Array) -> tuple[jax.Array, jax.Array]:
        """The gradient of cotangent . moments, and the moments that come along."""
        coefs, pull = jax.vjp(coefficients, slots.T)
        state = final_state(coefs)
        applied = [_apply_rows(rows, state) for rows in terms]
        costate = _weighted(applied, cotangent)
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

    @jax.custom_vjp
    def gradient(slots: jax.Array, cotangent: jax.Array) -> jax.Array:
        return sweep(slots, cotangent)[0]

    def gradient_forward(slots: jax.Array, cotangent: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        return sweep(slots, cotangent)[0], (slots, cotangent)

    def gradient_reverse(saved: tuple[jax.Array, jax.Array], along: jax.Array) -> tuple[jax.Array, jax.Array]:
        slots, cotangent = saved
        _, (hessian_product, moments_along) = jax.jvp(lambda s: sweep(s, cotangent), (slots,), (along,))
        return hessian_product, moments_along

    gradient.defvjp(gradient_forward, gradient_reverse)

    @jax.custom_vjp
    def moments(slots: jax.Array) -> jax.Array:
        return plain(slots)

    def moments_forward(slots: jax.Array) -> tuple[jax.Array, jax.Array]:
        return plain(slots), slots

    def moments_reverse(slots: jax.Array, cotangent: jax.Array) -> tuple[jax.Array]:
        return (gradient(slots, cotangent),)

    moments.defvjp(moments_forward, moments_reverse)
    return moments


# --------------------------------------------------------------------------- one gate

_Pair = tuple[jax.Array, jax.Array]


def _unpack(row: tuple[jax.Array, ...], three: bool) -> tuple[jax.Array, jax.Array, jax.Array | None, jax.Array]:
    if three:
        permutation, bit, second, coefs = row
        return permutation, bit, second, coefs
    permutation, bit, coefs = row
    return permutation, bit, None, coefs


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
    """d energy / d coefficients: 2 Re <costate| d gate |before>, (8 or 9, batch)."""
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


# --------------------------------------------------------------------------- structure


def _resolve_relabels(split: Split) -> tuple[list[KernelOp], dict[int, int]]:
    """Return the operations on fixed wires, and the wire that holds each qubit at the end."""
    wires = {qubit: qubit for qubit in range(split.qubit_count)}
    ops = []
    for op in split.ops:
        if op.kind == "relabel":
            moved = {target: wires[source] for source, target in zip(op.qubits, op.targets, strict=True)}
            wires.update(moved)
            continue
        string = tuple((wires[qubit], letter) for qubit, letter in op.string)
        ops.append(KernelOp(op.kind, tuple(wires[q] for q in op.qubits), op.angle, op.vector, string))
    return ops, wires


def _initial_state(split: Split) -> NDArray[np.complex128]:
    """Preparations act on fresh qubits, so all of them commute with what comes before: they are done first."""
    qubits = split.qubit_count
    state = np.zeros((2,) * qubits, dtype=complex)
    state[(0,) * qubits] = 1.0
    for op in _resolve_relabels(split)[0]:
        if op.kind == "singlet":
            block = np.moveaxis(state, op.qubits, (0, 1))
            block[0, 1], block[1, 0] = block[0, 0] / np.sqrt(2), -block[0, 0] / np.sqrt(2)
            block[0, 0] = 0
    return state.reshape(-1)


def _gate_table(gates: tuple[KernelOp, ...], qubits: int) -> GateTable:
    rows = np.arange(2**qubits)
    three = any(op.kind == "chirality" for op in gates)
    permutations, inverses, bits, seconds = [], [], [], []
    for op in gates:
        shifts = [qubits - 1 - qubit for qubit in op.qubits]
        values = [(rows >> shift) & 1 for shift in shifts]
        second = rows
        match op.kind:
            case "rotate":
                permutation, bit = rows ^ (1 << shifts[0]), values[0]
            case "exchange":
                bit = values[0] ^ values[1]
                permutation = np.where(bit == 1, rows ^ ((1 << shifts[0]) | (1 << shifts[1])), rows)
            case "pauli_rotation":
                mask = sum(1 << (qubits - 1 - qubit) for qubit, letter in op.string if letter != "Z")
                parity = sum((rows >> (qubits - 1 - qubit)) & 1 for qubit, letter in op.string if letter != "X")
                permutation, bit = rows ^ mask, np.asarray(parity) % 2
            case "chirality":
                cleared = rows & ~sum(1 << shift for shift in shifts)
                a, b, c = values
                permutation = cleared | (b << shifts[0]) | (c << shifts[1]) | (a << shifts[2])
                second = cleared | (c << shifts[0]) | (a << shifts[1]) | (b << shifts[2])
                bit = np.zeros_like(rows)
            case _:
                raise InternalError(f"the JAX kernel does not know '{op.kind}'")
        permutations.append(permutation)
        inverses.append(np.argsort(permutation))
        bits.append(bit)
        seconds.append(second)
    return GateTable(
        np.array(permutations, dtype=np.int32),
        np.array(inverses, dtype=np.int32),
        np.array(bits, dtype=bool),
        np.array([np.any(bit[p] != bit) for bit, p in zip(bits, permutations, strict=True)]),
        np.array(seconds, dtype=np.int32) if three else None,
    )


def _coefficients(gates: tuple[KernelOp, ...], split: Split, slots: jax.Array) -> jax.Array:
    """Return the coefficients of all gates, (gates, 8 or 9, batch), from slots (slots, batch)."""
    width = 9 if any(op.kind == "chirality" for op in gates) else 8
    blocks, order = [], []
    for kind, build in (
        ("rotate", _rotate_rows),
        ("exchange", _exchange_rows),
        ("pauli_rotation", _pauli_rows),
        ("chirality", _chirality_rows),
    ):
        members = [index for index, op in enumerate(gates) if op.kind == kind]
        if members:
            block = build([gates[index] for index in members], split, slots)
            padding = jnp.zeros((len(members), width - block.shape[1], block.shape[2]), block.dtype)
            blocks.append(jnp.concatenate([block, padding], axis=1))
            order += members
    return jnp.concatenate(blocks)[np.argsort(np.array(order))]


def _rotate_rows(ops: list[KernelOp], split: Split, slots: jax.Array) -> jax.Array:
    picks = [op.vector for op in ops if op.vector is not None]
    indices = np.array([[split.vector_offset(slot) + axis for axis in range(3)] for _, slot in picks])
    factors = jnp.asarray(np.array([float(factor) for factor, _ in picks])[:, None, None], slots.dtype)
    q0, q1, q2, q3 = _quaternion(slots[indices] * factors)
    return jnp.stack([q0, -q3, -q2, -q1, q0, q3, q2, -q1], axis=1)


def _quaternion(vectors: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """exp(-i/2 v . sigma) = q0 - i (q1 X + q2 Y + q3 Z); smooth at v = 0, derivatives included."""
    squared = jnp.sum(vectors * vectors, axis=1)
    small = squared < 1e-4
    length = jnp.sqrt(jnp.where(small, 1.0, squared))
    # cos(v/2) and sin(v/2)/v are even in v: their series is exact to rounding below the threshold.
    cosine = jnp.where(small, 1.0 - squared / 8.0 + squared**2 / 384.0 - squared**3 / 46080.0, jnp.cos(0.5 * length))
    series = 0.5 - squared / 48.0 + squared**2 / 3840.0 - squared**3 / 645120.0
    sine = jnp.where(small, series, jnp.sin(0.5 * length) / length)
    return cosine, sine * vectors[:, 0], sine * vectors[:, 1], sine * vectors[:, 2]


def _angles(ops: list[KernelOp], slots: jax.Array) -> jax.Array:
    """The angles of operations, (operations, batch)."""
    affine = [op.angle for op in ops if op.angle is not None]
    constants = jnp.asarray(np.array([constant_part(a) for a in affine])[:, None], slots.dtype)
    depth = max((len(a.terms) for a in affine), default=0)
    angles = jnp.broadcast_to(constants, (len(ops), slots.shape[1]))
    for k in range(depth):
        # Operations with fewer terms read slot 0 with weight 0.
        terms = [a.terms[k] if k < len(a.terms) else (0, 0) for a in affine]
        weights = jnp.asarray(np.array([float(weight) for weight, _ in terms])[:, None], slots.dtype)
        angles = angles + weights * slots[np.array([slot for _, slot in terms])]
    return angles


def constant_part(angle: Affine) -> float:
    """Return the part of an angle that no slot changes, radians."""
    return float(angle.constant) + float(angle.pi_multiple) * np.pi


def _exchange_rows(ops: list[KernelOp], split: Split, slots: jax.Array) -> jax.Array:
    del split
    # Up to a phase, exp(-i t (XX+YY+ZZ)) multiplies the singlet by e^{4it}: D = (e^{4it} + 1)/2, O = -(e^{4it} - 1)/2.
    angle = 4.0 * _angles(ops, slots)
    half_cos, half_sin = 0.5 * jnp.cos(angle), 0.5 * jnp.sin(angle)
    one, zero = jnp.ones_like(angle), jnp.zeros_like(angle)
    return jnp.stack([one, zero, zero, zero, 0.5 + half_cos, half_sin, 0.5 - half_cos, -half_sin], axis=1)


def _pauli_rows(ops: list[KernelOp], split: Split, slots: jax.Array) -> jax.Array:
    del split
    angle = 0.5 * _angles(ops, slots)
    cosine, sine, zero = jnp.cos(angle), jnp.sin(angle), jnp.zeros_like(angle)
    # P psi[r] = (-i)^k (-1)^(bit r) psi[permutation r] with k the number of Y; the gate is cos - i sin P.
    phases = np.array([-1j * (-1j) ** sum(letter == "Y" for _, letter in op.string) for op in ops])
    real = sine * jnp.asarray(phases.real[:, None], slots.dtype)
    imag = sine * jnp.asarray(phases.imag[:, None], slots.dtype)
    # A string of Z alone permutes nothing: both terms then read the same row, and only their sum counts.
    return jnp.stack([cosine, zero, real, imag, cosine, zero, -real, -imag], axis=1)


def _chirality_rows(ops: list[KernelOp], split: Split, slots: jax.Array) -> jax.Array:
    del split
    # With T the cyclic permutation, -i C = 2 (T - T^-1) up to the sense of T, and C^2 = 4 (2 - T - T^-1):
    # exp(-i t C) = 1 + sin(g t)/g (-i C) + (cos(g t) - 1)/g^2 C^2 with g = 2 sqrt(3).
    angle = _CHIRALITY_GAP * _angles(ops, slots)
    odd = 2.0 * jnp.sin(angle) / _CHIRALITY_GAP
    even = 4.0 * (jnp.cos(angle) - 1.0) / _CHIRALITY_GAP**2
    diagonal, zero = 1.0 + 2.0 * even, jnp.zeros_like(angle)
    forward, backward = odd - even, -odd - even
    return jnp.stack([diagonal, zero, forward, zero, diagonal, zero, forward, zero, backward], axis=1)
