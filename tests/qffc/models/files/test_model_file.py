"""A model and its certificate: loaded together, refused when they do not fit."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace

import pytest

from qffc.ir.diagnostics import QffcError, QffcWarning
from qffc.library import load
from qffc.models.files.model_file import KERNEL, UNPROVEN, load_model, save_model
from qffc.models.force_field import untrained
from qffc.passes.equivariance.certificates.certificate import Certificate
from qffc.passes.equivariance.check import check_equivariance

GOOD, BROKEN = load("sivqlm-h2o", depth=1), load("water-demo", depth=1)


def reload(folder, program, **metadata):
    file = folder / "model.safetensors"
    save_model(replace(untrained(program, seed=0), metadata=metadata), file)
    return load_model(file)


def test_a_proven_model_comes_back_with_its_certificate(tmp_path):
    certificate = check_equivariance(GOOD)
    model = reload(tmp_path, GOOD, certificate=certificate.to_json())
    assert Certificate.from_json(model.metadata["certificate"]) == certificate


def test_the_certificate_of_another_program_is_refused(tmp_path):
    with pytest.raises(QffcError, match="certificate of another program"):
        reload(tmp_path, GOOD, certificate=check_equivariance(load("sivqlm-h2o", depth=2)).to_json())


def test_a_certificate_that_does_not_hold_needs_the_word(tmp_path):
    text = check_equivariance(BROKEN).to_json()
    with pytest.raises(QffcError, match="declared symmetry is not proven"):
        reload(tmp_path, BROKEN, certificate=text)
    assert reload(tmp_path, BROKEN, certificate=text, **{UNPROVEN: "true"}).program == BROKEN


def test_models_with_a_certificate_of_schema_1_load(tmp_path):
    data = json.loads(check_equivariance(BROKEN).to_json())
    del data["origin"], data["sha256"]
    for verdict in data["verdicts"]:
        del verdict["survives"], verdict["carried"]
        if verdict["failure"]:
            del verdict["failure"]["line"]
    assert reload(tmp_path, BROKEN, certificate=json.dumps({**data, "schema": 1})).program == BROKEN


@pytest.mark.parametrize(
    ("old", "new", "title"),
    [
        ('"refuted"', '"proven"', "changed after it was written"),
        (BROKEN.digest, GOOD.digest, "changed after it was written"),
        ('"digest"', '"digets"', "certificate that cannot be read"),
        ("{", "", "certificate that is not JSON"),
    ],
)
def test_a_certificate_that_was_changed_is_refused(tmp_path, old, new, title):
    text = check_equivariance(BROKEN).to_json()
    assert old in text
    with pytest.raises(QffcError, match=title):
        reload(tmp_path, BROKEN, certificate=text.replace(old, new), **{UNPROVEN: "true"})


def test_a_model_whose_certificate_was_taken_away_says_so(tmp_path):
    trained = reload(tmp_path, GOOD, certificate=check_equivariance(GOOD).to_json())
    with pytest.warns(QffcWarning, match="model without a certificate") as caught:
        changed = reload(tmp_path, BROKEN)
    assert (trained.program, changed.program) == (GOOD, BROKEN)
    (said,) = (str(warning.message) for warning in caught)
    assert "'water-demo' declares rotation, inversion, translation, exchange" in said
    assert pickle.loads(pickle.dumps(caught[0].message)).diagnostic == caught[0].message.diagnostic


def test_what_needs_no_certificate_is_loaded_without_a_word(tmp_path):
    nothing_declared = replace(GOOD, symmetry=())
    assert reload(tmp_path, nothing_declared).program == nothing_declared
    with pytest.raises(QffcError, match="model without circuits"):
        reload(tmp_path, GOOD, **{KERNEL: "other"})
