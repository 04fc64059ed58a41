r"""The pass ``parameter-shift``: derivatives of moments as moments of other circuits.

A device gives moments and no derivatives. But a moment is a trigonometric polynomial in the angle of each gate, so its
derivative is a sum of moments at shifted angles, exactly and at any size of the shift (the parameter-shift rule):

- ``exchange`` has the generator eigenvalues 1 and -3: one frequency, 4, and two terms at -+ pi/8;
- ``pauli_rotation`` has one frequency, 1, and two terms at -+ pi/2 (Mitarai et al., arXiv:1803.00745; Schuld et al.,
  arXiv:1811.11184);
- ``chirality`` has 0 and -+ 2 sqrt(3): two equidistant frequencies, and the four terms of Wierichs et al.
  (arXiv:2107.12390);
- ``four_spin`` is nine Pauli rotations that share its angle: nine pairs of terms;
- ``collective`` has a level for each total spin of n qubits. Their differences are multiples of 6 (n = 3), 4 (n = 4
  and 6) or 2 (n = 5), up to 1, 3, 6 and 8 of them, and the rule is that of so many equidistant frequencies;
- ``rotate`` by v: a small change of v is a small turn *after* the gate, about J(v) dv with J the left Jacobian of
  SO(3), so three pairs of Pauli rotations by -+ pi/2 after the gate give the derivative along all components of v.
  There are no Euler angles, hence no singular ones.

The shifted circuits are one program with further slots that are zero unless shifted, so all of them, of all molecules,
go to the device in one batch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd, pi, sqrt
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import error
from qffc.ir.ops import Collective
from qffc.ir.pauli import LETTERS
from qffc.ir.program import Program
from qffc.ir.values import ParameterEntry, Value
from qffc.passes.base import Pass, PassResult, Preserves
from qffc.passes.circuit.split_program import Affine, KernelOp, Split, split_program
from qffc.passes.target import Target

Floats = NDArray[np.float64]
Array = Any
"""An array of the module that computes: NumPy's, or a traced one."""
_ONE = Fraction(1)


@dataclass(frozen=True)
class Shift:
    """One shifted circuit.

    Args:
        op: the index of the shifted operation in ``ShiftRule.base.ops``.
        slot: the further slot that holds the shift.
        radians: the shift.
        weight: of the shifted moments in the derivative along the angle, or along axis ``axis`` of the turn.
        axis: 0, 1 or 2 for the turn after a rotation; None for an angle.
    """

    op: int
    slot: int
    radians: float
    weight: float
    axis: int | None = None


@dataclass(frozen=True, eq=False)
class ShiftRule:
    """How the derivatives of the moments of a program are measured.

    Args:
        base: the program whose derivatives are wanted.
        split: the same with further scalar slots, all of them zero in the circuit itself.
        shifts: the circuits, in order.
    """

    base: Split
    split: Split
    shifts: tuple[Shift, ...]

    def slots(self, slots: Array, xp: Any = np) -> Array:
        """Return the slots of all shifted circuits of ``split``.

        Args:
            slots: (circuits, base.slot_count), radians.
            xp: the array module, NumPy by default.

        Returns:
            (circuits, shifts, split.slot_count), radians.
        """
        shifted = np.zeros((len(self.shifts), self.split.slot_count))
        for index, shift in enumerate(self.shifts):
            shifted[index, shift.slot] = shift.radians
        return self.unshifted(slots, xp)[:, None, :] + xp.asarray(shifted)[None]  # these slots are zero unless shifted

    def unshifted(self, slots: Array, xp: Any = np) -> Array:
        """Return slots of ``base``, (circuits, base.slot_count), as slots of ``split``."""
        points = xp.asarray(slots, dtype=np.float64)
        if points.ndim != 2 or points.shape[1] != self.base.slot_count:
            raise error(
                "slots that are no table",
                found=f"an array of shape {points.shape}",
                expected=f"(circuits, {self.base.slot_count})",
                help="give one row for each circuit",
            )
        extra = xp.zeros((len(points), self.split.slot_count - self.base.slot_count), np.float64)
        scalars = len(self.base.scalars)
        return xp.concatenate([points[:, :scalars], extra, points[:, scalars:]], axis=1)

    def weights(self, slots: Array, xp: Any = np) -> Array:
        """Return the matrix from shifted moments to derivatives along the slots of ``base``.

        Args:
            slots: (circuits, base.slot_count), radians.
            xp: the array module, NumPy by default.

        Returns:
            (circuits, shifts, base.slot_count): the derivative of moment m of circuit c along slot s is the sum over
            the shifts j of ``weights[c, j, s]`` times moment m of shifted circuit j.
        """
        jacobians: dict[int, Array] = {}
        rows = [xp.zeros((len(slots), 0, self.base.slot_count), np.float64)]
        for shift in self.shifts:
            op = self.base.ops[shift.op]
            along = np.zeros((3, self.base.slot_count))
            if op.vector is not None and shift.axis is not None:
                factor, slot = op.vector
                start = self.base.vector_offset(slot)
                along[:, start : start + 3] = shift.weight * float(factor) * np.eye(3)
                if shift.op not in jacobians:
                    jacobians[shift.op] = left_jacobian(float(factor) * slots[:, start : start + 3], xp)
                rows.append((jacobians[shift.op][:, shift.axis, :] @ xp.asarray(along))[:, None])
                continue
            if op.angle is not None:
                for coefficient, slot in op.angle.terms:
                    along[0, slot] += shift.weight * float(coefficient)
            rows.append(xp.broadcast_to(xp.asarray(along[:1]), (len(slots), 1, self.base.slot_count)))
        return xp.concatenate(rows, axis=1)

    def jacobian(self, slots: Floats, moments: Floats) -> Floats:
        """Return the derivatives of the moments.

        Args:
            slots: (circuits, base.slot_count), radians.
            moments: (circuits, shifts, observables), of the circuits of :meth:`slots`.

        Returns:
            (circuits, observables, base.slot_count), per radian.
        """
        result: Floats = np.einsum("cjs,cjm->cms", self.weights(slots), moments)
        return result


@dataclass(frozen=True)
class ParameterShift(Pass[ShiftRule]):
    """Works out the circuits that measure the derivatives of the moments; rewrites nothing.

    Cost: two circuits an exchange or Pauli rotation, four a chirality, 18 a four_spin, two, six, 16 and twelve a
    collective exchange of three to six qubits, and six a rotation by a vector; operations whose angle is a constant
    need none.

    Example:
        >>> from qffc.library import load
        >>> from qffc.targets.catalogue import target
        >>> rule = ParameterShift().run(load("sivqlm-h2o", depth=1), target("ideal")).output
        >>> slots = np.full((1, rule.base.slot_count), 0.3)
        >>> rule.slots(slots).shape == (1, len(rule.shifts), rule.split.slot_count)
        True
    """

    name: ClassVar[str] = "parameter-shift"
    preserves: ClassVar[Preserves] = "everything"

    def run(self, program: Program, target: Target) -> PassResult[ShiftRule]:
        """Return the program as it is, and its shifted circuits; the target plays no part."""
        del target
        return PassResult(program, shift_rule(split_program(program)))


def shift_rule(split: Split) -> ShiftRule:
    """Return the circuits that measure the derivatives of the moments along all slots."""
    first = len(split.scalars)
    names: list[Value] = []
    shifts: list[Shift] = []
    ops: list[KernelOp] = []

    def new_slot() -> int:
        names.append(ParameterEntry(f"shift_{len(names)}"))
        return first + len(names) - 1

    for index, op in enumerate(split.ops):
        if op.vector is not None:
            ops.append(op)
            for axis, letter in enumerate(LETTERS):
                slot = new_slot()
                string = ((op.qubits[0], letter),)
                ops.append(KernelOp("pauli_rotation", op.qubits, angle=_slot(slot), string=string))
                shifts += [Shift(index, slot, radians, weight, axis) for radians, weight in _TERMS["pauli_rotation"]]
        elif op.angle is not None and op.angle.terms:
            slot = new_slot()
            ops.append(replace(op, angle=replace(op.angle, terms=(*op.angle.terms, (_ONE, slot)))))
            shifts += [Shift(index, slot, radians, weight) for radians, weight in _terms_of(op)]
        else:
            ops.append(op)
    quiet = frozenset(range(first, first + len(names)))
    shifted = Split(split.program, (*split.scalars, *names), split.vectors, tuple(ops), quiet)
    return ShiftRule(split, shifted, tuple(shifts))


def left_jacobian(vectors: Array, xp: Any = np) -> Array:
    r"""Return J with exp(-i/2 (v + dv).sigma) = exp(-i/2 (J dv).sigma) exp(-i/2 v.sigma) to first order.

    Args:
        vectors: (..., 3), radians.
        xp: the array module, NumPy by default.

    Returns:
        (..., 3, 3): 1 + (1 - cos t)/t^2 K + (t - sin t)/t^3 K^2 with t = |v| and K u = v x u.

    Example:
        >>> left_jacobian(np.zeros(3)).tolist()
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    x, y, z = xp.moveaxis(xp.asarray(vectors, dtype=np.float64), -1, 0)
    zero = xp.zeros_like(x)
    cross = xp.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(*x.shape, 3, 3)
    square = x * x + y * y + z * z
    small = square < 1e-4  # below, the series is exact to rounding, and the closed form is not
    angle = xp.sqrt(xp.where(small, 1.0, square))
    first = xp.where(small, 1 / 2 - square / 24 + square**2 / 720, (1 - xp.cos(angle)) / angle**2)
    second = xp.where(small, 1 / 6 - square / 120 + square**2 / 5040, (angle - xp.sin(angle)) / angle**3)
    return (
        xp.broadcast_to(xp.eye(3), cross.shape)
        + first[..., None, None] * cross
        + second[..., None, None] * (cross @ cross)
    )


def _slot(slot: int) -> Affine:
    return Affine(Fraction(0), Fraction(0), ((_ONE, slot),))


def _terms(frequency: float, count: int) -> tuple[tuple[float, float], ...]:
    """Shifts in radians and weights for ``count`` frequencies that are multiples of one.

    Wierichs et al., arXiv:2107.12390, equation for equidistant frequencies, as differences about zero.
    """
    terms = []
    for k in range(1, 2 * count + 1):
        place = (2 * k - 1) * pi / (2 * count)
        weight = (-1) ** (k - 1) * frequency / (4 * count * np.sin(place / 2) ** 2)
        terms.append(((place if place <= pi else place - 2 * pi) / frequency, float(weight)))
    return tuple(terms)


def _terms_of(op: KernelOp) -> tuple[tuple[float, float], ...]:
    if op.kind != "collective":
        return _TERMS[op.kind]
    levels = Collective.levels(len(op.qubits))
    step = gcd(*(levels[0] - level for level in levels[1:]))
    return _terms(float(step), (levels[0] - levels[-1]) // step)


_TERMS = {
    "pauli_rotation": _terms(1.0, 1),
    "exchange": _terms(4.0, 1),
    "chirality": _terms(2 * sqrt(3.0), 2),
}
