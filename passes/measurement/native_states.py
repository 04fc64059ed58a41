"""States and outcomes by the native library, where it was built: those of ``kernel_states.py`` up to rounding."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qffc.ir.pauli import PauliString
from qffc.passes.circuit.split_program import KernelOp, Split
from qffc.passes.measurement.settings import Setting
from qffc.passes.native_library import address, native_state

Floats = NDArray[np.float64]

_BASES = {None: 0, "Z": 0, "X": 1, "Y": 2}
_KINDS = {"pauli_rotation": 0, "exchange": 1, "rotate": 2, "singlet": 3, "relabel": 4}


def evolved(states: NDArray[np.complex128], split: Split, slots: Floats, angles: Floats) -> bool:
    """Carry out the operations of a kernel on states; False without the library, or where it lacks one of them.

    Args:
        states: (points, 2**qubits), changed in place.
        split: the program.
        slots: (points, slot_count), radians.
        angles: (operations with an angle, points), what the strings and SWAPs are times in the exponent.
    """
    library = native_state().library
    ops = [op for op in split.ops if op.kind != "zero"]
    if library is None or any(op.kind not in _KINDS for op in ops):
        return False
    qubits, points = split.qubit_count, len(slots)
    moves: list[list[int]] = []
    codes = np.array([_code(op, qubits, moves) for op in ops], dtype=np.int64).reshape(len(ops), 3)
    numbers = np.zeros((len(ops), points, 3))
    numbers[[row for row, op in enumerate(ops) if op.angle is not None], :, 0] = angles
    for row, op in enumerate(ops):
        if op.vector is not None:
            start = split.vector_offset(op.vector[1])
            numbers[row] = float(op.vector[0]) * slots[:, start : start + 3]
    table = np.array(moves, dtype=np.int64)
    library.qffc_kernel_states.restype = None
    library.qffc_kernel_states(
        ctypes.c_int64(qubits),
        ctypes.c_int64(points),
        ctypes.c_int64(len(ops)),
        address(codes),
        address(table),
        address(numbers),
        address(states),
    )
    return True


def outcomes(states: NDArray[np.complex128], setting: Setting) -> Floats | None:
    """Return the probabilities of the outcomes of a setting, (points, 2**qubits); None without the library.

    Args:
        states: (points, 2**qubits).
        setting: what is measured.
    """
    library = native_state().library
    if library is None:
        return None
    qubits = len(setting.letters)
    found, given = np.empty(states.shape), np.ascontiguousarray(states, dtype=np.complex128)
    masks = np.array([_masks(string, qubits) for string in setting.turns], dtype=np.int64)
    bases = np.array([_BASES[letter] for letter in reversed(setting.bases)], dtype=np.int64)
    library.qffc_outcomes.restype = None
    library.qffc_outcomes(
        ctypes.c_int64(qubits),
        ctypes.c_int64(len(given)),
        ctypes.c_int64(len(masks)),
        address(masks),
        address(bases),
        address(given),
        address(found),
    )
    return found


def _code(op: KernelOp, qubits: int, moves: list[list[int]]) -> tuple[int, int, int]:
    kind = _KINDS[op.kind]
    if op.string:
        return (kind, *_masks(op.string, qubits))
    if op.kind == "relabel":
        to = list(range(qubits))
        for source, target in zip(op.qubits, op.targets, strict=True):
            to[qubits - 1 - source] = qubits - 1 - target
        moves.append(to)
        return kind, len(moves) - 1, 0
    first, *others = [1 << qubits - 1 - qubit for qubit in op.qubits]
    return kind, first, others[0] if others else 0


@lru_cache(maxsize=1 << 12)
def _masks(string: PauliString, qubits: int) -> tuple[int, int]:
    """Of a string the bits that it flips, and those whose signs it looks at."""
    return _bits([q for q, letter in string if letter != "Z"], qubits), _bits(
        [q for q, letter in string if letter != "X"], qubits
    )


def _bits(some: Sequence[int], qubits: int) -> int:
    return sum(1 << qubits - 1 - qubit for qubit in some)
