"""Angles of circuits to values of the IR: expressions of SymPy in half turns, with numbers made exact.

A number of half turns is read as the multiple of pi that it stands for, when one with a small denominator is within
rounding of it: 0.14285714285714285 is pi/7. Any other is read in radians, as a decimal of 15 digits: 0.3 stays 3/10.
Factors of symbols are read in the same way, for packages round those: 0.16666666666666666*theta is theta/6.
pytket adds four half turns, which are no turn at all, to numbers below zero, and for some gates two; that is undone.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import isfinite, pi, remainder, ulp

import sympy

from qffc.ir.diagnostics import QffcError, error, quoted
from qffc.ir.values import FUNCTIONS, Number, Pi, Value, add, as_value, function, mul, power

_LARGEST_DENOMINATOR = 4096
_ROUNDINGS = 2
"""Units in the last place that a number may be away from the multiple of pi that it stands for."""
_DIGITS = 15
_SHORT = 10**10
"""The largest denominator of a decimal that nobody has by chance."""
_TURN = 4
"""Half turns after which every gate is the same."""
_HIGHEST_POWER = 100
_NAMES: Mapping[type, str] = {getattr(sympy, name): name for name in FUNCTIONS}


class Angles:
    """Reads angles.

    Args:
        values: what each symbol stands for, by its name.

    Example:
        >>> theta = sympy.Symbol("theta")
        >>> angles = Angles({"theta": as_value(3)})
        >>> print(angles.angle(theta / sympy.pi), angles.angle(0.25), angles.angle(0.3 / pi))
        3 1/4*pi 3/10
    """

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = values
        self._known: dict[tuple[sympy.Expr, int], Value] = {}  # angles that come again in other gates

    def angle(self, half_turns: sympy.Expr | float, period: int = _TURN) -> Value:
        """Return an angle in radians, from half turns.

        Args:
            half_turns: as pytket has it.
            period: the half turns that make no difference to the gate, to which pytket keeps numbers.

        Raises:
            QffcError: for what is no real number, and for functions that values do not have.
        """
        expression = half_turns if isinstance(half_turns, sympy.Expr) else sympy.sympify(half_turns)
        known = self._known.get((expression, period))
        if known is None:
            parts = expression.args if isinstance(expression, sympy.Add) else (expression,)
            terms = [self._term(term, period) for term in parts]
            known = terms[0] if len(terms) == 1 else add(*terms)
            self._known[expression, period] = known
        return known

    def _term(self, term: sympy.Expr, period: int) -> Value:
        if isinstance(term, sympy.Symbol) or (isinstance(term, sympy.Mul) and all(map(_is_plain, term.args))):
            return mul(Pi(), self._value(term))
        if term.free_symbols:
            return self._value(term * sympy.pi)
        number = _number(term)
        if number is None:
            raise error(
                "angle that is no number",
                found=f"'{term}' half turns",
                expected="a real number",
                help="give the circuit real angles",
            )
        return exact_angle(number, period)

    def _value(self, expression: sympy.Expr) -> Value:
        if isinstance(expression, sympy.Symbol):
            return self._symbol(expression)
        if expression == sympy.pi:
            return Pi()
        if isinstance(expression, sympy.Rational):
            return Number(Fraction(int(expression.p), int(expression.q)))
        if isinstance(expression, sympy.Float):
            return Number(_exact_factor(float(expression)))
        children = [self._value(child) for child in expression.args if not isinstance(expression, sympy.Pow)]
        if isinstance(expression, sympy.Add):
            return add(*children)
        if isinstance(expression, sympy.Mul):
            return mul(*children)
        if isinstance(expression, sympy.Pow):
            return self._power(expression)
        name = _NAMES.get(type(expression))
        if name is not None and len(children) == 1:
            return function(name, children[0])
        if isinstance(expression, sympy.tan):
            return mul(function("sin", children[0]), power(function("cos", children[0]), -1))
        raise _unknown(expression)

    def _symbol(self, symbol: sympy.Symbol) -> Value:
        value = self._values.get(symbol.name)
        if value is None:
            raise error(
                "symbol without a meaning",
                found=f"'{symbol.name}'",
                expected=f"one of {quoted(sorted(self._values))}",
                help="say what it stands for",
            )
        return value

    def _power(self, expression: sympy.Pow) -> Value:
        base, exponent = expression.args
        if base == sympy.E:
            return function("exp", self._value(exponent))
        if isinstance(exponent, sympy.Float) and (2 * float(exponent)).is_integer():
            exponent = sympy.Rational(int(2 * exponent), 2)
        if isinstance(exponent, sympy.Integer) and abs(int(exponent)) <= _HIGHEST_POWER:
            return power(self._value(base), int(exponent))
        if exponent in (sympy.Rational(1, 2), sympy.Rational(-1, 2)):
            root = function("sqrt", self._value(base))
            return root if exponent > 0 else power(root, -1)
        raise _unknown(expression)


def _is_plain(factor: sympy.Expr) -> bool:
    """Whether nothing in a factor could cancel pi; not for the pi of a number, which is none without symbols."""
    return isinstance(factor, sympy.Symbol | sympy.Rational | sympy.Float)


def _exact_factor(number: float) -> Fraction:
    """The fraction with a small denominator that a number was rounded from, a decimal where there is none."""
    fraction = Fraction(number).limit_denominator(_LARGEST_DENOMINATOR)
    decimal = f"{number:.{_DIGITS}g}"
    return fraction if f"{float(fraction):.{_DIGITS}g}" == decimal else Fraction(decimal)


def exact_angle(half_turns: float, period: int = _TURN) -> Value:
    """Return the angle in radians that a number of half turns stands for.

    Numbers that differ by a period are one gate: a short one was what the author wrote, else the nearest to zero is.

    Example:
        >>> exact_angle(0.14285714285714285), exact_angle(0.2 / pi), exact_angle(4 - 0.05 / pi)
        (<Mul 1/7*pi>, <Number 1/5>, <Number -1/20>)
        >>> exact_angle(2 - 0.3 / pi, period=2), exact_angle(7 / pi)
        (<Number -3/10>, <Number 7>)
    """
    multiple = Fraction(half_turns).limit_denominator(_LARGEST_DENOMINATOR)
    if abs(float(multiple) - half_turns) <= _ROUNDINGS * ulp(max(1.0, abs(half_turns))):
        return mul(as_value(multiple), Pi())
    nearest = remainder(half_turns, period)
    digits = f"{nearest * pi:.{_DIGITS}g}" if nearest == half_turns else f"{nearest * pi:.{_DIGITS - 1}f}"
    others = [Fraction(f"{(nearest + turns) * pi:.{_DIGITS - 1}f}") for turns in (-period, period)]
    short = [number for number in others if number.denominator <= _SHORT]
    return Number(min([Fraction(digits), *short], key=lambda number: number.denominator))


def _number(term: sympy.Expr) -> float | None:
    """A number; None for what is complex, infinite or none at all."""
    try:
        number = complex(term)
    except TypeError:
        return None
    return number.real if number.imag == 0 and isfinite(number.real) else None


def _unknown(expression: sympy.Expr) -> QffcError:
    return error(
        "angle with a function that values do not have",
        found=f"'{expression}'",
        expected=f"+ - * / ^ and {', '.join(FUNCTIONS)}",
        help="give the whole angle a symbol of its own in the circuit, and say what that symbol stands for",
    )
