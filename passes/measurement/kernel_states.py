"""States of the kernel at many points, and what a measurement of them gives: dense, in NumPy alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import pi, sqrt

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import InternalError, error
from qffc.ir.ops import Collective
from qffc.ir.pauli import LETTERS, Letter, triple_product
from qffc.ir.reference import dense
from qffc.passes.circuit.flat_strings import on_flat, parities, parity_means
from qffc.passes.circuit.split_program import Affine, KernelOp, Split
from qffc.passes.circuit.total_spin import spin_projectors
from qffc.passes.measurement.native_states import evolved, outcomes
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
    state = np.zeros((len(points), 2**qubits), dtype=np.complex128)
    state[:, 0] = 1.0
    angles = _angles([op.angle for op in split.ops if op.angle is not None], points)
    angles *= np.array([_TURNED.get(op.kind, 1.0) for op in split.ops if op.angle is not None])[:, None]
    if evolved(state, split, points, angles):
        return state
    turns = zip(np.cos(angles)[:, :, None], -1j * np.sin(angles)[:, :, None], strict=True)
    for op in split.ops:
        if op.kind in _TURNED:  # exp(-i t P) with P^2 = 1, up to a phase
            cosine, sine = next(turns)
            state = cosine * state + sine * _image(op, state, qubits)
            continue
        if op.angle is not None:
            next(turns)
        state = _apply(op, state, points, split)
    return state


_TURNED = {"exchange": 2.0, "pauli_rotation": 0.5}
"""Kinds with a generator whose square is one, up to a phase, and what their angle is times in the exponent."""


def _image(op: KernelOp, state: States, qubits: int) -> States:
    if op.kind == "exchange":
        return state[:, _swapped(*op.qubits, qubits)]
    return on_flat(op.string, state, qubits)


def outcome_probabilities(states: States, setting: Setting) -> Floats:
    """Return the probability of each outcome of a setting, (points, 2**qubits).

    Bit k of an outcome, the first the most significant, is that of qubit k; qubits that are not measured are read in Z.

    Args:
        states: (points, 2**qubits).
        setting: what is measured.
    """
    found = outcomes(states, setting)
    if found is not None:
        return found
    qubits = len(setting.letters)
    for string in setting.turns:
        states = (states - 1j * on_flat(string, states, qubits)) / sqrt(2)
    for qubit, letter in enumerate(setting.bases):
        if letter in ("X", "Y"):
            states = _read_in_z(letter, qubit, states)
    probabilities: Floats = np.abs(states) ** 2
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return probabilities


def outcome_values(setting: Setting) -> Floats:
    """Return what each string of a setting is, 1 or -1, for each outcome: (strings, 2**qubits)."""
    masks = [sum(1 << qubit for qubit in parity) for _, parity in setting.readings]
    signs = np.array([sign for sign, _ in setting.readings], dtype=np.float64)
    return signs[:, None] * parities(masks, len(setting.letters))


def string_covariances(states: States, setting: Setting) -> Floats:
    """Return the covariance of the strings of a setting in one shot, (points, strings, strings)."""
    qubits = len(setting.letters)
    means_of = parity_means(outcome_probabilities(states, setting), qubits)
    parities_read = [sum(1 << qubits - 1 - qubit for qubit in parity) for _, parity in setting.readings]
    masks = np.array(parities_read, dtype=np.int64)
    signs = np.array([sign for sign, _ in setting.readings], dtype=np.float64)
    means = signs * means_of[:, masks]
    # The product of two parities is the parity of what is in one of them alone.
    products = signs[:, None] * signs * means_of[:, masks[:, None] ^ masks]
    covariances: Floats = products - means[:, :, None] * means[:, None, :]
    return covariances


def _read_in_z(letter: Letter, qubit: int, states: States) -> States:
    """States turned such that the eigenstates of X or Y of a qubit are |0> and |1>."""
    halves = states.reshape(len(states), 2**qubit, 2, -1)
    zero, one = halves[:, :, 0], halves[:, :, 1] * (1 if letter == "X" else -1j)
    turned = np.empty(halves.shape, dtype=states.dtype)
    np.add(zero, one, out=turned[:, :, 0])
    np.subtract(zero, one, out=turned[:, :, 1])
    turned /= sqrt(2)
    return turned.reshape(states.shape)


def _apply(op: KernelOp, state: States, slots: Floats, split: Split) -> States:
    match op.kind:
        case "zero":
            return state
        case "singlet":
            a, b = (qubit + 1 for qubit in op.qubits)
            block = np.moveaxis(_tensor(state), (a, b), (0, 1)).copy()  # both are fresh: it sits where they are 00
            block[0, 1], block[1, 0] = block[0, 0] / sqrt(2), -block[0, 0] / sqrt(2)
            block[0, 0] = 0
            return np.moveaxis(block, (0, 1), (a, b)).reshape(state.shape)
        case "relabel":
            moved = np.moveaxis(_tensor(state), [q + 1 for q in op.qubits], [q + 1 for q in op.targets])
            return moved.reshape(state.shape)
        case "rotate":
            return _rotate(op, state, slots, split)
        case "chirality":
            # The generator has the eigenvalues 0 and +-2 sqrt 3, so its exponential is a polynomial of degree two.
            angle = _angle(op.angle, slots)[:, None] * 2 * sqrt(3)
            first = _matrix(_TRIPLE, op.qubits, state) / (2 * sqrt(3))
            second = _matrix(_TRIPLE_SQUARED, op.qubits, state) / 12
            return state - 1j * np.sin(angle) * first + (np.cos(angle) - 1) * second
        case "collective":
            angle = _angle(op.angle, slots)[:, None]
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
    turned: States = np.cos(length / 2)[:, None] * state
    for k, letter in enumerate(LETTERS):
        turned = turned - 1j * (scale * vector[:, k])[:, None] * on_flat(
            ((op.qubits[0], letter),), state, split.qubit_count
        )
    return turned


def _angle(angle: Affine | None, slots: Floats) -> Floats:
    if angle is None:
        raise InternalError("an operation without an angle")
    value: Floats = _angles([angle], slots)[0]
    return value


def _angles(angles: Sequence[Affine], slots: Floats) -> Floats:
    """The numbers of angles, (angles, points)."""
    found = np.empty((len(angles), len(slots)))
    found[:] = np.array([angle.offset for angle in angles])[:, None]
    for term in range(max((len(angle.weights) for angle in angles), default=0)):
        rows = [row for row, angle in enumerate(angles) if len(angle.weights) > term]
        weights = np.array([angles[row].weights[term][0] for row in rows])
        found[rows] += weights[:, None] * slots.T[[angles[row].weights[term][1] for row in rows]]
    return found


def _tensor(state: States) -> States:
    """States with an axis for each qubit, (points, 2, 2, ...)."""
    return state.reshape(len(state), *(2,) * (state.shape[1].bit_length() - 1))


@lru_cache(maxsize=1 << 6)
def _swapped(a: int, b: int, qubits: int) -> NDArray[np.int64]:
    """Where amplitudes come from when two qubits trade places."""
    places = np.arange(2**qubits)
    first, second = qubits - 1 - a, qubits - 1 - b
    differ = (places >> first ^ places >> second) & 1
    found: NDArray[np.int64] = places ^ (differ << first | differ << second)
    return found


def _matrix(matrix: States | Floats, qubits: Sequence[int], state: States) -> States:
    axes = [qubit + 1 for qubit in qubits]
    k = len(axes)
    block: States = np.tensordot(matrix.reshape((2,) * (2 * k)), _tensor(state), axes=(range(k, 2 * k), axes))
    return np.moveaxis(block, range(k), axes).reshape(state.shape)
