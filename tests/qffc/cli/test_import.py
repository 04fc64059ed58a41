"""The verb ``import``."""

import json
from pathlib import Path

import pytest

from qffc.cli import run

CIRCUIT = """OPENQASM 2.0;
include "qelib1.inc";
qreg q[2];
creg c[2];
x q[0];
h q[0];
x q[1];
cx q[0],q[1];
rz(a_0) q[0];
ry(b_0) q[0];
rz(c_0) q[0];
rx(w) q[1];
measure q -> c;
"""
SAID = ["--site", "O:O", "--site", "H:H", "--observable", "E=dot(q0, q1)", "--rotation", "a_{i}, b_{i}, c_{i}=r(O, H)"]


@pytest.fixture
def circuit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("two.qasm").write_text(CIRCUIT, encoding="utf-8")
    return Path("two.qasm")


def test_program_is_written_and_checked(circuit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", "two.qasm", *SAID, "--angle", "w=0", "--out", "two.qffc"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "two.qasm: 8 gates on q0, q1",
        "operations: 1 singlet, 1 rotate",
        "left out: 2 measurements at the end; observables say what is read",
        "written to two.qffc; next: qffc check two.qffc",
    ]
    assert run(["check", "two.qffc"]) == 0


def test_program_is_printed_and_talk_is_not_among_it(circuit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", "two.qasm", *SAID]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("qffc 1\n")
    assert "pauli_rotation X(q1), w" in said.out
    assert "trainable, since nothing is said of them: w\n" in said.err


def test_parameters_that_a_value_brings_are_told(circuit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A name that is misspelt is one of them."""
    assert run(["import", "two.qasm", *SAID, "--angle", "w=alhpa*norm(r(O, H))", "--energy", "k*moment(E)"]) == 0
    assert "\nalso trainable, from what you said: alhpa, k\n" in capsys.readouterr().err
    assert run(["import", "two.qasm", *SAID, "--angle", "w=alpha", "--parameter", "alpha default 1"]) == 0
    assert "also trainable" not in capsys.readouterr().err


def test_long_lists_are_cut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wide = tmp_path / "wide.qasm"
    wide.write_text('OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[24];\nh q;\n', encoding="utf-8")
    assert run(["import", str(wide), "--site", "H:H", "--observable", "E=Z(q0)"]) == 0
    assert " gates on q0, q1, q2, q3, q4, q5, q6, q7 and 16 more\n" in capsys.readouterr().err


def test_file_may_start_with_a_byte_order_mark(circuit: Path) -> None:
    circuit.write_text(CIRCUIT, encoding="utf-8-sig")
    assert run(["import", "two.qasm", *SAID]) == 0


def test_json_has_what_was_told(circuit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", "two.qasm", *SAID, "--json", "--name", "mine", "--conserved", "spin"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["gates"], data["measurements"], data["trainable"]) == (8, 2, {"w": "w"})
    assert data["program"].startswith("qffc 1\n\nprogram mine\n")
    assert "conserved spin_x" in data["program"]


@pytest.mark.parametrize(
    ("options", "title"),
    [
        (["--site", "O"], "option without a name or a value"),
        (["--site", "O:H"], "name given twice"),
        (["--angle", "w=1", "--scope", "crystal"], "unknown scope"),
        (["--qubit", "q5:H"], "unknown qubit"),
        (["--parameter", "w: 2 default"], "syntax error"),
        (["--generator", "mirror"], "syntax error"),
    ],
)
def test_options_that_do_not_fit(
    circuit: Path, options: list[str], title: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["import", "two.qasm", *SAID, *options]) == 2
    assert f"error: {title}" in capsys.readouterr().err


def test_the_extra_is_named_where_it_is_missing(
    circuit: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "openqasm3", None)
    monkeypatch.delitem(sys.modules, "qffc.passes.raise_pytket.read_qasm3", raising=False)
    monkeypatch.delitem(sys.modules, "qffc.passes.raise_pytket.qasm3_expressions", raising=False)
    Path("three.qasm").write_text("OPENQASM 3.0;\nqubit q;\n", encoding="utf-8")
    assert run(["import", "three.qasm", *SAID]) == 2
    assert "the extra 'qasm3'" in capsys.readouterr().err
