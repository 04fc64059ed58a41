"""The numbers that pytket holds: larger ones end the process, or lose their digits without a word."""

from __future__ import annotations

from typing import cast

import sympy

from qffc.ir.diagnostics import QffcError, error

_LARGEST = 2**53
"""Whole numbers up to this one are exact as floats, too."""
_LONGEST = 53
"""Bits of a whole number."""


def need_held(expression: sympy.Expr) -> sympy.Expr:
    """Return an expression whose numbers pytket holds.

    Raises:
        QffcError: for another one.

    Example:
        >>> need_held(sympy.Rational(1, 3) * sympy.Symbol("a"))
        a/3
    """
    if expression.has(sympy.zoo, sympy.nan, sympy.oo):
        raise _too_large(expression)
    for number in expression.atoms(sympy.Number):
        if isinstance(number, sympy.Rational) and max(abs(number.p), number.q) > _LARGEST:
            raise _too_large(number)
        if isinstance(number, sympy.Float) and not abs(number) <= _LARGEST:
            raise _too_large(number)
    return expression


def power(base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
    """Return a power, which of whole numbers is not computed where it would be long.

    Example:
        >>> power(sympy.Integer(-2), sympy.Integer(3))
        -8
    """
    if isinstance(base, sympy.Rational) and isinstance(exponent, sympy.Integer):
        bits = max(abs(int(base.p)), int(base.q)).bit_length() - 1
        if bits * abs(int(exponent)) > _LONGEST:
            raise _too_large(f"{base}**{exponent}")
    return cast("sympy.Expr", base**exponent)


def _too_large(number: object) -> QffcError:
    return error(
        "number that is too large",
        found=f"'{number}' in an angle",
        expected=f"numbers up to 2^{_LONGEST}",
        help="write the angle with smaller numbers; one of many turns is no exact angle",
    )
