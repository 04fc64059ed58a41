from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from fractions import Fraction
from types import SimpleNamespace
from typing import ClassVar, Literal

import pytest

from qffc.ir.diagnostics import InternalError, QffcError, quoted
from qffc.ir.observables import DotObservable
from qffc.ir.ops import Exchange, Relabel
from qffc.ir.text.parser import parse_program
from qffc.ir.values import ParameterEntry
from qffc.passes import pipeline, registry, same_response
from qffc.passes.base import Pass, PassResult
from qffc.passes.pipeline import BrokenContract, printer, run_pipeline
from qffc.passes.pipeline_text import format_pass, parse_pass, parse_pipeline
from qffc.passes.simplify.canonicalize import Canonicalize
from qffc.targets.catalogue import target

IDEAL = target("ideal")


@dataclass(frozen=True)
class Look(Pass[int]):
    """Counts operations."""

    often: int = 1
    share: float = 0.5
    exact: Fraction = Fraction(1, 3)
    names: tuple[str, ...] = ()
    mode: Literal["fast", "slow"] = "fast"
    limit: int | None = None
    name: ClassVar = "look"
    preserves: ClassVar = "everything"

    def run(self, program, target):
        return PassResult(program, len(program.ops) * self.often)


@dataclass(frozen=True)
class Spoil(Pass[None]):
    """Returns what it should not."""

    how: str = "invalid"
    name: ClassVar = "spoil"
    preserves: ClassVar = "everything"

    def run(self, program, target):
        if self.how == "invalid":
            broken = replace(program)
            object.__setattr__(broken, "observables", (("m", DotObservable(0, 99)),))
            return PassResult(broken, None, changed=True)
        if self.how == "silent":
            return PassResult(replace(program, name="other"), None)
        if self.how == "loud":
            return PassResult(program, None, changed=True)
        return PassResult(replace(program, name="other"), None, changed=True)


@pytest.fixture
def look(monkeypatch):
    monkeypatch.setitem(sys.modules, "module_of_look", SimpleNamespace(Look=Look))
    monkeypatch.setattr(registry, "REGISTRY", (*registry.REGISTRY, ("look", "module_of_look:Look")))


def test_passes_run_in_order(example):
    program = example(1).program
    seen = []
    result = run_pipeline(
        (Look(), Canonicalize(), Look(2)), program, IDEAL, print_after=lambda name, after: seen.append((name, after))
    )
    assert [record.name for record in result.records] == ["look", "canonicalize", "look"]
    assert [record.changed for record in result.records] == [False, True, False]
    assert all(record.seconds >= 0 for record in result.records)
    assert result.outputs[0] == ("look", len(program.ops))
    assert result.output("look") == 2 * len(result.program.ops)
    assert result.records[1].after == result.records[2].before
    assert result.records[1].before.two_qubit >= result.records[1].after.two_qubit
    assert seen[-1] == ("look", result.program)


def test_an_empty_pipeline_is_the_identity(example):
    program = example(1).program
    assert run_pipeline(parse_pipeline("  "), program, IDEAL).program is program


def test_the_program_is_printed_after_named_passes(example):
    lines = []
    run_pipeline((Look(), Canonicalize()), example(1).program, IDEAL, print_after=printer(lines.append, ["look"]))
    assert len(lines) == 1
    assert lines[0].startswith("# after look\nqffc 1\n")


def test_output_of_a_pass_that_did_not_run(example):
    result = run_pipeline((Look(),), example(1).program, IDEAL)
    with pytest.raises(QffcError, match="'look'"):
        result.output("canonicalize")


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("invalid", "invalid program"),
        ("silent", "did not change"),
        ("loud", "says that it changed"),
        ("analysis", "is an analysis"),
    ],
)
def test_a_pass_that_breaks_its_contract_is_caught(example, how, message):
    with pytest.raises(InternalError, match=message):
        run_pipeline((Spoil(how),), example(1).program, IDEAL)


@dataclass(frozen=True)
class Rename(Pass[None]):
    """Changes nothing that is promised; one that spoils drops the last operation."""

    to: str = "other"
    spoils: bool = False
    fails: bool = False
    name: ClassVar = "rename"
    preserves: ClassVar = "moments"

    def run(self, program, target):
        if self.fails:
            raise InternalError("stopped by what it was given")
        ops = program.ops[:-1] if self.spoils else program.ops
        return PassResult(replace(program, name=self.to, ops=ops), None, changed=True)


@dataclass(frozen=True)
class Spoiler(Rename):
    name: ClassVar = "spoiler"


@pytest.fixture
def as_if_built_in(monkeypatch):
    monkeypatch.setattr(pipeline, "is_built_in", lambda step: True)


def test_passes_of_ours_are_compared_at_once(example, as_if_built_in, monkeypatch):
    looked = []
    agree = same_response._agree
    monkeypatch.setattr(same_response, "_agree", lambda *given: looked.append(given) or agree(*given))
    steps = (Rename("a"), Rename("b"), Rename("c"))
    assert run_pipeline(steps, example(1).program, IDEAL).program.name == "c"
    assert len(looked) == 2  # points, and not three times as many


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_one_that_breaks_its_promise_is_named(example, as_if_built_in, place):
    program = example(1).program
    program = program.with_ops((*program.ops, Exchange(0, 1, ParameterEntry(program.parameters[0].name))))
    assert run_pipeline((Rename("a"), Rename("b")), program, IDEAL).program.name == "b"
    steps = [Rename("a"), Rename("b"), Rename("c")]
    steps[place] = Spoiler("spoilt", spoils=True)
    with pytest.raises(BrokenContract, match="pass 'spoiler' preserves moments, and changed") as caught:
        run_pipeline(steps, program, IDEAL)
    assert caught.value.step is steps[place]
    with pytest.raises(BrokenContract, match="pass 'spoiler' preserves moments"):  # not what it did to the next one
        run_pipeline([*steps, Rename("d", fails=True)], program, IDEAL)


def test_a_pass_that_stops_alone_is_not_somebody_elses_mistake(example, as_if_built_in):
    with pytest.raises(InternalError, match="stopped by what it was given"):
        run_pipeline((Rename("a"), Rename("b", fails=True)), example(1).program, IDEAL)


def test_verification_can_be_switched_off(example):
    result = run_pipeline((Spoil("silent"),), example(1).program, IDEAL, verify=False)
    assert result.program.name == "other"


def test_options_are_read_by_type(look):
    text = "look{often=3, share=0.25, exact=2/3, names=a+b, mode=slow, limit=7}, canonicalize{fold-swaps=false}"
    passes = parse_pipeline(text)
    assert passes == (Look(3, 0.25, Fraction(2, 3), ("a", "b"), "slow", 7), Canonicalize(fold_swaps=False))
    assert parse_pipeline(",".join(map(format_pass, passes))) == passes
    assert parse_pipeline("look{limit=none}") == (Look(),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("canonicalise", f"one of {quoted(registry.pass_names())}"),
        ("canonicalize{speed=1}", "'fuse', 'merge', 'fold-swaps'"),
        ("canonicalize{fuse}", "name=value"),
        ("canonicalize{fuse=true,fuse=false}", "option given twice"),
        ("canonicalize{fuse=1}", "'false', 'true'"),
        ("canonicalize{", "pipeline that cannot be read"),
        ("canonicalize,", "pipeline that cannot be read"),
        ("canonicalize canonicalize", "pipeline that cannot be read"),
    ],
)
def test_what_cannot_be_read_is_explained(text, message):
    with pytest.raises(QffcError) as caught:
        parse_pipeline(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"), [("look{often=much}", "type int"), ("look{exact=1/0}", "Fraction"), ("look{mode=x}", "'slow'")]
)
def test_values_that_do_not_fit_are_explained(look, text, message):
    with pytest.raises(QffcError) as caught:
        parse_pipeline(text)
    assert message in str(caught.value)


def test_a_pass_of_ones_own_is_read_by_its_class():
    own = Look(3, names=("a", "b"), limit=7)
    assert parse_pass(format_pass(own), Look) == own
    with pytest.raises(QffcError, match="pass of another name"):
        parse_pass("canonicalize", Look)


def test_the_unitary_is_more_than_the_moments(example):
    """Names in place of swaps change the state and keep all moments."""

    class Claims(Canonicalize):
        preserves: ClassVar = "unitary"

    program = example(0, qubits=4).program
    program = program.with_ops((*(op for op in program.ops if not isinstance(op, Relabel)), Relabel(((0, 3), (3, 0)))))
    assert run_pipeline((Canonicalize(),), program, IDEAL).records[0].changed
    with pytest.raises(InternalError, match="preserves unitary, and changed"):
        run_pipeline((Claims(),), program, IDEAL)


def test_a_wrong_registry_entry_is_our_mistake(monkeypatch):
    monkeypatch.setattr(registry, "REGISTRY", (("look", "qffc.passes.simplify.canonicalize:Canonicalize"),))
    with pytest.raises(InternalError):
        registry.load_pass("look")


def test_a_pass_that_drops_a_vector_that_is_carried_on_is_found():
    """No moment sees the qubits that it turns, so numbers of one round cannot tell."""

    @dataclass(frozen=True)
    class Drop(Pass[None]):
        name: ClassVar = "drop"
        preserves: ClassVar = "moments"

        def run(self, program, target):
            return PassResult(program.with_ops(program.ops[:-1]), None, changed=True)

    program = parse_program("""qffc 1
program rounds
scope atom
species H
site c: any centre
site j: any gathered
parameter U: round over vectors
qubit a
qubit b
qubit d
qubit e
singlet a, b
singlet d, e
rotate a, sum(j, r(c, j)) + vectors(U[round], c)
rotate d, sum(j, norm(r(c, j))*r(c, j))
observable m = dot(a, b)
atomic weight 1 features m rounds 2 vectors 2 radial bessel 4 cutoff 5 head 4 silu
""")
    with pytest.raises(InternalError, match="and changed vectors that are carried on"):
        run_pipeline((Drop(),), program, IDEAL)


def test_a_certificate_that_claims_nothing_is_of_the_last_program(example):
    program = replace(example(1).program, symmetry=())
    result = run_pipeline(parse_pipeline("check-equivariance,canonicalize,light-cone"), program, IDEAL)
    assert result.records[1].changed
    assert result.certificate.digest == result.program.digest != program.digest
    assert result.certificate.verdicts == ()
