"""The second opinion: its own numbers, and what it says of programs that are random or fooled a rule once."""

from random import Random

import fooled
import numpy as np
import pytest
from judged import judged
from pair_programs import NAMED_NEIGHBOURS
from second_circuit import exchange_orders, final_state, moments_of, response
from second_forms import depends
from second_model import circuits
from second_opinion import changes, random_point, renumbered
from second_text import _Words, read
from second_values import GHOST, Point, Values

from qffc.ir import parse_program
from qffc.ir.evaluate import GHOST as NO_SPECIES
from qffc.ir.evaluate import Instance
from qffc.ir.program import Program
from qffc.passes.equivariance.numbers.before_and_after import observed
from qffc.testing import MUTATIONS, internally_symmetric_program, mutate, symmetric_program, wide_program

TWO_SPINS = """qffc 1
program two
scope molecule
species H, O
average exchange
site A: H free
site B: H free
parameter J: 2, species
parameter f radial {basis} 2 cutoff 4
qubit a: A
qubit b: B
singlet a, b
{operations}
observable m = dot(a, b)
observable k = X(a) Y(b)
energy {energy}
"""


def two_spins(operations="", energy="moment(m)", basis="bessel"):
    return read(TWO_SPINS.format(operations=operations, energy=energy, basis=basis))


def at(positions, elements="HH", **tables):
    filled = {"J": np.zeros((2, 2)), "f": np.zeros(2)} | tables
    return Point(np.array(positions, dtype=float), tuple(elements), filled)


PLACES = [[0.0, 0.0, 0.0], [3.0, 0.0, 4.0]]


def value_of(text, point, program=None):
    return Values(program or two_spins(), point)(_Words(text).value())


# --------------------------------------------------------------------------- computed by hand


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("norm(r(A, B))", 5),
        ("component(unit(r(B, A)), x)", -0.6),
        ("dot(r(A, B), x(B)) - 2*norm(r(A, B))^2/5 + 2^-1", 15.5),
        ("component(cross(r(A, B), vector(0, 1, 0)), x)", -4),
        ("J[1, Z(B)]", 0.25),
        ("cutoff(norm(r(A, B))/2, 5)", 1 - 28 / 2**6 + 48 / 2**7 - 21 / 2**8),
        ("cutoff(norm(r(A, B)), 5)", 0),
        ("10^15*sqrt(10^-30)", 1),
        ("acos(-1)/pi + cos(0) + exp(0) + tanh(0) + log(1) + sin(pi/2)", 4),
        ("norm(unit(r(A, A)))", 0),
        ("norm(unit(r(A, B) + r(B, A)))", 0),
    ],
)
def test_values(text, expected):
    assert float(value_of(text, at(PLACES, J=np.array([[0.0, 0.0], [0.25, 0.0]])))) == pytest.approx(
        expected, abs=1e-15
    )


@pytest.mark.parametrize(
    "text", ["sqrt(-1)", "log(-1)", "acos(2)", "acos(log(-1))", "cutoff(log(-1), 5)", "norm(log(-1)*x(B))"]
)
def test_no_number(text):
    with np.errstate(all="ignore"):
        assert np.isnan(value_of(text, at(PLACES)))


def test_learned_functions():
    point = at(PLACES, f=np.array([0.5, -2.0]))
    step = 1 - 28 / 2**6 + 48 / 2**7 - 21 / 2**8  # at 2 of 4 Angstrom
    found = value_of("radial(f, 2*norm(unit(r(A, B))))", point)
    assert float(found) == pytest.approx(step * np.sqrt(2 / 4) * 0.5 * np.sin(np.pi / 2) / 2)
    found = value_of("radial(f, 2*norm(unit(r(A, B))))", point, two_spins(basis="chebyshev"))
    assert float(found) == pytest.approx(step * 0.5)  # T_1 is zero in the middle


@pytest.mark.parametrize(
    ("text", "sites"),
    [
        ("norm(r(a, g) + r(g, b))", "ab"),
        ("norm(x(a) - x(g) + r(a, g))", ""),
        ("norm(r(a, g)) - norm(r(g, a)) + norm(r(a, b))", "ab"),
        ("dot(r(c, g), r(c, g)) - norm(r(c, g))^2", "cg"),
        ("sin(dot(r(g, a), r(b, c))) + sin(dot(r(a, g), r(b, c)))", ""),
        ("2*norm(J*r(a, g)) + exp(norm(r(b, b)))", "ag"),
        ("norm(r(a, g))*norm(r(g, a))^-1*norm(x(b))", "b"),
        ("norm(unit(exp(norm(x(c)))*r(a, b)))", "ab"),
    ],
)
def test_what_a_distance_depends_on(text, sites):
    assert depends(_Words(text).value()) == set(sites)


def test_a_ghost_hides_what_depends_on_it():
    text = "cutoff(norm(r(a, g)), 5) + cutoff(norm(r(a, g) + r(g, c)), 5) + J[Z(g)] + norm(r(c, g)) + norm(r(a, g))"
    program = read(fooled.GHOST.replace("qubit a1: a\n", "parameter J: species\nqubit a1: a\n", 1))
    positions = np.array([[0.0, 0, 0], [0, 0, 2.5], [1, 1, 1], [0, 0, 0]])
    point = Point(positions, ("H", "H", "H", GHOST), {"J": np.ones(1)})
    step = 1 - 28 / 2**6 + 48 / 2**7 - 21 / 2**8
    assert float(Values(program, point)(_Words(text).value())) == pytest.approx(step + 2.5)


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ("", (-3, 0)),
        ("rotate a, vector(0, 0, 3/10)", (-1 - 2 * np.cos(0.3), np.sin(0.3))),
        ("pauli_rotation Z(a), 3/10", (-1 - 2 * np.cos(0.3), np.sin(0.3))),
        ("rotate b, vector(0, 0, 3/10)", (-1 - 2 * np.cos(0.3), -np.sin(0.3))),
        ("pauli_rotation Z(a), 3/10\nexchange a, b, pi/4", (-1 - 2 * np.cos(0.3), -np.sin(0.3))),
        ("pauli_rotation Z(a), 3/10\nrelabel a -> b, b -> a", (-1 - 2 * np.cos(0.3), -np.sin(0.3))),
        ("pauli_rotation X(a) Y(b), 7/10\nexchange a, b, 2/10", (-1 - 2 * np.cos(0.7), -np.sin(0.7) * np.sin(0.8))),
    ],
)
def test_moments(operations, expected):
    program = two_spins(operations)
    state, wires = final_state(Values(program, at(PLACES)))
    found = moments_of(program, state, wires)
    assert [float(found[name]) for name in "mk"] == pytest.approx(expected, abs=1e-15)


def test_a_chirality_turns_singlets_round():
    # sigma . (sigma x sigma) turns the two spins 1/2 of three spins by its eigenvalues, the roots of 12.
    text = """qffc 1
program three
scope molecule
species H
site A: H free
qubit a
qubit b
qubit d
singlet a, b
zero d
chirality a, b, d, 1/5
observable m = dot(a, b)
energy moment(m)
"""
    turned = np.cos(np.sqrt(12) / 5) ** 2
    point = Point(np.zeros((1, 3)), ("H",), {})
    assert float(response(read(text), point)[0]) == pytest.approx(-3 * turned + 1 - turned)


def test_a_mean_over_exchanges():
    program = two_spins("", "moment(m)*component(x(A), x)")
    assert float(response(program, at(PLACES))[0]) == pytest.approx(-4.5)


def test_exchanges_of_molecules():
    text = "\n".join(
        ["qffc 1", "program six", "scope molecule", "species H, O"]
        + [f"site {name}{m}: {name[0]} free molecule {m}" for m in "MN" for name in ("O", "H1", "H2")]
    )
    orders = exchange_orders(read(text))
    assert len(orders) == 8
    assert (3, 4, 5, 0, 1, 2) in orders
    assert (3, 1, 2, 0, 4, 5) not in orders


def test_circuits_of_molecules():
    program = read(NAMED_NEIGHBOURS)
    assert [circuit.atoms for circuit in circuits(program, "OHH")] == [(1, 2, 0), (2, 1, 0)]
    assert len(list(circuits(program, "OHH", named=False))) == 3
    ghostly = read(fooled.GHOST)
    assert [circuit.atoms for circuit in circuits(ghostly, "HHH")] == [
        (0, 1, 2, None),
        (1, 0, 2, None),
        (2, 0, 1, None),
    ]


# --------------------------------------------------------------------------- beside the reference simulator


def programs_of(count):
    """Random programs of all generators, the same in every run."""
    for seed in range(count):
        random = Random(f"second {seed}")
        program = (symmetric_program, internally_symmetric_program, wide_program, wide_program)[seed % 4](random)
        mutant = mutate(program, random.choice(MUTATIONS), random) if seed % 8 < 2 else None
        yield seed, program if mutant is None else mutant.program


def instance_of(program: Program, point: Point) -> Instance:
    species = [NO_SPECIES if element == GHOST else program.species.index(element) for element in point.elements]
    return Instance(point.positions, np.array(species), dict(point.tables), point.channel)


def test_it_agrees_with_the_reference_simulator():
    compared = 0
    for seed, program in programs_of(200):
        text = read(program.text)
        point = random_point(text, np.random.default_rng(seed))
        with np.errstate(all="ignore"):
            mine, theirs = response(text, point, np.float64), observed(program, instance_of(program, point))
        if np.isfinite(mine).all():
            with np.errstate(all="ignore"):
                rounding = np.abs(response(text, point) - mine).max()  # exp(...) of large numbers is an angle, too
            near = pytest.approx(mine.astype(float), rel=1e-7, abs=1e-9 + 100 * float(rounding))
            assert theirs == near, f"{seed}\n{program.text}\n{point}"
            compared += rounding < 1e-9
    assert compared > 150


# --------------------------------------------------------------------------- verdicts


@pytest.mark.parametrize("count", [32, pytest.param(800, marks=pytest.mark.slow)])
def test_verdicts_on_random_programs_survive(count):
    statuses = []
    for seed, program in programs_of(count):
        found = judged(program, seed, points=4)
        assert not [row for row in found.rows if row.fault], f"{seed}\n{found}\n{program.text}"
        statuses += [row.status for row in found.rows]
    assert statuses.count("proven") > count
    assert statuses.count("refuted") > count / 4


def largest(text, generator, seed=0):
    found = changes(read(text), generator, np.random.default_rng(seed), 12)
    return max(change.size for change in found if np.isfinite(change.size))


@pytest.mark.parametrize(
    ("text", "generator"),
    [
        (fooled.ZERO_BY_PARTS, "exchange A B"),
        (fooled.SIGN, "rotation"),
        (fooled.SIGN, "translation"),
        (fooled.MIXED_AVERAGE, "generator g"),
        (fooled.SIGNED_MOMENT.format(turns="", energy="moment(m)"), "generator p"),
        (fooled.SWAPPED_GENERATOR, "generator g"),
    ],
)
def test_what_fooled_a_rule_is_broken(text, generator):
    assert largest(text, generator) > 1e-3
    found = {row.generator: row for row in judged(parse_program(text), 0).rows}
    assert found[generator].status != "proven"


@pytest.mark.parametrize(
    ("text", "generator"),
    [
        (fooled.SMALL_ROOT, "exchange A B"),
        (fooled.SIGNED_MOMENT.format(turns="", energy="moment(m)^2"), "generator p"),
        (fooled.SIGNED_MOMENT.format(turns="rotate q0, x(A)\nrotate q0, -x(A)", energy="moment(m)^2"), "generator p"),
        (fooled.GHOST, "rotation"),
        (fooled.GHOST, "exchange a b"),
        (fooled.GHOST, "exchange b g"),
        (fooled.GHOST, "renumbering"),
        (NAMED_NEIGHBOURS, "renumbering"),
    ],
)
def test_what_was_refuted_or_doubted_holds(text, generator):
    assert largest(text, generator) < 1e-12
    found = {row.generator: row for row in judged(parse_program(text), 0).rows}
    assert found[generator].status == "proven"


def test_neighbours_of_named_elements_need_circuits_that_fit():
    program, random = read(NAMED_NEIGHBOURS), np.random.default_rng(2)
    positions = np.array([[0.9, 0.0, 0.0], [0.0, 1.2, 0.1], [0.0, 0.0, 0.0]])
    assert max(renumbered(program, list("HHO"), positions, {}, random, named=False).size for _ in range(6)) > 1e-3
    assert max(renumbered(program, list("HHO"), positions, {}, random).size for _ in range(6)) < 1e-12
