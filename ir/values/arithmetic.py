"""Symbolic values: what the classical side of a program computes, with transformation laws.

A value is an immutable expression tree. Its canonical text (``str(value)``) is the spelling of the text format, and
decides equality. Lengths are in Angstrom, angles in radians.

Here are the base and its arithmetic: sums, products and powers, which :func:`add`, :func:`mul` and :func:`power` keep
canonical. Sums and products are flattened and sorted, so ``a * b`` equals ``b * a``; rational factors stand in front.
The other values stand on this file: vectors (``vectors.py``), leaves (``leaves.py``), functions (``functions.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from qffc.ir.diagnostics import InternalError, error
from qffc.ir.kept import cached_property
from qffc.ir.plain_numbers import exact_number, hint_at_pi, whole_number
from qffc.ir.values.laws import FRAME_VECTOR, SCALAR, VECTOR, Law

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
        """The names of the sites that the value depends on by what they are placed at, sorted."""
        found = set(self._own_sites())
        for child in self.children:
            found.update(child.sites)
        return tuple(sorted(found)) if found else ()

    @cached_property
    def named_sites(self) -> tuple[str, ...]:
        """The same with those whose species are named."""
        found = set(self._own_sites())
        for child in self.children:
            found.update(child.named_sites)
        return tuple(sorted(found)) if found else ()

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
        return self is other or (isinstance(other, Value) and self.text == other.text)

    def __hash__(self) -> int:
        return hash(self.text)

    def __add__(self, other: Value | Numeric) -> Value:
        return add(self, as_value(other))

    def __radd__(self, other: Numeric) -> Value:
        return add(as_value(other), self)

    def __sub__(self, other: Value | Numeric) -> Value:
        return add(self, mul(_MINUS_ONE, as_value(other)))

    def __rsub__(self, other: Numeric) -> Value:
        return add(as_value(other), mul(_MINUS_ONE, self))

    def __mul__(self, other: Value | Numeric) -> Value:
        return mul(self, as_value(other))

    def __rmul__(self, other: Numeric) -> Value:
        return mul(as_value(other), self)

    def __neg__(self) -> Value:
        return mul(_MINUS_ONE, self)

    def __truediv__(self, other: Value | Numeric) -> Value:
        return mul(self, power(as_value(other), -1))

    def __rtruediv__(self, other: Numeric) -> Value:
        return mul(as_value(other), power(self, -1))

    def __pow__(self, exponent: int) -> Value:
        return power(self, exponent)


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


_ZERO, _ONE, _MINUS_ONE = (Number(Fraction(number)) for number in (0, 1, -1))
_UNIT = _ONE.value
"""The coefficient of what has none, told by its identity: to compare and to multiply fractions takes long."""


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
        return VECTOR if is_zero_vector(self) else FRAME_VECTOR


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


def as_value(value: Value | Numeric) -> Value:
    """Return a value for a number of Python or NumPy; decimals become exact rationals of their shortest spelling.

    Warns:
        QffcWarning: for what looks like a multiple of ``math.pi``, which is no exact one.
    """
    if isinstance(value, Value):
        return value
    if type(value) in (int, Fraction):  # as most are
        return Number(Fraction(value))
    number = exact_number(value)
    if isinstance(value, float | np.floating):
        hint_at_pi(float(value))
    if number is None:
        raise error(
            "not a value",
            found=f"{value!r} of type {type(value).__name__}",
            expected="a symbolic value or a number",
            help="use parameters, distances and vectors of the sites, or plain numbers",
        )
    return Number(number)


def add(*values: Value) -> Value:
    """Return the sum in canonical form: flat, numbers folded, like terms collected, sorted."""
    if len({value.law.rank for value in values}) > 1:
        raise error(
            "sum of a number and a vector",
            found=" + ".join(f"'{value}' ({value.law.name})" for value in values),
            expected="terms that are all numbers or all vectors",
            help="multiply the number by a direction, or take the norm of the vector",
        )
    rank = values[0].law.rank
    coefficients: dict[str, Fraction] = {}
    bodies: dict[str, Value] = {}
    written: dict[str, Value] = {}  # terms that stay as they are
    for value in values:
        for term in value.terms if isinstance(value, Add) else (value,):
            if is_zero_vector(term):
                continue
            coefficient, body = split_coefficient(term)
            text = body.text
            if text in coefficients:
                coefficients[text] += coefficient
                written.pop(text, None)
            else:
                coefficients[text], bodies[text] = coefficient, body
                if not isinstance(body, Add):
                    written[text] = term
    terms = [written.get(key) or _times(coefficients[key], bodies[key]) for key in sorted(bodies) if coefficients[key]]
    if not terms:
        return _ZERO if rank == 0 else zero_vector()
    if len(terms) == 1:
        return terms[0]
    return Add(tuple(terms))


def mul(*values: Value) -> Value:
    """Return the product in canonical form: flat, numbers folded and multiplied into a lone sum, the vector last."""
    if len(values) == 2 and isinstance(values[0], Number):
        return _times(values[0].value, values[1])
    coefficient = _UNIT
    exponents: dict[str, int] = {}
    bodies: dict[str, Value] = {}
    vectors: list[Value] = []
    for value in values:
        for part in value.factors if isinstance(value, Mul) else (value,):
            content, factor = split_coefficient(part)
            if content is not _UNIT:
                coefficient = coefficient * content
            if factor.law.rank == 1:
                vectors.append(factor)
            elif not isinstance(factor, Number):
                base, exponent = (factor.base, factor.exponent) if isinstance(factor, Power) else (factor, 1)
                exponents[base.text] = exponents.get(base.text, 0) + exponent
                bodies[base.text] = base
    if len(vectors) > 1:
        raise error(
            "product of two vectors",
            found=" times ".join(f"'{vector}' ({vector.law.name})" for vector in vectors),
            expected="at most one vector in a product",
            help="use dot(u, v) for a scalar or cross(u, v) for an axial vector",
        )
    if not coefficient or (vectors and is_zero_vector(vectors[0])):
        return zero_vector() if vectors else _ZERO
    wanted = [(bodies[key], exponents[key]) for key in sorted(bodies)]
    factors = [base if exponent == 1 else power(base, exponent) for base, exponent in wanted if exponent] + vectors
    if coefficient is _UNIT and factors:
        return factors[0] if len(factors) == 1 else Mul(tuple(factors))
    if len(factors) == 1 and isinstance(factors[0], Add) and coefficient != 1:
        return Add(tuple(_times(coefficient, term) for term in factors[0].terms))
    if coefficient != 1 or not factors:
        factors.insert(0, Number(coefficient))
    return factors[0] if len(factors) == 1 else Mul(tuple(factors))


def _times(coefficient: Fraction, value: Value) -> Value:
    """A canonical value times a number, which is what most products are."""
    if coefficient is _UNIT or coefficient == 1:
        return value
    content, body = split_coefficient(value)
    if content is not _UNIT:
        coefficient = coefficient * content
    if not coefficient or is_zero_vector(body):
        return zero_vector() if body.law.rank else _ZERO
    if isinstance(body, Number):
        return Number(coefficient if body is _ONE else coefficient * body.value)
    if coefficient == 1:
        return body
    if isinstance(body, Add):
        return Add(tuple(_times(coefficient, term) for term in body.terms))
    return Mul((Number(coefficient), *(body.factors if isinstance(body, Mul) else (body,))))


def power(base: Value, exponent: int) -> Value:
    """Return an integer power of a number in canonical form."""
    whole = whole_number(exponent)
    if whole is None:
        raise error(
            "power with an exponent that is no integer",
            found=f"exponent {exponent!r} of '{base}'",
            expected="a whole number",
            help="use sqrt, or exp of a multiple of log",
        )
    exponent = whole
    need_rank(base, 0, "power")
    if exponent in (0, 1):
        return base if exponent else _ONE
    if isinstance(base, Number):
        if base.value == 0 and exponent < 0:
            raise error(
                "division by zero",
                found=f"'{base}^{exponent}'",
                expected="a divisor other than 0",
                help="correct the divisor; terms that cancel leave 0",
            )
        return Number(base.value**exponent)
    if isinstance(base, Power):
        return power(base.base, base.exponent * exponent)
    if isinstance(base, Mul):
        return mul(*(power(factor, exponent) for factor in base.factors))
    coefficient, body = split_coefficient(base)
    content, bare = coefficient**exponent, Power(body, exponent)
    return bare if content == 1 else Mul((Number(content), bare))


def split_coefficient(value: Value) -> tuple[Fraction, Value]:
    """Return the rational coefficient of a value and the rest of it; that of a sum makes its first term bare.

    Example:
        >>> from qffc.ir.values import Pi
        >>> split_coefficient(2 * Pi())
        (Fraction(2, 1), <Pi pi>)
        >>> split_coefficient(2 + 4 * Pi())
        (Fraction(2, 1), <Add 1 + 2*pi>)
    """
    known: tuple[Fraction, Value] | None = value.__dict__.get("_split")
    if known is None:
        known = value.__dict__["_split"] = _split_coefficient(value)
    return known


def _split_coefficient(value: Value) -> tuple[Fraction, Value]:
    if isinstance(value, Number):
        return value.value, _ONE
    if isinstance(value, Mul) and isinstance(value.factors[0], Number):
        rest = value.factors[1:]
        return value.factors[0].value, rest[0] if len(rest) == 1 else Mul(rest)
    if isinstance(value, Add):
        content, _ = split_coefficient(value.terms[0])
        if content is not _UNIT and content != 1:
            return content, Add(tuple(_times(1 / content, term) for term in value.terms))
    return _UNIT, value


def is_zero(value: Value) -> bool:
    """Whether a value is the number 0 or the zero vector, as it is written.

    Example:
        >>> from qffc.ir.values import Displacement
        >>> r = Displacement("a", "b")
        >>> is_zero(r - r), is_zero(r)
        (True, False)
    """
    return not value.value if isinstance(value, Number) else is_zero_vector(value)


def zero_vector() -> Value:
    """Return the vector of three zeros."""
    return FrameVector(_ZERO, _ZERO, _ZERO)


def is_zero_vector(value: Value) -> bool:
    """Whether a value is the vector of three zeros, as it is written."""
    return isinstance(value, FrameVector) and all(
        isinstance(part, Number) and not part.value for part in value.children
    )
