"""Canonical forms, transformation laws, and what values refuse."""

from fractions import Fraction

import pytest
from hypothesis import given

from qffc.ir import QffcError, add, cross, dot, mul, norm, parse_value, power, unit
from qffc.ir.values import (
    Component,
    Cutoff,
    Displacement,
    FrameVector,
    Function,
    Number,
    ParameterEntry,
    Pi,
    Position,
    SpeciesOf,
    Value,
    as_value,
    rebuild,
    split_coefficient,
    substitute_sites,
)
from qffc.ir.values.dependence import sites_that_matter
from qffc.ir.values.laws import AXIAL, FRAME_NUMBER, FRAME_VECTOR, PSEUDOSCALAR, SCALAR, VECTOR, Law
from qffc.testing import values

a, b = ParameterEntry("a"), ParameterEntry("b")
u, v, w = Position("u"), Position("v"), Displacement("u", "v")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (a + b, "a + b"),
        (b + a, "a + b"),
        (a + a, "2*a"),
        (a - a, "0"),
        (a * b * a, "a^2*b"),
        (a / a, "1"),
        (2 * a * 0.5, "a"),
        (a**-2 * b, "a^-2*b"),
        ((a * b) ** 2, "a^2*b^2"),
        ((a**2) ** 3, "a^6"),
        ((a + b) ** 2, "(a + b)^2"),
        (2 * (a + b), "2*a + 2*b"),
        ((2 * a + 2 * b) * a, "2*a*(a + b)"),
        ((-a - b) ** 2, "(a + b)^2"),
        ((-a - b) ** 3, "-1*(a + b)^3"),
        ((2 * a - 2 * b) ** -2, "1/4*(a + -1*b)^-2"),
        (norm(-2 * u - 2 * v), "2*norm(x(u) + x(v))"),
        (cross(u + v, -2 * u - 2 * v), "vector(0, 0, 0)"),
        (a**0, "1"),
        (1 - a, "1 + -1*a"),
        (1 / a, "a^-1"),
        (-a, "-1*a"),
        (0.1 * a, "1/10*a"),
        (Pi() / 4, "1/4*pi"),
        (u * a, "a*x(u)"),
        (u - u, "vector(0, 0, 0)"),
        (0 * u, "vector(0, 0, 0)"),
        (dot(v, u), "dot(x(u), x(v))"),
        (dot(2 * u, -3 * v), "-6*dot(x(u), x(v))"),
        (cross(v, u), "-1*cross(x(u), x(v))"),
        (cross(u, 2 * u), "vector(0, 0, 0)"),
        (norm(-2 * u), "2*norm(x(u))"),
        (unit(-2 * u), "-1*unit(x(u))"),
    ],
)
def test_canonical_form(value: Value, text: str) -> None:
    assert value.text == text
    assert parse_value(text) == value


def test_a_bare_sum_left_over_merges_with_its_neighbours() -> None:
    value = add(2 * (a + b), -(a + b), b)
    assert value.text == "a + 2*b"
    assert add(a * (a + b), -a * (2 * a + 2 * b) / 2) == as_value(0)


def test_the_zero_vector_disappears() -> None:
    zero = u - u
    assert zero + v == v
    assert a * zero == zero
    assert dot(zero, u) == as_value(0)
    assert cross(zero, u) == zero
    assert norm(zero) == as_value(0)
    assert unit(zero) == zero


@given(values(), values(), values(rank=1))
def test_arithmetic_does_not_see_the_order(p: Value, q: Value, x: Value) -> None:
    assert p + q == q + p
    assert p * q == q * p
    assert p - p == as_value(0)
    assert (p + q) - q == p
    assert x + u - x == u
    assert norm(-x) == norm(x)
    assert mul(p, x) == mul(x, p)
    assert cross(x, mul(p, u)) == -cross(mul(p, u), x)


@given(values(rank=1))
def test_rebuilding_changes_nothing(x: Value) -> None:
    assert rebuild(x, x.children) == x
    coefficient, body = split_coefficient(x)
    assert mul(Number(coefficient), body) == x


@pytest.mark.parametrize(
    ("value", "law"),
    [
        (a, SCALAR),
        (u, VECTOR),
        (w, VECTOR),
        (cross(u, v), AXIAL),
        (cross(cross(u, v), u), VECTOR),
        (dot(u, v), SCALAR),
        (dot(u, cross(v, w)), PSEUDOSCALAR),
        (dot(u, cross(v, w)) ** 2, SCALAR),
        (dot(u, cross(v, w)) * u, AXIAL),
        (Function("tanh", dot(u, cross(v, w))), PSEUDOSCALAR),
        (Function("cos", dot(u, cross(v, w))), SCALAR),
        (Function("exp", dot(u, cross(v, w))), Law(0, None)),
        (u + cross(u, v), Law(1, None)),
        (norm(u), SCALAR),
        (unit(cross(u, v)), AXIAL),
        (Component(u, "x"), FRAME_NUMBER),
        (FrameVector(a, b, a), FRAME_VECTOR),
        (norm(FrameVector(a, b, a)), FRAME_NUMBER),
        (Component(u, "x") * u, Law(1, None, covariant=False)),
        (Cutoff(norm(u), Fraction(5)), SCALAR),
        (Cutoff(dot(u, cross(v, w)), Fraction(5)), Law(0, None)),
    ],
)
def test_law(value: Value, law: Law) -> None:
    assert value.law == law


@pytest.mark.parametrize(
    ("build", "title"),
    [
        (lambda: a + u, "sum of a number and a vector"),
        (lambda: u * v, "product of two vectors"),
        (lambda: u**2, "a vector where a scalar belongs"),
        (lambda: power(a, 0.5), "power with an exponent that is no integer"),
        (lambda: a / 0, "division by zero"),
        (lambda: a / (b - b), "division by zero"),
        (lambda: dot(a, u), "a scalar where a vector belongs"),
        (lambda: cross(u, a), "a scalar where a vector belongs"),
        (lambda: norm(a), "a scalar where a vector belongs"),
        (lambda: unit(a), "a scalar where a vector belongs"),
        (lambda: Component(a, "x"), "a scalar where a vector belongs"),
        (lambda: FrameVector(u, a, a), "a vector where a scalar belongs"),
        (lambda: Function("sin", u), "a vector where a scalar belongs"),
        (lambda: Function("tan", a), "unknown function"),
        (lambda: Cutoff(u, Fraction(5)), "a vector where a scalar belongs"),
        (lambda: Cutoff(a, Fraction(0)), "cutoff radius that is not positive"),
        (lambda: as_value("a"), "not a value"),
        (lambda: a + True, "not a value"),
    ],
)
def test_refusal(build: object, title: str) -> None:
    assert callable(build)
    with pytest.raises(QffcError) as caught:
        build()
    assert caught.value.diagnostic.title == title


def test_sites_and_their_renaming() -> None:
    value = ParameterEntry("f", (SpeciesOf("u"),)) * Displacement("u", "v")
    assert value.sites == ("u", "v")
    swapped = substitute_sites(value, {"u": "v", "v": "u"})
    assert swapped.text == "-1*f[Z(v)]*r(u, v)"
    merged = substitute_sites(value, {"u": "v", "v": "u"}, {"v": "u"})
    assert merged == -value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("exp(0)", "1"),
        ("cos(0) + sin(0) + tanh(0) + log(1)", "1"),
        ("acos(1)", "0"),
        ("acos(0)", "1/2*pi"),
        ("acos(-1)", "pi"),
        ("sqrt(4/9)", "2/3"),
        ("sqrt(10^-30)", "10^-15"),
        ("sin(pi) + cos(7*pi/2) + sin(-2*pi)", "0"),
        ("sin(pi/6) + sin(5*pi/6) + cos(pi/3)", "3/2"),
        ("sin(7*pi/6) + cos(2*pi/3) + cos(-pi) + sin(3*pi/2)", "-3"),
        ("sin(pi/3)", "sin(1/3*pi)"),
        ("sqrt(2)", "sqrt(2)"),
        ("sqrt(-4)", "sqrt(-4)"),
        ("cutoff(0, 5)", "1"),
        ("cutoff(7, 5)", "0"),
        ("cutoff(1, 5)", "cutoff(1, 5)"),
        ("exp(norm(r(a, b)) - norm(r(a, b)))", "1"),
        ("cos(-1*J)", "cos(J)"),
        ("sin(-2*J)", "-1*sin(2*J)"),
        ("tanh(1 - J)", "tanh(1 + -1*J)"),
        ("tanh(-1 + J)", "-1*tanh(1 + -1*J)"),
        ("exp(-1*J)", "exp(-1*J)"),
        ("cos(acos(J))", "J"),
        ("acos(cos(J))", "acos(cos(J))"),
        ("unit(exp(J)*r(a, b))", "unit(r(a, b))"),
        ("norm(-2*exp(J)*r(a, b))", "2*exp(J)*norm(r(a, b))"),
        ("unit(J*r(a, b))", "unit(J*r(a, b))"),
        ("norm(norm(r(a, b))*r(a, b))", "norm(norm(r(a, b))*r(a, b))"),
    ],
)
def test_functions_in_canonical_form(text: str, expected: str) -> None:
    value = parse_value(text)
    assert value == parse_value(expected)
    assert parse_value(value.text).text == value.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("norm(r(a, g) + r(g, b))", "a b"),
        ("norm(x(b) - x(a) + r(g, g))", "a b"),
        ("norm(r(a, g) + r(g, a))", ""),
        ("norm(J*r(a, g) + J*r(g, a))", ""),
        ("norm(r(a, g) + J*r(g, b))", "a b g"),
        ("dot(unit(r(a, g)), x(b))", "a b g"),
        ("component(r(a, g) - x(g), x)", "a"),
        ("dot(r(a, g), r(a, b)) + dot(r(g, b), r(a, b))", "a b g"),  # sums of positions are collected, no more
    ],
)
def test_sites_that_matter(text: str, expected: str) -> None:
    assert sites_that_matter(parse_value(text)) == tuple(expected.split())


@pytest.mark.parametrize("number", [0, 1, -1, Fraction(-2, 3)])
def test_a_number_in_front_is_a_number_behind(number):
    """What most products are goes a short way; the same factors in another order go the long one."""
    r, j, k = Displacement("a", "b"), ParameterEntry("J"), ParameterEntry("K")
    factor = Number(Fraction(number))
    for value in (factor, j, r, -3 * j, 2 * j + 4 * k, 2 * j * k, j * (2 * j + 4 * k), j * r, r - r, Pi(), 1 / j, j**2):
        assert mul(factor, value) == mul(value, factor)
        assert add(mul(factor, value), mul(Number(Fraction(-number)), value)) == mul(Number(Fraction(0)), value)
