"""The constructors of symbolic values; what they build is canonical.

Sums and products are flattened and sorted, so ``a * b`` equals ``b * a``; rational factors stand in front.
"""

from __future__ import annotations

import warnings
from fractions import Fraction

import numpy as np

from qffc.ir.diagnostics import Diagnostic, QffcWarning, error
from qffc.ir.plain_numbers import exact_number, pi_share, whole_number
from qffc.ir.value_nodes import (
    Add,
    Cross,
    Dot,
    FrameVector,
    Mul,
    Norm,
    Number,
    Numeric,
    Power,
    Unit,
    Value,
    need_rank,
)


def as_value(value: Value | Numeric) -> Value:
    """Return a value for a number of Python or NumPy; decimals become exact rationals of their shortest spelling.

    Warns:
        QffcWarning: for what looks like a multiple of ``math.pi``, which is no exact one.
    """
    if isinstance(value, Value):
        return value
    number = exact_number(value)
    if isinstance(value, float | np.floating) and (share := pi_share(float(value))) is not None:
        _hint_at_pi(float(value), share)
    if number is None:
        raise error(
            "not a value",
            found=f"{value!r} of type {type(value).__name__}",
            expected="a symbolic value or a number",
            help="use parameters, distances and vectors of the sites, or plain numbers",
        )
    return Number(number)


def _hint_at_pi(given: float, share: Fraction) -> None:
    top = {1: "pi", -1: "-pi"}.get(share.numerator, f"{share.numerator}*pi")
    exact = top if share.denominator == 1 else f"{top}/{share.denominator}"
    hint = Diagnostic(
        title="decimal number in the place of a multiple of pi",
        found=f"{given!r}, taken as this decimal number and no other",
        expected=f"{exact}, which is exact: identities at such angles are proven, and gates fold",
        help=f"from qffc.dsl import pi, and write {exact}",
    )
    warnings.warn(QffcWarning(hint), stacklevel=4)


def add(*values: Value) -> Value:
    """Return the sum in canonical form: flat, numbers folded, like terms collected, sorted."""
    if len({value.law.rank for value in values}) > 1:
        raise error(
            "sum of a number and a vector",
            found=" + ".join(f"'{value}' ({value.law.name})" for value in values),
            expected="terms that are all numbers or all vectors",
            help="multiply the number by a direction, or take the norm of the vector",
        )
    coefficients: dict[str, Fraction] = {}
    bodies: dict[str, Value] = {}
    rank = values[0].law.rank
    for value in values:
        for term in value.terms if isinstance(value, Add) else (value,):
            if _is_zero_vector(term):
                continue
            coefficient, body = split_coefficient(term)
            coefficients[body.text] = coefficients.get(body.text, Fraction(0)) + coefficient
            bodies[body.text] = body
    terms = [mul(Number(coefficients[key]), bodies[key]) for key in sorted(bodies) if coefficients[key]]
    if not terms:
        return Number(Fraction(0)) if rank == 0 else _zero_vector()
    if len(terms) == 1:
        return terms[0]
    return Add(tuple(terms))


def mul(*values: Value) -> Value:
    """Return the product in canonical form: flat, numbers folded and multiplied into a lone sum, the vector last."""
    coefficient = Fraction(1)
    exponents: dict[str, int] = {}
    bodies: dict[str, Value] = {}
    vectors: list[Value] = []
    for value in values:
        for part in value.factors if isinstance(value, Mul) else (value,):
            content, factor = split_coefficient(part)
            coefficient *= content
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
    if coefficient == 0 or (vectors and _is_zero_vector(vectors[0])):
        return _zero_vector() if vectors else Number(Fraction(0))
    factors = [power(bodies[key], exponents[key]) for key in sorted(bodies) if exponents[key]] + vectors
    if len(factors) == 1 and isinstance(factors[0], Add) and coefficient != 1:
        return Add(tuple(mul(Number(coefficient), term) for term in factors[0].terms))
    if coefficient != 1 or not factors:
        factors.insert(0, Number(coefficient))
    return factors[0] if len(factors) == 1 else Mul(tuple(factors))


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
    if exponent == 1:
        return base
    if exponent == 0:
        return Number(Fraction(1))
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


def dot(left: Value, right: Value) -> Value:
    """Return the inner product of two vectors: rational factors in front, arguments sorted."""
    need_rank(left, 1, "dot")
    need_rank(right, 1, "dot")
    if _is_zero_vector(left) or _is_zero_vector(right):
        return Number(Fraction(0))
    (a, u), (b, v) = split_coefficient(left), split_coefficient(right)
    return mul(Number(a * b), Dot(*sorted((u, v), key=str)))


def cross(left: Value, right: Value) -> Value:
    """Return the cross product of two vectors: rational factors in front, arguments sorted (with their sign)."""
    need_rank(left, 1, "cross")
    need_rank(right, 1, "cross")
    (a, u), (b, v) = split_coefficient(left), split_coefficient(right)
    if u == v or _is_zero_vector(u) or _is_zero_vector(v):
        return _zero_vector()
    return mul(Number(a * b), Cross(u, v)) if u.text < v.text else mul(Number(-a * b), Cross(v, u))


def norm(vector: Value) -> Value:
    """Return the length of a vector: rational factors, without their sign, and other positive ones in front."""
    need_rank(vector, 1, "norm")
    if _is_zero_vector(vector):
        return Number(Fraction(0))
    coefficient, positive, body = _split_scale(vector)
    return mul(Number(abs(coefficient)), *positive, Norm(body))


def unit(vector: Value) -> Value:
    """Return the direction of a vector: the sign in front, rational and other positive factors dropped."""
    need_rank(vector, 1, "unit")
    if _is_zero_vector(vector):
        return vector
    coefficient, _, body = _split_scale(vector)
    return mul(Number(Fraction(-1)), Unit(body)) if coefficient < 0 else Unit(body)


def split_coefficient(value: Value) -> tuple[Fraction, Value]:
    """Return the rational coefficient of a value and the rest of it; that of a sum makes its first term bare.

    Example:
        >>> from qffc.ir.values import Pi
        >>> split_coefficient(2 * Pi())
        (Fraction(2, 1), <Pi pi>)
        >>> split_coefficient(2 + 4 * Pi())
        (Fraction(2, 1), <Add 1 + 2*pi>)
    """
    if isinstance(value, Number):
        return value.value, Number(Fraction(1))
    if isinstance(value, Mul) and isinstance(value.factors[0], Number):
        rest = value.factors[1:]
        return value.factors[0].value, rest[0] if len(rest) == 1 else Mul(rest)
    if isinstance(value, Add):
        content, _ = split_coefficient(value.terms[0])
        if content != 1:
            return content, Add(tuple(mul(Number(1 / content), term) for term in value.terms))
    return Fraction(1), value


def _split_scale(vector: Value) -> tuple[Fraction, tuple[Value, ...], Value]:
    """The rational coefficient of a vector, its factors that are always positive, and the rest."""
    coefficient, body = split_coefficient(vector)
    if not isinstance(body, Mul):
        return coefficient, (), body
    positive = tuple(factor for factor in body.factors if factor.is_positive)
    rest = [factor for factor in body.factors if not factor.is_positive]
    return coefficient, positive, rest[0] if len(rest) == 1 else Mul(tuple(rest))


def is_zero(value: Value) -> bool:
    """Whether a value is the number 0 or the zero vector, as it is written.

    Example:
        >>> from qffc.ir.values import Displacement
        >>> r = Displacement("a", "b")
        >>> is_zero(r - r), is_zero(r)
        (True, False)
    """
    return value == Number(Fraction(0)) or _is_zero_vector(value)


def _zero_vector() -> Value:
    zero = Number(Fraction(0))
    return FrameVector(zero, zero, zero)


def _is_zero_vector(value: Value) -> bool:
    zero = Number(Fraction(0))
    return isinstance(value, FrameVector) and value.x == zero and value.y == zero and value.z == zero
