"""Slots as the numbers of the operations of a kernel: affine angles, and vectors times exact factors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import QffcError, error
from qffc.ir.given_values import reals_of
from qffc.ir.kept import cached_property
from qffc.passes.circuit.split_program import KernelOp, Split
from qffc.passes.lower_pytket.ops import NumericOp

Arrays = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Angles, (circuits, ops), and vectors, (circuits, ops, 3), of operations, in radians."""

_NOWHERE = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class KernelNumbers:
    """Computes the numbers.

    Args:
        split: the program.
    """

    split: Split

    def row(self, slots: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the slots of one circuit, (slot_count,).

        Raises:
            QffcError: when they have another shape or are not finite.
        """
        values = reals_of("slots", slots, "numbers, radians")
        if values.shape != (self.split.slot_count,) or not np.isfinite(values).all():
            raise bad_slots(values, self.split.slot_count)
        return values

    def rows(self, slots: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the slots of many circuits, (circuits, slot_count).

        Raises:
            QffcError: when they have another shape or are not finite.
        """
        values = reals_of("slots", slots, "numbers, radians")
        if values.ndim != 2 or values.shape[1] != self.split.slot_count or not np.isfinite(values).all():
            raise bad_slots(values, self.split.slot_count)
        return values

    def ops(self, slots: NDArray[np.float64]) -> tuple[NumericOp, ...]:
        """Return the operations of one circuit in numbers, one for one."""
        values = self.row(slots)
        constants, coefficients = self._affine
        angles = (constants + coefficients @ values).tolist()
        numbers = values.tolist()
        return tuple(
            NumericOp(op.kind, op.qubits, angle, self._vector(op, numbers), op.string, op.targets)
            for op, angle in zip(self.split.ops, angles, strict=True)
        )

    def arrays(self, slots: NDArray[np.float64]) -> Arrays:
        """Return the numbers of many circuits.

        Args:
            slots: (circuits, slot_count), radians.
        """
        constants, coefficients = self._affine
        vectors = np.zeros((len(slots), len(self.split.ops), 3))
        for index, op in enumerate(self.split.ops):
            if op.vector is not None:
                start = self.split.vector_offset(op.vector[1])
                vectors[:, index] = float(op.vector[0]) * slots[:, start : start + 3]
        # Not by BLAS, whose last bit may depend on the number of circuits: a circuit is the same in any company.
        return constants + np.einsum("cs,os->co", slots, coefficients), vectors

    @cached_property
    def _affine(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Constants (ops,) and coefficients (ops, slots) of the angles."""
        constants = np.zeros(len(self.split.ops))
        coefficients = np.zeros((len(self.split.ops), self.split.slot_count))
        for row, op in enumerate(self.split.ops):
            if op.angle is not None:
                constants[row] = op.angle.offset
                for factor, slot in op.angle.weights:
                    coefficients[row, slot] += factor
        return constants, coefficients

    def _vector(self, op: KernelOp, slots: Sequence[float]) -> tuple[float, float, float]:
        if op.vector is None:
            return _NOWHERE
        factor, slot = op.vector
        start, scale = self.split.vector_offset(slot), float(factor)
        return (scale * slots[start], scale * slots[start + 1], scale * slots[start + 2])


def as_arrays(ops: Sequence[NumericOp]) -> Arrays:
    """Return the numbers of the operations of one circuit."""
    return np.array([[op.angle for op in ops]]), np.array([[op.vector for op in ops]])


def bad_slots(values: NDArray[np.float64], count: int) -> QffcError:
    """Return what is wrong with an array of slots."""
    return error(
        "slots that do not fit the kernel",
        found=f"an array of shape {values.shape}, finite: {bool(np.isfinite(values).all())}",
        expected=f"({count},) finite numbers in radians",
        help="compute them with the angle program of the same split",
    )
