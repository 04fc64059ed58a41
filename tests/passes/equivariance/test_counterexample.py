"""Counterexamples: differences that rounding explains refute nothing, however large it grows."""

import pytest
from fooled import HEAD
from verdicts import assert_refuted, verdict

from qffc.ir import Program, parse_program
from qffc.passes.equivariance.numbers.counterexample import sample
from qffc.passes.equivariance.verdict import Transform


def pair(of_a: str, of_b: str) -> Program:
    """Two like atoms, each with a singlet that is coupled to the other's by a number of its own."""
    return parse_program(
        HEAD.format(symmetry="symmetry exchange")
        + f"""rotate a, x(A)
rotate d, x(B)
pauli_rotation Z(a), {of_a}
pauli_rotation Z(d), {of_b}
exchange a, d, 1/3
observable m = dot(a, b) + dot(d, e)
observable k = X(a) X(b) + X(d) X(e)
energy moment(m) + moment(k)
"""
    )


ZERO_TO_ROUNDING = [
    "10^15*J*(sin(1/3*pi)^2 - 3/4)",
    "10^12*J*(sin(norm(x({0})))^2 + cos(norm(x({0})))^2 - 1)",
    "10^14*(sin(2*J) - 2*sin(J)*cos(J))*norm(x({0}))",
    "10^13*(exp(J)*exp(norm(x({0}))) - exp(J + norm(x({0}))))",
]


@pytest.mark.parametrize("zero", ZERO_TO_ROUNDING)
def test_what_cancels_but_for_rounding_refutes_nothing(zero: str) -> None:
    """Large factors blow up what rounding leaves of zero; only one of two like atoms has it."""
    program = pair(zero.format("A"), "0")
    found = verdict(program, "exchange A B")
    assert found.status == "undecided"
    assert found.deviation > 1e-9  # the difference is there, and is rounding


def test_small_differences_that_are_none_of_rounding_refute() -> None:
    assert verdict(pair("1/1000000*J", "0"), "exchange A B").status == "refuted"
    assert verdict(pair("J", "J"), "exchange A B").status == "proven"


def test_values_that_are_no_numbers_are_passed_over() -> None:
    program = pair("sqrt(J)", "sqrt(-J)")  # one of the two has no value, whatever J is
    found = verdict(program, "exchange A B")
    assert (found.status, found.points) == ("undecided", 0)
    assert sample(program, Transform("nothing")).counterexample is None


SLOTS = """qffc 1
program slots
symmetry exchange
scope atom
species H
site c: any centre
site a: any neighbour
site b: any neighbour
site g: any neighbour
qubit a0: a
qubit a1: a
qubit b0: b
qubit b1: b
singlet a0, a1
singlet b0, b1
rotate a0, r(c, a)
rotate b0, r(c, b)
exchange a0, a1, norm(r(c, a))*{0}
exchange b0, b1, norm(r(c, b))*{1}
rotate a0, r(c, b)
rotate b0, r(c, a)
observable m = dot(a0, a1)*dot(b0, b1)
atomic weight 1 features m head linear
"""


def test_what_only_a_ghost_shows_is_refuted() -> None:
    """Equal for atoms, but one of the two fades with a slot that may be empty."""
    direct = "cutoff(norm(r(a, b)), 5)"
    hidden = "cutoff((dot(r(a, g), r(a, b)) + dot(r(g, b), r(a, b)))/norm(r(a, b)), 5)"
    assert verdict(parse_program(SLOTS.format(direct, direct)), "exchange a b").status == "proven"
    found = assert_refuted(parse_program(SLOTS.format(direct, hidden)), "exchange a b")
    assert found.counterexample is not None
    assert found.counterexample.species[-1] == "ghost"
    assert found.counterexample.positions[-1] == found.counterexample.positions[0]


@pytest.mark.parametrize("fraction", ["1/8", "1/4", "1/2", "1"])
@pytest.mark.parametrize("axis", "xyz")
def test_the_shift_is_no_period_of_an_angle(fraction, axis):
    """An exchange by pi/2 is a swap, which equal moments do not show: no shift may be a multiple of that."""
    program = parse_program(f"""qffc 1
program period
symmetry translation
scope molecule
species H
site a: H free
site b: H free
qubit p: a
qubit q: b
qubit r: a
qubit s: b
singlet p, r
singlet q, s
exchange p, q, {fraction}*component(x(a), {axis})*pi
observable m = dot(p, q)
observable n = dot(p, r)
energy moment(m) + 2*moment(n)
""")
    assert_refuted(program, "translation")
