"""The verb train in several processes."""

from __future__ import annotations

import json
import socket
import subprocess
import sys

import numpy as np
import pytest

from qffc.models.files.model_file import load_model

TRAIN = ["train", "lib:sivqlm-h2o:depth=1", "--data", "water", "--train", "20", "--validation", "4", "--test", "10"]
TRAIN += ["--evaluate-every", "1", "--epochs", "2", "--batch-size", "4"]
CODE = "import sys; from qffc.cli import main; sys.exit(main())"


@pytest.mark.slow
def test_two_processes_write_one_run_and_print_one_result(qffc, tmp_path):
    with socket.socket() as found:
        found.bind(("localhost", 0))
        address = f"localhost:{found.getsockname()[1]}"
    options = [*TRAIN, "--out", str(tmp_path / "two"), "--json", "--coordinator", address, "--processes", "2"]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CODE, *options, "--process-id", str(number)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(2)
    ]
    try:
        (out, err), (other_out, other_err) = (process.communicate(timeout=240) for process in processes)
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0, 0], err + other_err
    assert other_out == ""
    assert "epoch 2/2" in err
    assert "epoch" not in other_err
    code, alone, _ = qffc(*TRAIN, "--out", tmp_path / "one", "--json")
    assert code == 0
    errors = [json.loads(text)["test"]["model"] for text in (out, alone)]
    elements, alone_elements = (each.pop("forces_by_element") for each in errors)
    assert errors[0] == pytest.approx(errors[1], rel=1e-9)
    for element, figures in alone_elements.items():
        assert elements[element] == pytest.approx(figures, rel=1e-9)
    one, two = (load_model(tmp_path / name).arrays for name in ("one", "two"))
    assert all(np.allclose(one[name], two[name], rtol=1e-12, atol=1e-12) for name in one)
    files = [sorted(path.name for path in (tmp_path / name).iterdir()) for name in ("one", "two")]
    assert files[0] == files[1]


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--processes", "2"], "no --coordinator, no --process-id"),
        (["--coordinator", "localhost:1", "--processes", "2"], "no --process-id"),
        (["--coordinator", "localhost", "--processes", "2", "--process-id", "0"], "HOST:PORT"),
    ],
)
def test_processes_that_cannot_meet(qffc, tmp_path, options, word):
    code, _, err = qffc(*TRAIN, "--out", tmp_path / "run", *options)
    assert code == 2
    assert word in err
    assert not (tmp_path / "run").exists()
