from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import ClassVar

import pytest

from qffc.ir.ops import PauliRotation
from qffc.ir.values import Function, as_value
from qffc.library import load
from qffc.passes import registry
from qffc.passes.base import Pass, PassResult
from qffc.passes.equivariance.certificates.certificate import CARRIED, Certificate
from qffc.passes.equivariance.check import CheckEquivariance
from qffc.passes.pipeline import run_pipeline
from qffc.targets.catalogue import target

BROKEN = "lib:water-demo:depth=1"
GOOD = "lib:sivqlm-h2o:depth=1"

ANSATZ = """
import qffc as qf

print("loading")

@qf.ansatz
def water(a, depth=1):
    a.centre("O")
    twins = [a.twins(h) for h in a.neighbours("H", 2)]
    return a.energy(a.dot(twins))

finished = water(depth=2)
"""


@dataclass(frozen=True)
class Disguise(Pass[None]):
    """Turns a qubit by sin^2 + cos^2 - 1: the same unitary, and no rule knows."""

    name: ClassVar = "disguise"
    preserves: ClassVar = "unitary"

    def run(self, program, target):
        nothing = Function("sin", as_value(1)) ** 2 + Function("cos", as_value(1)) ** 2 - 1
        return PassResult(program.with_ops((*program.ops, PauliRotation(((0, "Z"),), nothing))), None, changed=True)


def test_proven(qffc):
    code, out, _ = qffc("check", GOOD)
    assert code == 0
    assert "the declared symmetry holds" in out


def test_refuted(qffc):
    code, out, _ = qffc("check", BROKEN, "--json")
    assert code == 1
    data = json.loads(out)
    assert data["holds"] is False
    assert not Certificate.from_json(json.dumps(data["certificate"])).holds


def test_certificate_is_confirmed_by_a_new_check(qffc, tmp_path):
    file = tmp_path / "c.json"
    assert qffc("check", GOOD, "--certificate", file)[0] == 0
    code, out, _ = qffc("check", file, "--program", GOOD)
    assert code == 0
    assert out.startswith("confirmed")
    code, out, _ = qffc("check", file, "--program", GOOD, "--json")
    assert json.loads(out)["confirmed"] is True


@pytest.mark.parametrize("subject", [BROKEN, "lib:sivqlm-h2o:depth=2"])
def test_certificate_of_another_program_is_no(qffc, tmp_path, subject):
    file = tmp_path / "c.json"
    qffc("check", GOOD, "--certificate", file)
    code, out, _ = qffc("check", file, "--program", subject)
    assert code == 1
    assert "not confirmed" in out
    code, out, _ = qffc("check", file, "--program", subject, "--json")
    assert json.loads(out)["confirmed"] is False


def test_changed_certificate_is_no(qffc, tmp_path):
    file = tmp_path / "c.json"
    qffc("check", BROKEN, "--certificate", file)
    given = Certificate.from_json(file.read_text())
    forged = replace(given, verdicts=tuple(replace(v, status="proven") for v in given.verdicts))
    file.write_text(forged.to_json())
    for options in (("--program", BROKEN), ()):
        code, out, _ = qffc("check", file, *options)
        assert code == 1
        assert "not confirm" in out


def test_damaged_certificate_is_refused(qffc, tmp_path):
    file = tmp_path / "c.json"
    qffc("check", BROKEN, "--certificate", file)
    file.write_text(file.read_text().replace('"refuted"', '"proven"'))
    code, out, err = qffc("check", file)
    assert (code, out) == (2, "")
    assert "changed after it was written" in err


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": 99}', "\xff"])
def test_what_is_no_certificate_is_refused(qffc, tmp_path, text):
    file = tmp_path / "c.json"
    file.write_bytes(text.encode("latin-1"))
    code, _, err = qffc("check", file, "--program", GOOD)
    assert code == 2
    assert err.startswith("error: certificate")


def test_certificate_is_confirmed_by_itself(qffc, tmp_path):
    file = tmp_path / "c.json"
    qffc("check", GOOD, "--certificate", file)
    code, out, _ = qffc("check", file)
    assert code == 0
    assert out.startswith("confirmed")
    data = json.loads(file.read_text())
    for key in ("origin", "sha256"):
        del data[key]
    for verdict in data["verdicts"]:
        del verdict["survives"], verdict["carried"]
    file.write_text(json.dumps({**data, "schema": 1}))
    assert qffc("check", file, "--program", GOOD)[0] == 0
    code, _, err = qffc("check", file)
    assert code == 2
    assert "--program" in err


def test_a_carried_certificate_is_confirmed_and_a_longer_story_is_not(qffc, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "passes_here", SimpleNamespace(Disguise=Disguise))
    monkeypatch.setattr(registry, "REGISTRY", (*registry.REGISTRY, ("disguise", "passes_here:Disguise")))
    file = tmp_path / "c.json"
    program = load("sivqlm-h2o", depth=1)
    result = run_pipeline((CheckEquivariance(), Disguise()), program, target("ideal"))
    assert CARRIED in result.certificate.rules
    file.write_text(result.certificate.to_json())
    assert qffc("check", file)[0] == 0
    origin = replace(result.certificate.origin, passes=("disguise", "disguise"))
    file.write_text(replace(result.certificate, origin=origin).to_json())
    code, out, _ = qffc("check", file)
    assert code == 1
    assert "does not lead to its program" in out


def test_missing_program_writes_nothing(qffc, tmp_path):
    code, _, _ = qffc("check", "lib:nothing", "--certificate", tmp_path / "c.json")
    assert code == 2
    assert list(tmp_path.iterdir()) == []


def test_two_programs_are_refused(qffc):
    assert qffc("check", GOOD, "--program", BROKEN)[0] == 2


def test_what_a_users_file_prints_does_not_disturb_json(qffc, tmp_path):
    file = tmp_path / "ansatz.py"
    file.write_text(ANSATZ)
    code, out, err = qffc("check", f"{file}:water", "--json")
    assert code == 0
    assert json.loads(out)["holds"] is True
    assert "loading" in err


def test_a_forged_counterexample_is_not_confirmed(qffc, tmp_path):
    file = tmp_path / "c.json"
    qffc("check", BROKEN, "--certificate", file)
    given = Certificate.from_json(file.read_text())
    assert qffc("check", file)[1].startswith("confirmed by a new check")
    example = given.verdicts[0].counterexample
    forged = replace(given.verdicts[0], counterexample=replace(example, transformed=(0.5,)))
    file.write_text(replace(given, verdicts=(forged, *given.verdicts[1:])).to_json())
    code, out, _ = qffc("check", file)
    assert code == 1
    assert out.startswith("not confirmed")
    assert "where:    rotation: counterexample: transformed[0]\n  found:    0.5 in the certificate" in out
