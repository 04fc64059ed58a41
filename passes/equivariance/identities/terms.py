"""Values as sums of products with rational coefficients: how angles add up."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm

from qffc.ir.values import (
    Add,
    Displacement,
    Dot,
    FrameVector,
    Function,
    Mul,
    Norm,
    Number,
    Pi,
    Position,
    Power,
    Unit,
    Value,
    add,
    dot,
    function,
    mul,
    norm,
    power,
    split_coefficient,
    walk,
)
from qffc.ir.values.arithmetic import zero_vector

MOST_TERMS = 256
"""A value with more terms is one term."""

Terms = tuple[tuple[Fraction, Value], ...]
"""Coefficients and what they multiply: products without rational factors, or the number 1."""

_MOST_POWER = 8
_ZERO, _ONE = Number(Fraction(0)), Number(Fraction(1))


@lru_cache(maxsize=4096)
def terms_of(value: Value) -> Terms:
    """Return a number or a vector, multiplied out; squares of sines and of lengths are those of others.

    Example:
        >>> from qffc.ir import parse_value
        >>> [(str(q), str(term)) for q, term in terms_of(parse_value("2*(a + 1/3)*(b + pi)"))]
        [('2/3', 'b'), ('2/3', 'pi'), ('2', 'a*b'), ('2', 'a*pi')]
    """
    found = _multiplied_out(value)
    return tuple((q, body) for q, body in found if q) if len(found) <= MOST_TERMS else ((Fraction(1), value),)


def _multiplied_out(value: Value) -> list[tuple[Fraction, Value]]:
    match value:
        case Number(number):
            return [(number, _ONE)]
        case Add(parts):
            return _collected(term for part in parts for term in _multiplied_out(part))
        case Power(Function("sin", argument), exponent) if 1 < exponent <= _MOST_POWER:
            squares = (_ONE - power(function("cos", argument), 2),) * (exponent // 2)
            return _multiplied_out_product((*squares, *(function("sin", argument),) * (exponent % 2)))
        case Power(Norm(vector), exponent) if 1 < exponent <= _MOST_POWER:
            return _multiplied_out_product((dot(vector, vector),) * (exponent // 2) + (norm(vector),) * (exponent % 2))
        case Power(base, exponent) if isinstance(base, Add) and 1 < exponent <= _MOST_POWER:
            return _multiplied_out_product((base,) * exponent)
        case Dot(left, right) if isinstance(left, Add) or isinstance(right, Add):
            pairs = [(a * b, dot(u, v)) for a, u in terms_of(left) for b, v in terms_of(right)]
            return _collected((q * c, body) for q, product in pairs for c, body in _multiplied_out(product))
        case Mul(factors):
            return _multiplied_out_product(factors)
    return [(Fraction(1), value)]


def _multiplied_out_product(factors: tuple[Value, ...]) -> list[tuple[Fraction, Value]]:
    product: list[tuple[Fraction, Value]] = [(Fraction(1), _ONE)]
    for factor in factors:
        terms = _multiplied_out(factor)
        if len(product) * len(terms) > MOST_TERMS:
            return [(Fraction(1), mul(*factors))]
        product = _collected((a * b, mul(left, right)) for a, left in product for b, right in terms)
    return product


def _collected(terms: Iterator[tuple[Fraction, Value]]) -> list[tuple[Fraction, Value]]:
    sums: dict[str, Fraction] = {}
    bodies: dict[str, Value] = {}
    for coefficient, body in terms:
        sums[body.text] = sums.get(body.text, Fraction(0)) + coefficient
        bodies[body.text] = body
    return [(sums[text], bodies[text]) for text in sorted(bodies, key=len)]


@lru_cache(maxsize=4096)
def turns_of(value: Value) -> tuple[Value, Terms]:
    """Return a vector as a number times one vector: that one, and the terms of the number.

    Turns about one axis add up, so those of a vector ``(a + b)*v`` are a turn by each term. The vector may be a sum
    itself; its coefficients are whole numbers without a common factor, so that its multiples have one form.

    Example:
        >>> from qffc.ir import parse_value
        >>> def shown(text):
        ...     body, terms = turns_of(parse_value(text))
        ...     return str(body), [(str(q), str(number)) for q, number in terms]
        >>> shown("(2*a + b)*r(s, t)")
        ('-1*x(s) + x(t)', [('2', 'a'), ('1', 'b')])
        >>> shown("a*(x(s) - 1/2*unit(x(u)))")
        ('-1*unit(x(u)) + 2*x(s)', [('1/2', 'a')])
        >>> shown("r(s, t) + a*r(t, u)")
        ('a*r(t, u) + r(s, t)', [('1', '1')])
    """
    numbers: dict[str, dict[str, Fraction]] = {}
    bodies: dict[str, Value] = {}
    for coefficient, term in terms_of(value):
        factors = term.factors if isinstance(term, Mul) else (term,)
        rest = mul(*factors[:-1]) if len(factors) > 1 else _ONE
        bodies[rest.text] = rest
        for sign, body in _positions(factors[-1]):
            bodies[body.text] = body
            own = numbers.setdefault(body.text, {})
            own[rest.text] = own.get(rest.text, Fraction(0)) + sign * coefficient
    numbers = {text: {name: q for name, q in own.items() if q} for text, own in numbers.items()}
    numbers = {text: own for text, own in numbers.items() if own}
    if not numbers:
        return zero_vector(), ()
    first = next(iter(numbers.values()))
    some = next(iter(first))
    ratios = {text: own.get(some, Fraction(0)) / first[some] for text, own in numbers.items()}
    if all(
        own == {text: ratio * q for text, q in first.items()}
        for own, ratio in zip(numbers.values(), ratios.values(), strict=True)
    ):
        scale = Fraction(lcm(*(q.denominator for q in ratios.values())))
        scale /= gcd(*(int(q * scale) for q in ratios.values()))
        body = add(*(mul(Number(q * scale), bodies[text]) for text, q in ratios.items()))
        return body, tuple((q / scale, bodies[text]) for text, q in first.items())
    coefficient = first[some]
    return mul(Number(1 / coefficient), value), ((coefficient, _ONE),)


def _positions(vector: Value) -> tuple[tuple[int, Value], ...]:
    """A vector as positions, where it is a difference of two: so what cancels in sums of differences is seen."""
    if isinstance(vector, Displacement):
        return (1, Position(vector.site)), (-1, Position(vector.origin))
    return ((1, vector),)


@lru_cache(maxsize=4096)
def turn_about_a_direction(vector: Value) -> tuple[Value, Value] | None:
    """Return a vector of length 1 and the number that it is multiplied with; None where no such vector is written.

    Axes of the laboratory and directions have length 1. So such turns are known by their angle alone.

    Example:
        >>> from qffc.ir import parse_value
        >>> turn_about_a_direction(parse_value("-b*vector(0, a, 0)"))
        (<FrameVector vector(0, 1, 0)>, <Mul -1*a*b>)
        >>> turn_about_a_direction(parse_value("2*pi*unit(r(s, t))")), turn_about_a_direction(parse_value("r(s, t)"))
        ((<Unit unit(r(s, t))>, <Mul 2*pi>), None)
    """
    body, terms = turns_of(vector)
    coefficient, body = split_coefficient(body)
    number = add(*(mul(Number(coefficient * q), term) for q, term in terms)) if terms else _ZERO
    if isinstance(body, Unit):
        return body, number
    if not isinstance(body, FrameVector):
        return None
    there = [axis for axis, part in enumerate(body.children) if part != _ZERO]
    if len(there) != 1:
        return None
    x, y, z = (_ONE if axis == there[0] else _ZERO for axis in range(3))
    return FrameVector(x, y, z), mul(number, body.children[there[0]])


@lru_cache(maxsize=4096)
def positive_scale(vector: Value) -> tuple[Value, Value]:
    """Return a number that is nowhere negative, and a vector; their product is the vector.

    So lengths of multiples are known by one root, where the sign of what is multiplied is known.

    Example:
        >>> from qffc.ir import parse_value
        >>> scale, rest = positive_scale(parse_value("-2*J*norm(r(s, t))*r(s, u)"))
        >>> str(scale), str(rest), has_length_one(rest)
        ('2*norm(r(s, t))', 'J*(x(s) + -1*x(u))', False)
        >>> positive_scale(parse_value("vector(0, -3, 0)"))
        (<Number 3>, <Mul -1*vector(0, 1, 0)>)
    """
    straight = turn_about_a_direction(vector)
    body, terms = turns_of(vector) if straight is None else (straight[0], terms_of(straight[1]))
    if len(terms) != 1:
        return _ONE, vector
    ((coefficient, number),) = terms
    factors = number.factors if isinstance(number, Mul) else (number,)
    positive = [factor for factor in factors if _is_nowhere_negative(factor)]
    rest = [factor for factor in factors if not _is_nowhere_negative(factor)]
    sign = Fraction(1 if coefficient > 0 else -1)
    return mul(Number(abs(coefficient)), *positive), mul(Number(sign), *rest, body)


def has_length_one(vector: Value) -> bool:
    """Whether a vector is a direction or an axis of the laboratory, up to its sign."""
    coefficient, body = split_coefficient(vector)
    if abs(coefficient) != 1:
        return False
    return isinstance(body, Unit) or (
        isinstance(body, FrameVector) and sorted(map(str, body.children)) == ["0", "0", "1"]
    )


def may_vanish(vector: Value) -> bool:
    """Whether a vector may be zero in a molecule: all but multiples of the difference of two atoms' positions.

    Example:
        >>> from qffc.ir import parse_value
        >>> may_vanish(parse_value("-2*r(s, t)")), may_vanish(parse_value("cross(r(s, t), r(s, u))"))
        (False, True)
    """
    body, terms = turns_of(vector)
    if len(terms) != 1 or terms[0][1] != _ONE or not isinstance(body, Add) or len(body.terms) != 2:
        return True
    (a, one), (b, other) = (split_coefficient(term) for term in body.terms)
    return not (isinstance(one, Position) and isinstance(other, Position) and a + b == 0)


def _is_nowhere_negative(value: Value) -> bool:
    match value:
        case Norm() | Function("exp" | "sqrt" | "acos"):
            return True
        case Power(base, exponent):
            return exponent % 2 == 0 or _is_nowhere_negative(base)
    return value.is_positive


def is_pi(value: Value) -> bool:
    """Whether a term is a rational multiple of pi."""
    return isinstance(value, Pi)


def circular_functions(value: Value) -> list[Value]:
    """Return the arguments of sines and cosines anywhere in a value."""
    return [node.argument for node in walk(value) if isinstance(node, Function) and node.name in ("cos", "sin")]
