from __future__ import annotations

import json
import re
import sys
from dataclasses import replace

import numpy as np
import pytest
from pytket.circuit import Circuit, OpType
from pytket.qasm import circuit_from_qasm_str

import qffc as qf
from qffc.cli.compile import _proof
from qffc.cli.compile_emit import Emit
from qffc.compiling.exits import FORMATS
from qffc.compiling.levels import at_level
from qffc.execution.energy_circuits import prepare
from qffc.ir.text.parser import parse_program
from qffc.passes.equivariance.certificates.certificate import CARRIED
from qffc.passes.equivariance.verdict import Carried
from qffc.passes.lower_pytket.emit import Emitter
from qffc.targets.catalogue import target

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


RUNG = """qffc 1
program rung
scope molecule
species H
site h: H free
parameter a
parameter b
qubit q0
qubit q1
qubit q2
zero q0
zero q1
zero q2
pauli_rotation Y(q0), pi/2
pauli_rotation Y(q1), pi/2
pauli_rotation Y(q2), pi/2
pauli_rotation Z(q1) Z(q2), a
pauli_rotation Z(q0) Z(q1), a
pauli_rotation X(q0), b
pauli_rotation X(q1), b
pauli_rotation Z(q0) Z(q1), a
observable m = X(q0)
observable n = X(q1)
energy moment(m) + moment(n)
"""


def test_what_was_fused_is_told(qffc, tmp_path):
    (tmp_path / "rung.qffc").write_text(RUNG)
    code, out, _ = qffc("compile", tmp_path / "rung.qffc", "-O1")
    assert code == 0
    kernel = qf.compile(tmp_path / "rung.qffc", "H2-1LE", level=1).kernel
    (setting,) = kernel.measurements.settings
    fused, otherwise = kernel.measuring(setting).prices_in_blocks
    assert otherwise - fused >= 10
    assert f"1 of 1 setting: what comes together on a pair is one gate; gates of a shot {fused:.0f}" in out
    assert "one gate;" not in qffc("compile", tmp_path / "rung.qffc", "-O0")[1]


def test_ideal_target_counts_no_gates(qffc):
    code, out, _ = qffc("compile", PROGRAM, "--target", "ideal")
    assert code == 0
    assert "no native gates" in out
    code, out, _ = qffc("compile", PROGRAM, "--target", "ideal", "--json")
    assert "counts" not in json.loads(out)


def test_a_target_without_a_price_has_none(qffc, tmp_path):
    lab = tmp_path / "lab.toml"
    lab.write_text('title = "two ions"\nqubits = 4\ngates = ["CZ"]\n')
    code, out, _ = qffc("compile", PROGRAM, "--target", str(lab))
    assert code == 0
    assert "price: none, 'lab' names none; " in out
    lab.write_text(lab.read_text() + "[pricing]\n")
    assert "price: none" not in qffc("compile", PROGRAM, "--target", str(lab))[1]


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


def test_every_level_and_what_it_says(qffc):
    code, out, _ = qffc("compile", "lib:water-demo:tied=true,breaking=false", "--target", "H2-1", "-O2")
    assert code == 0
    assert "as written" in out
    assert "two-qubit gate: TK2, the cheaper one for an exchange (cost in ZZPhase: TK2 2.4, ZZPhase 3)" in out
    assert qffc("compile", PROGRAM, "-O4")[0] == 2


def test_what_was_carried_over_is_said():
    compiled = qf.compile(PROGRAM)
    first, *others = compiled.certificate.verdicts
    kept = replace(first, rule=CARRIED, carried=Carried(first.rule, compiled.source.digest, ("slide-singlet",)))
    open_ = replace(others[0], status="undecided")
    certificate = replace(compiled.certificate, verdicts=(kept, open_, *others[1:]))
    assert _proof(replace(compiled, certificate=certificate)) == [
        "sivqlm-h2o for ideal: the declared symmetry is not proven; see 'qffc check'",
        f"  {first.generator}: proven before slide-singlet, and carried over",
        f"  {others[0].generator}: undecided",
    ]


def test_print_after_all(qffc):
    code, _, err = qffc("compile", PROGRAM, "--target", "ideal", "-O2", "--print-after", "all")
    assert code == 0
    assert [line for line in err.splitlines() if line.startswith("# after")] == [
        f"# after {name}" for name in qf.compile(PROGRAM, "ideal", 2).passes.split(",")
    ]


def test_emit_qasm(qffc):
    code, out, _ = qffc("compile", PROGRAM, "--emit", "qasm", "--target", "H2-1")
    assert code == 0
    compiled = qf.compile(PROGRAM, "H2-1")
    again = circuit_from_qasm_str(out)
    overlap = np.vdot(again.get_statevector(), compiled.circuit().get_statevector())
    assert abs(overlap) == pytest.approx(1, abs=1e-9)
    assert compiled.kernel.counts(again) == compiled.counts


def test_emit_qir(qffc, tmp_path):
    assert qffc("compile", PROGRAM, "--emit", "qir", "--measured", "--out", tmp_path)[0] == 0
    texts = [file.read_text() for file in sorted(tmp_path.glob("circuit-*.ll"))]
    assert len(texts) == 3
    circuits = qf.compile(PROGRAM, "H2-1LE").without_tk2.measured_circuits()
    for text, circuit in zip(texts, circuits, strict=True):
        assert text.count("call void @__quantum__qis__rzz__body") == circuit.n_gates_of_type(OpType.ZZPhase)
        assert text.count("call void @__quantum__qis__mz__body") == 4


def test_emit_what_has_inputs_and_what_goes_in(qffc):
    code, text, _ = qffc("compile", PROGRAM, "--emit", "qasm3")
    assert code == 0
    code, numbers, _ = qffc("compile", PROGRAM, "--emit", "inputs")
    assert code == 0
    names = re.findall(r"input float\[64\] (\w+);", text)
    assert list(json.loads(numbers)["inputs"]) == names
    code, source, _ = qffc("compile", PROGRAM, "--emit", "guppy", "--target", "Helios")
    assert code == 0
    assert f"slots: array[float, {len(json.loads(numbers)['slots'])}]" in source


def test_emit_hugr_says_what_it_needs(qffc, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "guppylang", None)
    code, _, err = qffc("compile", PROGRAM, "--emit", "hugr", "--out", tmp_path)
    assert code == 2
    assert "the extra 'selene', on Python 3.12 or newer" in err


def test_every_format_is_there_to_be_written():
    assert {kind.value for kind in Emit} == {*FORMATS, "drawing"}


def test_emit_json(qffc, tmp_path):
    code, out, _ = qffc("compile", PROGRAM, "--emit", "json", "--target", "H2-1", "-O2")
    assert code == 0
    (tmp_path / "c.json").write_text(out)
    assert qf.load_compiled(tmp_path / "c.json").program == qf.compile(PROGRAM, "H2-1", 2).program


def test_emit_drawing(qffc, tmp_path):
    assert qffc("compile", PROGRAM, "--emit", "drawing", "--out", tmp_path / "c.svg", "--target", "ideal")[0] == 0
    assert "<svg" in (tmp_path / "c.svg").read_text()


def test_circuits_of_a_model_at_a_geometry(qffc, trained, tmp_path):
    code, out, _ = qffc("compile", trained, "--geometry", "water", "--emit", "qasm", "--target", "H2-1", "-O2")
    assert code == 0
    circuit = circuit_from_qasm_str(out)
    model = at_level(qf.load_model(trained), target("H2-1"), 2)
    data = qf.resolve_data("water")
    job = prepare(model, data.numbers, data.positions[:1])
    kernel = qf.compile(model.program, "H2-1", 2).kernel
    overlap = np.vdot(circuit.get_statevector(), kernel.bind(job.flat_slots[0]).get_statevector())
    assert abs(overlap) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(
    ("options", "title"),
    [
        (["--geometry", "water"], "nothing to write"),
        (["--measured", "--emit", "ir"], "measurements of something else than circuits"),
        (["--measured", "--emit", "drawing"], "measurements of something else than circuits"),
        (["--geometry", "water", "--emit", "json"], "geometry for what has no numbers"),
        (["--geometry", "water", "--emit", "guppy"], "'--emit inputs' writes the numbers"),
        (["--emit", "hugr"], "bytes without a file"),
        (["--measured", "--emit", "qasm"], "several circuits and no folder"),
        (["--geometry", "water", "--emit", "qasm"], "geometry without parameters"),
        (["--emit", "drawing"], "drawing without a file"),
        (["--emit", "drawing", "--out", "c.txt"], "drawing without a file"),
    ],
)
def test_requests_that_do_not_fit(qffc, options, title):
    code, out, err = qffc("compile", PROGRAM, *options)
    assert (code, out) == (2, "")
    assert title in err


def test_validate_compares_responses_and_circuits(qffc):
    code, out, err = qffc("compile", "lib:sivqlm-lih", "--validate", "--target", "H2-1", "-O2", "--json")
    assert code == 0
    assert "responses are equal wherever both are finite" in err
    assert "circuits: moments agree to " in err
    data = json.loads(out)
    assert (data["validation"]["outcome"], data["circuits"]["outcome"]) == ("equal", "agree")
    assert data["circuits"]["deviation"] < 1e-12
    code, out, err = qffc("compile", "lib:sivqlm-lih", "--validate", "--target", "ideal", "--json")
    assert code == 0
    assert "circuits" not in err
    assert "circuits" not in json.loads(out)


@pytest.mark.parametrize("options", [[], ["--emit", "qasm"]])
def test_validate_fails_for_a_wrong_circuit(qffc, monkeypatch, options):
    exchange = Emitter.exchange
    monkeypatch.setattr(Emitter, "exchange", lambda emitter, a, b, angle, frame: exchange(emitter, a, b, 0.4, frame))
    code, _, err = qffc("compile", "lib:sivqlm-lih", "--validate", "--target", "H2-1", *options)
    assert code == 1
    assert "responses are equal wherever both are finite" in err
    assert "circuits: moments differ by " in err
