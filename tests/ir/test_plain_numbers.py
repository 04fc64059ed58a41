"""Numbers of NumPy are numbers of Python, exactly; what is no finite real number is refused."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qffc.ir.diagnostics import QffcError
from qffc.ir.plain_numbers import exact_number, whole_number
from qffc.ir.values import Displacement, Number, as_value, norm, power

DISTANCE = norm(Displacement("a", "b"))


@pytest.mark.parametrize(
    ("given", "exact"),
    [
        (np.float64(0.3), Fraction(3, 10)),
        (np.float32(0.1), Fraction(1, 10)),
        (np.float32(1e10), Fraction(10**10)),
        (np.float16(0.1), Fraction(1, 10)),
        (np.longdouble("0.25"), Fraction(1, 4)),
        (np.int64(-3), Fraction(-3)),
        (np.uint8(200), Fraction(200)),
        (np.array(0.3), Fraction(3, 10)),
        (np.array(0.1, np.float32), Fraction(1, 10)),
        (np.array(7), Fraction(7)),
        (0.1, Fraction(1, 10)),
        (-0.0, Fraction(0)),
        (5, Fraction(5)),
        (Fraction(1, 3), Fraction(1, 3)),
    ],
)
def test_a_number_is_what_its_shortest_spelling_says(given, exact) -> None:
    assert exact_number(given) == exact
    assert as_value(given) == Number(exact)
    assert type(as_value(given).value.numerator) is int


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_doubles_of_numpy_and_of_python_are_one(number: float) -> None:
    assert exact_number(np.float64(number)) == exact_number(number)
    assert float(exact_number(number)) == number


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_single_precision_comes_back(number: float) -> None:
    found = exact_number(np.float32(number))
    assert np.float32(float(found)) == np.float32(number)
    assert found == Fraction(str(np.float32(number)))


@pytest.mark.parametrize(
    "number",
    [float("nan"), float("inf"), -float("inf"), np.float64("nan"), np.float32("inf"), np.array(np.nan)],
    ids=repr,
)
def test_what_is_not_finite_is_refused(number) -> None:
    with pytest.raises(QffcError, match="number that is not finite"):
        as_value(number)
    with pytest.raises(QffcError, match="number that is not finite"):
        _ = DISTANCE * number


@pytest.mark.parametrize(
    "given",
    [True, np.True_, 1j, np.complex128(1j), np.complex64(0), "1", None, Decimal("0.1"), np.arange(2), np.zeros(1)]
    + [np.timedelta64(5), np.datetime64("2020"), np.str_("1"), np.array("x"), np.array(None)],
    ids=repr,
)
def test_what_is_no_number_is_refused(given) -> None:
    with pytest.raises(QffcError, match="not a value"):
        as_value(given)
    assert exact_number(given) is None
    assert whole_number(given) is None


@pytest.mark.parametrize(
    "number", [np.float64(0.5), np.float32(0.1), np.int64(3), np.array(0.25), np.array(2)], ids=repr
)
def test_arithmetic_takes_them_on_either_side(number) -> None:
    same = exact_number(number)
    assert number * DISTANCE == DISTANCE * number == same * DISTANCE
    assert number + DISTANCE == DISTANCE + number == same + DISTANCE
    assert number - DISTANCE == same - DISTANCE
    assert DISTANCE - number == DISTANCE - same
    assert number / DISTANCE == same / DISTANCE
    assert DISTANCE / number == DISTANCE / same


def test_powers_are_whole() -> None:
    assert DISTANCE ** np.int64(2) == power(DISTANCE, np.array(2)) == DISTANCE**2
    assert type((DISTANCE ** np.int64(2)).exponent) is int
    for exponent in (np.float64(2), 2.0, True, np.True_):
        with pytest.raises(QffcError, match="exponent that is no integer"):
            power(DISTANCE, exponent)
