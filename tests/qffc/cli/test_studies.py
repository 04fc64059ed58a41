"""Run files, and the verbs curve, sweep, search and diagnose."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path

import pytest

from qffc.data import load_embedded, write_npz

SETTINGS = "train = 20\nvalidation = 4\ntest = 10\nepochs = 2\nevaluate_every = 1\n"
RUN = f'program = "lib:sivqlm-h2o:depth=1"\ndata = "water"\n{SETTINGS}'
OPTIONS = ["--validation", "4", "--test", "10", "--epochs", "2", "--evaluate-every", "1"]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine" / "run.toml"
    path.parent.mkdir()
    path.write_text(RUN)
    return path


def test_train_takes_a_run_file(qffc, file, trained):
    code, out, err = qffc("train", file, "--json")
    assert code == 0
    folder = file.parent / "runs" / "run"
    assert f"model written to {folder}" in err
    assert json.loads(out)["test"] == json.loads((trained / "summary.json").read_text())["test"]
    assert "was complete" in qffc("train", file)[2]


def test_options_win_over_the_run_file(qffc, file, tmp_path):
    out = tmp_path / "elsewhere"
    code, _, err = qffc("train", file, "--epochs", "1", "--out", out)
    assert code == 0
    assert "epoch 1/1" in err
    assert (out / "model.safetensors").exists()
    code, _, err = qffc(
        "train", "lib:sivqlm-h2o:depth=2", "--config", file, "--epochs", "1", "--out", tmp_path / "other"
    )
    assert code == 0
    assert json.loads((tmp_path / "other" / "summary.json").read_text())["settings"]["train"] == 20


def test_data_of_the_file_are_beside_it(qffc, file, tmp_path):
    write_npz(load_embedded("water").subset(range(40)), file.parent / "few.npz")
    file.write_text(RUN.replace('"water"', '"few.npz"'))
    assert qffc("train", file)[0] == 0
    code, out, _ = qffc("config", "validate", file)
    assert code == 0
    assert f"data = {file.parent / 'few.npz'}" in out.splitlines()


@pytest.mark.parametrize(
    ("arguments", "title"),
    [
        (["train", "lib:pair"], "run without data"),
        (["train", "nothing.toml"], "configuration that cannot be read"),
        (["curve", "lib:pair", "--data", "water"], "setting 'sizes'"),
        (["curve", "lib:pair", "--data", "water", "--sizes", "5,x"], "setting 'sizes.1'"),
        (["curve", "lib:pair", "--data", "water", "--sizes", "5", "--train", "3"], "one size for a learning curve"),
    ],
)
def test_refusals(qffc, tmp_path, monkeypatch, arguments, title):
    monkeypatch.chdir(tmp_path)
    code, out, err = qffc(*arguments)
    assert (code, out) == (2, "")
    assert title in err
    assert list(tmp_path.iterdir()) == []


def test_two_files(qffc, file):
    code, _, err = qffc("train", file, "--config", file)
    assert code == 2
    assert "two files for a run" in err


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ('program = "lib:pear"', "unknown library program"),
        ('data = "nothing.npz"', "no such data"),
        ("[sweep]\nepochs = [1, 0]", "setting 'epochs'"),
    ],
)
def test_validate_looks_at_program_and_data(qffc, file, line, title):
    name = line.partition(" ")[0]
    kept = "".join(row for row in RUN.splitlines(keepends=True) if not row.startswith(f"{name} "))
    file.write_text(f"{line}\n{kept}" if "[" not in line else f"{RUN}\n{line}\n")
    code, _, err = qffc("config", "validate", file)
    assert code == 2
    assert title in err


def test_template_runs_as_it_is(qffc, tmp_path):
    _, out, _ = qffc("config", "template")
    file = tmp_path / "run.toml"
    file.write_text(out)
    assert qffc("config", "validate", file)[0] == 0
    # So does what it shows of studies.
    file.write_text(
        out + "\n".join(line.removeprefix("# ") for line in out.partition("howto-studies.md.\n")[2].splitlines())
    )
    assert qffc("config", "validate", file)[0] == 0
    assert set(tomllib.loads(file.read_text())) >= {"curve", "sweep", "search", "cluster"}


def test_curve(qffc, tmp_path):
    options = ["--data", "water", "--sizes", "5,20", *OPTIONS, "--out", tmp_path / "curve"]
    code, out, err = qffc("curve", "lib:sivqlm-h2o:depth=1", *options)
    assert code == 0
    assert "2/2  train=20 split_seed=0 seed=0: energy" in err
    assert "force MAE (meV/Å) falls as N^-b with b = " in out
    code, out, err = qffc("curve", "lib:sivqlm-h2o:depth=1", *options, "--json")
    assert "was complete" in err
    assert set(json.loads(out)["fits"]) == {"energy_mae", "force_mae"}


def test_sweep(qffc, file):
    code, _, err = qffc("sweep", file)
    assert code == 2
    assert "nothing to sweep over" in err
    file.write_text(RUN + "[sweep]\nseed = [0, 1]\nprogram.depth = [1]\n")
    code, out, _ = qffc("sweep", file)
    assert code == 0
    assert out.splitlines()[0].split()[:2] == ["program.depth", "runs"]
    assert out.count("±") == 2
    folder = file.parent / "runs" / "run-sweep"
    assert len(json.loads((folder / "sweep.json").read_text())["runs"]) == 2
    assert len((folder / "sweep.csv").read_text().splitlines()) == 3


def test_sweep_with_a_run_that_fails(qffc, file):
    file.write_text(RUN + "[sweep]\ntrain = [20, 5000]\n")
    code, out, err = qffc("sweep", file)
    assert code == 1
    assert "failed" in err
    assert "more frames asked for than there are" in err
    assert out.splitlines()[1].split()[0] == "20"


def test_stopped_study_goes_on(qffc, file, monkeypatch):
    file.write_text(RUN + "[sweep]\nseed = [0]\n")

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("qffc.studies.study.do_run", interrupt)
    code, out, err = qffc("sweep", file)
    assert (code, out) == (130, "")
    assert "the same command goes on" in err
    monkeypatch.undo()
    assert qffc("sweep", file)[0] == 0


def test_search(qffc, file):
    code, _, err = qffc("search", file)
    assert code == 2
    assert "nothing to search over" in err
    file.write_text(
        RUN + "[search]\ntrials = 5\n[search.space]\nlearning_rate = {low = 0.001, high = 0.1, log = true}\n"
    )
    code, out, err = qffc("search", file, "--trials", "2")
    assert code == 0
    assert "2/2  trial-0001" in err
    assert "its errors on 10 test frames" in out
    assert Path(out.partition("best: ")[2].splitlines()[0], "model.safetensors").exists()


def test_diagnose_a_family(qffc, tmp_path):
    plot = tmp_path / "plot.png"
    code, out, err = qffc("diagnose", "lib:ring:qubits=4..6,depth=1", "--draws", "20", "--plot", plot)
    assert code == 0
    assert "left out: qubits=5" in err
    assert "two points, any law fits them" in out
    assert plot.stat().st_size > 1000


def test_diagnose_a_model(qffc, trained, tmp_path):
    code, out, _ = qffc(
        "diagnose", trained, "--frames", "4", "--draws", "10", "--json", "--plot", tmp_path / "plot.svg"
    )
    assert code == 0
    found = json.loads(out)
    assert found["data"]["trained"]
    assert found["data"]["learned_from"] == 20
    assert any("effective dimension" in word for word in found["words"])
    # Without the data that it was trained on, the circuit alone.
    moved = tmp_path / "moved"
    shutil.copytree(trained, moved)
    assert json.loads(qffc("diagnose", moved, "--draws", "4", "--frames", "2", "--json")[1])["data"]["frames"] == 2


def test_diagnose_nothing(qffc):
    code, _, err = qffc("diagnose", "lib:ring:qubits=5,7")
    assert code == 2
    assert "number of qubits" in err
