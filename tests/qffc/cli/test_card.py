from __future__ import annotations

import json
import re
import shlex

import numpy as np

from qffc.models.files.model_file import load_model


def test_the_command_on_the_card_makes_the_model_again(qffc, trained, tmp_path):
    card = tmp_path / "card.md"
    assert qffc("card", trained, "--data", "water", "--out", card)[0] == 0
    words = shlex.split(re.search(r"```sh\nqffc (.*)\n```", card.read_text())[1])
    assert qffc(*words, "--out", tmp_path / "again")[0] == 0
    again, first = load_model(tmp_path / "again"), load_model(trained)
    assert again.metadata == first.metadata
    assert all(np.array_equal(value, first.arrays[name]) for name, value in again.arrays.items())


def test_a_card_tells_errors_split_and_proof(qffc, trained):
    code, text, _ = qffc("card", trained, "--data", "water", "--name", "mine")
    assert code == 0
    assert text.startswith("# mine\n")
    table = qffc("eval", trained, "--data", "water")[1]
    mae = re.search(r"^model +(\S+)", table, re.MULTILINE)[1]
    assert f"| model | {mae} |" in text
    assert "seed 0: 20 training frames, 4 watched" in text
    assert "rotation, inversion, translation, exchange: proven" in text


def test_a_card_as_plain_data(qffc, trained, tmp_path):
    code, out, _ = qffc("card", trained, "--data", "water", "--json")
    entry = json.loads(out)
    assert code == 0
    assert qffc("card", trained, "--data", "water")[1].rstrip() == entry["card"].rstrip()
    assert entry["data"][0]["name"] == "water"
    assert entry["settings"]["train"] == 20
    assert entry["command"].startswith("qffc train lib:sivqlm-h2o:depth=1 --data water --train 20")
    assert entry["tests"]["water"]["errors"]["model"]["energy_mae_meV"] > 0


def test_what_energies_take_on_a_device(qffc, trained):
    code, out, _ = qffc("eval", trained, "--data", "water", "--shots", "--json")
    need = json.loads(out)["errors"]["model"]["shots"]
    assert code == 0
    assert need["shots_least"] <= need["shots_median"] <= need["shots_most"]
    assert need["target"] == "H2-1LE"
    text = qffc("card", trained, "--data", "water", "--shots")[1]
    assert (
        f"| water | {need['circuits']} | {need['shots_median']:.3g} | {need['price_HQC']:.4g} | "
        f"{need['measured_share']:.0%} |\n" in text
    )
    assert "## On a device" not in qffc("card", trained, "--data", "water")[1]
