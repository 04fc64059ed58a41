"""Passes that do not come with qffc: registered, announced by packages, in files; and what is wrong with them."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest

import qffc as qf
from qffc.cli import run
from qffc.compiling.compiled import from_json
from qffc.ir.diagnostics import QffcError
from qffc.ir.ops import PauliRotation
from qffc.ir.values import Function, as_value
from qffc.passes.base import Pass, PassResult
from qffc.passes.certificate_verify import verify_certificate
from qffc.passes.descriptions import describe_passes
from qffc.passes.equivariance.certificates.certificate import CARRIED, Certificate
from qffc.passes.equivariance.check import CheckEquivariance
from qffc.passes.pipeline import run_pipeline
from qffc.passes.pipeline_text import parse_pipeline
from qffc.passes.registry import forget_pass, load_pass, pass_names, register_pass
from qffc.targets.catalogue import target

PROGRAM = "lib:sivqlm-lih"
SOURCE = '''
from __future__ import annotations
from dataclasses import dataclass
from typing import ClassVar
from qffc.passes.base import Pass, PassResult

@dataclass(frozen=True)
class Tell(Pass[int]):
    """Tells how many operations there are."""

    often: int = 1
    name: ClassVar[str] = "tell"
    preserves: ClassVar[str] = "everything"

    def run(self, program, target):
        return PassResult(program, self.often * len(program.ops))
'''


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Install a package with a module and what it announces; no file is written outside of a folder of the test."""
    monkeypatch.syspath_prepend(tmp_path)
    names = []

    def install(name: str, source: str, announced: dict[str, str]) -> None:
        names.append(name)
        (tmp_path / f"{name}.py").write_text(source)
        info = tmp_path / f"{name}-2.1.dist-info"
        info.mkdir()
        lines = "\n".join(f"{key} = {place}" for key, place in announced.items())
        (info / "entry_points.txt").write_text(f"[qffc.passes]\n{lines}\n")
        (info / "METADATA").write_text(f"Name: {name}\nVersion: 2.1\n")

    yield install
    for name in names:
        sys.modules.pop(name, None)


def refused(call) -> str:
    with pytest.raises(QffcError) as caught:
        call()
    return str(caught.value)


def test_a_package_brings_a_pass(package):
    package("teller", SOURCE, {"tell": "teller:Tell"})
    assert "tell" in pass_names()
    assert "teller" not in sys.modules  # announced, not imported
    (step,) = parse_pipeline("tell{often=3}")
    assert type(step) is sys.modules["teller"].Tell
    compiled = qf.compile(PROGRAM, pipeline="canonicalize,tell{often=3}")
    assert compiled.passes == "canonicalize,tell{often=3}"
    told = describe_passes()[-1]
    assert (told.name, told.options, told.source) == ("tell", (("often", "1"),), "teller 2.1")
    assert told.about == "Tells how many operations there are."


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import nothing_of_this_name", "ModuleNotFoundError: No module named 'nothing_of_this_name'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("", "AttributeError: module 'breaks' has no attribute 'Tell'"),
        ("Tell = 3", "an object of type int is no subclass of qffc.passes.base.Pass"),
        (SOURCE.replace('"tell"', '"other"'), "'Tell' has another name, 'other'"),
        (SOURCE.replace('"everything"', '"most"'), "'Tell' preserves 'most', not one of everything, unitary,"),
        (SOURCE.replace("(frozen=True)", ""), "'Tell' is no frozen dataclass"),
        (SOURCE.replace("def run", "def walk"), "'Tell' has no method 'run'"),
    ],
)
def test_a_broken_package_is_listed_and_stops_nobody_else(package, capsys, source, reason):
    package("breaks", source, {"tell": "breaks:Tell"})
    assert run(["check", PROGRAM]) == 0
    assert "breaks" not in sys.modules
    capsys.readouterr()
    assert run(["passes"]) == 0
    listed = capsys.readouterr().out
    assert f"tell\n    cannot be used: 'tell' of breaks 2.1 (breaks:Tell): {reason}" in listed
    assert "from:      breaks 2.1" in listed
    assert run(["compile", PROGRAM, "--target", "ideal", "--passes", "tell"]) == 2
    message = capsys.readouterr().err
    assert message.startswith("error: pass of a package that cannot be loaded\n")
    assert f"'tell' of breaks 2.1 (breaks:Tell): {reason}" in message


def test_two_packages_of_one_name_are_both_refused(package, capsys):
    package("teller", SOURCE, {"tell": "teller:Tell"})
    package("crier", SOURCE, {"tell": "crier:Tell"})
    both = "crier 2.1 (crier:Tell) and of teller 2.1 (teller:Tell)"
    assert refused(lambda: load_pass("tell")) == (
        "error: two passes of one name\n"
        f"  found:    'tell' of {both}\n"
        "  expected: another name for one of them\n"
        "  help:     rename yours, or uninstall one of two packages; "
        "a pass in a list, pipeline=[MyPass()], needs no name"
    )
    assert not {"teller", "crier"} & set(sys.modules)
    assert run(["passes"]) == 0
    assert capsys.readouterr().out.count(both) == 2


def test_a_pass_of_qffc_cannot_be_replaced(package):
    package("teller", SOURCE.replace('"tell"', '"canonicalize"'), {"canonicalize": "teller:Tell"})
    assert load_pass("canonicalize").__module__ == "qffc.passes.simplify.canonicalize"
    both = "teller 2.1 (teller:Tell) and of qffc (qffc.passes.simplify.canonicalize:Canonicalize)"
    assert both in describe_passes()[-1].problem
    assert pass_names().count("canonicalize") == 1

    class Mine(Tell):
        name: ClassVar[str] = "canonicalize"

    message = refused(lambda: register_pass(dataclass(frozen=True)(Mine)))
    assert "Mine) and of teller 2.1 (teller:Tell) and of qffc (" in message


@dataclass(frozen=True)
class Tell(Pass[int]):
    """Tells how many operations there are."""

    often: int = 1
    name: ClassVar[str] = "tell"
    preserves: ClassVar[str] = "everything"

    def run(self, program, target):
        return PassResult(program, self.often * len(program.ops))


def test_a_registered_pass_has_a_name(package):
    assert qf.register_pass(Tell) is Tell
    assert parse_pipeline("tell{often=2}") == (Tell(2),)
    assert "tell" in refused(lambda: load_pass("tale"))  # among those to choose from
    again = dataclass(frozen=True)(type("Tell", (Tell,), {"__module__": Tell.__module__, "__qualname__": "Tell"}))
    assert register_pass(again) is again  # as a cell of a notebook that runs twice
    assert load_pass("tell") is again

    class Other(Tell):
        pass

    message = refused(lambda: register_pass(dataclass(frozen=True)(Other)))
    assert "Other) and of registered by " in message
    package("teller", SOURCE, {"tell": "teller:Tell"})
    assert "teller 2.1 (teller:Tell)" in refused(lambda: register_pass(Tell))
    assert "teller 2.1 (teller:Tell)" in refused(lambda: load_pass("tell"))


def test_a_package_may_register_what_it_announces(package):
    package("teller", SOURCE + "\nimport qffc\nqffc.register_pass(Tell)", {"tell": "teller:Tell"})
    assert load_pass("tell") is load_pass("tell")
    assert [each.source for each in describe_passes() if each.name == "tell"] == ["teller 2.1"]


def test_a_pass_in_a_file(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(SOURCE + "print('runs')\n")
    pipeline = "canonicalize, mine.py:Tell{often=2} ,check-equivariance"
    assert run(["compile", PROGRAM, "--target", "ideal", "--passes", pipeline, "--print-after", "tell"]) == 0
    talk = capsys.readouterr().err
    assert "# after tell\nqffc 1\n" in talk
    assert talk.count("runs") == 1
    compiled = qf.compile(PROGRAM, pipeline=["mine.py:Tell{often=2}", "check-equivariance"])
    assert compiled.passes == "tell{often=2},check-equivariance"  # the file means nothing to others
    (tmp_path / "mine.py").unlink()
    assert from_json(compiled.to_json()).passes == compiled.passes


@pytest.mark.parametrize(
    ("source", "step", "message"),
    [
        (SOURCE, "mine.py:Told", "'Told', which is not there\n  expected: one of 'Tell'"),
        (SOURCE, "mine.py:", "no name after the file\n  expected: one of 'Tell'"),
        (SOURCE, "mine.py:Pass", "'Pass' has the name None"),
        ("x = 1/0", "mine.py:Tell", "Python file that fails\n  at:       mine.py:1:5"),
        (None, "mine.py:Tell", "file that cannot be read"),
    ],
)
def test_a_file_without_the_pass(tmp_path, monkeypatch, source, step, message):
    monkeypatch.chdir(tmp_path)
    if source is not None:
        (tmp_path / "mine.py").write_text(source)
    assert message in refused(lambda: qf.compile(PROGRAM, pipeline=step))


def test_documents_run_no_files(tmp_path):
    """Certificates and compiled programs name passes, and may come from anybody."""
    trap = tmp_path / "trap.py"
    trap.write_text(f"import pathlib; pathlib.Path({str(tmp_path / 'sprung')!r}).touch()\n{SOURCE}")
    assert "is read from a document" in refused(lambda: parse_pipeline(f"{trap}:Tell"))
    program = qf.load("sivqlm-h2o", depth=1)
    result = run_pipeline((CheckEquivariance(), *parse_pipeline("canonicalize")), program, target("ideal"))
    origin = replace(result.certificate.origin, passes=(f"{trap}:Tell",), target="ideal")
    forged = Certificate.from_json(replace(result.certificate, origin=origin).to_json())
    assert "is read from a document" in refused(lambda: verify_certificate(forged, find_target=target))
    assert not (tmp_path / "sprung").exists()


@dataclass(frozen=True)
class Wrong(Pass[None]):
    """Does one thing wrong."""

    how: str = "raise"
    name: ClassVar[str] = "wrong"
    preserves: ClassVar[str] = "everything"

    def run(self, program, target):
        if self.how == "raise":
            raise ValueError("no such thing")
        if self.how == "letters":
            PauliRotation(((0, "A"),), as_value(1))
        if self.how == "nothing":
            return None
        return PassResult(program.with_ops(program.ops[:-1]), None, changed=True)


@pytest.mark.parametrize(
    ("how", "title", "found"),
    [
        ("raise", "pass that fails", "'wrong': ValueError: no such thing"),
        ("letters", "not a Pauli string", "A(0)"),
        ("nothing", "pass that does not do what it says", "pass 'wrong' returned NoneType, not a PassResult"),
        ("drop", "pass that does not do what it says", "pass 'wrong' is an analysis, and changed the program"),
    ],
)
def test_a_mistake_in_a_pass_is_told_to_its_author(how, title, found):
    message = refused(lambda: qf.compile(PROGRAM, pipeline=[Wrong(how)]))
    assert message.startswith(f"error: {title}\n")
    assert f"found:    {found}\n" in message
    assert (f"{__file__}:" in message) == (how in ("raise", "letters"))
    assert "report" not in message


@dataclass(frozen=True)
class Disguise(Pass[None]):
    """Turns a qubit by sin^2 + cos^2 - 1: the same unitary, and no rule knows."""

    name: ClassVar[str] = "disguise"
    preserves: ClassVar[str] = "unitary"

    def run(self, program, target):
        nothing = Function("sin", as_value(1)) ** 2 + Function("cos", as_value(1)) ** 2 - 1
        turned = program.with_ops((*program.ops, PauliRotation(((0, "Z"),), nothing)))
        return PassResult(turned, None, changed=True)


def test_no_certificate_goes_through_a_pass_of_others():
    """Who has qffc alone can check what comes out; the pipeline by itself carries what the pass is said to keep."""
    program = qf.load("sivqlm-h2o", depth=1)
    register_pass(Disguise)
    carried = run_pipeline((CheckEquivariance(), Disguise()), program, target("ideal")).certificate
    assert CARRIED in carried.rules
    assert verify_certificate(carried, find_target=target).digest == carried.digest
    compiled = qf.compile(program, pipeline="check-equivariance,disguise")
    assert CARRIED not in compiled.certificate.rules
    assert compiled.certificate.origin.passes == ()
    forget_pass("disguise")
    assert "unknown pass" in refused(lambda: verify_certificate(carried, find_target=target))
    assert verify_certificate(compiled.certificate, compiled.program).digest == compiled.program.digest
