"""The verbs train, eval and config."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import replace

import numpy as np
import pytest

from qffc.cli.settings import template
from qffc.data import load_embedded, write_npz
from qffc.library import load
from qffc.models.files.model_file import load_model, save_model
from qffc.studies import run_from
from qffc.studies.grid import base_run
from qffc.studies.run_file import read_run
from qffc.training import progress
from qffc.training.config import TrainingConfig

PROGRAM = "lib:sivqlm-h2o:depth=1"
TRAIN = ["train", PROGRAM, "--data", "water", "--train", "20", "--validation", "4", "--test", "10"]
TRAIN += ["--evaluate-every", "1"]


def test_files_and_summary(trained):
    names = sorted(path.name for path in trained.iterdir())
    assert names == [
        ".lock",
        "certificate.json",
        "checkpoint.safetensors",
        "log.csv",
        "model.safetensors",
        "summary.json",
    ]
    summary = json.loads((trained / "summary.json").read_text())
    assert set(summary["test"]) == {"model", "constant", "harmonic"}
    assert summary["settings"]["train"] == 20
    assert summary["digest"] == load_model(trained).program.digest


def test_certificate_in_the_folder_belongs_to_the_model(qffc, trained):
    code, out, _ = qffc("check", trained / "certificate.json", "--program", trained)
    assert code == 0
    assert out.startswith("confirmed")


def test_interrupted_run_goes_on_to_the_same_numbers(qffc, trained, tmp_path, monkeypatch):
    folder = tmp_path / "run"
    shown = progress.TrainingProgress.__call__

    def interrupt(self, state):
        shown(self, state)
        raise KeyboardInterrupt

    monkeypatch.setattr(progress.TrainingProgress, "__call__", interrupt)
    code, out, err = qffc(*TRAIN, "--epochs", "2", "--out", folder)
    assert code == 130
    assert out == ""
    assert "holds 1 epoch; the same command goes on from there" in err
    assert not (folder / "model.safetensors").exists()
    monkeypatch.undo()
    code, _, err = qffc(*TRAIN, "--epochs", "2", "--out", folder)
    assert code == 0
    assert err.index("1 of 2 epochs done") < err.index("epoch 2/2")
    a, b = load_model(trained).arrays, load_model(folder).arrays
    assert all(np.array_equal(a[name], b[name]) for name in a)


def test_what_was_tested_of_a_new_program_is_said_once(qffc, tmp_path):
    program = tmp_path / "own.qffc"
    program.write_text(load("sivqlm-h2o", depth=1).text)
    command = ["train", program, *TRAIN[2:], "--epochs", "1", "--out", tmp_path / "run"]
    code, _, err = qffc(*command)
    assert code == 0
    line = "rotation, inversion, translation, exchange hold at 2 frames of 'water', before training, tested in "
    assert err.index(line) < err.index("epoch 1/1")
    code, _, err = qffc(*command)
    assert code == 0
    assert "hold at" not in err


def test_interrupt_before_the_first_checkpoint(qffc, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("qffc.training.trainer._run_epoch", interrupt)
    folder = tmp_path / "run"
    code, _, err = qffc(*TRAIN, "--epochs", "2", "--out", folder)
    assert code == 130
    assert "before the first checkpoint" in err
    assert not folder.exists()


@pytest.mark.parametrize(
    ("options", "title"),
    [
        (["--epochs", "0"], "setting 'epochs'"),
        (["--train", "5000"], "more frames asked for than there are"),
        (["--data", "nothing"], "no such data"),
        (["--units", "rmd17"], "units of an embedded dataset"),
        (["--keys", "energies=E"], "keys for an embedded dataset"),
        (["--keys", "energies"], "keys that cannot be read"),
        (["--out", ""], "no folder for the run"),
        (["--out", " "], "no folder for the run"),
        (["--config", "nothing.toml"], "configuration that cannot be read"),
        (["--data", "ammonia"], "element that the program does not know"),
        (["--split-seed", "x"], "wrong use of the command"),
    ],
)
def test_refused_before_anything_is_written(qffc, tmp_path, monkeypatch, options, title):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "run"
    code, out, err = qffc(*TRAIN, "--out", folder, *options)
    assert code == 2
    assert out == ""
    assert title in err
    assert list(tmp_path.iterdir()) == []


def test_unproven_program_is_refused_with_its_certificate(qffc, tmp_path):
    code, _, err = qffc("train", "lib:water-demo:depth=1", "--data", "water", "--out", tmp_path / "run")
    assert code == 2
    assert "REFUTED" in err
    assert "--unproven" in err
    assert list(tmp_path.iterdir()) == []


def test_folder_that_is_a_file(qffc, tmp_path):
    file = tmp_path / "run"
    file.write_text("mine")
    assert qffc(*TRAIN, "--out", file)[0] == 2
    assert file.read_text() == "mine"


def test_folder_of_another_run(qffc, trained):
    before = {path.name: path.read_bytes() for path in trained.iterdir()}
    code, _, err = qffc(*TRAIN, "--epochs", "2", "--seed", "7", "--out", trained)
    assert code == 2
    assert "another run in this folder" in err
    assert "going on" not in err
    assert {path.name: path.read_bytes() for path in trained.iterdir()} == before


def test_complete_run_says_so(qffc, trained):
    code, _, err = qffc(*TRAIN, "--epochs", "2", "--out", trained)
    assert code == 0
    assert "was complete: 2 of 2 epochs done" in err
    assert "going on" not in err


def test_run_out_of_time_goes_on_to_the_same_numbers(qffc, trained, tmp_path):
    folder = tmp_path / "run"
    code, out, err = qffc(*TRAIN, "--epochs", "2", "--max-minutes", "1e-9", "--out", folder)
    assert code == 75
    assert out == ""
    assert f"max_minutes is over: the checkpoint in {folder} holds 1 epoch of 2" in err
    assert qffc(*TRAIN, "--epochs", "2", "--out", folder)[0] == 0
    a, b = load_model(trained).arrays, load_model(folder).arrays
    assert all(np.array_equal(a[name], b[name]) for name in a)


def test_run_out_of_patience_says_so(qffc, tmp_path):
    options = (*TRAIN, "--epochs", "40", "--patience", "1", "--learning-rate", "0.5", "--out", tmp_path / "run")
    code, _, err = qffc(*options)
    assert code == 0
    last, best = (int(found[1]) for found in map(re.search, (r"after (\d+) epochs", r"of epoch (\d+),"), (err, err)))
    assert last == best + 1 < 40
    code, _, err = qffc(*options)
    assert code == 0
    assert f"was complete: {last} of 40 epochs done" in err


def test_every_setting_is_an_option(qffc):
    _, out, _ = qffc("train", "--help")
    for name in TrainingConfig.model_fields:
        assert f"--{name.replace('_', '-')} " in out


def test_settings_of_words_take_words(qffc):
    """An unknown target is refused as one, not as a number that cannot be read."""
    code, _, err = qffc("train", PROGRAM, "--data", "water", "--noise", "H7-1LE")
    assert code == 2
    assert err.startswith("error: unknown target\n  found:    'H7-1LE'")


def test_options_win_over_the_file(qffc, tmp_path, monkeypatch):
    file = tmp_path / "c.toml"
    file.write_text("train = 10\nvalidation = 0\nepochs = 50\nseed = 3\n")
    seen = []

    def train(*_, config, **__):
        seen.append(config)
        raise KeyboardInterrupt

    monkeypatch.setattr("qffc.toolchain.train", train)
    qffc("train", PROGRAM, "--data", "water", "--config", file, "--epochs", "1", "--out", tmp_path / "run")
    assert seen == [TrainingConfig(train=10, validation=0, epochs=1, seed=3)]


def test_template_is_the_default(qffc, tmp_path):
    code, out, _ = qffc("config", "template")
    assert code == 0
    assert out.rstrip("\n") == template().rstrip("\n")
    assert run_from(tomllib.loads(out)).settings == TrainingConfig()
    file = tmp_path / "c.toml"
    file.write_text(out)
    code, out, _ = qffc("config", "validate", file, "--json")
    assert code == 0
    assert json.loads(out)["settings"] == TrainingConfig().model_dump()


def test_settings_that_the_template_leaves_open_can_be_taken_from_it():
    left_open = [name for name, field in TrainingConfig.model_fields.items() if field.default is None]
    lines = template().splitlines()
    given = [next(line for line in lines if line.startswith(f"# {name} = ")).removeprefix("# ") for name in left_open]
    text = "\n".join(['program = "lib:pair"', 'data = "water"', *given])
    assert run_from(tomllib.loads(text)).settings.noise == "H2-1"


def test_settings_that_are_words_are_options(qffc, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr("qffc.toolchain.train", lambda *_, config, **__: seen.append(config))
    words = ("--noise", "H2-1", "--limits", "off", "--train", "10,20")
    qffc("train", PROGRAM, "--data", "water", *words, "--out", tmp_path / "run")
    assert (seen[0].noise, seen[0].limits, seen[0].train) == ("H2-1", "off", (10, 20))


@pytest.mark.parametrize(
    ("text", "word"), [("epoch = 3", "'epoch'"), ("epochs = 0", "greater than"), ("epochs =", "TOML"), ("[a]", "'a'")]
)
def test_bad_configuration(qffc, tmp_path, text, word):
    file = tmp_path / "c.toml"
    file.write_text(text)
    code, _, err = qffc("config", "validate", file)
    assert code == 2
    assert word in err
    assert str(file) in err


def test_eval(qffc, trained):
    code, out, _ = qffc("eval", trained, "--data", "water")
    assert code == 0
    assert out.startswith("10 frames of water: held out")
    assert "harmonic" in out


def test_eval_of_several_models_judges_their_mean(qffc, trained, tmp_path):
    model = load_model(trained)
    arrays = {name: value * 1.1 if name == "J" else value for name, value in model.arrays.items()}
    other = tmp_path / "other.safetensors"
    save_model(replace(model, arrays=arrays), other)
    code, out, _ = qffc("eval", trained, other, "--data", "water")
    assert code == 0
    assert out.startswith("10 frames of water: held out")
    assert all(word in out for word in ("member 1", "member 2", "harmonic", "the mean of 2 members"))
    found = json.loads(qffc("eval", trained, other, "--data", "water", "--json")[1])
    alone = json.loads(qffc("eval", other, "--data", "water", "--json")[1])
    assert found["errors"]["member 2"]["force_mae_meV_per_Angstrom"] == pytest.approx(
        alone["errors"]["model"]["force_mae_meV_per_Angstrom"]
    )
    assert found["deviations"]["force_rms_meV_per_Angstrom"] > 0
    assert "deviations" not in alone
    code, _, err = qffc("eval", trained, trained, "--data", "water")
    assert code == 2
    assert "the same model twice" in err


@pytest.mark.parametrize(("limit", "code"), [("0", 1), ("1e9", 0)])
@pytest.mark.parametrize("option", ["--max-energy-mae", "--max-force-mae"])
def test_eval_with_a_limit(qffc, trained, option, limit, code):
    found, out, _ = qffc("eval", trained, "--data", "water", option, limit, "--json")
    assert found == code
    assert bool(json.loads(out)["exceeded"]) == bool(code)


def test_eval_on_other_data(qffc, trained, tmp_path):
    file = tmp_path / "few.npz"
    write_npz(load_embedded("water").subset(range(6)), file)
    code, out, _ = qffc("eval", trained, "--data", file)
    assert code == 0
    assert "the fingerprints differ" in out
    assert "constant" not in out
    code, _, err = qffc("eval", trained, "--data", file, "--split", "test")
    assert code == 2
    assert "no test frames" in err


def test_eval_of_a_file_with_other_keys(qffc, trained, tmp_path):
    water = load_embedded("water").subset(range(6))
    write_npz(water, tmp_path / "few.npz")
    file = tmp_path / "renamed.npz"
    arrays = {"z": water.numbers, "xyz": water.positions, "E_dft": water.energies, "F": water.forces}
    np.savez(file, **arrays)
    code, _, err = qffc("eval", trained, "--data", file, "--units", "ase")
    assert code == 2
    assert "--keys positions=..." in err
    named = qffc("eval", trained, "--data", file, "--units", "ase", "--keys", "positions=xyz, energies=E_dft", "--json")
    usual = qffc("eval", trained, "--data", tmp_path / "few.npz", "--json")
    assert named[0] == usual[0] == 0
    assert json.loads(named[1])["errors"] == json.loads(usual[1])["errors"]


@pytest.mark.parametrize("keys", ["", "energies", "energies=", "=E", "energies=E,energies=F", "energies=E,"])
def test_keys_that_cannot_be_read(qffc, trained, keys):
    code, _, err = qffc("eval", trained, "--data", "water", "--keys", keys)
    assert code == 2
    assert "keys that cannot be read" in err
    assert f"--keys '{keys}'" in err


def test_eval_of_all_frames_says_so(qffc, trained):
    code, out, _ = qffc("eval", trained, "--data", "water", "--split", "all", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["note"].startswith("all of them, 20 training frames included")
    assert (found["frames"], found["seen"], found["left_out"]) == (1000, 20, 0)


def test_eval_leaves_training_frames_out_whatever_the_file(qffc, trained, tmp_path):
    water, rows = load_embedded("water"), np.random.default_rng(0).permutation(100)
    arrays = {"z": water.numbers, "R": water.positions[rows].astype(np.float32), "F": water.forces[rows]}
    np.savez(tmp_path / "again.npz", E=water.energies[rows], **arrays)
    again = ["eval", trained, "--data", tmp_path / "again.npz", "--units", "ase"]
    seen = sum(row < 100 for row in water.split(train=20, validation=4, test=10).train)
    code, out, _ = qffc(*again)
    assert code == 0
    assert out.startswith(
        f"{100 - seen} frames of again: new to the model; {seen} more, which it was trained on, left out; no baselines"
    )
    code, out, _ = qffc(*again, "--split", "all")
    assert out.startswith(f"100 frames of again: the model was trained on {seen} of them; no baselines")


def test_eval_of_what_is_no_model(qffc, tmp_path):
    code, _, err = qffc("eval", tmp_path, "--data", "water")
    assert code == 2
    assert "no such model" in err


def test_folder_below_a_file_is_refused_before_the_first_epoch(qffc, tmp_path):
    (tmp_path / "file").write_text("mine")
    for place in ("file", "file/below", "file/below/deeper"):
        code, out, err = qffc(*TRAIN, "--out", tmp_path / place)
        assert code == 2
        assert out == ""
        assert "no folder for the run" in err
        assert "epoch" not in err
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.slow  # models of the tests' own are trained on in several files
def test_a_model_that_comes_with_qffc_is_trained_on(qffc, tmp_path):
    """In the place of the program and of the start."""
    short = ["--data", "water", "--train", 2, "--validation", 0, "--test", 1, "--epochs", 1]
    code, _, err = qffc("train", "trained:water", *short, "--start-from", "trained:water", "--out", tmp_path / "one")
    assert code == 0, err


def test_a_run_file_names_a_model_that_comes_with_qffc(qffc, tmp_path):
    file = tmp_path / "run.toml"
    file.write_text(
        'program = "trained:water"\nstart_from = "trained:water"\ndata = "water"\nout = "two"\n'
        "train = 2\nvalidation = 0\ntest = 1\nepochs = 1\n"
    )
    code, out, err = qffc("config", "validate", file)
    assert (code, "start_from = trained:water" in out) == (0, True), err
    run = base_run(read_run(file))
    assert (run.program, run.start_from) == ("trained:water", "trained:water")
