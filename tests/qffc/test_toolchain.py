from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

import qffc as qf
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.passes.certificate_verify import verify_certificate
from qffc.passes.equivariance.certificates.certificate import Certificate
from qffc.toolchain import CERTIFICATE_NAME

PROGRAM = "lib:sivqlm-h2o:depth=1"
TINY = {"train": 20, "validation": 0, "test": 10, "epochs": 1}


@qf.ansatz
def two_exchanges(a):
    a.centre("Li")
    hydrogen = a.neighbour("H")
    upper, lower = a.twins(hydrogen)
    for layer in a.layers(2):
        a.rotate(upper, layer.param("alpha") * hydrogen.position)
        a.exchange(upper, lower, angle=layer.param("J"))
        a.exchange(upper, lower, angle=layer.param("K"))
    return a.energy(a.dot(upper, lower))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    return folder, qf.train(PROGRAM, "water", folder, **TINY)


def test_check_takes_programs_and_references():
    assert qf.check(PROGRAM).holds
    assert qf.check(load("sivqlm-h2o", depth=1)).holds
    assert not qf.check("lib:water-demo:depth=1").holds


def test_compile_binds_the_certificate_to_the_compiled_program():
    compiled = qf.compile(two_exchanges, level=1)
    assert compiled.program != compiled.source
    assert compiled.certificate.digest == compiled.program.digest != compiled.source.digest
    verify_certificate(compiled.certificate, compiled.program)
    assert [record.name for record in compiled.records] == ["schedule-layers", "check-equivariance", "canonicalize"]


def test_compile_certifies_without_being_asked():
    compiled = qf.compile(PROGRAM, pipeline="")
    assert compiled.program == compiled.source
    assert compiled.certificate.digest == compiled.program.digest


def test_circuit_counts_and_price():
    compiled = qf.compile(PROGRAM, "H2-1LE")
    assert compiled.counts == compiled.kernel.counts(compiled.circuit())
    assert compiled.counts.other == 0
    assert compiled.counts.two_qubit > 0
    slots = np.zeros(compiled.split.slot_count)
    assert compiled.kernel.counts(compiled.circuit(slots)).two_qubit < compiled.counts.two_qubit
    # Three settings, one base fee each.
    assert compiled.price(2000) - 15 == pytest.approx(2 * (compiled.price(1000) - 15))
    for each in (compiled, qf.compile(PROGRAM, "ideal")):
        with pytest.raises(QffcError, match=r"shots out of range(.|\n)*-5"):
            each.price(-5)


def test_ideal_target_is_free_and_has_no_native_gates():
    compiled = qf.compile(PROGRAM)
    assert compiled.price(1000) == 0
    with pytest.raises(QffcError, match="target without native gates"):
        _ = compiled.counts


@pytest.mark.parametrize(
    "arguments", [("lib:pair", "H3"), ("lib:pair", "ideal", 4), ("lib:pair", "ideal", 1, "nothing"), ("nothing",)]
)
def test_compile_refuses(arguments):
    with pytest.raises(QffcError):
        qf.compile(*arguments)


def test_checking_and_compiling_load_no_heavy_package():
    # Targets are files that pydantic checks, so compiling loads it, and checking does not.
    code = (
        "import sys, qffc as qf; loaded = lambda *names: sorted({*names} & sys.modules.keys()); "
        "qf.check('lib:pair'); print(loaded('jax', 'pytket', 'ase', 'pydantic')); "
        "qf.compile('lib:sivqlm-h2o', 'H2-1', 2); print(loaded('jax', 'pytket', 'ase'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["[]", "[]"], done.stderr


def test_what_is_trained_is_what_was_compiled(trained):
    folder, model = trained
    compiled = qf.compile(PROGRAM, level=1)
    assert model.program == compiled.program
    certificate = Certificate.from_json((folder / CERTIFICATE_NAME).read_text())
    verify_certificate(certificate, model.program)
    stored = qf.load_model(folder)
    assert Certificate.from_json(stored.metadata["certificate"]) == certificate == compiled.certificate
    assert all(np.array_equal(stored.arrays[name], value) for name, value in model.arrays.items())


def test_unproven_symmetry_is_not_trained(tmp_path):
    folder = tmp_path / "run"
    with pytest.raises(QffcError, match="REFUTED") as caught:
        qf.train("lib:water-demo:depth=1", "water", folder, **TINY)
    assert caught.value.diagnostic.title == "declared symmetry that is not proven"
    assert not folder.exists()


def test_unproven_symmetry_is_trained_when_told_to(tmp_path):
    model = qf.train("lib:water-demo:depth=1", "water", tmp_path, unproven=True, **TINY)
    assert not Certificate.from_json(model.metadata["certificate"]).holds


@pytest.mark.parametrize("settings", [{"epochs": 0}, {"learning_rat": 1.0}, {"train": 5000}])
def test_bad_settings_write_nothing(tmp_path, settings):
    folder = tmp_path / "run"
    with pytest.raises(QffcError):
        qf.train(PROGRAM, "water", folder, **{**TINY, **settings})
    assert not folder.exists()


def test_another_run_in_the_folder_keeps_its_certificate(trained):
    folder, _ = trained
    before = (folder / CERTIFICATE_NAME).read_text()
    with pytest.raises(QffcError, match="another run in this folder"):
        qf.train("lib:sivqlm-h2o:depth=2", "water", folder, **TINY)
    assert (folder / CERTIFICATE_NAME).read_text() == before


def test_evaluate_knows_its_own_test_frames(trained):
    folder, model = trained
    evaluation = qf.evaluate(folder, "water")
    assert len(evaluation.data) == 10
    assert [name for name, _ in evaluation.rows()] == ["model", "constant", "harmonic"]
    whole = qf.evaluate(model, "water", part="all")
    assert len(whole.data) == 1000
    json.dumps(evaluation.to_json(), allow_nan=False)


def test_evaluate_on_other_data_has_no_baselines(trained):
    _, model = trained
    other = qf.resolve_data("water").subset(range(7))
    evaluation = qf.evaluate(model, other)
    assert len(evaluation.data) == 7
    assert evaluation.baselines == ()
    with pytest.raises(QffcError, match="no test frames"):
        qf.evaluate(model, other, part="test")
