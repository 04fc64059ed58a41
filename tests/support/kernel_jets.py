"""Moments with their first and second derivatives by dense matrix exponentials: the reference for kernels.

The exponential of a block matrix [[A, B, C, 0], [0, A, 0, C], [0, 0, A, B], [0, 0, 0, A]] holds in its first row
exp(A), its derivatives along B and along C, and the mixed second one. So the derivatives are exact, and no formula of a
kernel is used.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from scipy.linalg import expm

from qffc.ir.reference import dense
from qffc.passes.circuit.split_program import KernelOp, Split
from qffc.passes.lower_jax.table import constant_part, initial_state, resolve_relabels

LETTERS = {
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1.0, -1.0]),
}


def _string(letters: dict[int, str], qubits: int) -> np.ndarray:
    result = np.eye(1)
    for qubit in range(qubits):
        result = np.kron(result, LETTERS.get(letters.get(qubit, ""), np.eye(2)))
    return result


def _generators(op: KernelOp, split: Split) -> list[tuple[np.ndarray, dict[int, float]]]:
    """The gate is exp(-i sum of matrix times (constant + weights of slots)); the constant has the key -1."""
    qubits = split.qubit_count
    if op.vector is not None:
        factor, slot = op.vector
        place = split.vector_offset(slot)
        letters = enumerate("XYZ")
        return [(0.5 * _string({op.qubits[0]: l}, qubits), {place + k: float(factor)}) for k, l in letters]
    assert op.angle is not None
    angle = {-1: constant_part(op.angle)}
    for weight, slot in op.angle.terms:
        angle[slot] = angle.get(slot, 0.0) + float(weight)
    if op.kind == "pauli_rotation":
        return [(0.5 * _string(dict(op.string), qubits), angle)]
    if op.kind == "exchange":
        a, b = op.qubits
        return [(sum(_string({a: l, b: l}, qubits) for l in "XYZ"), angle)]
    if op.kind == "collective":
        return [(sum(_string({a: l, b: l}, qubits) for a, b in combinations(op.qubits, 2) for l in "XYZ"), angle)]
    a, b, c = op.qubits
    even, odd = ("XYZ", "YZX", "ZXY"), ("XZY", "ZYX", "YXZ")
    signed = [(1.0, word) for word in even] + [(-1.0, word) for word in odd]
    return [(sum(s * _string(dict(zip((a, b, c), word, strict=True)), qubits) for s, word in signed), angle)]


def moment_jets(split: Split, slots: np.ndarray, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return moments, their derivatives along u and along v, and the mixed second one, (observables,) each."""
    ops, wires = resolve_relabels(split)
    size = 2**split.qubit_count
    state = np.zeros((4, size), dtype=complex)
    state[0] = initial_state(split)
    for op in ops:
        if op.kind in ("singlet", "zero"):
            continue
        value, by_u, by_v = (np.zeros((size, size), dtype=complex) for _ in range(3))
        for matrix, weights in _generators(op, split):
            for slot, weight in weights.items():
                value += -1j * weight * (1.0 if slot < 0 else slots[slot]) * matrix
                by_u += 0 if slot < 0 else -1j * weight * u[slot] * matrix
                by_v += 0 if slot < 0 else -1j * weight * v[slot] * matrix
        zero = np.zeros_like(value)
        block = np.block(
            [[value, by_u, by_v, zero], [zero, value, zero, by_v], [zero, zero, value, by_u], [zero, zero, zero, value]]
        )
        gate, gate_u, gate_v, gate_uv = np.split(expm(block)[:size], 4, axis=1)
        plain, along_u, along_v, mixed = state
        state = np.array(
            [
                gate @ plain,
                gate @ along_u + gate_u @ plain,
                gate @ along_v + gate_v @ plain,
                gate @ mixed + gate_u @ along_v + gate_v @ along_u + gate_uv @ plain,
            ]
        )
    jets = []
    for observable in split.observables:
        matrix = dense(observable.relabelled(wires).paulis, tuple(range(split.qubit_count)))
        plain, along_u, along_v, mixed = state

        def of(left, right, matrix=matrix):
            return float(np.vdot(left, matrix @ right).real)

        first = [2 * of(plain, along_u), 2 * of(plain, along_v)]
        jets.append([of(plain, plain), *first, 2 * of(plain, mixed) + 2 * of(along_u, along_v)])
    return tuple(np.array(jets).T)
