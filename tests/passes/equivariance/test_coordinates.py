"""Values multiplied out: identities of vectors are found; nothing is called equal, invariant or even that is not."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qffc.ir import Evaluator, Instance, Value, parse_program, parse_value
from qffc.passes.equivariance.polynomials import coordinates
from qffc.passes.equivariance.polynomials.coordinates import TooLarge, written
from qffc.passes.equivariance.polynomials.motions import parity, residual
from qffc.passes.equivariance.polynomials.spellings import Spellings
from qffc.passes.equivariance.transforms import SHIFT
from qffc.testing import values

PROGRAM = parse_program("""qffc 1
program p
scope molecule
species H
site a: H free
site b: H free
site c: H free
parameter J
parameter f radial bessel 3 cutoff 5
qubit u
zero u
observable e = Z(u)
energy moment(e)
""")
SLOTS = parse_program("""qffc 1
program slots
scope atom
species H
site c: any centre
site a: any neighbour
site b: any neighbour
site g: any neighbour
qubit u
zero u
observable e = Z(u)
energy moment(e)
""")


def part(site: str, axis: str) -> str:
    return f"component(x({site}), {axis})"


IN_PARTS = ", ".join(
    f"{part('a', i)}*{part('b', j)} - {part('a', j)}*{part('b', i)}" for i, j in (("y", "z"), ("z", "x"), ("x", "y"))
)
IN_PARTS = f"vector({IN_PARTS})"
EQUAL = [
    ("norm(r(a, b))*unit(r(a, b))", "r(a, b)"),
    ("norm(r(a, b))^3*unit(r(b, a))", "-norm(r(a, b))^2*r(a, b)"),
    ("dot(r(a, b), r(a, b))", "norm(r(a, b))^2"),
    ("dot(J*x(a) + x(b), x(c))", "J*dot(x(a), x(c)) + dot(x(b), x(c))"),
    ("J*(dot(x(a), x(b)) + 1)", "J*dot(x(b), x(a)) + J"),
    ("dot(cross(x(a), x(b)), cross(x(a), x(c)))", "dot(x(a), x(a))*dot(x(b), x(c)) - dot(x(a), x(c))*dot(x(b), x(a))"),
    ("cross(x(a), cross(x(b), x(c)))", "x(b)*dot(x(a), x(c)) - x(c)*dot(x(a), x(b))"),
    ("dot(x(a), cross(x(b), x(c)))", "dot(x(c), cross(x(a), x(b)))"),
    (IN_PARTS, "cross(x(a), x(b))"),
    ("vector(component(x(a), x), component(x(a), y), component(x(a), z))", "x(a)"),
    ("+".join(f"{part('a', k)}*{part('b', k)}" for k in "xyz"), "dot(x(a), x(b))"),
    ("r(a, c) + r(c, b)", "x(b) - x(a)"),
    ("norm(r(a, c) + r(c, b))", "norm(r(b, a))"),
    ("unit(3*r(b, a))", "-unit(r(a, b))"),
    ("cos(acos(J))", "J"),
    ("cos(dot(x(a), -x(b)))", "cos(dot(x(a), x(b)))"),
    ("tanh(dot(x(a), -x(b)))", "-tanh(dot(x(a), x(b)))"),
    ("1/(2*J + 2*norm(x(a)))", "1/2*(norm(x(a)) + J)^-1"),
    ("radial(f, norm(r(a, b)))", "radial(f, norm(x(b) - x(a)))"),
    ("exp(J)*unit(exp(J)*x(a))", "exp(J)*unit(x(a))"),
    ("norm(exp(J)*x(a))", "exp(J)*norm(x(a))"),
]
UNEQUAL = [
    ("norm(r(a, b))", "norm(r(a, c))"),
    ("dot(unit(x(a)), unit(x(a)))", "1"),  # of a zero vector it is 0
    ("unit(J*x(a))", "unit(x(a))"),  # J may be negative
    ("norm(J*x(a))", "J*norm(x(a))"),
    ("sqrt(J^2)", "J"),
    ("exp(-J)", "exp(J)"),
    ("acos(-J)", "-acos(J)"),
    ("cutoff(norm(r(a, b)), 5)", "cutoff(norm(r(a, b)), 4)"),
    ("cutoff(-J, 5)", "cutoff(J, 5)"),
    ("dot(x(a), cross(x(b), x(c)))", "dot(x(b), cross(x(a), x(c)))"),
    ("J", "J^-1"),
    ("vector(component(x(a), x), component(x(a), z), component(x(a), y))", "x(a)"),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_two_spellings_of_one_value(one: str, other: str) -> None:
    left, right = parse_value(one), parse_value(other)
    assert written(left).key == written(right).key
    spell = Spellings(PROGRAM)
    assert spell(left) == spell(right)
    assert spell(-left) == -spell(right)
    assert spell.are_equal(left, right)
    np.testing.assert_allclose(at(left), at(right), atol=1e-12)


@pytest.mark.parametrize(("one", "other"), UNEQUAL)
def test_two_values(one: str, other: str) -> None:
    left, right = parse_value(one), parse_value(other)
    assert written(left).key != written(right).key
    assert not Spellings(PROGRAM).are_equal(left, right)


def test_ghosts_tell_apart_what_fades_with_other_sites() -> None:
    through_g, direct = parse_value("cutoff(norm(r(a, g) + r(g, b)), 5)"), parse_value("cutoff(norm(r(a, b)), 5)")
    assert Spellings(SLOTS).are_equal(through_g, direct)  # both fade with a and b
    squares = "dot(r(a, g), r(a, b)) + dot(r(g, b), r(a, b))"
    hidden = parse_value(f"cutoff({squares}, 5)")  # multiplied out it is norm(r(a, b))^2, but it fades with g
    assert written(hidden).key == written(parse_value("cutoff(norm(r(a, b))^2, 5)")).key
    assert not Spellings(SLOTS).are_equal(hidden, parse_value("cutoff(norm(r(a, b))^2, 5)"))


def test_too_large_is_said_and_takes_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    large = parse_value("(component(x(a), x) + component(x(b), y) + component(x(c), z) + J + moment(e))^40")
    with pytest.raises(TooLarge, match="takes more than 30000 products of terms"):
        written(large)
    found = residual(large, "rotation")
    assert found is not None
    assert found.startswith("too large: multiplied out, ")
    assert parity(large) is None
    spell = Spellings(PROGRAM)
    assert spell(large) == large
    assert not spell.are_equal(large, parse_value("1"))
    # A program has a budget of its own: what comes after it keeps its spelling.
    monkeypatch.setattr("qffc.passes.equivariance.polynomials.spellings.TOTAL_PRODUCTS", 0)
    spent = Spellings(PROGRAM)
    assert spent(parse_value("norm(r(a, b))*unit(r(a, b))")) != spent(parse_value("r(a, b)"))


def test_a_multiplication_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every product is counted before it is made, also where it makes nothing shorter."""

    def endless(self: Any, base: Any, exponent: int) -> Any:
        while True:
            base = self.times(base, base) - self.times(base, base) + base

    monkeypatch.setattr(coordinates._Writer, "power", endless)
    with pytest.raises(TooLarge):
        written(parse_value("(component(x(a), x) + 2)^3"))


@pytest.mark.parametrize(
    ("text", "motion", "expected"),
    [
        ("component(x(a), x)^2 + component(x(a), y)^2 + component(x(a), z)^2", "rotation", None),
        ("sqrt(component(x(a), x)^2 + component(x(a), y)^2 + component(x(a), z)^2)", "rotation", None),
        (IN_PARTS, "rotation", None),
        (f"unit({IN_PARTS})", "rotation", None),
        (f"1/(1 + norm({IN_PARTS})^2)", "rotation", None),
        ("norm(J*x(a) - J*x(b))", "translation", None),
        ("unit(J*x(a) - J*x(b))", "translation", None),
        # The derivative of these is zero wherever it exists; the first is the sign of x + 1.
        ("(component(x(a), x) + 1)/sqrt(component(x(a), x)^2 + 2*component(x(a), x) + 1)", "rotation", "sqrt"),
        ("(component(x(a), x) + 1)/sqrt(component(x(a), x)^2 + 2*component(x(a), x) + 1)", "translation", "sqrt"),
        ("component(unit(vector(component(x(a), x), 0, 0)), x)^2", "rotation", "unit"),
        ("acos(cos(component(x(a), x))) - component(x(a), x)", "translation", "acos"),
        ("component(x(a), x)*component(x(a), x)^-1*J + log(component(x(a), x)/component(x(b), x))", "rotation", "log"),
        ("norm(vector(component(x(a), x), 0, 0))/component(x(a), x)", "rotation", "norm"),
        ("component(unit(x(a)), x)^2 + component(unit(x(a)), y)^2", "rotation", "component"),
    ],
)
def test_motions(text: str, motion: Any, expected: str | None) -> None:
    found = residual(parse_value(text), motion)
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert expected in found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("component(x(a), x)", -1),
        ("component(x(a), x)*component(x(b), y)", 1),
        ("component(x(a), x) + 1", None),
        (IN_PARTS, 1),
        ("sin(component(x(a), x))*tanh(component(x(b), x))", 1),
        ("cos(component(x(a), x))", 1),
        ("exp(component(x(a), x))", None),
        ("radial(f, component(x(a), x)^2)*component(unit(x(a)), x)", -1),
        ("norm(x(c) + cross(x(a), x(b)))", None),
        ("norm(x(a) + cross(x(a), x(b)))", 1),  # the two are at right angles
        ("1/component(x(a), x)", -1),
        ("cutoff(component(x(a), x), 5)", None),
    ],
)
def test_parity(text: str, expected: int | None) -> None:
    assert parity(parse_value(text)) == expected


# ---------------------------------------------------------------------- against numbers

TURN = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]])
POINTS = [np.random.default_rng(seed).normal(size=(3, 3)) for seed in range(3)]


def at(value: Value, positions: Any = POINTS[0]) -> Any:
    tables = {"J": np.array(0.7), "f": np.array([1.0, -2.0, 0.5])}
    instance = Instance(positions, np.zeros(3, dtype=int), tables, 0, {"e": 0.3})
    with np.errstate(all="ignore"):
        return np.asarray(Evaluator(PROGRAM, instance)(value), dtype=float)


def agree(left: Any, right: Any) -> bool:
    """Whether two numbers agree to rounding; True where one of them is no number, or too large to tell."""
    finite = np.isfinite(left) & np.isfinite(right)
    compared = finite & (np.abs(np.where(finite, left, 0.0)) < 1e6)
    return bool(np.allclose(right[compared], left[compared], rtol=1e-6, atol=1e-6))


@given(st.sampled_from((0, 1)).flatmap(lambda rank: values(rank=rank)))
def test_what_no_derivative_denies_holds_in_numbers(value: Value) -> None:
    for positions in POINTS:
        before, rank = at(value, positions), value.law.rank
        if residual(value, "rotation") is None:
            turned = at(value, positions @ TURN.T)
            assert agree(before @ TURN.T if rank else before, turned)
        if residual(value, "translation") is None:
            assert agree(before, at(value, positions + np.array(SHIFT.shift)))
        sign = parity(value)
        if sign is not None:
            assert agree(sign * before, at(value, -positions))


@given(st.lists(values(finite=True), min_size=2, max_size=4), st.data())
def test_one_spelling_means_one_number(pool: list[Value], data: st.DataObject) -> None:
    """Sums and products of a few values, put together in two ways."""
    pick = st.sampled_from(pool)
    spell = Spellings(PROGRAM)
    u, v, w = data.draw(pick), data.draw(pick), data.draw(pick)
    for one, other in (((u + v) * w, u * w + v * w), (u * v - w, w * v - u), ((u - v) * (u + v), u * u - v * v)):
        if spell(one) == spell(other):
            assert all(agree(at(one, x), at(other, x)) for x in POINTS)
