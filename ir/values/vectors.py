"""Symbolic values of vectors: length, direction, inner and cross product, components; and what builds them.

:func:`norm`, :func:`unit`, :func:`dot` and :func:`cross` keep values canonical, so build with these.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from qffc.ir.values.arithmetic import (
    Mul,
    Number,
    Value,
    is_zero_vector,
    mul,
    need_rank,
    split_coefficient,
    zero_vector,
)
from qffc.ir.values.laws import FRAME_NUMBER, Law

AXES: tuple[Literal["x", "y", "z"], ...] = ("x", "y", "z")


@dataclass(frozen=True, eq=False, repr=False)
class Norm(Value):
    """The length of a vector; build it with :func:`norm`."""

    vector: Value

    def __post_init__(self) -> None:
        need_rank(self.vector, 1, "norm")

    @property
    def children(self) -> tuple[Value, ...]:
        return (self.vector,)

    def _spell(self) -> str:
        return f"norm({self.vector})"

    def _law(self) -> Law:
        law = self.vector.law
        # Without a parity the vector is a sum of a polar and an axial one, and its mirror image has another length.
        return Law(0, None if law.parity is None else 1, law.covariant)


@dataclass(frozen=True, eq=False, repr=False)
class Unit(Value):
    """The direction of a vector; build it with :func:`unit`."""

    vector: Value

    def __post_init__(self) -> None:
        need_rank(self.vector, 1, "unit")

    @property
    def children(self) -> tuple[Value, ...]:
        return (self.vector,)

    def _spell(self) -> str:
        return f"unit({self.vector})"

    def _law(self) -> Law:
        return self.vector.law


@dataclass(frozen=True, eq=False, repr=False)
class Dot(Value):
    """The inner product of two vectors; build it with :func:`dot`."""

    left: Value
    right: Value

    @property
    def children(self) -> tuple[Value, ...]:
        return (self.left, self.right)

    def _spell(self) -> str:
        return f"dot({self.left}, {self.right})"

    def _law(self) -> Law:
        return self.left.law.dot(self.right.law)


@dataclass(frozen=True, eq=False, repr=False)
class Cross(Value):
    """The cross product of two vectors; build it with :func:`cross`."""

    left: Value
    right: Value

    def __post_init__(self) -> None:
        need_rank(self.left, 1, "cross")
        need_rank(self.right, 1, "cross")

    @property
    def children(self) -> tuple[Value, ...]:
        return (self.left, self.right)

    def _spell(self) -> str:
        return f"cross({self.left}, {self.right})"

    def _law(self) -> Law:
        return self.left.law.cross(self.right.law)


@dataclass(frozen=True, eq=False, repr=False)
class Component(Value):
    """One Cartesian component of a vector: a frame-dependent number."""

    vector: Value
    axis: Literal["x", "y", "z"]

    def __post_init__(self) -> None:
        need_rank(self.vector, 1, f"component {self.axis}")

    @property
    def children(self) -> tuple[Value, ...]:
        return (self.vector,)

    def _spell(self) -> str:
        return f"component({self.vector}, {self.axis})"

    def _law(self) -> Law:
        return FRAME_NUMBER


def dot(left: Value, right: Value) -> Value:
    """Return the inner product of two vectors: rational factors in front, arguments sorted."""
    need_rank(left, 1, "dot")
    need_rank(right, 1, "dot")
    if is_zero_vector(left) or is_zero_vector(right):
        return Number(Fraction(0))
    (a, u), (b, v) = split_coefficient(left), split_coefficient(right)
    return mul(Number(a * b), Dot(*sorted((u, v), key=str)))


def cross(left: Value, right: Value) -> Value:
    """Return the cross product of two vectors: rational factors in front, arguments sorted (with their sign)."""
    need_rank(left, 1, "cross")
    need_rank(right, 1, "cross")
    (a, u), (b, v) = split_coefficient(left), split_coefficient(right)
    if u == v or is_zero_vector(u) or is_zero_vector(v):
        return zero_vector()
    return mul(Number(a * b), Cross(u, v)) if u.text < v.text else mul(Number(-a * b), Cross(v, u))


def norm(vector: Value) -> Value:
    """Return the length of a vector: rational factors, without their sign, and other positive ones in front."""
    need_rank(vector, 1, "norm")
    if is_zero_vector(vector):
        return Number(Fraction(0))
    coefficient, positive, body = _split_scale(vector)
    return mul(Number(abs(coefficient)), *positive, Norm(body))


def unit(vector: Value) -> Value:
    """Return the direction of a vector: the sign in front, rational and other positive factors dropped."""
    need_rank(vector, 1, "unit")
    if is_zero_vector(vector):
        return vector
    coefficient, _, body = _split_scale(vector)
    return mul(Number(Fraction(-1)), Unit(body)) if coefficient < 0 else Unit(body)


def _split_scale(vector: Value) -> tuple[Fraction, tuple[Value, ...], Value]:
    """The rational coefficient of a vector, its factors that are always positive, and the rest."""
    coefficient, body = split_coefficient(vector)
    if not isinstance(body, Mul):
        return coefficient, (), body
    positive = tuple(factor for factor in body.factors if factor.is_positive)
    rest = [factor for factor in body.factors if not factor.is_positive]
    return coefficient, positive, rest[0] if len(rest) == 1 else Mul(tuple(rest))
