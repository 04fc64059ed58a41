"""One spelling for each operation: qubits in order, exact angles reduced, identities told."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from math import ceil
from typing import Literal

from qffc.ir.operation import Op
from qffc.ir.ops import Collective, Exchange, Rotate
from qffc.ir.values import Add, FrameVector, Pi, Unit, Value, add, is_zero, mul, split_coefficient, substitute_sites
from qffc.passes.circuit.turns import ZERO, axis_rotation, parts


def normal(op: Op) -> Op:
    """Return an operation in its one spelling, up to a global phase.

    Example:
        >>> from qffc.ir.ops import Chirality
        >>> from qffc.ir.values import ParameterEntry
        >>> op = normal(Chirality(1, 0, 2, ParameterEntry("J")))
        >>> op.qubits, op.value
        ((0, 1, 2), <Mul -1*J>)
    """
    # Kept with the operation, which is asked for it in sweep after sweep; what is in its one spelling is told by None.
    known: Op | None | Literal[False] = op.__dict__.get("_normal", False)
    if known is False:
        known = _normal(op)
        op.__dict__["_normal"] = None if known is op else known
    return op if known is None else known


def _normal(op: Op) -> Op:
    if isinstance(op, Rotate):
        about_axis = axis_rotation(op)
        return _full_turns_off(op) if about_axis is None else normal(about_axis)
    if isinstance(op, Collective) and len(op.members) == 2:
        (op,) = op.parts()
    op, period = op.ordered(), op.period
    if period is None or op.value is None:
        return op
    angle, periods = _reduced(op.value, period)
    return op.with_value(angle) if periods else op


def without_swap(op: Op) -> tuple[Op, Mapping[int, int]]:
    """Return an operation without the SWAP that its angle holds, and where that SWAP takes its qubits.

    A coupling that is free in order keeps it: which couplings come later is not known yet.
    """
    if not isinstance(op, Exchange) or op.unordered is not None:
        return op, {}
    angle, swaps = _reduced(op.angle, Fraction(1, 4))
    if not swaps:
        return op, {}
    return op.with_value(angle), {op.a: op.b, op.b: op.a} if swaps % 2 else {}


def is_identity(op: Op) -> bool:
    """Whether the angle or the vector of an operation is exactly zero."""
    known: bool | None = op.__dict__.get("_vanishes")
    if known is None:
        known = op.__dict__["_vanishes"] = op.value is not None and _vanishes(op.value)
    return known


@lru_cache(maxsize=1 << 12)
def _vanishes(number: Value) -> bool:
    if not number.law.rank and not number.sites:
        return is_zero(number)  # nothing to be written the other way round
    value = parts(number)[1] if number.law.rank else substitute_sites(number, {})
    return value == ZERO or (isinstance(value, FrameVector) and set(value.children) == {ZERO})


def _full_turns_off(op: Rotate) -> Rotate:
    """A turn by 2 pi about a unit vector is a phase, and so is one about the zero vector, by nothing."""
    number, direction = parts(op.vector)
    if not isinstance(direction, Unit):
        return op
    number, turns = _reduced(number, Fraction(2))
    return op.with_value(mul(number, direction)) if turns else op


_WITH_MULTIPLES = (Add, Pi)
"""What may have a multiple of pi in it."""


def _reduced(angle: Value, period: Fraction) -> tuple[Value, int]:
    """Return the angle with its exact part in (-period/2, period/2] times pi, and how many periods went."""
    if not isinstance(angle, Add) and not isinstance(split_coefficient(angle)[1], _WITH_MULTIPLES):
        return angle, 0  # as most are, sooner than a table would say so
    return _without_periods(angle, period)


@lru_cache(maxsize=1 << 12)
def _without_periods(angle: Value, period: Fraction) -> tuple[Value, int]:
    terms = _terms(angle)
    part = sum((c for c, body in map(split_coefficient, terms) if isinstance(body, Pi)), Fraction(0))
    periods = ceil(part / period - Fraction(1, 2))
    return (add(*terms, Pi() * (-periods * period)), periods) if periods else (angle, 0)


def _terms(angle: Value) -> tuple[Value, ...]:
    factor, body = split_coefficient(angle)
    return tuple(term * factor for term in body.terms) if isinstance(body, Add) else (angle,)
