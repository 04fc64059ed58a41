from __future__ import annotations

from pathlib import Path

import pytest

from qffc.cli import run

PROGRAM = "lib:sivqlm-h2o:depth=1"
TRAIN = ["train", PROGRAM, "--data", "water", "--train", "20", "--validation", "4", "--test", "10"]
TRAIN += ["--epochs", "2", "--evaluate-every", "1"]


@pytest.fixture
def qffc(capsys):
    """Run a command line; returns exit code, stdout and stderr."""

    def call(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "water"
    assert run([*TRAIN, "--out", str(folder)]) == 0
    return folder
