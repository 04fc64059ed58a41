"""One spelling for vectors that are sums of positions, and for triple products of them.

Positions of sites are independent, so a sum with rational coefficients that add up to zero is one combination of the
displacements from its first site; `r(c, b) - r(c, a)` and `x(b) - x(a)` are r(a, b). A triple product of such sums is
multiplied out and its arguments sorted, with the sign of the order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import product

from qffc.ir.values import (
    Add,
    Cross,
    Displacement,
    Dot,
    Number,
    Position,
    Value,
    add,
    cross,
    dot,
    mul,
    rebuild,
    split_coefficient,
)

Positions = dict[str, Fraction]
"""A rational factor for the position of each site."""


@lru_cache(maxsize=1 << 14)
def displacement_form(value: Value) -> Value:
    """Return a value with its sums of displacements and positions in their one spelling.

    Example:
        >>> from qffc.ir import parse_value
        >>> print(displacement_form(parse_value("J*(r(c, b) - r(c, a))")))
        J*r(a, b)
        >>> print(displacement_form(parse_value("dot(r(c, b), cross(r(c, a), r(c, d)))")))
        -1*dot(cross(r(a, c), r(a, d)), r(a, b))
    """
    if not value.children:
        return value
    value = rebuild(value, tuple(displacement_form(child) for child in value.children))
    if isinstance(value, Add):
        return _sum(value)
    return _triple(value) if isinstance(value, Dot) else value


def _sum(value: Add) -> Value:
    total, rest = _positions(value)
    if len(value.terms) - len(rest) < 2 or sum(total.values()) != 0:
        return value
    if not total:
        return add(*rest) if rest else mul(Number(Fraction(0)), value)
    return add(*rest, *(mul(Number(factor), vector) for factor, vector in _displacements(total, min(total))))


def _positions(value: Value) -> tuple[Positions, list[Value]]:
    """The positions that a vector adds up, those that cancel left out, and the terms that are something else."""
    total: Positions = defaultdict(Fraction)
    rest: list[Value] = []
    for term in value.terms if isinstance(value, Add) else (value,):
        factor, body = split_coefficient(term)
        if isinstance(body, Displacement):
            total[body.site] += factor
            total[body.origin] -= factor
        elif isinstance(body, Position):
            total[body.site] += factor
        else:
            rest.append(term)
    return {site: factor for site, factor in sorted(total.items()) if factor}, rest


def _displacements(total: Positions, origin: str) -> Iterator[tuple[Fraction, Value]]:
    yield from ((factor, Displacement(origin, site)) for site, factor in total.items() if site != origin)


def _triple(value: Dot) -> Value:
    for one, other in (value.children, value.children[::-1]):
        if isinstance(other, Cross):
            return _determinant((one, other.children[0], other.children[1])) or value
    return value


def _determinant(vectors: tuple[Value, Value, Value]) -> Value | None:
    """The triple product of three vectors; None when one of them is no difference of positions."""
    found = [_positions(vector) for vector in vectors]
    if any(rest or sum(total.values()) != 0 for total, rest in found):
        return None
    if not all(total for total, _ in found):
        return Number(Fraction(0))
    origin = min(site for total, _ in found for site in total)
    terms = []
    for chosen in product(*(_displacements(total, origin) for total, _ in found)):
        (a, u), (b, v), (c, w) = chosen
        order = sorted(range(3), key=lambda k: chosen[k][1].text)
        if len({u, v, w}) == 3:
            sign = 1 if tuple(order) in ((0, 1, 2), (1, 2, 0), (2, 0, 1)) else -1
            first, second, third = (chosen[k][1] for k in order)
            terms.append(mul(Number(sign * a * b * c), dot(first, cross(second, third))))
    return add(*terms) if terms else Number(Fraction(0))
