"""Plain numbers of the author, made exact."""

from __future__ import annotations

from fractions import Fraction

from qffc.ir.diagnostics import error
from qffc.ir.plain_numbers import whole_number
from qffc.ir.values import Number, Numeric, as_value

MOST_DECLARED = 10_000
"""Atoms, qubits, layers or entries of a row that one call declares."""


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


def need_count(what: str, count: object, least: int = 1, most: int | None = None) -> int:
    """Return a count as an integer; raise a diagnostic when it is none, less than ``least`` or above ``most``."""
    whole = whole_number(count)
    if whole is None or whole < least:
        raise error(what, found=repr(count), expected=f"an integer of at least {least}", help="correct the number")
    if most is not None and whole > most:
        raise error(what, found=f"{whole:,}", expected=f"at most {most:,}", help="use fewer")
    return whole
