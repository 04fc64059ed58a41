"""Numbers of Python and of NumPy, made exact."""

from __future__ import annotations

import math
import warnings
from fractions import Fraction

import numpy as np

from qffc.ir.diagnostics import Diagnostic, QffcWarning, error

_LARGEST_SHARE = 24
"""Of pi: the largest denominator, and the largest number of times."""


def exact_number(given: object) -> Fraction | None:
    """Return a real number as a fraction, or None for anything else: booleans, complex numbers, arrays of several.

    A number of floating point becomes what its shortest spelling says.

    Args:
        given: a number of Python, a scalar of NumPy, or an array of NumPy that holds one number.

    Raises:
        QffcError: when the number is not finite.

    Example:
        >>> exact_number(0.1) == exact_number(np.float32(0.1)) == Fraction(1, 10)
        True
        >>> exact_number(np.array(3)), exact_number(True), exact_number(1j)
        (Fraction(3, 1), None, None)
    """
    number = given[()] if isinstance(given, np.ndarray) and given.ndim == 0 else given
    if isinstance(number, bool) or (isinstance(number, np.generic) and number.dtype.kind not in "iuf"):
        return None
    if isinstance(number, int | np.integer):
        return Fraction(int(number))
    if isinstance(number, Fraction):
        return number
    if not isinstance(number, float | np.floating):
        return None
    if not np.isfinite(number):
        raise error(
            "number that is not finite",
            found=f"{float(number)}",
            expected="a finite number",
            help="look at how it was computed: a division by 0, an overflow or a missing entry",
        )
    single = isinstance(number, np.floating) and not isinstance(number, float)
    return Fraction(np.format_float_scientific(number, unique=True) if single else repr(float(number)))


def pi_share(given: float) -> Fraction | None:
    """Return by which simple fraction of pi a number was meant, or None where it is far from all.

    Example:
        >>> pi_share(1.5707963267948966), pi_share(-3.141592653589793), pi_share(1.5708)
        (Fraction(1, 2), Fraction(-1, 1), None)
    """
    if given == 0 or not math.isfinite(given) or abs(given) > _LARGEST_SHARE * math.pi:
        return None
    share = Fraction(given / math.pi).limit_denominator(_LARGEST_SHARE)
    near = share != 0 and abs(float(share) * math.pi - given) <= 4e-16 * abs(given)
    return share if near else None


def hint_at_pi(given: float) -> None:
    """Say to the caller of the caller where a decimal number looks like a multiple of pi, which is no exact one.

    Warns:
        QffcWarning: with the exact spelling.
    """
    share = pi_share(given)
    if share is None:
        return
    top = {1: "pi", -1: "-pi"}.get(share.numerator, f"{share.numerator}*pi")
    exact = top if share.denominator == 1 else f"{top}/{share.denominator}"
    hint = Diagnostic(
        title="decimal number in the place of a multiple of pi",
        found=f"{given!r}, taken as this decimal number and no other",
        expected=f"{exact}, which is exact: identities at such angles are proven, and gates fold",
        help=f"from qffc.dsl import pi, and write {exact}",
    )
    warnings.warn(QffcWarning(hint), stacklevel=4)


def whole_number(given: object) -> int | None:
    """Return a whole number as an integer of Python, or None for anything else.

    Args:
        given: an integer of Python, of NumPy, or an array of NumPy that holds one.

    Example:
        >>> whole_number(np.int64(2)), whole_number(2.0), whole_number(True)
        (2, None, None)
    """
    number = given[()] if isinstance(given, np.ndarray) and given.ndim == 0 else given
    if isinstance(number, np.generic):
        return int(number) if number.dtype.kind in "iu" else None
    return int(number) if isinstance(number, int) and not isinstance(number, bool) else None


def bits_of(precision: object) -> int:
    """Return how many bits the numbers of a precision have: 32 or 64.

    Args:
        precision: 32 or 64, as a number or a word, or ``float32`` or ``float64``.

    Raises:
        QffcError: for another one.

    Example:
        >>> bits_of(64), bits_of("32"), bits_of("float32")
        (64, 32, 32)
    """
    bits = {"32": 32, "64": 64}.get(str(whole_number(precision) or precision).removeprefix("float"))
    if bits is not None:
        return bits
    raise error("unknown precision", found=f"{precision!r}", expected="64 or 32", help="64 is the default")
