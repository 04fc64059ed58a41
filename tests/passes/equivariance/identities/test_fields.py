"""The parts of the identity test: arithmetic, roots, terms, spectra and states over finite fields."""

from collections.abc import Callable
from fractions import Fraction
from random import Random

import numpy as np
import pytest

from qffc.ir import parse_program, parse_value
from qffc.ir.evaluate import Evaluator, Instance
from qffc.ir.operation import Coupling
from qffc.ir.ops import OPERATIONS, make_op
from qffc.ir.reference import dense, moments
from qffc.ir.values import Mul, Pi
from qffc.passes.equivariance.identities.bound import bits_of_point
from qffc.passes.equivariance.identities.field_values import FieldValues, Place
from qffc.passes.equivariance.identities.modular import Modulus
from qffc.passes.equivariance.identities.points import NoRoot, Point, Roots, Unknown, random_field
from qffc.passes.equivariance.identities.spectra import spectrum_of
from qffc.passes.equivariance.identities.states import moments_of
from qffc.passes.equivariance.identities.terms import positive_scale, terms_of, turn_about_a_direction, turns_of

PRIMES = (2**50 - 27, 2**49 + 69, 97)
COUPLINGS = [kind for kind in OPERATIONS if issubclass(kind, Coupling)]


def test_products_are_exact_up_to_the_largest_prime() -> None:
    random = np.random.default_rng(0)
    modulus = Modulus(list(PRIMES))
    left, right = (np.array([random.integers(0, p, 4000) for p in PRIMES]) for _ in range(2))
    left[:, 0] = right[:, 0] = [p - 1 for p in PRIMES]
    found = modulus.times(left, right)
    exact = [
        [a * b % p for a, b in zip(*rows, strict=True)]
        for p, *rows in zip(PRIMES, left.tolist(), right.tolist(), strict=True)
    ]
    assert found.tolist() == exact
    wide = random.integers(-(2**59), 2**59, (3, 4000))
    assert modulus.reduced(wide).tolist() == [
        [n % p for n in row] for p, row in zip(PRIMES, wide.tolist(), strict=True)
    ]


def point(order: int = 24, seed: int = 0) -> Point:
    random = Random(seed)
    return Point(random_field(random, order), random, Roots())


def test_roots_are_roots_and_what_is_missing_is_counted() -> None:
    random, roots = Random(1), Roots()
    field = random_field(random, 24)
    here = Point(field, random, roots)
    for square in range(2, 40):
        try:
            found = here.root(square)
        except NoRoot:
            assert pow(square, (field.prime - 1) // 2, field.prime) == field.prime - 1
        else:
            assert found * found % field.prime == square
            assert here.root(square) == found
    assert sum(roots.missing) > 0
    assert sum(roots.there) == here.root_count


def test_the_other_sign_of_a_root_is_that_of_the_same_point() -> None:
    here = point()
    squares = [here.free(k) ** 2 % here.prime for k in range(3)]
    first = [here.root(square) for square in squares]
    other = here.with_other_signs(frozenset({1}))
    assert [other.root(square) for square in squares] == [first[0], here.prime - first[1], first[2]]
    assert other.free("new") == here.free("new")


@pytest.mark.parametrize("order", [24, 120])
def test_roots_of_unity_and_of_2_and_3_belong_together(order: int) -> None:
    here = point(order)
    assert pow(here.imaginary, 2, here.prime) == here.prime - 1
    assert pow(here.unity, order // 2, here.prime) == here.prime - 1
    for number in (1, 2, 3):
        assert pow(here.surd(number), 2, here.prime) == number
    assert here.surd(5) is None
    with pytest.raises(Unknown):
        here.inverse(0)


def test_a_rotation_is_orthogonal_with_determinant_1() -> None:
    here = point()
    p, rows = here.prime, here.rotation()
    gram = [[sum(a * b for a, b in zip(r, s, strict=True)) % p for s in rows] for r in rows]
    assert gram == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    (a, b, c), (d, e, f), (g, h, i) = rows
    assert (a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)) % p == 1


# --------------------------------------------------------------------------- terms


PROGRAM = parse_program("""\
qffc 1
program test
scope molecule
species H
site a: H free
site b: H free
site c: H free
parameter J: 4
qubit q: a
zero q
observable m = Z(q)
energy moment(m)
""")
POINT = Instance(
    np.array([[0.1, 0.7, -0.4], [1.3, 0.2, 0.5], [-0.6, 0.9, 1.1]]),
    np.zeros(3, dtype=int),
    {"J": np.array([0.7, -1.3, 0.4, 2.1])},
)


@pytest.mark.parametrize(
    "text",
    [
        "2*(J[0] + 1/3)*(J[1] + pi)^2",
        "sin(J[0])^3 + cos(J[0])^2*sin(J[0])",
        "norm(r(a, b))^2*J[0] - dot(r(a, b), r(a, b))*J[0] + J[1]",
        "dot(r(a, b) + J[0]*r(a, c), r(b, c) - 2*r(a, b))",
        "(J[0] + J[1])^-2",
    ],
)
def test_terms_add_up_to_the_value(text: str) -> None:
    evaluate = Evaluator(PROGRAM, POINT)
    value = parse_value(text)
    assert sum(float(q) * evaluate(term) for q, term in terms_of(value)) == pytest.approx(float(evaluate(value)))


def test_what_cancels_has_no_terms() -> None:
    assert terms_of(parse_value("sin(J)^2 + cos(J)^2 - 1")) == ()
    assert terms_of(parse_value("norm(x(a))^2 - dot(x(a), x(a))")) == ()
    assert turns_of(parse_value("r(a, b) + r(b, a)"))[1] == ()


@pytest.mark.parametrize(
    "text",
    [
        "(J[0] + 2)*(r(a, b) - 1/2*r(c, b))",
        "J[0]*r(a, b) + J[1]*r(a, c)",
        "-2*J[0]*norm(r(a, b))*unit(r(b, c))",
        "J[2]*vector(0, J[1], 0)",
        "r(a, b) + r(b, c) + r(c, a) + cross(r(a, b), r(a, c))",
    ],
)
def test_a_turn_is_a_number_times_a_vector(text: str) -> None:
    evaluate = Evaluator(PROGRAM, POINT)
    value = parse_value(text)
    body, terms = turns_of(value)
    number = sum(float(q) * evaluate(term) for q, term in terms)
    np.testing.assert_allclose(number * np.asarray(evaluate(body)), evaluate(value), atol=1e-12)
    scale, rest = positive_scale(value)
    assert float(evaluate(scale)) >= 0
    np.testing.assert_allclose(float(evaluate(scale)) * np.asarray(evaluate(rest)), evaluate(value), atol=1e-12)
    straight = turn_about_a_direction(value)
    if straight is not None:
        direction, angle = straight
        assert np.linalg.norm(evaluate(direction)) == pytest.approx(1)
        np.testing.assert_allclose(
            float(evaluate(angle)) * np.asarray(evaluate(direction)), evaluate(value), atol=1e-12
        )


# --------------------------------------------------------------------------- couplings and states


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        # The powers of fifteen exchanges take seconds, once a process.
        pytest.param(kind, count or 3, marks=[pytest.mark.slow] if (count or 3) > 5 else [])
        for kind in COUPLINGS
        for count in kind.declaration.counts
    ],
    ids=lambda each: getattr(each, "__name__", str(each)),
)
def test_a_coupling_is_a_polynomial_of_its_generator(kind: type[Coupling], count: int) -> None:
    said = kind.declaration
    string = tuple(zip(range(3), "XYZ", strict=True)) if said.string else ()
    op = make_op(said.word, () if said.string else range(count), Pi(), string=string)
    assert isinstance(op, kind)
    spectrum = spectrum_of(op)
    generator = dense(kind.unit_generator(range(count), ("X", "Y", "Z")), tuple(range(count)))
    values, vectors = np.linalg.eigh(generator)
    wanted = (vectors * np.exp(-0.37j * values)) @ vectors.conj().T
    levels = [float(each) * np.sqrt(spectrum.surd) for each in spectrum.eigenvalues]
    found = np.zeros_like(wanted)
    for level in levels:
        others = [other for other in levels if other != level]
        step = np.eye(len(wanted), dtype=complex)
        for other in others:
            step = step @ (generator - other * np.eye(len(wanted))) / (level - other)
        found += np.exp(-0.37j * level) * step
    np.testing.assert_allclose(found, wanted, atol=1e-12)


EIGHTHS = """\
qffc 1
program test
scope molecule
species H
site a: H free
qubit q0: a
qubit q1: a
qubit q2: a
qubit q3: a
qubit q4: a
singlet q0, q1
zero q2
singlet q4, q3
{ops}
observable m0 = dot(q0, q2)*Z(q3)
observable m1 = 1/3*X(q0) Y(q1) + 2*Z(q2) Z(q4) + 1*dot(q1, q4)
energy moment(m0) + 2*moment(m1)
"""


def quarter_turns(random: Random, count: int = 14) -> str:
    """Operations by multiples of pi/4 and pi/2, whose moments are rational."""
    lines = []
    for _ in range(count):
        a, b, c, d = random.sample(["q0", "q1", "q2", "q3", "q4"], 4)
        k = random.randrange(1, 8)
        lines.append(
            random.choice(
                (
                    f"exchange {a}, {b}, {k}*pi/8",
                    f"four_spin {a}, {b}, {c}, {d}, {k}*pi/8",
                    f"pauli_rotation X({a}) Y({b}) Z({c}), {k}*pi/2",
                    f"pauli_rotation Y({a}), {k}*pi/2",
                    f"rotate {a}, vector(0, 0, {k}*pi/2)",
                    f"rotate {a}, {k}*pi/2*unit(vector(1, 0, 0))",
                    f"relabel {a} -> {b}, {b} -> {c}, {c} -> {a}",
                )
            )
        )
    return "\n".join(lines)


def sets_and_quarter_turns(random: Random) -> str:
    """Two collective exchanges among them, each of which brings factors of 3 into denominators."""
    lines = []
    for _ in range(2):
        size = random.choice((3, 4, 5))
        names = ", ".join(random.sample(["q0", "q1", "q2", "q3", "q4"], size))
        eighths = {3: 12, 4: 8, 5: 4}[size]
        lines += [quarter_turns(random, 4), f"collective {names}, {random.randrange(1, 8)}*pi/{eighths}"]
    return "\n".join([*lines, quarter_turns(random, 2)])


@pytest.mark.parametrize("make", [quarter_turns, sets_and_quarter_turns])
@pytest.mark.parametrize("seed", range(12))
def test_moments_are_those_of_the_reference(seed: int, make: Callable[[Random], str]) -> None:
    program = parse_program(EIGHTHS.format(ops=make(Random(seed))))
    here = point(24 * 16, seed)
    place = Place(((0, 0, 0),), {"a": "H"}, {})
    values = FieldValues(("a",), here, place, {1: 16})
    (found,) = moments_of(program, [values], turns=4)
    wanted = moments(program, Instance(np.zeros((1, 3)), np.zeros(1, dtype=int), {}))
    for (name, _), number in zip(program.observables, wanted, strict=True):
        exact = Fraction(float(number)).limit_denominator(3**5 * 2**10)
        assert float(exact) == pytest.approx(float(number), abs=1e-12)
        assert found[name] == here.rational(exact), name


def test_the_bound_falls_with_degrees_roots_and_draws() -> None:
    first = bits_of_point(1000, 100, 2, 10, 10, 24)
    for worse in (
        (4000, 100, 2, 10, 10, 24),
        (1000, 400, 2, 10, 10, 24),
        (1000, 100, 4, 10, 10, 24),
        (1000, 100, 2, 40, 10, 24),
    ):
        assert bits_of_point(*worse) < first
    assert bits_of_point(1000, 10**9, 2, 10, 10, 24) == 0
    # Without roots and draws: the degree over half of the field, and the share of primes that divide a coefficient.
    zeros, unlucky = 2 * 2**10 / 2**49, 64 * 1025 / 49 / (2**49 / (50 * 24))
    assert 2.0 ** -bits_of_point(2**10, 0, 0, 0, 0, 24) == pytest.approx(zeros + unlucky)


def test_terms_stay_products() -> None:
    for _, term in terms_of(parse_value("(J + pi)*(K + 1/2)*sin(J)^2")):
        assert not isinstance(term, Mul) or all(factor.law.rank == 0 for factor in term.factors)
