from __future__ import annotations

import json
from dataclasses import replace

import pytest

from qffc.library import load
from qffc.models.files.model_file import save_model
from qffc.models.force_field import untrained
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.equivariance.verdict import Verdict


@pytest.fixture
def write(tmp_path):
    def written(name, metadata=None):
        file = tmp_path / "model.safetensors"
        save_model(replace(untrained(load(name, depth=1), seed=0), metadata=metadata or {}), file)
        return file

    return written


def test_run_folder_has_certificate_and_table(qffc, trained):
    code, out, _ = qffc("check", trained)
    assert code == 0
    assert "the declared symmetry holds" in out
    assert "every property that applies holds" in out
    assert "4 geometries, frames of the data 'water'" in out


def test_json_has_both(qffc, trained):
    code, out, _ = qffc("check", trained / "model.safetensors", "--json")
    assert code == 0
    data = json.loads(out)
    assert data["holds"] is data["model"]["holds"] is True
    assert data["certificate"]["digest"] == data["model"]["digest"]
    assert {row["verdict"] for row in data["model"]["properties"]} == {"holds", "does not apply"}


def test_a_model_that_fails_is_no(qffc, write):
    code, out, _ = qffc("check", write("water-demo"), "--json")
    assert code == 1
    data = json.loads(out)
    assert data["holds"] is data["model"]["holds"] is False
    failed = [row["property"] for row in data["model"]["properties"] if row["verdict"] == "fails"]
    assert failed == ["exchange: energy", "exchange: forces"]


def test_a_proven_program_around_which_the_model_fails_is_no(qffc, write, monkeypatch):
    from qffc.models.force_field import ForceField

    right = ForceField.predict

    def wrong(self, numbers, positions, **how):
        energies, forces = right(self, numbers, positions, **how)
        return energies, 1.01 * forces

    monkeypatch.setattr(ForceField, "predict", wrong)
    code, out, _ = qffc("check", write("sivqlm-h2o"))
    assert code == 1
    assert "the declared symmetry holds" in out
    assert "1 property FAILS" in out


def test_a_model_without_a_certificate_is_told_and_checked_afresh(qffc, write):
    code, out, err = qffc("check", write("sivqlm-h2o"))
    assert code == 0
    assert out.startswith(
        "certificate: the model holds none: made now\n\nprogram sivqlm-h2o: the declared symmetry holds"
    )
    assert err.startswith("warning: model without a certificate\n  found:    '")
    assert err.count("model without a certificate") == 1
    code, out, err = qffc("check", write("water-demo"), "--json")  # what was put in its place is refuted
    assert (code, json.loads(out)["stored"]) == (1, False)
    assert err.startswith("warning: model without a certificate")
    stored = check_equivariance(load("sivqlm-h2o", depth=1)).to_json()
    code, out, err = qffc("check", write("sivqlm-h2o", {"certificate": stored}))
    assert (code, err) == (0, "")
    assert out.startswith("certificate: of the model, confirmed by a new check\n")


def test_other_verbs_tell_it_too(qffc, write):
    code, _, err = qffc("compile", write("sivqlm-h2o"), "--json")
    assert code == 0
    assert err.count("warning: model without a certificate") == 1


def test_a_forged_certificate_in_a_model_is_not_believed(qffc, write):
    given = check_equivariance(load("water-demo", depth=1))
    forged = replace(given, verdicts=tuple(Verdict(v.generator, "proven", "even values") for v in given.verdicts))
    assert forged.holds
    code, out, err = qffc("check", write("water-demo", {"certificate": forged.to_json()}))
    assert (code, err) == (1, "")
    assert out.startswith("not confirmed")
    assert "certificate that a new check does not confirm" in out


def test_the_certificate_of_another_program_is_refused(qffc, write):
    other = check_equivariance(load("sivqlm-lih", depth=1))
    code, out, err = qffc("check", write("sivqlm-h2o", {"certificate": other.to_json()}))
    assert code == 2
    assert out == ""
    assert "certificate of another program" in err
    assert other.digest in err
    assert load("sivqlm-h2o", depth=1).digest in err
