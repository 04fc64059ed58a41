"""Symbolic values: what the classical side of a program computes, with transformation laws.

A value is an immutable expression tree. Its canonical text (``str(value)``) is the spelling of the text format, and
decides equality. Lengths are in Angstrom, angles in radians.

Here are the base, arithmetic and vectors; leaves are in ``value_leaves.py``, functions of a number in
``value_functions.py``. Sums, products, powers and most vectors are built with ``value_constructors.py``, which keeps
them canonical.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Literal

from qffc.ir.diagnostics import InternalError, error
from qffc.ir.laws import FRAME_NUMBER, FRAME_VECTOR, SCALAR, VECTOR, Law

AXES: tuple[Literal["x", "y", "z"], ...] = ("x", "y", "z")

Numeric = int | float | Fraction


class Value:
    """Base of all symbolic values; operators build sums, products and powers."""

    __array_ufunc__ = None  # numbers of NumPy on the left leave the arithmetic to the operators here

    @cached_property
    def text(self) -> str:
        """The canonical spelling in the text format."""
        return self._spell()

    @cached_property
    def law(self) -> Law:
        """How the value transforms."""
        return self._law()

    @property
    def children(self) -> tuple[Value, ...]:
        """The values that this one is built from, in order."""
        return ()

    @cached_property
    def sites(self) -> tuple[str, ...]:
        """The names of the sites that the value depends on, sorted."""
        return tuple(sorted({site for node in walk(self) for site in node._own_sites()}))

    @property
    def is_positive(self) -> bool:
        """Whether the value is a number above zero whatever it depends on; False when that cannot be seen."""
        return False

    def _spell(self) -> str:
        raise InternalError(f"{type(self).__name__} has no spelling")

    def _law(self) -> Law:
        raise InternalError(f"{type(self).__name__} has no law")

    def _own_sites(self) -> tuple[str, ...]:
        return ()

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.text}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Value) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __add__(self, other: Value | Numeric) -> Value:
        return build.add(self, build.as_value(other))

    def __radd__(self, other: Numeric) -> Value:
        return build.add(build.as_value(other), self)

    def __sub__(self, other: Value | Numeric) -> Value:
        return build.add(self, build.mul(Number(Fraction(-1)), build.as_value(other)))

    def __rsub__(self, other: Numeric) -> Value:
        return build.add(build.as_value(other), build.mul(Number(Fraction(-1)), self))

    def __mul__(self, other: Value | Numeric) -> Value:
        return build.mul(self, build.as_value(other))

    def __rmul__(self, other: Numeric) -> Value:
        return build.mul(build.as_value(other), self)

    def __neg__(self) -> Value:
        return build.mul(Number(Fraction(-1)), self)

    def __truediv__(self, other: Value | Numeric) -> Value:
        return build.mul(self, build.power(build.as_value(other), -1))

    def __rtruediv__(self, other: Numeric) -> Value:
        return build.mul(build.as_value(other), build.power(self, -1))

    def __pow__(self, exponent: int) -> Value:
        return build.power(self, exponent)


def walk(value: Value) -> Iterator[Value]:
    """Yield the value and everything below it, children after parents."""
    stack = [value]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.children))


@dataclass(frozen=True, eq=False, repr=False)
class Number(Value):
    """An exact rational number."""

    value: Fraction

    @property
    def is_positive(self) -> bool:
        return self.value > 0

    def _spell(self) -> str:
        return str(self.value)

    def _law(self) -> Law:
        return SCALAR


@dataclass(frozen=True, eq=False, repr=False)
class Add(Value):
    """A sum of at least two values of one rank; build it with :func:`add`."""

    terms: tuple[Value, ...]

    @property
    def children(self) -> tuple[Value, ...]:
        return self.terms

    def _spell(self) -> str:
        return " + ".join(term.text for term in self.terms)

    def _law(self) -> Law:
        law = self.terms[0].law
        for term in self.terms[1:]:
            law = law.plus(term.law)
        return law


@dataclass(frozen=True, eq=False, repr=False)
class Mul(Value):
    """A product of at least two values, at most one of them a vector; build it with :func:`mul`."""

    factors: tuple[Value, ...]

    @property
    def children(self) -> tuple[Value, ...]:
        return self.factors

    def _spell(self) -> str:
        return "*".join(f"({factor})" if isinstance(factor, Add) else factor.text for factor in self.factors)

    def _law(self) -> Law:
        law = self.factors[0].law
        for factor in self.factors[1:]:
            law = law.times(factor.law)
        return law


@dataclass(frozen=True, eq=False, repr=False)
class Power(Value):
    """An integer power of a number; build it with :func:`power`."""

    base: Value
    exponent: int

    @property
    def children(self) -> tuple[Value, ...]:
        return (self.base,)

    @property
    def is_positive(self) -> bool:
        return self.base.is_positive

    def _spell(self) -> str:
        simple = not isinstance(self.base, Add | Mul | Power) and not (
            isinstance(self.base, Number) and (self.base.value < 0 or self.base.value.denominator != 1)
        )
        return f"{self.base}^{self.exponent}" if simple else f"({self.base})^{self.exponent}"

    def _law(self) -> Law:
        law = self.base.law
        odd = self.exponent % 2
        return Law(0, law.parity if odd else (None if law.parity is None else 1), law.covariant)


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


@dataclass(frozen=True, eq=False, repr=False)
class FrameVector(Value):
    """A vector written down by three numbers in the laboratory frame."""

    x: Value
    y: Value
    z: Value

    def __post_init__(self) -> None:
        for part in self.children:
            need_rank(part, 0, "vector")

    @property
    def children(self) -> tuple[Value, ...]:
        return (self.x, self.y, self.z)

    def _spell(self) -> str:
        return f"vector({self.x}, {self.y}, {self.z})"

    def _law(self) -> Law:
        return VECTOR if all(part == Number(Fraction(0)) for part in self.children) else FRAME_VECTOR


def need_rank(value: Value, rank: int, user: str) -> None:
    """Refuse a value of the wrong rank: 0 for numbers, 1 for vectors; ``user`` is what takes it."""
    if value.law.rank == rank:
        return
    wanted = "a vector" if rank == 1 else "a number"
    raise error(
        "a scalar where a vector belongs" if rank == 1 else "a vector where a scalar belongs",
        found=f"'{value}' ({value.law.name})",
        expected=f"{wanted} in '{user}'",
        help="give it a vector such as r(a, b), or multiply by one"
        if rank == 1
        else "take norm(...) or dot(...) of it",
    )


# At the end, because the constructors need the classes above, and the operators of Value need the constructors.
from qffc.ir import value_constructors as build  # noqa: E402
