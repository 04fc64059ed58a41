from __future__ import annotations

import json

import pytest
from pytket.circuit import Circuit

import qffc as qf
from qffc.ir.parser import parse_program

PROGRAM = "lib:sivqlm-h2o:depth=2"


def test_counts_beside_pytket(qffc):
    code, out, _ = qffc("compile", PROGRAM, "--json")
    assert code == 0
    data = json.loads(out)
    assert data["counts"]["qffc"]["two_qubit"] == qf.compile(PROGRAM, "H2-1LE").counts.two_qubit
    assert data["counts"]["qffc"]["cost"] < data["counts"]["pytket default"]["cost"]
    assert data["price_HQC"] == pytest.approx(qf.compile(PROGRAM, "H2-1LE").price(1000))
    code, out, _ = qffc("compile", PROGRAM)
    assert "pytket default" in out
    assert "price: " in out


def test_ideal_target_counts_no_gates(qffc):
    code, out, _ = qffc("compile", PROGRAM, "--target", "ideal")
    assert code == 0
    assert "no native gates" in out
    code, out, _ = qffc("compile", PROGRAM, "--target", "ideal", "--json")
    assert "counts" not in json.loads(out)


def test_talk_goes_to_stderr(qffc):
    code, out, err = qffc(
        "compile", PROGRAM, "--target", "ideal", "--print-after", "canonicalize", "--time-passes", "--json"
    )
    assert code == 0
    json.loads(out)
    assert "# after canonicalize\nqffc 1\n" in err
    assert "check-equivariance" in err
    assert "ms" in err


def test_emit_ir(qffc, tmp_path):
    code, out, _ = qffc("compile", PROGRAM, "--emit", "ir")
    assert code == 0
    assert parse_program(out) == qf.compile(PROGRAM).program
    file = tmp_path / "p.qffc"
    assert qffc("compile", PROGRAM, "--target", "ideal", "--emit", "ir", "--out", file)[0] == 0
    assert parse_program(file.read_text()) == qf.compile(PROGRAM).program


def test_emit_pytket(qffc):
    code, out, _ = qffc("compile", PROGRAM, "--emit", "pytket")
    assert code == 0
    compiled = qf.compile(PROGRAM, "H2-1LE")
    assert compiled.kernel.counts(Circuit.from_dict(json.loads(out))) == compiled.counts


@pytest.mark.parametrize(
    ("options", "title"),
    [
        (["--target", "H9"], "unknown target"),
        (["--passes", "nothing"], "unknown pass"),
        (["--print-after", "lower-jax"], "pass that is not in the pipeline"),
        (["--out", "x"], "nothing to write"),
        (["--target", "ideal", "--emit", "pytket", "--out", "x"], "target without native gates"),
    ],
)
def test_refused_without_a_file(qffc, tmp_path, monkeypatch, options, title):
    monkeypatch.chdir(tmp_path)
    code, out, err = qffc("compile", PROGRAM, *options)
    assert code == 2
    assert out == ""
    assert title in err
    assert list(tmp_path.iterdir()) == []


def test_a_repair_is_reported_on_stderr(qffc):
    passes = "symmetrize,check-equivariance,canonicalize"
    code, out, err = qffc("compile", "lib:water-demo:depth=1", "--target", "ideal", "--passes", passes, "--json")
    assert code == 0
    data = json.loads(out)
    assert data["holds"] is True
    assert err.startswith("symmetrize water-demo: 4 dropped, 1 added\n")
    assert data["passes"][0]["report"] == err.rstrip("\n")
    assert [entry["report"] for entry in data["passes"][1:]] == ["", ""]


def test_the_certificate_of_what_was_compiled(qffc, tmp_path):
    program, certificate = tmp_path / "p.qffc", tmp_path / "c.json"
    options = ("--target", "ideal", "--emit", "ir", "--out", program, "--certificate", certificate)
    assert qffc("compile", PROGRAM, *options)[0] == 0
    code, out, _ = qffc("check", certificate, "--program", program)
    assert code == 0
    assert out.startswith("confirmed")
