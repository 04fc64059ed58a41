from __future__ import annotations

import json

import pytest

PROGRAM = "lib:ring:qubits=4,depth=1"


def test_the_terminal_has_the_circuit(qffc):
    code, out, err = qffc("draw", PROGRAM, "--width", "60")
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 60
    assert "in 6 layers" in out.splitlines()[0]
    assert "w[0, 3]" in out
    assert "couplings of the group" in out
    scheduled = qffc("draw", PROGRAM, "-O1", "--width", "60")[1]
    assert "in 5 layers" in scheduled.splitlines()[0]
    assert "couplings of the group" not in scheduled


@pytest.mark.parametrize("name", ["c.svg", "c.png", "c.txt"])
def test_files(qffc, tmp_path, name):
    code, out, err = qffc("draw", PROGRAM, "--out", tmp_path / name)
    assert (code, out, err) == (0, "", f"written to {tmp_path / name}\n")
    assert (tmp_path / name).stat().st_size > 500


def test_json_has_the_layers(qffc):
    data = json.loads(qffc("draw", "lib:sivqlm-lih:depth=1", "--json")[1])
    assert data["layers"][0] == ["singlet H_upper, H_lower"]
    assert data["layers"][2] == ["exchange H_upper, H_lower, J[0]"]
    assert {"sign": "v1", "meaning": "alpha_upper[0]*r(Li, H)"} in data["legend"]
    assert data["drawing"].startswith("sivqlm-lih: 6 operations")


def test_another_kind_of_file_is_refused(qffc, tmp_path):
    code, out, err = qffc("draw", PROGRAM, "--out", tmp_path / "c.jpg")
    assert (code, out) == (2, "")
    assert "drawing of no known kind" in err
