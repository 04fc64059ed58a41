"""Rules find, one place judges: proofs need no numbers, and numbers decide only what no rule proves."""

import importlib
import pkgutil

import pytest
from verdicts import assert_reproduces

from qffc.ir import Program, parse_program
from qffc.passes import equivariance
from qffc.passes.equivariance import check
from qffc.passes.equivariance.certificates.certificate import RULES
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.equivariance.finding import Finding, Rule
from qffc.passes.equivariance.judging import judge
from qffc.passes.equivariance.transforms import MIRROR, SHIFT, TURN
from qffc.passes.equivariance.verdict import Failure, Transform
from qffc.passes.symmetrize.repair import Symmetrize
from qffc.targets.catalogue import target

GUESS = Rule("guess", "somebody thought so")
STOP = Failure("the guess goes no further")
BOTH_HALVES = """qffc 1
program bond
symmetry rotation, translation, exchange
scope molecule
species H
site A: H free
site B: H free
qubit a: A
qubit b: B
qubit c
qubit d
singlet a, b
singlet c, d
{turns}
observable m = dot(a, b)
energy moment(m)
"""


def bond(*turns: str) -> Program:
    return parse_program(BOTH_HALVES.format(turns="\n".join(turns)))


def no_numbers(*_: object) -> None:
    raise AssertionError("a proof asked for numbers")


def test_what_a_rule_proves_is_proven_without_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qffc.passes.equivariance.numbers.counterexample.sample", no_numbers)
    finding = Finding("rotation", GUESS, TURN, note="as far as it goes", survives=lambda: ("nothing",))
    found = judge(bond("rotate a, vector(0, 0, 1)"), finding)
    assert (found.status, found.rule, found.note) == ("proven", "guess", "as far as it goes")
    assert (found.points, found.deviation, found.survives) == (0, 0, ())
    assert (found.failure, found.counterexample) == (None, None)


def test_numbers_refute_what_no_rule_proves() -> None:
    program = bond("rotate a, vector(0, 0, component(r(A, B), z))")
    found = judge(program, Finding("rotation", GUESS, TURN, STOP, "lost", lambda: ("rotation about z",)))
    assert (found.status, found.rule, found.failure, found.note) == ("refuted", "guess", STOP, "")
    assert found.survives == ("rotation about z",)
    assert found.points > 0
    assert found.counterexample is not None
    assert found.counterexample.transform == TURN
    assert found.deviation >= found.counterexample.difference > found.rounding
    assert_reproduces(program, found.counterexample)


@pytest.mark.parametrize("transform", [SHIFT, MIRROR, Transform("nothing")], ids=lambda transform: transform.words)
def test_what_numbers_do_not_show_is_undecided(transform: Transform) -> None:
    program = bond("rotate a, r(A, B)")
    found = judge(program, Finding("translation", GUESS, transform, STOP))
    assert (found.status, found.failure, found.counterexample) == ("undecided", STOP, None)
    assert found.points == 12
    assert found.deviation <= found.rounding


def test_a_shorter_circuit_is_asked_of_what_numbers_leave_open() -> None:
    program = bond("pauli_rotation Z(c), 1", "rotate a, r(A, B)", "rotate b, r(B, A)")
    rules = {verdict.generator: verdict.rule for verdict in check_equivariance(program).verdicts}
    assert rules == {
        "rotation": "pauli-commutators of the reduced circuit",
        "translation": "displacements only",
        "exchange A B": "relabelling modulo commutation",
    }


def test_a_wrong_shorter_circuit_does_not_prove_what_numbers_refute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "reduced_circuit", lambda program: bond("rotate a, r(A, B)", "rotate b, r(B, A)"))
    program = bond("rotate a, vector(0, 0, component(r(A, B), z))")
    assert check_equivariance(program).verdicts[0].status == "refuted"


def test_a_repair_needs_no_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    program = bond("pauli_rotation Z(a), 1", "exchange a, c, 1/3", "rotate a, r(A, B)", "exchange a, d, 1/5")
    assert [verdict.status for verdict in check_equivariance(program).verdicts] == ["refuted", "proven", "refuted"]
    monkeypatch.setattr("qffc.passes.equivariance.numbers.counterexample.sample", no_numbers)
    repaired = Symmetrize().run(program, target("ideal")).program
    assert repaired.average == ("exchange",)
    assert check_equivariance(repaired).holds


def test_every_rule_is_listed() -> None:
    modules = [
        importlib.import_module(item.name)
        for item in pkgutil.walk_packages(equivariance.__path__, f"{equivariance.__name__}.")
    ]
    rules = {value for module in modules for value in vars(module).values() if isinstance(value, Rule)}
    assert len(rules) >= 13
    assert {rule.name: rule.why for rule in rules}.items() <= RULES.items()
