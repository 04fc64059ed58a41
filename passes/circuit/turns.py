"""Rotations as a number times a direction, whichever operation spells them."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from qffc.ir.operation import Op
from qffc.ir.ops import PauliRotation, Rotate
from qffc.ir.pauli import LETTERS
from qffc.ir.values import Add, FrameVector, Mul, Number, Value, add, as_value, mul, split_coefficient, substitute_sites

ZERO = Number(Fraction(0))


def is_turn(op: Op) -> bool:
    """Whether an operation rotates one qubit."""
    return isinstance(op, Rotate) or (isinstance(op, PauliRotation) and len(op.string) == 1)


def on_qubit(turn: Op, qubit: int) -> Op:
    """Return a rotation of one qubit on another qubit."""
    return turn.relabelled({turn.qubits[0]: qubit})


@lru_cache(maxsize=1 << 14)
def parts(vector: Value) -> tuple[Value, Value]:
    """Return a vector as a number and a direction; r(b, a) is -r(a, b).

    Example:
        >>> from qffc.ir.values import Displacement, ParameterEntry
        >>> parts(ParameterEntry("J") * Displacement("b", "a"))
        (<Mul -1*J>, <Displacement r(a, b)>)
        >>> from qffc.ir.values import Position
        >>> parts(Position("b") - Position("a"))
        (<Number -1>, <Add x(a) + -1*x(b)>)
    """
    number, direction = _split(substitute_sites(vector, {}))
    if not isinstance(direction, Add):
        return number, direction
    # x(b) - x(a) is -(x(a) - x(b)): a sum and the same with other signs are one direction.
    coefficient, bare = split_coefficient(direction)
    return mul(as_value(coefficient), number), bare


def axis_rotation(op: Rotate) -> PauliRotation | None:
    """Return a rotation about an axis of the laboratory as a Pauli rotation; None for other directions.

    Example:
        >>> from qffc.ir.values import Pi
        >>> op = axis_rotation(Rotate(0, FrameVector(ZERO, ZERO, Pi())))
        >>> op.string, op.angle
        (((0, 'Z'),), <Pi pi>)
    """
    number, direction = parts(op.vector)
    if not isinstance(direction, FrameVector):
        return None
    along = [(letter, part) for letter, part in zip(LETTERS, direction.children, strict=True) if part != ZERO]
    if len(along) != 1:
        return None
    ((letter, part),) = along
    return PauliRotation(((op.qubit, letter),), mul(number, part), span=op.span)


def _split(vector: Value) -> tuple[Value, Value]:
    if isinstance(vector, Mul):
        return mul(*vector.factors[:-1]), vector.factors[-1]
    if isinstance(vector, Add):
        split = [_split(term) for term in vector.terms]
        if len({direction for _, direction in split}) == 1:
            return add(*(number for number, _ in split)), split[0][1]
    return Number(Fraction(1)), vector
