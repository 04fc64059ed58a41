"""Values written out in Cartesian coordinates, and how they change under an infinitesimal motion of the molecule.

This is the exact fallback for values whose law does not say how they transform, such as a vector that is put together
from components.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import sympy

from qffc.ir.diagnostics import InternalError
from qffc.ir.values import (
    Add,
    Component,
    Cross,
    Cutoff,
    Displacement,
    Dot,
    FrameVector,
    Function,
    Moment,
    Mul,
    Norm,
    Number,
    ParameterEntry,
    Pi,
    Position,
    Power,
    Radial,
    Unit,
    Value,
)

Expression = Any
"""A sympy expression; sympy carries no types."""

Motion = Literal["rotation", "translation"]
_TOO_LARGE = 1500
"""Operations of an expression above which no simplification is tried."""


def coordinates(value: Value) -> tuple[Expression, ...]:
    """Return one expression for a number, three for a vector, in the coordinates of the sites."""
    match value:
        case Number(number):
            return (sympy.Rational(number.numerator, number.denominator),)
        case Pi():
            return (sympy.pi,)
        case ParameterEntry() | Moment():
            return (sympy.Symbol(value.text, real=True),)
        case Position(site):
            return site_coordinates(site)
        case Displacement(origin, site):
            return tuple(b - a for a, b in zip(site_coordinates(origin), site_coordinates(site), strict=True))
        case Add(terms):
            return tuple(sympy.Add(*parts) for parts in zip(*map(coordinates, terms), strict=True))
        case Mul(factors):
            return _product([coordinates(factor) for factor in factors])
        case Power(base, exponent):
            return (coordinates(base)[0] ** exponent,)
        case Function(name, argument):
            return (getattr(sympy, name)(coordinates(argument)[0]),)
        case Norm(vector):
            return (_length(coordinates(vector)),)
        case Unit(vector):
            parts = coordinates(vector)
            return tuple(part / _length(parts) for part in parts)
        case Dot(left, right):
            return (sympy.Add(*(a * b for a, b in zip(coordinates(left), coordinates(right), strict=True))),)
        case Cross(left, right):
            return cross_product(coordinates(left), coordinates(right))
        case Component(vector, axis):
            return (coordinates(vector)["xyz".index(axis)],)
        case FrameVector():
            return tuple(coordinates(part)[0] for part in value.children)
        case Cutoff(argument, radius):
            return (sympy.Function(f"cutoff[{radius}]")(coordinates(argument)[0]),)
        case Radial(table, argument):
            return (sympy.Function(f"radial[{table}]")(coordinates(argument)[0]),)
    raise InternalError(f"no coordinates for {type(value).__name__}")


@cache
def site_coordinates(site: str) -> tuple[Expression, ...]:
    """Return the symbols of the coordinates of a site."""
    return tuple(sympy.Symbol(f"{site}.{axis}", real=True) for axis in "xyz")


def cross_product(u: tuple[Expression, ...], v: tuple[Expression, ...]) -> tuple[Expression, ...]:
    """Return the cross product of two vectors of three components."""
    return (u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0])


def change(expression: Expression, sites: tuple[str, ...], motion: Motion, axis: int) -> Expression:
    """Return the derivative of an expression along a motion of all sites.

    Every x_s changes by e x x_s under a rotation about the axis e, and by e under a translation along it.
    """
    e = tuple(sympy.Integer(int(k == axis)) for k in range(3))
    terms = []
    for site in sites:
        x = site_coordinates(site)
        dx = cross_product(e, x) if motion == "rotation" else e
        terms += [expression.diff(symbol) * step for symbol, step in zip(x, dx, strict=True) if step != 0]
    return sympy.Add(*terms)


def reduce(expression: Expression) -> Expression:
    """Return a simpler form of an expression; 0 only when it vanishes identically."""
    expanded = sympy.expand(expression) if sympy.count_ops(expression) <= _TOO_LARGE else expression
    if expanded == 0 or sympy.count_ops(expanded) > _TOO_LARGE:
        return expanded
    return sympy.simplify(expanded)


def residual(value: Value, motion: Motion, sites: tuple[str, ...], axes: tuple[int, ...] = (0, 1, 2)) -> str | None:
    """Return how a value fails to follow a motion about or along the axes, in words; None when it follows it exactly.

    A number has to be invariant; a vector has to turn along with a rotation, and to stay under a translation.
    """
    parts = coordinates(value)
    for axis in axes:
        name = "xyz"[axis]
        for k, (part, wanted) in enumerate(zip(parts, _wanted(parts, motion, axis), strict=True)):
            left = reduce(change(part, sites, motion, axis) - wanted)
            if left == 0:
                continue
            subject = f"component {'xyz'[k]} of {value}" if len(parts) == 3 else value.text
            unit = "radian about" if motion == "rotation" else "Angstrom along"
            return f"{subject} is off by {_shorten(str(left))} per {unit} {name}"
    return None


def _wanted(parts: tuple[Expression, ...], motion: Motion, axis: int) -> tuple[Expression, ...]:
    if len(parts) == 1 or motion == "translation":
        return (sympy.Integer(0),) * len(parts)
    return cross_product(tuple(sympy.Integer(int(k == axis)) for k in range(3)), parts)


def _product(factors: list[tuple[Expression, ...]]) -> tuple[Expression, ...]:
    scale = sympy.Mul(*(factor[0] for factor in factors if len(factor) == 1))
    vector = next((factor for factor in factors if len(factor) == 3), None)
    return (scale,) if vector is None else tuple(scale * part for part in vector)


def _length(parts: tuple[Expression, ...]) -> Expression:
    return sympy.sqrt(sympy.Add(*(part**2 for part in parts)))


def _shorten(text: str, limit: int = 120) -> str:
    return text if len(text) <= limit else text[: limit - 3] + "..."
