"""The verb ``uncertainty``, and what other verbs say of a model that knows its errors."""

from __future__ import annotations

import json

import pytest

from qffc.cli import run

TRAIN = ["train", "lib:pair:channels=1,depth=1,hidden=4", "--data", "water", "--train", "12", "--validation", "8"]
TRAIN += ["--test", "10", "--epochs", "1", "--limits", "off"]


@pytest.fixture(scope="module")
def sure(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sure")
    assert run([*TRAIN, "--out", str(folder / "run")]) == 0
    model = folder / "sure.safetensors"
    assert run(["uncertainty", str(folder / "run"), "--data", "water", "--out", str(model)]) == 0
    return model


def test_the_verb_writes_a_model_and_says_what_it_has(qffc, sure, tmp_path):
    code, out, _ = qffc("uncertainty", sure, "--data", "water", "--out", tmp_path / "again.safetensors", "--json")
    assert code == 0
    told = json.loads(out)
    assert (told["heads"], told["file"]) == (16, str(tmp_path / "again.safetensors"))
    assert told["energy_factor"] > 0
    assert told["force_factor"] > 0


def test_other_data_than_those_of_the_training_are_refused(qffc, sure, tmp_path):
    code, _, err = qffc("uncertainty", sure, "--data", "ammonia", "--out", tmp_path / "no.safetensors")
    assert code == 2
    assert "uncertainty from data that the model was not trained on" in err
    assert not (tmp_path / "no.safetensors").exists()


def test_evaluation_card_and_report_tell_the_coverage(qffc, sure, tmp_path):
    code, out, _ = qffc("eval", sure, "--data", "water", "--json")
    assert code == 0
    told = json.loads(out)["errors"]["model"]["calibration"]
    within = f"{told['energy_within_one']:.0%}", f"{told['energy_within_two']:.0%}"
    code, out, _ = qffc("eval", sure, "--data", "water")
    line = next(line for line in out.splitlines() if line.startswith("energies"))
    assert tuple(line.split()[1:3]) == within
    code, out, _ = qffc("card", sure, "--data", "water")
    assert code == 0
    assert f"| water | energies | {within[0]} | {within[1]} |" in out
    page = tmp_path / "report.html"
    assert qffc("report", sure, "--data", "water", "--out", page)[0] == 0
    assert "How sure the model is" in page.read_text()
    assert f"<td class=n>{within[0]}</td><td class=n>{within[1]}</td>" in page.read_text()
