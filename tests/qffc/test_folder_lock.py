"""One run works in a folder at a time; what a killed process held is free."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import qffc as qf
from qffc.cli import run
from qffc.folder_lock import LOCK_NAME, lock_of, sole_user
from qffc.ir.diagnostics import QffcError

HOLD = "import sys, time; from pathlib import Path; from qffc.folder_lock import lock_of\n"
HOLD += "lock = lock_of(Path(sys.argv[1])); lock.acquire(); print('held', flush=True); time.sleep(600)"


@pytest.fixture
def holder(tmp_path):
    """Another process that works in the folder ``run``."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "run")], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_run_is_refused_until_the_first_is_killed(holder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tiny = {"train": 4, "validation": 0, "test": 2, "epochs": 1}
    with pytest.raises(QffcError) as caught:
        qf.train("lib:sivqlm-h2o:depth=1", "water", "run", **tiny)
    assert caught.value.diagnostic.title == "folder that another run works in"
    assert "'run'" in caught.value.diagnostic.found
    assert [path.name for path in Path("run").iterdir()] == [LOCK_NAME]
    holder.kill()
    holder.wait()
    with sole_user(Path("run")):
        pass


def test_the_command_refuses_as_well(holder, tmp_path, capsys):
    settings = ["--train", "4", "--validation", "0", "--test", "2", "--epochs", "1"]
    code = run(["train", "lib:sivqlm-h2o:depth=1", "--data", "water", *settings, "--out", str(tmp_path / "run")])
    err = capsys.readouterr().err
    assert code == 2
    assert f"'{tmp_path / 'run'}', where a process is at work" in err
    assert "--out" in err


def test_who_holds_a_folder_may_take_it_again(tmp_path):
    with lock_of(tmp_path), sole_user(tmp_path), lock_of(tmp_path / "." / "../" / tmp_path.name):
        assert lock_of(tmp_path).is_locked
    assert not lock_of(tmp_path).is_locked


def test_a_folder_without_content_does_not_stay(tmp_path):
    (tmp_path / "there").mkdir()
    for folder in (tmp_path / "a" / "b", tmp_path / "there"):
        with pytest.raises(ValueError, match="refused"), sole_user(folder):
            raise ValueError("refused")
    assert not (tmp_path / "a").exists()
    assert (tmp_path / "there").exists()
    with sole_user(tmp_path / "a" / "b"):
        (tmp_path / "a" / "b" / "log.csv").write_text("kept")
    assert (tmp_path / "a" / "b" / "log.csv").exists()
