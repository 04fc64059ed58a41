"""Exact comparison of responses: against numbers, and where it must not decide."""

from random import Random

import numpy as np
import pytest

from qffc.ir import parse_program
from qffc.library import load
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.equivariance.identities import comparison
from qffc.passes.equivariance.identities.identity_test import compare_exactly
from qffc.passes.equivariance.rules.generators import check_generators
from qffc.passes.equivariance.rules.listed import CHECKS
from qffc.passes.equivariance.transforms import MIRROR, SHIFT, TURN
from qffc.testing import MUTATIONS, deviations, mutate, symmetric_program

PAIR = """\
qffc 1
program test
symmetry rotation, inversion, translation, exchange
scope molecule
species O, H
site c: O centre
site a: H neighbour
site b: H neighbour
parameter J: 8
qubit a0: a
qubit a1: a
qubit b0: b
qubit b1: b
singlet a0, a1
singlet b0, b1
rotate a0, J[0]*r(c, a)
rotate b0, J[0]*r(c, b)
exchange a0, b0, J[1]
exchange a1, b1, J[2]
{more}
observable m = dot(a0, a1) + dot(b0, b1)
energy {energy}
"""


THIRDS = "pauli_rotation Z(a0), pi/3\npauli_rotation Z(a0), {}\npauli_rotation Z(a0), -pi/2"


UNDONE = (
    "exchange a1, b1, -J[2]\nexchange a0, b0, -J[1]\nrotate a0, -J[0]*r(c, a)\nrotate b0, -J[0]*r(c, b)\n"
    "exchange a0, b0, J[1]"
)
"""Takes back what the circuit has done but an exchange."""


CUTOFFS = "component(r(c, a), x)*(cutoff(norm(r(c, a)), 3) - cutoff(norm(r(a, c)), {}))"


def program(more="", energy="moment(m)"):
    return parse_program(PAIR.format(more=more, energy=energy))


def outcome(more="", energy="moment(m)", transform=TURN, seed=0):
    return compare_exactly(program(more, energy), transform, Random(seed))


def findings(subject):
    return [finding for name in subject.symmetry for finding in CHECKS[name](subject)]


@pytest.mark.parametrize("seed", range(len(MUTATIONS)))
def test_symmetric_programs_are_equal_and_broken_ones_are_not(seed):
    subjects = [symmetric_program(Random(seed))]
    mutant = None
    random = Random(f"identity {seed}")
    while mutant is None:
        mutant = mutate(symmetric_program(random), MUTATIONS[seed % len(MUTATIONS)], random)
    subjects.append(mutant.program)
    for subject in subjects:
        truth = deviations(subject, np.random.default_rng(seed), points=16)
        for finding in findings(subject):
            found = compare_exactly(subject, finding.transform, Random(seed))
            assert (found.outcome == "equal") == (truth[finding.generator] < 1e-9), finding.generator
            assert found.outcome != "unknown"


@pytest.mark.parametrize(
    ("more", "energy", "transform", "wanted"),
    [
        ("", "moment(m)", TURN, "equal"),
        ("", "moment(m)", SHIFT, "equal"),
        ("pauli_rotation Z(a0), J[3]", "moment(m)", TURN, "different"),
        ("rotate a0, x(a)", "moment(m)", SHIFT, "different"),
        # Angles add up, however they are written.
        ("rotate a0, J[3]*x(c)\nrotate a0, -J[3]*x(c)", "moment(m)", SHIFT, "equal"),
        ("rotate a0, (J[3] + 1/3)*x(c)\nrotate a0, -J[3]*x(c)\nrotate a0, -1/3*x(c)", "moment(m)", SHIFT, "equal"),
        ("rotate a0, (J[3] + 1/3)*x(c)\nrotate a0, -J[3]*x(c)\nrotate a0, -1/4*x(c)", "moment(m)", SHIFT, "different"),
        ("pauli_rotation Z(a0), J[3] + 1/3\npauli_rotation Z(a0), -J[3] - 1/3", "moment(m)", TURN, "equal"),
        ("pauli_rotation Z(a0), J[3] + 1/3\npauli_rotation Z(a0), -J[3] - 1/4", "moment(m)", TURN, "different"),
        # Multiples of pi are exact: half turns of both qubits, and an exchange that is a phase.
        ("pauli_rotation Z(a0), pi\npauli_rotation Z(a0), pi", "moment(m)", TURN, "equal"),
        (THIRDS.format("pi/6"), "moment(m)", TURN, "equal"),
        ("exchange a0, b0, pi/2*J[3]\nexchange a0, b0, pi/2 - pi/2*J[3]", "moment(m)", TURN, "equal"),
        (THIRDS.format("pi/7"), "moment(m)", TURN, "different"),
        # Functions are known by what they are of.
        ("", "moment(m)*(cos(norm(r(c, a)))^2 + sin(norm(r(c, a)))^2)*exp(norm(r(c, b)))", TURN, "equal"),
        ("", "moment(m)*tanh(component(r(c, a), x)) + moment(m)*tanh(component(-r(c, a), x))", TURN, "equal"),
        ("", "moment(m)*exp(component(r(c, a), x)) + moment(m)*exp(component(-r(c, a), x))", TURN, "different"),
        ("", "moment(m)*exp(component(r(c, a), x)) + moment(m)*exp(component(-r(c, a), x))", MIRROR, "equal"),
        ("", f"moment(m)*{CUTOFFS.format(4)}", TURN, "different"),
        ("", f"moment(m)*{CUTOFFS.format(3)}", TURN, "equal"),
        ("", "moment(m)*(norm(r(c, a))^2 - dot(r(c, a), r(c, a)))*component(r(c, a), x)", TURN, "equal"),
        ("", "moment(m)*dot(unit(r(c, a)), unit(r(c, b)))", TURN, "equal"),
        ("", "moment(m)*dot(r(c, a), cross(r(c, b), r(a, b)))", TURN, "equal"),
        ("", "moment(m)*dot(x(c), cross(r(c, a), r(c, b)))", MIRROR, "different"),
        # Roots and quotients of moments.
        ("", "sqrt(moment(m)^2 + 7)/(moment(m) + 11)", TURN, "equal"),
        ("pauli_rotation Z(a0), J[3]", "sqrt(moment(m)^2 + 7)/(moment(m) + 11)", TURN, "different"),
    ],
)  # fmt: skip
def test_what_is_equal(more, energy, transform, wanted):
    assert outcome(more, energy, transform).outcome == wanted


def test_a_root_of_either_sign_is_taken_with_both():
    # Zero where J is positive, and only there: one root would be two functions.
    factor = "component(r(c, a), x)*(norm(J[3]*r(c, a)) - J[3]*norm(r(c, a)))"
    for more, energy in ((f"pauli_rotation Z(a0), {factor}", "moment(m)"), ("", f"moment(m)*{factor}")):
        assert {outcome(more, energy, TURN, seed).outcome for seed in range(4)} == {"different"}
        assert check_equivariance(program(more, energy)).verdicts[0].status == "refuted"
    # A length whose sign is known is no such root, and either sign may do.
    known = "component(r(c, a), x)*(norm(norm(r(c, b))*r(c, a)) - norm(r(c, b))*norm(r(c, a)))"
    assert outcome("", f"moment(m)*{known}", TURN).outcome == "equal"
    squared = "component(r(c, a), x)*(norm(J[3]*r(c, a))^2 - J[3]^2*norm(r(c, a))^2)"
    assert outcome(f"exchange a0, b1, norm(J[3]*r(c, a))*{squared}", "moment(m)", TURN).outcome == "equal"
    # The same of a moment, which is negative as often.
    factor = "component(r(c, a), x)*(sqrt(moment(m)^2) - moment(m))"
    assert {outcome("", factor, TURN, seed).outcome for seed in range(4)} <= {"unknown", "different"}


NEARLY = "component(r(c, a), x)*(sqrt((moment(m) + 5999/1000)^2) - moment(m) - 5999/1000)"
"""Zero but where the moment is near its least."""
Y = "(J[4] + 9999/10000)"
NESTED = f"sqrt({Y}^2*(sqrt(J[3]^2) + J[3])/(2*J[3]) + norm(r(c, b))*(sqrt(J[3]^2) - J[3]))"
"""The length of Y where J[3] is positive, and another root elsewhere."""


def test_roots_that_are_squares_now_and_then_prove_nothing():
    assert "equal" not in {outcome("", f"moment(m) + {NEARLY}", TURN, seed).outcome for seed in range(40)}
    nested = f"moment(m) + component(r(c, a), x)*({NESTED} - {Y})*(sqrt(J[3]^2) + J[3])"
    found = {outcome("", nested, TURN, seed).why for seed in range(12)}
    assert found == {"the identity test: roots of what has roots of either sign in it"}
    # The root of moments is their own for one sign of the length, and another root for the other.
    beside = "sqrt(moment(m)^2 + norm(vector(J[3], 0, 0)) - J[3])"
    assert "beside roots of either sign" in outcome("", f"component(r(c, a), x)*({beside} - moment(m))").why


def test_many_roots_of_moments_are_not_compared():
    energy = " + ".join(f"sqrt(moment(m)^2 + {number})" for number in (7, 11, 13, 17))
    assert "too many roots of moments" in outcome("", energy).why


def test_degrees_go_through_lengths():
    tower = "norm(norm(J[0]^9000*r(c, a))^9000*r(c, b))^9000"
    assert outcome("", f"moment(m) + {tower}").outcome == "unknown"


@pytest.mark.parametrize("part", ["paulis X(a0)", "qubits a0 -> b1, b1 -> a0"])
def test_a_generator_that_changes_the_state_of_its_qubits_is_not_proven(part):
    # The entries play no part, and the response of the program is what it was: the state is not.
    line = f"generator g: entries J 6 -> 7, 7 -> 6; {part}"
    text = PAIR.format(more="", energy="moment(m)").replace("singlet a0", f"{line}\nsinglet a0")
    found = next(v for v in check_equivariance(parse_program(text)).verdicts if v.generator == "generator g")
    assert found.status == "undecided"
    assert "the responses differ" in found.note


@pytest.mark.parametrize(
    ("energy", "transform", "wanted"),
    [
        # 1, but for an atom at the origin, from which a shift takes it away.
        ("moment(m)*norm(unit(x(a)))", SHIFT, "unknown"),
        # 1 or 0 before and after, for atoms on a line stay on one.
        ("moment(m)*norm(unit(cross(r(c, a), r(c, b))))", TURN, "equal"),
        ("moment(m)*norm(unit(cross(r(c, a), x(b))))", SHIFT, "unknown"),
        ("moment(m)*norm(unit(x(a) + x(b)))", SHIFT, "unknown"),
        ("moment(m)*norm(unit(J[3]*unit(r(c, a))))", TURN, "equal"),
        # Two atoms are never at one place.
        ("moment(m)*component(r(c, a), x)*(norm(unit(r(c, a))) - 1)", TURN, "equal"),
    ],
)
def test_a_direction_may_be_zero(energy, transform, wanted):
    assert outcome("", energy, transform).outcome == wanted


def test_a_turn_about_a_direction_that_may_be_zero():
    # Half a turn about the normal takes the first turn back; where atoms are on a line there is none.
    turn = "rotate a0, component(x(c), x)*r(c, a)"
    found = outcome(f"{turn}\nrotate a0, pi*unit(cross(r(c, a), r(c, b)))\n{turn}", "moment(m)", SHIFT)
    assert found.why == "the identity test: equal, but perhaps not where a vector has no direction"


ATOM = """\
qffc 1
program test
symmetry translation
scope atom
species O, H
site c: any centre
site a: any neighbour
site b: any neighbour
qubit a0: a
qubit a1: a
singlet a0, a1
rotate a0, {factor}(1 - norm(unit(r(c, {slot}))))*x(c)
observable m = dot(a0, a1)
energy moment(m)
"""


@pytest.mark.parametrize("slot", ["a", "b"])
def test_slots_that_no_atom_takes(slot):
    # The vector is zero but where the slot is empty.
    assert compare_exactly(parse_program(ATOM.format(slot=slot, factor="")), SHIFT, Random(0)).outcome == "different"
    # What fades with the slot is zero there, too.
    faded = ATOM.format(slot=slot, factor=f"cutoff(norm(r(c, {slot})), 5)*")
    assert compare_exactly(parse_program(faded), SHIFT, Random(0)).outcome == "equal"


def test_chirality_and_four_spins_are_what_the_reference_says():
    lines = [
        "chirality a0, a1, b0, J[3]\nchirality a1, a0, b0, J[3]",  # one undoes the other
        "chirality a0, a1, b0, J[3]\nchirality a1, b0, a0, -J[3]",
        "four_spin a0, a1, b0, b1, J[3]\nfour_spin b1, b0, a0, a1, -J[3]",
    ]
    for more in lines:
        turned = f"{more}\npauli_rotation Z(a0), J[4]\npauli_rotation Z(a0), -J[4]"
        assert outcome(turned).outcome == "equal"
    assert (
        outcome("rotate a0, x(a)\nchirality a0, a1, b0, J[3]\nrotate a0, -x(a)", transform=SHIFT).outcome == "different"
    )


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ("collective a0, a1, b0, J[3]\ncollective b0, a1, a0, -J[3]", "equal"),
        ("collective a0, a1, b0, J[3]\nexchange a1, b0, J[3]\ncollective a0, a1, b0, -J[3]\nexchange b0, a1, -J[3]",
         "equal"),
        ("collective a0, a1, b0, 1/3*pi\ncollective a0, a1, b0, b1, 1/2*pi", "equal"),  # periods
        ("collective a0, a1, b0, 1/3*pi + J[3]\ncollective a0, a1, b0, -J[3]", "equal"),
        ("collective a0, a1, b0, J[3]\ncollective a0, a1, b1, -J[3]", "different"),  # another set
        ("collective a0, a1, b0, 1/6*pi", "different"),
        ("collective a0, a1, b0, J[3]\nexchange a0, a1, -J[3]\nexchange a0, b0, -J[3]\nexchange a1, b0, -J[3]",
         "different"),  # exchanges that share a qubit do not commute
    ],
)  # fmt: skip
def test_collective_exchanges(lines, wanted):
    turned = f"rotate a0, x(c)\n{lines}\nrotate a0, -x(c)"
    assert outcome(turned, transform=SHIFT).outcome == wanted


def test_entries_that_trade_places():
    text = PAIR.format(more="pauli_rotation Z(a0), J[4]\npauli_rotation Z(a0), J[5]", energy="moment(m)")
    for moves, wanted in (("4 -> 5, 5 -> 4", "equal"), ("4 -> 6, 6 -> 4", "different")):
        lines = text.replace("singlet a0, a1\n", f"generator swapped: entries J {moves}\nsinglet a0, a1\n")
        (finding,) = check_generators(parse_program(lines))
        assert compare_exactly(parse_program(lines), finding.transform, Random(0)).outcome == wanted


@pytest.mark.parametrize(
    ("more", "charge", "wanted"),
    [
        ("", "1*Z(a0) + 1*Z(a1) + 1*Z(b0) + 1*Z(b1)", "different"),  # vectors turn the spins
        ("rotate a0, -J[0]*r(c, a)\nrotate b0, -J[0]*r(c, b)", "1*Z(a0) + 1*Z(a1) + 1*Z(b0) + 1*Z(b1)", "different"),
        (UNDONE, "1*Z(a0) + 1*Z(a1) + 1*Z(b0) + 1*Z(b1)", "equal"),
        (f"{UNDONE}\nrelabel a0 -> b0, b0 -> a0", "1*X(a0) + 1*X(a1) + 1*X(b0) + 1*X(b1)", "equal"),
        (f"{UNDONE}\npauli_rotation X(a0), J[3]", "1*Z(a0) + 1*Z(a1) + 1*Z(b0) + 1*Z(b1)", "different"),
        (UNDONE, "1*Z(a0) + 1*Z(b1)", "different"),  # the state is no eigenstate of half of the spins
    ],
)
def test_charges(more, charge, wanted):
    text = PAIR.format(more=more, energy="moment(m)").replace("singlet a0", f"conserved q = {charge}\nsinglet a0")
    subject = parse_program(text)
    (finding,) = check_generators(subject)
    assert compare_exactly(subject, finding.transform, Random(0)).outcome == wanted


WIRES = """\
qffc 1
program test
scope molecule
species H
site s: H free
parameter J
qubit a: s
qubit b: s
conserved q = 1*Z(a)
zero a
zero b
pauli_rotation X(b), J
relabel a -> b, b -> a
observable m = {seen}
energy moment(m)
"""


@pytest.mark.parametrize(("seen", "wanted"), [("Z(b)", "equal"), ("X(a)", "equal"), ("X(b)", "different")])
def test_a_charge_is_that_of_qubits_as_they_were_prepared(seen, wanted):
    subject = parse_program(WIRES.format(seen=seen))
    (finding,) = check_generators(subject)
    assert compare_exactly(subject, finding.transform, Random(0)).outcome == wanted


def test_averages_are_means_over_copies():
    subject = load("sivqlm-nh3", depth=1)
    broken = parse_program(subject.text.replace("average inversion, exchange\n", "average inversion\n"))
    exchange = next(each for each in findings(subject) if each.generator == "exchange H1 H2")
    assert compare_exactly(subject, exchange.transform, Random(0)).outcome == "equal"
    assert compare_exactly(broken, exchange.transform, Random(0)).outcome == "different"


def test_what_is_not_compared_says_why():
    gathered = load("gathered")
    internal = parse_program(
        PAIR.format(more="", energy="moment(m)").replace("singlet a0", "generator parity: paulis Z(a0)\nsinglet a0")
    )
    many = parse_program(load("sivqlm-nh3", depth=1).text)
    assert "no one function" in compare_exactly(gathered, TURN).why
    (parity,) = check_generators(internal)
    assert "leave the data alone are not compared" in compare_exactly(internal, parity.transform).why
    limits = pytest.MonkeyPatch()
    with limits.context() as context:
        context.setattr(comparison, "_MOST_QUBITS", 3)
        assert "too many" in compare_exactly(many, TURN).why
    coefficient = "pauli_rotation Z(a0), J[3]/1048583"
    assert "large common denominator" in compare_exactly(program(coefficient), TURN).why


def test_points_are_enough_for_the_bound(monkeypatch):
    found = outcome()
    assert (found.bits, found.points) == (80, 4)
    monkeypatch.setattr(comparison, "bits_of_point", lambda *_: 11.0)
    assert outcome().points == 8
    monkeypatch.setattr(comparison, "bits_of_point", lambda *_: 1.0)
    assert outcome().outcome == "unknown"
    assert "1.0 bits, too few" in outcome().why
