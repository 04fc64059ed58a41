"""Listings: every failed verdict is said at the line that it blames."""

from hypothesis import given, settings

from qffc.ir import Program, parse_program
from qffc.library import load
from qffc.passes.equivariance.advice import remarks
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.equivariance.listing import listing
from qffc.testing import Mutant, mutants, programs, symmetric_programs


def check_lines(program: Program) -> None:
    certificate = check_equivariance(program)
    lines = program.text.splitlines()
    shown = listing(program, certificate.verdicts)
    assert (shown == "") == certificate.holds
    for verdict in certificate.verdicts:
        failure = verdict.failure
        said = remarks(program, verdict)
        if failure is None:
            assert said == ()
            continue
        assert f"{verdict.generator} {verdict.status}:" in shown
        blamed = [remark.line for remark in said]
        texts = [lines[line - 1] for line in blamed if line is not None]
        if failure.op is not None:
            assert texts[0] == failure.op.text
        if failure.line is not None:
            assert texts == [failure.line]
        for text in texts:
            assert text[:80] in shown


@settings(max_examples=5)  # each is simulated several times
@given(symmetric_programs().flatmap(mutants))
def test_mutants(mutant: Mutant) -> None:
    check_lines(mutant.program)


@given(programs())
def test_any_programs(program: Program) -> None:
    check_lines(program)


def test_long_lines_are_cut_and_far_lines_left_out() -> None:
    terms = " + ".join(f"J[{k}]*r(A, B)" for k in range(12))
    sites = "site A: H free\nsite B: H free\nparameter J: 12\n"
    rest = "qubit a: A\nqubit b: B\nsinglet a, b\n" + "rotate a, r(A, B)\n" * 20 + "exchange a, b, 1\n"
    text = f"qffc 1\nprogram long\nsymmetry exchange\nscope molecule\nspecies H\n{sites}{rest}"
    program = parse_program(f"{text}rotate b, {terms}\nobservable m = dot(a, b)\nenergy moment(m)\n")
    shown = listing(program, check_equivariance(program).verdicts)
    assert max(map(len, shown.splitlines())) <= 120
    assert shown.count(" ... |") >= 1
    assert shown.count("rotate a, r(A, B)") < 20
    assert "tie the parameters" not in shown


def test_parameters_to_tie_are_named() -> None:
    program = load("water-demo", breaking=False)
    assert "one number for alpha[0, 0] and alpha[1, 0]" in listing(program, check_equivariance(program).verdicts)


def test_nothing_is_said_of_what_is_proven() -> None:
    program = load("sivqlm-h2o", depth=1)
    assert listing(program, check_equivariance(program).verdicts) == ""
