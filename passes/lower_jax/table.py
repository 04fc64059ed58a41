"""The gates of a program as tables for the JAX kernel: which rows they join, and their coefficients from slots."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import InternalError
from qffc.ir.ops import Collective
from qffc.passes.circuit.split_program import Affine, KernelOp, Split
from qffc.passes.lower_jax.gate_steps import GateRow, set_to_front

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
        branch: (G,) 0, or for a collective exchange the place of its size in ``sets``, from 1; None without them.
        sets: how many qubits collective exchanges act on; their permutation brings these to the front.
    """

    permutation: NDArray[np.int32]
    inverse: NDArray[np.int32]
    bit: NDArray[np.bool_]
    flips: NDArray[np.bool_]
    second: NDArray[np.int32] | None
    branch: NDArray[np.int32] | None = None
    sets: tuple[int, ...] = ()

    def rows(self, coefs: jax.Array, back: bool = False) -> GateRow:
        """Return the rows with their coefficients, (G, 8 or 9, batch), to scan over; ``back``: they can be undone."""
        branch = None if self.branch is None else jnp.asarray(self.branch)
        second = None if self.second is None else jnp.asarray(self.second)
        row = GateRow(jnp.asarray(self.permutation), jnp.asarray(self.bit), coefs, second=second, branch=branch)
        if back or self.sets:
            row = row._replace(inverse=jnp.asarray(self.inverse))
        if back and self.second is not None:
            row = row._replace(second_inverse=jnp.asarray(np.argsort(self.second, axis=1)))
        return row._replace(flips=jnp.asarray(self.flips)) if back else row


def resolve_relabels(split: Split) -> tuple[list[KernelOp], dict[int, int]]:
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


def initial_state(split: Split) -> NDArray[np.complex128]:
    """Preparations act on fresh qubits, so all of them commute with what comes before: they are done first."""
    qubits = split.qubit_count
    state = np.zeros((2,) * qubits, dtype=complex)
    state[(0,) * qubits] = 1.0
    for op in resolve_relabels(split)[0]:
        if op.kind == "singlet":
            block = np.moveaxis(state, op.qubits, (0, 1))
            block[0, 1], block[1, 0] = block[0, 0] / np.sqrt(2), -block[0, 0] / np.sqrt(2)
            block[0, 0] = 0
    return state.reshape(-1)


def gate_table(gates: tuple[KernelOp, ...], qubits: int) -> GateTable:
    """Return the structure of gates on that many qubits."""
    rows = np.arange(2**qubits)
    three = any(op.kind == "chirality" for op in gates)
    sets = tuple(sorted({len(op.qubits) for op in gates if op.kind == "collective"}))
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
                ones = [(rows >> (qubits - 1 - qubit)) & 1 for qubit, letter in op.string if letter != "X"]
                permutation, bit = rows ^ mask, sum(ones, start=np.zeros_like(rows)) % 2
            case "chirality":
                cleared = rows & ~sum(1 << shift for shift in shifts)
                a, b, c = values
                permutation = cleared | (b << shifts[0]) | (c << shifts[1]) | (a << shifts[2])
                second = cleared | (c << shifts[0]) | (a << shifts[1]) | (b << shifts[2])
                bit = np.zeros_like(rows)
            case "collective":
                permutation, bit = set_to_front(rows, shifts), np.zeros_like(rows)
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
        np.array([_branch(op, sets) for op in gates], dtype=np.int32) if sets else None,
        sets,
    )


def _branch(op: KernelOp, sets: tuple[int, ...]) -> int:
    return 1 + sets.index(len(op.qubits)) if op.kind == "collective" else 0


def gate_coefficients(gates: tuple[KernelOp, ...], split: Split, slots: jax.Array) -> jax.Array:
    """Return the coefficients of all gates, (gates, 8 or 9, batch), from slots (slots, batch)."""
    width = 9 if any(op.kind == "chirality" for op in gates) else 8
    blocks, order = [], []
    for kind, build in (
        ("rotate", _rotate_rows),
        ("exchange", _exchange_rows),
        ("pauli_rotation", _pauli_rows),
        ("chirality", _chirality_rows),
        ("collective", _collective_rows),
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
    return angle.offset


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


def _collective_rows(ops: list[KernelOp], split: Split, slots: jax.Array) -> jax.Array:
    del split
    # Up to a phase the largest total spin stays; of the others the real and imaginary part of their phases, less 1.
    levels = [Collective.levels(len(op.qubits)) for op in ops]
    angles = _angles(ops, slots)
    rows = []
    for k in range(1, max(map(len, levels))):
        # Sets with fewer values of the spin have further coefficients that nobody reads.
        gaps = np.array([each[0] - each[k] if k < len(each) else 0 for each in levels])[:, None]
        half = 0.5 * jnp.asarray(gaps, slots.dtype) * angles
        rows += [-2.0 * jnp.sin(half) ** 2, 2.0 * jnp.sin(half) * jnp.cos(half)]
    return jnp.stack(rows, axis=1)
