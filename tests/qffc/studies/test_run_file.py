"""Run files: what they hold, what they refuse, where their paths start."""

from __future__ import annotations

from pathlib import Path

import pytest

from qffc.data import load_embedded, write_npz
from qffc.ir.diagnostics import QffcError
from qffc.studies import read_run, run_from
from qffc.studies.grid import base_run
from qffc.training.config import TrainingConfig


def test_settings_stand_beside_program_and_data():
    run = run_from({"program": "lib:pair", "data": ["water"], "epochs": 7, "learning_rate": 0.01})
    assert run.program == "lib:pair"
    assert [each.file for each in run.data] == ["water"]
    assert run.settings == TrainingConfig(epochs=7, learning_rate=0.01)


def test_paths_start_at_the_folder_of_the_file(tmp_path):
    file = tmp_path / "deep" / "run.toml"
    file.parent.mkdir()
    file.write_text('program = "mine.py:ansatz:depth=2"\ndata = "../frames.npz"\nout = "here"\n')
    run = read_run(file)
    assert run.program == f"{tmp_path}/deep/mine.py:ansatz:depth=2"
    assert run.data[0].file == f"{tmp_path}/deep/../frames.npz"
    assert run.out == f"{tmp_path}/deep/here"


def test_default_folder_has_the_name_of_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("first.toml").write_text('program = "lib:pair"\ndata = "water"\n')
    run = read_run(Path("first.toml"))
    assert (run.out, run.program, run.data[0].file) == ("runs/first", "lib:pair", "water")


def test_several_files_with_units_of_their_own(tmp_path):
    write_npz(load_embedded("water").subset(range(3)), tmp_path / "few.npz")
    run = run_from({"units": "ase", "data": [{"file": "a.npz", "units": "rmd17"}, "b.npz"], "keys": {"energies": "E"}})
    assert [(each.units, each.keys) for each in run.sources()] == [
        ("rmd17", {"energies": "E"}),
        ("ase", {"energies": "E"}),
    ]
    alone = run_from({"data": str(tmp_path / "few.npz")})
    assert len(alone.data[0].load()) == 3


@pytest.mark.parametrize(
    ("values", "title"),
    [
        ({"epoch": 3}, "unknown setting"),
        ({"settings": {}}, "unknown setting"),
        ({"epochs": 0}, "setting 'epochs'"),
        ({"program": 3}, "setting 'program'"),
        ({"data": {"path": "x"}}, "setting 'data.0.file'"),
        ({"data": {"file": "x", "unit": "ase"}}, "unknown setting 'data.0.unit'"),
        ({"curve": {"sizes": []}}, "setting 'curve.sizes'"),
        ({"curve": {"sizes": [3], "split": 3}}, "unknown setting 'splits'"),
        ({"search": {"space": {"seed": [3]}, "prun": True}}, "unknown setting 'space'"),
        ({"sweep": {}}, "setting 'sweep'"),
        ({"sweep": {"epoch": [1]}}, "setting 'sweep'"),
        ({"sweep": {"seed": []}}, "setting 'sweep.settings.seed'"),
        ({"search": {"trials": 3}}, "setting 'search'"),
        ({"search": {"space": {"program": ["lib:pair"]}}}, "setting 'search'"),
        ({"search": {"space": {"learning_rat": [1, 2]}}}, "setting 'search'"),
        ({"cluster": {"scheduler": "tcp://a:1", "workers": 3}}, "setting 'cluster'"),
    ],
)
def test_refusals(values, title):
    with pytest.raises(QffcError) as caught:
        run_from(values)
    words = title.split(" '")
    assert caught.value.diagnostic.title.startswith(words[0])
    assert all(word.rstrip("'") in caught.value.diagnostic.render() for word in words)


def test_a_mistake_names_its_file(tmp_path):
    file = tmp_path / "run.toml"
    file.write_text("epoch = 3")
    with pytest.raises(QffcError) as caught:
        read_run(file)
    assert caught.value.diagnostic.where == str(file)


@pytest.mark.parametrize(
    ("values", "title"), [({}, "run without a program"), ({"program": "lib:pair"}, "run without data")]
)
def test_a_run_needs_program_and_data(values, title):
    with pytest.raises(QffcError) as caught:
        base_run(run_from(values))
    assert caught.value.diagnostic.title == title
