"""Frames in cells through the verbs: data, train, eval, predict, report."""

from __future__ import annotations

import json

import numpy as np
import pytest
from ase.io import read as ase_read
from crystals import copper

from qffc.data import read
from qffc.data.conversion import write_data

PROGRAM = "lib:gathered:species=Cu,channels=1,depth=1,rounds=1,vectors=0,hidden=4,cutoff=3.0"


def test_cells_go_through_all_verbs(qffc, tmp_path):
    file, other, run = tmp_path / "cu.xyz", tmp_path / "cu.db", tmp_path / "run"
    write_data([copper(8)], file)
    code, out, _ = qffc("data", "info", file, "--json")
    (told,) = json.loads(out)["files"]
    assert code == 0
    assert told["cells"]["frames"] == 8
    assert told["cells"]["periodic"] == ["TTT"]
    assert told["verdict"] != "wrong"
    code, out, _ = qffc("data", "info", file)
    assert "stresses" in out
    assert "periodic T T T" in out
    assert qffc("data", "convert", file, other)[0] == 0
    assert read(other).fingerprint == copper(8).fingerprint
    assert qffc("data", "split", other, "--out", tmp_path / "parts", "--train", "5", "--test", "3")[0] == 0
    assert read(tmp_path / "parts" / "train.npz").stresses.shape == (5, 3, 3)
    sizes = ["--train", "4", "--validation", "2", "--test", "2", "--epochs", "1", "--limits", "off"]
    code, _, err = qffc("train", PROGRAM, "--data", file, *sizes, "--stress-weight", "10", "--out", run)
    assert code == 0
    assert "meV/Å³" in err
    assert "not trained on" not in err
    code, out, _ = qffc("eval", run, "--data", other)
    assert code == 0
    assert "stress MAE" in out
    assert "harmonic" not in out
    code, out, _ = qffc("eval", run, "--data", file, "--json")
    errors = json.loads(out)["errors"]
    assert qffc("predict", run, "--geometry", file, "--out", tmp_path / "said.xyz")[0] == 0
    said = ase_read(tmp_path / "said.xyz", ":")
    rows = copper(8).split(train=4, validation=2, test=2).test
    off = [np.abs(said[row].get_stress(voigt=False) - copper(8).stresses[row]).mean() for row in rows]
    assert errors["model"]["stress_mae_meV_per_Angstrom3"] == pytest.approx(1e3 * np.mean(off))
    assert "reference_stress" in said[0].info
    page = tmp_path / "report.html"
    code, _, err = qffc("report", run, "--data", file, "--out", page)
    assert code == 0
    assert "go to no device" in err
    assert "stress component" in page.read_text()
    code, out, _ = qffc("card", run, "--data", file)
    assert "stress MAE, meV/Å³" in out
