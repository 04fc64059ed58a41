"""Turns and angles as what they are of slots: affine, with the coefficients as numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qffc.ir.pauli import LETTERS
from qffc.passes.circuit.split_program import Affine, KernelOp, Split

Floats = NDArray[np.float64]


def angle_row(split: Split, angle: Affine | None) -> tuple[float, Floats]:
    """Return constant and coefficients, (slots,), of an angle; zeros for none."""
    row = np.zeros(split.slot_count)
    if angle is None:
        return 0.0, row
    for weight, slot in angle.terms:
        row[slot] += float(weight)
    return angle.offset, row


def vector_rows(split: Split, turn: KernelOp) -> tuple[Floats, Floats]:
    """Return constants (3,) and coefficients (3, slots) of the vector of a turn, a rotation or one about a letter."""
    constants, matrix = np.zeros(3), np.zeros((3, split.slot_count))
    if turn.vector is not None:
        factor, slot = turn.vector
        start = split.vector_offset(slot)
        matrix[range(3), range(start, start + 3)] = float(factor)
    else:
        axis = LETTERS.index(turn.string[0][1])
        constants[axis], matrix[axis] = angle_row(split, turn.angle)
    return constants, matrix
