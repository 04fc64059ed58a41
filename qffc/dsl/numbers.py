"""Plain numbers of the author, made exact."""

from __future__ import annotations

from fractions import Fraction

from qffc.ir.diagnostics import error
from qffc.ir.values import Number, Numeric, as_value


def exact(number: Numeric) -> Fraction:
    """Return a plain number as a fraction; a decimal becomes what it spells.

    Example:
        >>> exact(0.1)
        Fraction(1, 10)
    """
    value = as_value(number)
    if isinstance(value, Number):
        return value.value
    raise error("not a plain number", found=str(value), expected="a number", help="write the number itself")


def need_count(what: str, count: object) -> None:
    """Raise a diagnostic unless a count is an integer of at least 1."""
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise error(what, found=repr(count), expected="an integer of at least 1", help="correct the number")
