"""The functions and constants of the text format in Python."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

import qffc as qf
from qffc import dsl
from qffc.ir.diagnostics import QffcError, QffcWarning
from qffc.ir.plain_numbers import pi_share
from qffc.ir.text.parser import parse_program
from qffc.ir.text.value_parser import ARGUMENTS


def test_everything_of_the_text_format_that_takes_values_is_there():
    by_the_author = {
        "cutoff",
        "moment",
        "r",
        "radial",
        "scalars",
        "sum",
        "vectors",
        "x",
    }  # methods of sites, tables and the author
    assert set(ARGUMENTS) - by_the_author <= set(dsl.__all__)
    assert "pi" in dsl.__all__


def test_a_program_with_them_is_that_of_its_text():
    @qf.ansatz(name="all", symmetry=("translation",))
    def everything(a):
        a.centre("Li")
        hydrogen = a.neighbour("H")
        upper, lower = a.twins(hydrogen)
        d = dsl.component(hydrogen.position, "z")
        a.exchange(upper, lower, angle=dsl.pi / 4 * dsl.sin(d) + dsl.cos(d) * dsl.exp(-d) + dsl.tanh(d))
        a.rotate(upper, dsl.vector(0, dsl.sqrt(1 + d * d), dsl.log(1 + d * d)) + dsl.vector(dsl.acos(0), 0, 0))
        return a.energy(a.dot(upper, lower))

    text = everything.program.text
    assert parse_program(text) == everything.program
    for word in ("pi*sin(", "cos(", "exp(", "tanh(", "sqrt(", "log(", "1/2*pi", "component("):
        assert word in text


def test_an_axis_that_is_none():
    with pytest.raises(QffcError, match="unknown axis"):
        dsl.component(dsl.vector(1, 2, 3), "w")


@pytest.mark.parametrize(
    ("given", "exact"),
    [(math.pi / 2, "pi/2"), (-math.pi, "-pi"), (np.float64(3 * math.pi / 4), r"3\*pi/4"), (2 * math.pi, r"2\*pi")],
)
def test_a_decimal_multiple_of_pi_gets_a_hint(given, exact):
    with pytest.warns(QffcWarning, match=rf"expected: {exact}, which is exact"):
        value = dsl.cos(given)
    assert value.law.rank == 0


@pytest.mark.parametrize("given", [1.5708, 0.5, 0.0, 100.0, 1e300, 3.14159])
def test_other_numbers_get_none(given):
    assert pi_share(given) is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dsl.cos(given)
