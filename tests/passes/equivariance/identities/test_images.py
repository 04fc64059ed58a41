"""Generators that move qubits or have Pauli strings: states and readouts, compared exactly."""

import pytest

from qffc.ir import parse_program
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.equivariance.finding import IDENTITY_TEST
from qffc.passes.equivariance.identities.identity_test import compare_images
from qffc.passes.equivariance.rules.generators import transform_of

TEXT = """\
qffc 1
program ring
scope molecule
species H
{average}site any: H free
parameter t: 4
qubit q0
qubit q1
qubit q2
generator g: {generator}
zero q0
zero q1
zero q2
{body}observable m = {observable}
energy {energy}
"""
PLUS = "pauli_rotation Y(q0), pi/2\npauli_rotation Y(q1), pi/2\npauli_rotation Y(q2), pi/2\n"
FLIP = "paulis X(q0) X(q1) X(q2)"
# Two operations that a flip turns into others, and that together are none.
UNDONE = "pauli_rotation Z(q0), t[0]\nexchange q1, q2, t[1]\npauli_rotation Z(q0), -t[0]\n"
# A rotation by ZZ, in the way that packages write it: no gate of it is carried into itself.
SPELLED = (
    "pauli_rotation Z(q0), pi/2\npauli_rotation X(q0), pi/2\npauli_rotation X(q0) Z(q1), t[0]\n"
    "pauli_rotation X(q0), -pi/2\npauli_rotation Z(q0), -pi/2\n"
)
SHIFT = "qubits q0 -> q1, q1 -> q2, q2 -> q0; entries t 0 -> 1, 1 -> 2, 2 -> 0"
TURNS = "".join(f"pauli_rotation X(q{k}), t[{k}]\npauli_rotation Z(q{k}), t[{k}]\n" for k in range(3))
ZZ = "Z(q0) Z(q1)"


def program(generator, body, observable=ZZ, energy="moment(m)", average=""):
    given = {"generator": generator, "body": body, "observable": observable, "energy": energy, "average": average}
    return parse_program(TEXT.format(**given))


def outcome(subject):
    (generator,) = subject.generators
    return compare_images(subject, transform_of(subject, generator), generator)


@pytest.mark.parametrize(
    ("subject", "wanted"),
    [
        (program(FLIP, PLUS + UNDONE), "equal"),
        (program(FLIP, PLUS + SPELLED), "equal"),
        (program(FLIP, PLUS + SPELLED.replace("Z(q1)", "Y(q1) X(q2)")), "equal"),
        (program(FLIP, PLUS + SPELLED.replace("Z(q1)", "X(q1)")), "different"),
        # |000> is no eigenstate of the flip.
        (program(FLIP, UNDONE), "different"),
        # The moment of Z changes its sign, and its square does not.
        (program(FLIP, PLUS + UNDONE, "Z(q0)"), "different"),
        (program(FLIP, PLUS + UNDONE, "Z(q0)", "moment(m)^2"), "equal"),
        # A turn of all, written with different angles that add up: no operation is the image of another.
        (program(SHIFT, TURNS, "1*Z(q0) + 1*Z(q1) + 1*Z(q2)"), "equal"),
        (program(SHIFT, TURNS, "1*Z(q0) + 2*Z(q1) + 1*Z(q2)"), "different"),
        (program(SHIFT, TURNS.replace("X(q1), t[1]", "X(q1), t[0]"), "1*Z(q0) + 1*Z(q1) + 1*Z(q2)"), "different"),
        # Qubits are renamed as they were prepared, also where their states have changed places since.
        (program(SHIFT, TURNS + "relabel q0 -> q1, q1 -> q0\n", "1*X(q0) + 1*X(q1) + 1*X(q2)"), "equal"),
        (program("paulis Z(q0)", "relabel q0 -> q1, q1 -> q0\npauli_rotation Z(q1), t[0]\n", "X(q0)"), "equal"),
        (program("paulis Z(q0)", "relabel q0 -> q1, q1 -> q0\npauli_rotation Z(q1), t[0]\n", "X(q1)"), "different"),
        (program(FLIP, PLUS + UNDONE, average="average inversion\n"), "unknown"),
    ],
)
def test_states_and_readouts(subject, wanted):
    assert outcome(subject).outcome == wanted


def test_what_the_rules_leave_open_is_proven():
    subject = program(FLIP, PLUS + SPELLED)
    (left,) = check_equivariance(subject, rules_only=True).verdicts
    (found,) = check_equivariance(subject).verdicts
    assert (left.status, found.status, found.rule, found.bits) == ("undecided", "proven", IDENTITY_TEST.name, 80)
    assert found.note.startswith("of the last state and the readout")
