"""Values as sums of products with rational coefficients: how angles add up."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache

from qffc.ir.values import (
    Add,
    Dot,
    Function,
    Mul,
    Norm,
    Number,
    Pi,
    Power,
    Value,
    add,
    dot,
    function,
    mul,
    norm,
    power,
    walk,
)

MOST_TERMS = 256
"""A value with more terms is one term."""

Terms = tuple[tuple[Fraction, Value], ...]
"""Coefficients and what they multiply: products without rational factors, or the number 1."""

_MOST_POWER = 8
_ONE = Number(Fraction(1))


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


def turns_of(value: Value) -> tuple[Value, list[tuple[Fraction, Value]]]:
    """Return a vector as a sum of multiples of one vector: that one, and coefficients with the numbers they multiply.

    Turns about one axis add up, so those of a vector ``(a + b)*v`` are a turn by each term. A sum of different vectors
    is one vector.

    Example:
        >>> from qffc.ir import parse_value
        >>> body, terms = turns_of(parse_value("(2*a + b)*r(s, t)"))
        >>> str(body), [(str(q), str(number)) for q, number in terms]
        ('r(s, t)', [('2', 'a'), ('1', 'b')])
    """
    found = []
    bodies = {}
    for coefficient, term in terms_of(value):
        factors = term.factors if isinstance(term, Mul) else (term,)
        body, rest = factors[-1], factors[:-1]
        bodies[body.text] = body
        found.append((coefficient, mul(*rest) if rest else _ONE))
    if len(bodies) == 1:
        return next(iter(bodies.values())), found
    coefficient = next((q for q, _ in terms_of(value)), Fraction(1))
    return add(*(mul(Number(q / coefficient), term) for q, term in terms_of(value))), [(coefficient, _ONE)]


def is_pi(value: Value) -> bool:
    """Whether a term is a rational multiple of pi."""
    return isinstance(value, Pi)


def circular_functions(value: Value) -> list[Value]:
    """Return the arguments of sines and cosines anywhere in a value."""
    return [node.argument for node in walk(value) if isinstance(node, Function) and node.name in ("cos", "sin")]
