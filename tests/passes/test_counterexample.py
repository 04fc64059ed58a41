"""Counterexamples: differences that rounding explains refute nothing, however large it grows."""

import pytest
from verdicts import verdict

from qffc.ir import Program, parse_program
from qffc.passes.equivariance.counterexample import sample
from qffc.passes.equivariance.exchange import check_exchange
from qffc.passes.equivariance.verdict import Transform


def pair(of_a: str, of_b: str) -> Program:
    """Two like atoms, each with a singlet that is coupled to the other's by a number of its own."""
    return parse_program(f"""qffc 1
program pair
symmetry exchange
scope molecule
species H
site A: H free
site B: H free
parameter J
qubit a: A
qubit b: A
qubit d: B
qubit e: B
singlet a, b
singlet d, e
rotate a, x(A)
rotate d, x(B)
pauli_rotation Z(a), {of_a}
pauli_rotation Z(d), {of_b}
exchange a, d, 1/3
observable m = dot(a, b) + dot(d, e)
observable k = X(a) X(b) + X(d) X(e)
energy moment(m) + moment(k)
""")


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
    (found,) = check_exchange(program)
    assert (found.status, found.points) == ("undecided", 0)
    assert sample(program, Transform("nothing")).counterexample is None
