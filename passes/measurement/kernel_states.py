"""States of the kernel at many points, and what a measurement of them gives: dense, in NumPy alone."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi, sqrt

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import InternalError, error
from qffc.ir.ops import Collective
from qffc.ir.pauli import Letter, PauliString, triple_product
from qffc.ir.reference import dense
from qffc.passes.circuit.split_program import Affine, KernelOp, Split
from qffc.passes.circuit.total_spin import spin_projectors
from qffc.passes.measurement.settings import Setting

Floats = NDArray[np.float64]
States = NDArray[np.complex128]

DENSE_QUBITS = 12
"""Up to here states are computed for a plan."""
_MAXIMUM_QUBITS = 24
_TRIPLE = dense(triple_product(0, 1, 2), (0, 1, 2))
_TRIPLE_SQUARED = _TRIPLE @ _TRIPLE


def kernel_states(split: Split, slots: Floats) -> States:
    """Return the final states of the kernel, (points, 2**qubits), qubit 0 the most significant bit.

    Args:
        split: the program.
        slots: (points, slot_count), radians.

    Raises:
        QffcError: when there are too many qubits for a dense state.

    Example:
        >>> from qffc.library import load
        >>> from qffc.passes.circuit.split_program import split_program
        >>> split = split_program(load("pair"))
        >>> kernel_states(split, np.zeros((5, split.slot_count))).shape
        (5, 16)
    """
    qubits = split.qubit_count
    if qubits > _MAXIMUM_QUBITS:
        raise error(
            "too many qubits for dense states",
            found=f"{qubits} qubits",
            expected=f"at most {_MAXIMUM_QUBITS}",
            help="run smaller circuits, or on a target with gates such as 'H2-1LE', which takes 26 qubits",
        )
    points = np.asarray(slots, dtype=np.float64)
    flat = np.zeros((len(points), 2**qubits), dtype=np.complex128)
    flat[:, 0] = 1.0
    state = flat.reshape(len(points), *(2,) * qubits)
    for op in split.ops:
        state = _apply(op, state, points, split)
    return state.reshape(len(points), -1)


def outcome_probabilities(states: States, setting: Setting) -> Floats:
    """Return the probability of each outcome of a setting, (points, 2**qubits).

    Bit k of an outcome, the first the most significant, is that of qubit k; qubits that are not measured are read in Z.

    Args:
        states: (points, 2**qubits).
        setting: what is measured.
    """
    qubits = len(setting.letters)
    tensor = states.reshape(len(states), *(2,) * qubits)
    for string in setting.turns:
        tensor = (tensor - 1j * _flip(tensor, string)) / sqrt(2)
    for qubit, letter in enumerate(setting.bases):
        if letter in ("X", "Y"):
            tensor = _matrix(_TO_Z[letter], (qubit,), tensor)
    probabilities: Floats = np.abs(tensor.reshape(len(states), -1)) ** 2
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return probabilities


def outcome_values(setting: Setting) -> Floats:
    """Return what each string of a setting is, 1 or -1, for each outcome: (strings, 2**qubits)."""
    qubits = len(setting.letters)
    signs = 1.0 - 2.0 * ((np.arange(2**qubits)[:, None] >> np.arange(qubits)[::-1]) & 1)
    return np.array([sign * signs[:, list(parity)].prod(axis=1) for sign, parity in setting.readings])


def string_covariances(states: States, setting: Setting) -> Floats:
    """Return the covariance of the strings of a setting in one shot, (points, strings, strings)."""
    values = outcome_values(setting)
    probabilities = outcome_probabilities(states, setting)
    means = probabilities @ values.T
    products = np.einsum("ax,px,bx->pab", values, probabilities, values, optimize=True)
    covariances: Floats = products - means[:, :, None] * means[:, None, :]
    return covariances


_TO_Z: dict[Letter, States] = {
    "X": np.array([[1, 1], [1, -1]], dtype=np.complex128) / sqrt(2),
    "Y": np.array([[1, -1j], [1, 1j]], dtype=np.complex128) / sqrt(2),
}
"""Matrices that take the eigenstates of a letter to |0> and |1>."""


def _apply(op: KernelOp, state: States, slots: Floats, split: Split) -> States:
    width = state.ndim - 1
    match op.kind:
        case "zero":
            return state
        case "singlet":
            a, b = (qubit + 1 for qubit in op.qubits)
            block = np.moveaxis(state, (a, b), (0, 1)).copy()  # both are fresh: amplitude sits where they are 00
            block[0, 1], block[1, 0] = block[0, 0] / sqrt(2), -block[0, 0] / sqrt(2)
            block[0, 0] = 0
            return np.moveaxis(block, (0, 1), (a, b))
        case "relabel":
            return np.moveaxis(state, [q + 1 for q in op.qubits], [q + 1 for q in op.targets])
        case "rotate":
            return _rotate(op, state, slots, split)
        case "exchange":
            angle = _column(_angle(op.angle, slots), width)
            a, b = op.qubits
            return np.cos(2 * angle) * state - 1j * np.sin(2 * angle) * np.swapaxes(state, a + 1, b + 1)
        case "pauli_rotation":
            angle = _column(_angle(op.angle, slots), width)
            return np.cos(angle / 2) * state - 1j * np.sin(angle / 2) * _flip(state, op.string)
        case "chirality":
            # The generator has the eigenvalues 0 and +-2 sqrt 3, so its exponential is a polynomial of degree two.
            angle = _column(_angle(op.angle, slots), width) * 2 * sqrt(3)
            first = _matrix(_TRIPLE, op.qubits, state) / (2 * sqrt(3))
            second = _matrix(_TRIPLE_SQUARED, op.qubits, state) / 12
            return state - 1j * np.sin(angle) * first + (np.cos(angle) - 1) * second
        case "collective":
            angle = _column(_angle(op.angle, slots), width)
            levels, projectors = Collective.levels(len(op.qubits)), spin_projectors(len(op.qubits))
            parts = (
                np.exp(-1j * level * angle) * _matrix(projector, op.qubits, state)
                for level, projector in zip(levels, projectors, strict=True)
            )
            return sum(parts, np.zeros_like(state))
    raise InternalError(f"no dense form of {op.kind}")


def _rotate(op: KernelOp, state: States, slots: Floats, split: Split) -> States:
    if op.vector is None:
        raise InternalError("a rotation without a vector")
    factor, slot = op.vector
    start = split.vector_offset(slot)
    vector = float(factor) * slots[:, start : start + 3]
    length = np.linalg.norm(vector, axis=1)
    # sin(length/2)/length, finite at zero
    scale = np.sinc(length / (2 * pi)) / 2
    turned: States = np.cos(length / 2).reshape(-1, *(1,) * (state.ndim - 1)) * state
    letters: tuple[Letter, ...] = ("X", "Y", "Z")
    for k, letter in enumerate(letters):
        weight = _column(scale * vector[:, k], state.ndim - 1)
        turned = turned - 1j * weight * _flip(state, ((op.qubits[0], letter),))
    return turned


def _angle(angle: Affine | None, slots: Floats) -> Floats:
    if angle is None:
        raise InternalError("an operation without an angle")
    value = np.full(len(slots), float(angle.constant) + float(angle.pi_multiple) * pi)
    for factor, slot in angle.terms:
        value = value + float(factor) * slots[:, slot]
    return value


def _column(values: Floats, width: int) -> Floats:
    return values.reshape(-1, *(1,) * width)


def _flip(state: States, string: PauliString) -> States:
    """A Pauli string applied to states (points, 2, 2, ...)."""
    for qubit, letter in string:
        axis = qubit + 1
        if letter != "Z":
            state = np.flip(state, axis)
        if letter != "X":
            signs = np.array([1, -1] if letter == "Z" else [-1j, 1j], dtype=np.complex128)
            state = state * signs.reshape(-1, *(1,) * (state.ndim - 1 - axis))
    return state


def _matrix(matrix: States | Floats, qubits: Sequence[int], state: States) -> States:
    axes = [qubit + 1 for qubit in qubits]
    k = len(axes)
    block: States = np.tensordot(matrix.reshape((2,) * (2 * k)), state, axes=(range(k, 2 * k), axes))
    return np.moveaxis(block, range(k), axes)
