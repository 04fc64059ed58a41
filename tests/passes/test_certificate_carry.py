"""What becomes of a certificate in a pipeline: proven again, carried over, dropped; and wrong passes are caught."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from itertools import pairwise
from types import SimpleNamespace
from typing import ClassVar

import pytest

from qffc.ir.diagnostics import InternalError, QffcError
from qffc.ir.observables import DotObservable
from qffc.ir.ops import PauliRotation, Rotate
from qffc.ir.text.parser import parse_program
from qffc.ir.values import Function, as_value
from qffc.library import load
from qffc.passes import registry
from qffc.passes.base import MEANINGS, Pass, PassResult, keeps, keeps_symmetry
from qffc.passes.certificate_verify import verify_certificate
from qffc.passes.equivariance.certificates.certificate import CARRIED, Certificate
from qffc.passes.equivariance.check import CheckEquivariance, check_equivariance
from qffc.passes.pipeline import run_pipeline
from qffc.passes.same_response import verify_promise
from qffc.passes.simplify.canonicalize import Canonicalize
from qffc.passes.simplify.light_cone import LightCone
from qffc.passes.symmetrize.repair import Symmetrize
from qffc.targets.catalogue import target

IDEAL = target("ideal")


@dataclass(frozen=True)
class Obscure(Pass[None]):
    """Turns a qubit by sin^2 + cos^2 - 1: the same unitary, and no rule knows."""

    quarter: bool = False
    name: ClassVar = "obscure"
    preserves: ClassVar = "unitary"

    def run(self, program, target):
        angle = as_value(1) / 4 if self.quarter else as_value(1)
        nothing = Function("sin", angle) ** 2 + Function("cos", angle) ** 2 - 1
        around = PauliRotation(((0, "Z"),), nothing)
        return PassResult(program.with_ops((*program.ops, around)), None, changed=True)


@dataclass(frozen=True)
class Wrong(Pass[None]):
    """Claims to keep the moments, and does something else."""

    how: str = "drop"
    name: ClassVar = "wrong"
    preserves: ClassVar = "moments"

    def run(self, program, target):
        last = max(index for index, op in enumerate(program.ops) if isinstance(op, Rotate))
        match self.how:
            case "drop":
                changed = program.with_ops((*program.ops[:last], *program.ops[last + 1 :]))
            case "break":
                changed = program.with_ops((*program.ops, PauliRotation(((0, "Z"),), as_value(1))))
            case "symmetry":
                changed = replace(program, symmetry=program.symmetry[1:])
            case "observables":
                changed = replace(program, observables=(("other", DotObservable(0, 1)), *program.observables))
            case _:
                changed = replace(
                    program, sites=(replace(program.sites[0], species=program.species[1]), *program.sites[1:])
                )
        return PassResult(changed, None, changed=True)


@dataclass(frozen=True)
class Spoil(Pass[None]):
    """Honest: promises nothing."""

    name: ClassVar = "spoil"
    preserves: ClassVar = "nothing"

    def run(self, program, target):
        return Wrong("break").run(program, target)


@pytest.fixture(autouse=True)
def passes(monkeypatch):
    kinds = (Obscure, Wrong, Spoil)
    monkeypatch.setitem(sys.modules, "passes_here", SimpleNamespace(**{kind.__name__: kind for kind in kinds}))
    entries = tuple((kind.name, f"passes_here:{kind.__name__}") for kind in kinds)
    monkeypatch.setattr(registry, "REGISTRY", (*registry.REGISTRY, *entries))


@pytest.fixture
def program():
    return load("sivqlm-h2o", depth=1)


def run(program, *steps):
    result = run_pipeline((CheckEquivariance(rules_only=True), *steps), program, IDEAL)
    assert result.certificate.digest == result.program.digest
    return result.certificate, result.program


def test_each_word_promises_those_after_it():
    assert all(keeps(strong, weak) and not keeps(weak, strong) for strong, weak in pairwise(MEANINGS))
    assert [keeps_symmetry(word) for word in MEANINGS] == [True, True, True, True, False]


def test_a_verdict_is_carried_over_a_pass_that_keeps_the_response(program):
    assert not check_equivariance(Obscure().run(program, IDEAL).program, rules_only=True).holds
    certificate, after = run(program, Obscure(), Obscure(quarter=True))
    assert certificate.holds
    rotation = certificate.verdicts[0]
    assert (rotation.generator, rotation.rule) == ("rotation", CARRIED)
    assert rotation.carried.rule == "pauli-commutators"
    assert rotation.carried.digest == program.digest
    assert rotation.carried.passes == ("obscure", "obscure{quarter=true}")
    assert certificate.origin.text == program.text
    assert certificate.origin.passes == rotation.carried.passes
    assert certificate.verdicts[2].rule == "displacements only"  # proven of the new text itself
    assert "kept by obscure, obscure{quarter=true}" in certificate.render()
    assert {"pauli-commutators", CARRIED} <= set(certificate.rules)
    again = Certificate.from_json(certificate.to_json())
    assert again == certificate
    verify_certificate(again, after, target)
    verify_certificate(again, find_target=target)


def test_a_second_check_does_not_forget(program):
    certificate, _ = run(program, Obscure(), CheckEquivariance())
    assert certificate.holds


def test_without_a_check_there_is_nothing_to_carry(program):
    result = run_pipeline((Obscure(), CheckEquivariance(rules_only=True)), program, IDEAL)
    assert not result.certificate.holds
    assert result.certificate.origin.passes == ()
    assert run_pipeline((Obscure(),), program, IDEAL).certificate is None


def test_what_the_identity_test_proves_is_carried_with_its_error(program):
    obscured = Obscure().run(program, IDEAL).program
    result = run_pipeline((CheckEquivariance(), Obscure(quarter=True)), obscured, IDEAL)
    rotation = result.certificate.verdicts[0]
    assert (rotation.status, rotation.rule, rotation.bits) == ("proven", CARRIED, 80)
    assert rotation.carried.rule == "the identity test"
    assert result.certificate.holds
    assert not result.certificate.rules_only
    assert "rotation: PROVEN, with an error below 2^-80" in result.certificate.render()
    verify_certificate(Certificate.from_json(result.certificate.to_json()), find_target=target)


def test_a_carried_certificate_is_refused_when_it_does_not_come_out_again(program):
    certificate, after = run(program, Obscure())
    shorter = replace(certificate.origin, passes=("obscure", "obscure"))
    other = replace(certificate.verdicts[0].carried, digest="0" * 64)
    forged = replace(certificate.verdicts[0], carried=other)
    for changed, title in (
        (replace(certificate, origin=shorter), "does not lead to its program"),
        (replace(certificate, origin=replace(shorter, passes=())), "does not lead to its program"),
        (replace(certificate, origin=replace(certificate.origin, passes=("nothing",))), "unknown pass"),
        (replace(certificate, origin=replace(certificate.origin, target="nowhere")), "unknown target"),
        (replace(certificate, origin=None), "does not confirm"),
        (replace(certificate, verdicts=(forged, *certificate.verdicts[1:])), "does not confirm"),
    ):
        with pytest.raises(QffcError, match=title):
            verify_certificate(changed, after, target)
    with pytest.raises(QffcError, match="passes without their target"):
        verify_certificate(certificate, after)


def test_a_pass_that_promises_nothing_is_checked_afresh(program):
    certificate, _ = run(program, Obscure(), Spoil())
    assert certificate.verdicts[0].status == "refuted"
    assert certificate.origin.passes == ()
    repaired, _ = run(load("water-demo", depth=1), Symmetrize())
    assert repaired.holds
    assert CARRIED not in repaired.rules


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("drop", "preserves moments, and changed .* to "),
        ("break", "preserves moments, and changed .* to "),
        ("symmetry", "and changed symmetry"),
        ("sites", "and changed sites"),
        ("observables", None),
    ],
)
def test_a_wrong_pass_is_caught(program, how, message):
    if message is None:
        verify_promise(Wrong(how), program, Wrong(how).run(program, IDEAL).program)  # one more is no breach
        return
    with pytest.raises(InternalError, match=message):
        run(program, Wrong(how))


@pytest.mark.parametrize(
    "gates",
    [
        "exchange a, b, 1e14*norm(r(A, B))\nexchange a, b, 3e9*J*norm(r(A, B))",
        "exchange a, b, norm(r(A, B))^40\nexchange a, b, J*norm(r(A, B))^39",
        "rotate a, norm(r(A, B))^24*r(A, B)\nrotate a, J*norm(r(A, B))^23*r(A, B)",
        "exchange a, b, 1e9*norm(r(A, B)) + 1000000001/4*pi",
    ],
)
def test_rounding_of_large_angles_is_no_breach(gates):
    """Moments are off by more than the tolerance, since angles of this size are known to few digits."""
    lines = ["qffc 1", "program large", "scope molecule", "species H", "site A: H free", "site B: H free"]
    lines += ["parameter J", "qubit a", "qubit b", "qubit c", "zero a", "zero b", "zero c", "rotate a, r(A, B)"]
    lines += ["rotate b, 2*r(A, B)", "exchange b, c, J", gates, "exchange c, a, J", "rotate a, J*r(A, B)"]
    program = parse_program("\n".join([*lines, "observable m = Z(a)", "energy moment(m)"]))
    assert run_pipeline((Canonicalize(),), program, IDEAL).records[0].changed


def test_numbers_that_cancel_in_the_readout_are_no_breach():
    lines = ["qffc 1", "program cancel", "scope molecule", "species H", "site A: H free", "site B: H free"]
    lines += ["parameter J", "qubit a", "qubit b", "qubit c", "zero a", "zero b", "zero c", "rotate a, r(A, B)"]
    lines += ["exchange a, b, J", "rotate c, r(A, B)", "exchange a, b, J", "rotate b, J*r(A, B)"]
    lines += ["observable m = 1/3*Z(a) + 1/7*X(b)", "observable n = 3*X(b) + 7*Z(a)"]
    program = parse_program("\n".join([*lines, "energy 21e12*moment(m) - 1e12*moment(n)"]))
    assert len(run_pipeline((LightCone(),), program, IDEAL).program.ops) < len(program.ops)


def test_a_refutation_of_what_was_proven_is_our_mistake(program):
    with pytest.raises(InternalError, match="rotation is proven before it and refuted after it"):
        run_pipeline((CheckEquivariance(), Wrong("break")), program, IDEAL, verify=False)


OPEN = """\
qffc 1
program open
symmetry rotation
scope molecule
species O, H
site c: O centre
site a: H neighbour
parameter J: 8
qubit a0: a
qubit a1: a
{generator}
singlet a0, a1
rotate a0, J[3]*r(c, a)
rotate a0, J[3]*r(c, a)
observable m = dot(a0, a1)
energy moment(m){factor}
"""
GENERATOR = "generator g: entries J 6 -> 7, 7 -> 6; paulis X(a0)"
ALIKE = "*(1 + component(r(c, a), x)*(exp(J[3] + J[4]) - exp(J[3])*exp(J[4])))"


@pytest.mark.parametrize(
    ("generator", "factor"), [(GENERATOR, ""), ("", ALIKE), ("conserved q = 1*Z(a0) + 1*Z(a1)", "")]
)
def test_what_is_left_open_before_a_pass_is_confirmed_after_it(generator, factor):
    text = OPEN.format(generator=generator, factor=factor).replace("\n\n", "\n")
    result = run_pipeline((CheckEquivariance(), Canonicalize()), parse_program(text), IDEAL)
    assert result.program.text != text
    verify_certificate(Certificate.from_json(result.certificate.to_json()), result.program, target)
