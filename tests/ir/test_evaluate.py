"""Values in numbers: radial functions, guards where atoms meet, NumPy against jax.numpy."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qffc.ir import Basis, Evaluator, Instance, InternalError, Program, parse_program, parse_value
from qffc.ir.evaluate import radial_basis, smooth_cutoff
from qffc.testing import instances, programs

PROGRAM = parse_program(
    """qffc 1
program p
scope molecule
species O, H
channels 2
site c: O centre
site a: H neighbour
site b: H neighbour
parameter f: species radial bessel 3 cutoff 5
parameter g: radial chebyshev 3 cutoff 5
parameter J: species, channel, 2
qubit u
zero u
observable e = Z(u)
energy moment(e)
""".replace("g: radial", "g radial")
)
TABLES = {
    "f": np.array([[1.0, -2, 0.5], [0.25, 1, 3]]),
    "g": np.array([1.0, 2, 3]),
    "J": np.arange(8.0).reshape(2, 2, 2),
}
SPREAD = np.array([[0.0, 0, 0], [1.0, 2, 2], [-1.0, 0.5, 0]])
TOGETHER = np.zeros((3, 3))
IN_LINE = np.array([[0.0, 0, 0], [0.3, 0.6, 0.9], [0.6, 1.2, 1.8]])


def at(text: str, positions: Any = SPREAD, xp: Any = np, tables: Any = None) -> Any:
    instance = Instance(positions, np.array([0, 1, 1]), TABLES if tables is None else tables, 1, {"e": 0.5})
    return Evaluator(PROGRAM, instance, xp)(parse_value(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("norm(r(c, a))", 3.0),
        ("unit(r(c, a))", [1 / 3, 2 / 3, 2 / 3]),
        ("r(a, b)", [-2.0, -1.5, -2.0]),
        ("x(b)", [-1.0, 0.5, 0.0]),
        ("dot(x(a), x(b))", 0.0),
        ("cross(x(a), x(b))", [-1.0, -2.0, 2.5]),
        ("component(x(a), y)", 2.0),
        ("vector(1, pi, J[Z(a), channel, 0])", [1.0, np.pi, 6.0]),
        ("J[Z(c), channel, 1]", 3.0),
        ("moment(e)^-2", 4.0),
        ("acos(1/2) + sqrt(4) + exp(0) + log(1) + tanh(0) + cos(0)", np.pi / 3 + 4),
        ("2 + norm(r(c, a))*sin(pi/2)", 5.0),
        ("norm(r(c, a)*0)", 0.0),
    ],
)
def test_value(text: str, expected: Any) -> None:
    np.testing.assert_allclose(at(text), expected, atol=1e-15)


def test_a_moment_needs_moments() -> None:
    with pytest.raises(InternalError):
        Evaluator(PROGRAM, Instance(SPREAD, np.array([0, 1, 1]), TABLES))(parse_value("moment(e)"))


@pytest.mark.parametrize("kind", ["bessel", "chebyshev"])
def test_radial_basis_by_its_formula(kind: Any) -> None:
    c, d = 5.0, 1.7
    k = np.arange(1, 5)
    expected = np.sqrt(2 / c) * np.sin(k * np.pi * d / c) / d
    if kind == "chebyshev":
        expected = np.cos((k - 1) * np.arccos(2 * d / c - 1))
    found = radial_basis(d, Basis(kind, 4, Fraction(5)))
    np.testing.assert_allclose(found, expected * smooth_cutoff(d, c), rtol=1e-12)


@pytest.mark.parametrize("kind", ["bessel", "chebyshev"])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_radial_basis_ends_are_tame(kind: Any, size: int) -> None:
    basis = Basis(kind, size, Fraction(5))
    assert radial_basis(0.0, basis).shape == (size,)
    assert np.isfinite(radial_basis(0.0, basis)).all()
    np.testing.assert_allclose(radial_basis(0.0, basis), radial_basis(1e-5, basis), atol=1e-4)
    assert not radial_basis(5.0, basis).any()
    assert not radial_basis(9.0, basis).any()


def test_cutoff_is_flat_at_the_cutoff() -> None:
    """Value, slope and curvature vanish at the cutoff, by finite differences; the third derivative does not."""
    h = 1e-3
    u = [smooth_cutoff(2.0 - k * h, 2.0) for k in range(4)]
    assert smooth_cutoff(0.0, 2.0) == 1.0
    assert u[0] == 0.0
    assert abs(u[0] - u[1]) / h < 1e-4
    assert abs(u[0] - 2 * u[1] + u[2]) / h**2 < 0.1
    assert abs(u[0] - 3 * u[1] + 3 * u[2] - u[3]) / h**3 > 10
    d = np.linspace(0, 2, 201)
    assert (np.diff([smooth_cutoff(x, 2.0) for x in d]) <= 1e-15).all()


GUARDED = [
    "norm(r(c, a))",
    "component(unit(r(c, a)), x)",
    "acos(dot(unit(r(c, a)), unit(r(c, b))))",
    "acos(dot(unit(r(a, c)), unit(r(c, b))))",
    "sqrt(norm(r(c, a)))",
    "sqrt(dot(cross(r(c, a), r(c, b)), cross(r(c, a), r(c, b))))",
    "radial(f[Z(a)], norm(r(c, a)))*component(unit(r(c, a)), z)",
    "radial(g, norm(r(c, a)))",
    "cutoff(norm(r(c, a)), 5)",
]


@pytest.mark.parametrize("text", GUARDED)
@pytest.mark.parametrize(
    "positions", [TOGETHER, IN_LINE, SPREAD, 10 * SPREAD], ids=["together", "line", "spread", "far"]
)
def test_guards_and_gradients(text: str, positions: Any) -> None:
    import jax
    import jax.numpy as jnp

    tables = {name: jnp.asarray(table) for name, table in TABLES.items()}

    def value(x: Any) -> Any:
        return jnp.asarray(at(text, x, jnp, tables))

    assert np.isfinite(at(text, positions))
    np.testing.assert_allclose(value(jnp.asarray(positions)), at(text, positions), rtol=1e-10, atol=1e-12)
    gradient = np.asarray(jax.grad(value)(jnp.asarray(positions)))
    assert np.isfinite(gradient).all()
    if positions is SPREAD:
        h = 1e-6
        for index in np.ndindex(3, 3):
            step = np.zeros((3, 3))
            step[index] = h
            slope = (at(text, positions + step) - at(text, positions - step)) / (2 * h)
            np.testing.assert_allclose(gradient[index], slope, atol=1e-6)


def test_guards_do_not_depend_on_size() -> None:
    """Small numbers have roots, short vectors directions and lengths; only what cancels is cut off."""
    assert at("10^15*sqrt(10^-30)*norm(x(a))") == pytest.approx(3.0)
    assert at("sqrt(J[Z(a), channel, 0])", tables={**TABLES, "J": np.full((2, 2, 2), 1e-40)}) == pytest.approx(1e-20)
    direction = [1 / 3, 2 / 3, 2 / 3]
    for scale in (1e-13, 1e-30, 1e-150):
        tables = {**TABLES, "J": np.full((2, 2, 2), scale)}
        assert at("unit(J[Z(a), channel, 0]*r(c, a))", tables=tables) == pytest.approx(direction)
        assert at("norm(J[Z(a), channel, 0]*r(c, a))", tables=tables) == pytest.approx(3 * scale, rel=1e-12)
        assert at("unit(r(c, a))", scale * SPREAD) == pytest.approx(direction)
    # A damped vector keeps its direction as far as the damping is a number: no step where it gets short.
    far = [
        at("unit(exp(-5*norm(r(c, a))^2)*r(c, a))", distance * SPREAD / 3) for distance in np.linspace(2.0, 40.0, 50)
    ]
    np.testing.assert_allclose(far, np.tile(direction, (50, 1)))
    # On a line a cross product is rounding, and has no direction.
    assert np.abs(at("cross(r(c, a), r(c, b))", IN_LINE)).max() < 1e-15
    assert not at("unit(cross(r(c, a), r(c, b)))", IN_LINE).any()
    assert at("norm(cross(r(c, a), r(c, b)))", IN_LINE) == 0.0
    assert not at("unit(r(c, a) + r(a, c))").any()


@given(st.data(), programs())
def test_every_value_of_a_random_program_is_finite(data: st.DataObject, program: Program) -> None:
    evaluate = Evaluator(program, data.draw(instances(program)))
    for op in program.ops:
        if op.value is not None:
            assert np.isfinite(evaluate(op.value)).all()
            assert np.shape(evaluate(op.value)) == (() if op.value.law.rank == 0 else (3,))


def test_cutoff_by_its_formula() -> None:
    x = 0.7
    assert smooth_cutoff(1.4, 2.0) == pytest.approx(1 - 28 * x**6 + 48 * x**7 - 21 * x**8)


@pytest.mark.parametrize(("sign", "expected"), [(1, 0.0), (-1, np.pi)])
def test_a_cosine_rounded_past_one(sign: int, expected: float) -> None:
    tables = {**TABLES, "J": np.full((2, 2, 2), sign * np.nextafter(1.0, 2.0))}
    assert at("acos(J[Z(a), channel, 0])", tables=tables) == expected
