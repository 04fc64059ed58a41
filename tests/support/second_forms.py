"""Canonical values as FORMAT.md has them, to see which sites a distance depends on; it shares nothing with qffc.

A form is a rational factor and a body, a tuple of a word and its parts that is equal for equal canonical values. In a
sum the first term has the factor 1, so that a factor of the whole stands in front.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import isqrt

from second_text import Node

Form = tuple[Fraction, tuple]
ONE: tuple = ("one",)
NOWHERE: tuple = ("nowhere",)
"""The body of the zero vector."""
_ZERO: Form = (Fraction(0), ONE)


@lru_cache(maxsize=1 << 16)
def form(node: Node) -> Form:
    """Return the form of a value."""
    word, parts = node[0], node[1:]
    if word == "number":
        return parts[0], ONE
    if word == "r":
        a, b = parts
        return (Fraction(1), ("r", a, b)) if a <= b else (Fraction(-1), ("r", b, a))
    if word in ("x", "pi", "entry", "moment"):
        return Fraction(1), node
    if word == "add":
        return _sum([form(part) for part in parts])
    if word == "mul":
        return _product([form(part) for part in parts])
    if word == "power":
        return _power(form(parts[0]), parts[1])
    if word == "function":
        return _function(parts[0], form(parts[1]))
    if word == "cutoff":
        return _cutoff(form(parts[0]), parts[1])
    if word in ("dot", "cross"):
        return _pair(word, form(parts[0]), form(parts[1]))
    if word in ("norm", "unit"):
        return _length(word, form(parts[0]))
    if word == "vector":
        made = tuple(form(part) for part in parts)
        return (Fraction(1), ("vector", *made)) if any(factor for factor, _ in made) else (Fraction(0), NOWHERE)
    rest = tuple(form(part) if isinstance(part, tuple) and part[0] != "entry" else part for part in parts)
    return Fraction(1), (word, *rest)


def _is_vector(body: tuple) -> bool:
    while body[0] in ("add", "mul"):
        body = body[1][0][1] if body[0] == "add" else body[-1][0]
    return body[0] in ("x", "r", "cross", "unit", "vector", "nowhere")


def _sum(terms: list[Form]) -> Form:
    total: dict[tuple, Fraction] = {}
    vector = any(_is_vector(body) for _, body in terms)
    for factor, body in terms:
        for weight, part in body[1] if body[0] == "add" else ((Fraction(1), body),):
            total[part] = total.get(part, Fraction(0)) + factor * weight
    kept = sorted(((weight, body) for body, weight in total.items() if weight), key=lambda term: repr(term[1]))
    if not kept:
        return Fraction(0), NOWHERE if vector else ONE
    if len(kept) == 1:
        return kept[0]
    first = kept[0][0]
    return first, ("add", tuple((weight / first, body) for weight, body in kept))


def _product(factors: list[Form]) -> Form:
    total, exponents, vectors = Fraction(1), {}, []
    for factor, body in factors:
        total *= factor
        for inner, exponent in body[1:] if body[0] == "mul" else ((body, 1),):
            if _is_vector(inner):
                vectors.append((inner, 1))
            elif inner != ONE:
                exponents[inner] = exponents.get(inner, 0) + exponent
    if not total:
        return Fraction(0), NOWHERE if vectors else ONE
    kept = sorted(((body, n) for body, n in exponents.items() if n), key=lambda part: repr(part[0])) + vectors
    if not kept:
        return total, ONE
    if len(kept) == 1 and kept[0][1] == 1:
        return total, kept[0][0]
    return total, ("mul", *kept)


def _power(base: Form, exponent: int) -> Form:
    factor, body = base
    if not exponent:
        return Fraction(1), ONE
    if not factor and exponent < 0:
        return Fraction(1), ("infinite",)
    inner = body[1:] if body[0] == "mul" else ((body, 1),)
    return _product([(factor**exponent, ONE), (Fraction(1), ("mul", *((part, n * exponent) for part, n in inner)))])


def _function(name: str, argument: Form) -> Form:
    factor, body = argument
    known = {("exp", 0): 1, ("cos", 0): 1, ("sin", 0): 0, ("tanh", 0): 0, ("log", 1): 0, ("acos", 1): 0}
    if body == ONE and (name, factor) in known:
        return Fraction(known[name, factor]), ONE
    if body == ONE and name == "acos" and factor in (0, -1):
        return (Fraction(1, 2) if factor == 0 else Fraction(1)), ("pi",)
    if body == ONE and name == "sqrt" and factor >= 0:
        above, below = isqrt(factor.numerator), isqrt(factor.denominator)
        if (above**2, below**2) == (factor.numerator, factor.denominator):
            return Fraction(above, below), ONE
    if name == "cos" and factor == 1 and body[:2] == ("function", "acos"):
        return body[2]
    if name in ("cos", "sin", "tanh") and factor < 0:
        turned, inside = _function(name, (-factor, body))
        return (turned if name == "cos" else -turned), inside
    return Fraction(1), ("function", name, argument)


def _cutoff(argument: Form, radius: Fraction) -> Form:
    factor, body = argument
    if body == ONE and factor == 0:
        return Fraction(1), ONE
    return _ZERO if body == ONE and factor >= radius else (Fraction(1), ("cutoff", argument, radius))


def _pair(word: str, left: Form, right: Form) -> Form:
    (a, u), (b, v) = left, right
    if NOWHERE in (u, v) or (word == "cross" and u == v):
        return (Fraction(0), NOWHERE) if word == "cross" else _ZERO
    if repr(u) > repr(v):
        return (a * b if word == "dot" else -a * b), (word, v, u)
    return a * b, (word, u, v)


def _length(word: str, vector: Form) -> Form:
    factor, body = vector
    if body == NOWHERE:
        return _ZERO if word == "norm" else vector
    positive = [part for part in body[1:] if _is_positive(part[0])] if body[0] == "mul" else []
    rest = (
        _product([(Fraction(1), ("mul", *(part for part in body[1:] if part not in positive)))]) if positive else vector
    )
    inside = rest[1]
    if word == "unit":
        return (Fraction(1) if factor > 0 else Fraction(-1)), ("unit", inside)
    return _product([(abs(factor), ONE), (Fraction(1), ("mul", *positive, (("norm", inside), 1)))])


def _is_positive(body: tuple) -> bool:
    return body[0] == "pi" or body[:2] == ("function", "exp")


# --------------------------------------------------------------------------- sites


@lru_cache(maxsize=1 << 14)
def depends(node: Node) -> frozenset[str]:
    """Return the sites that a value depends on, after like terms and sums of positions are collected."""
    return frozenset(_sites(form(node)[1]))


def _sites(body: tuple) -> set[str]:
    if _is_vector(body) and body[0] in ("add", "x", "r"):
        total: dict[str, Fraction] = {}
        found: set[str] = set()
        for weight, part in body[1] if body[0] == "add" else ((Fraction(1), body),):
            if part[0] == "r":
                total[part[2]] = total.get(part[2], Fraction(0)) + weight
                total[part[1]] = total.get(part[1], Fraction(0)) - weight
            elif part[0] == "x":
                total[part[1]] = total.get(part[1], Fraction(0)) + weight
            else:
                found |= _sites(part)
        return found | {site for site, weight in total.items() if weight}
    if body[0] == "entry":
        return set()
    return {site for part in body[1:] for site in _inside(part)}


def _inside(part: object) -> set[str]:
    """The sites of what a body is made of: bodies, forms, or pairs with an exponent."""
    if not isinstance(part, tuple) or not part:
        return set()
    if isinstance(part[0], str):
        return _sites(part)
    return {site for inner in part for site in _inside(inner)}
