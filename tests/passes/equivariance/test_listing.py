"""Listings: every failed verdict is said at the line that it blames."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings

from qffc.ir import Program, parse_program
from qffc.ir.text.parser import parse_value
from qffc.library import load
from qffc.passes.circuit.trace import make_letter
from qffc.passes.equivariance.certificates.advice import remarks
from qffc.passes.equivariance.certificates.listing import listing
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.equivariance.renaming.nearest_renaming import nearest_renaming
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
    shown = listing(program, check_equivariance(program, rules_only=True).verdicts)
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


BLAME = """\
# a ring of three, of which one angle is another

qffc 1
program blame   # spaces and comments stay as they are
scope molecule
species H
site h: H free
parameter d: 3
parameter t
parameter u
qubit q0
qubit q1
qubit q2
generator turn: entries d 0 -> 1, 1 -> 2, 2 -> 0

zero q0
zero q1
zero q2
pauli_rotation X(q0), d[0]
pauli_rotation X(q1), d[1]
pauli_rotation X(q2), d[2]
# the ring
pauli_rotation Z(q0) Z(q1), t
pauli_rotation Z(q1) Z(q2), t
pauli_rotation Z(q2) Z(q0), {}
pauli_rotation X(q0), t
pauli_rotation X(q1), t
pauli_rotation X(q2), t
observable m = Z(q0) + Z(q1) + Z(q2)
energy moment(m)
"""


def written(folder: Path, text: str) -> Program:
    file = folder / "blame.qffc"
    file.write_text(text, encoding="utf-8")
    return parse_program(text, str(file))


def test_entries_that_move_say_where_the_qubits_go(tmp_path: Path) -> None:
    program = written(tmp_path, BLAME.format("u"))
    (verdict,) = check_equivariance(program).verdicts
    assert verdict.status == "refuted"
    assert verdict.failure is not None
    assert verdict.failure.op is not None
    assert verdict.failure.op.text == "pauli_rotation Z(q0) Z(q1), t"
    assert verdict.failure.image is not None
    assert verdict.failure.image.where == "blame.qffc:25:1"
    assert verdict.failure.image.text == "pauli_rotation ZZ q0, q1, u"
    assert check_equivariance(parse_program(BLAME.format("t"))).holds


def test_lines_and_their_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    program = written(tmp_path, BLAME.format("u"))
    said = check_equivariance(program).render(program)
    lines = (tmp_path / "blame.qffc").read_text().splitlines()
    assert "\nblame.qffc, and where its proofs stop:\n" in said
    shown = [line for line in said.splitlines() if re.match(r" *\d+ \| ", line)]
    assert {"  22 | # the ring", f"  25 | {lines[24]}"} <= set(shown)
    for line in shown:
        number, _, text = line.partition(" | ")
        assert lines[int(number) - 1] == text
    blamed = [shown_line for shown_line, below in pairwise(said.splitlines()) if re.match(r" +\| \^", below)]
    assert blamed == ["  23 | pauli_rotation Z(q0) Z(q1), t", "  25 | pauli_rotation Z(q2) Z(q0), u"]


@pytest.mark.parametrize("blamed", ["observable  m=Z(q0)  # one of them", "energy   moment(m) # and no more"])
def test_observables_and_the_readout_are_found_in_the_file(tmp_path: Path, blamed: str) -> None:
    observable = blamed if blamed.startswith("observable") else "observable m = Z(q0) + Z(q1) + Z(q2)"
    readout = blamed if blamed.startswith("energy") else "energy moment(m)"
    last = "observable m = Z(q0) + Z(q1) + Z(q2)\nenergy moment(m)"
    text = BLAME.format("t").replace(last, f"{observable}\n{readout}")
    if blamed.startswith("energy"):
        text = text.replace("moment(m) #", "moment(m) + d[0] #")
    program = written(tmp_path, text)
    said = check_equivariance(program).render(program)
    place = next(line for line, below in pairwise(said.splitlines()) if re.match(r" +\| \^", below))
    assert place.partition(" | ")[2] == text.splitlines()[int(place.partition(" | ")[0]) - 1]
    assert place.partition(" | ")[2].split()[0] == blamed.split()[0]


@pytest.mark.parametrize("change", ["", "qffc 1\n", "\udcff"])
def test_a_file_that_says_something_else_is_not_shown(tmp_path: Path, change: str) -> None:
    program = written(tmp_path, BLAME.format("u"))
    (tmp_path / "blame.qffc").write_bytes(change.encode("utf-8", "surrogateescape"))
    said = check_equivariance(program).render(program)
    assert "the text of the program, and where its proofs stop:" in said
    blamed = "pauli_rotation Z(q0) Z(q1), t"
    assert f"  {program.text.splitlines().index(blamed) + 1} | {blamed}" in said


@pytest.mark.parametrize("size", [3, 5, 9])
def test_the_nearest_renaming_is_found(size: int) -> None:
    ring = [make_letter("exchange", (k, (k + 1) % size), parse_value(f"J[{k}]")) for k in range(size)]
    own = [make_letter("exchange", (k, k), parse_value(f"K[{k}]")) for k in range(size)]
    turned = [letter.moved({k: (k + 2) % size for k in range(size)}) for letter in (*ring, *own)]
    broken = [*turned[:-1], make_letter("exchange", (0, 0), parse_value("K[99]"))]
    wanted = tuple((k - 2) % size for k in range(size))
    assert nearest_renaming(turned, [*ring, *own], tuple(range(size))) == wanted
    assert nearest_renaming(broken, [*ring, *own], tuple(range(size))) == wanted
