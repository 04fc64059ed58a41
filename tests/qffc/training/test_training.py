from __future__ import annotations

import csv

import numpy as np
import pytest

from qffc.data import load_embedded
from qffc.data.baselines import constant_baseline
from qffc.ir.diagnostics import QffcError, QffcWarning
from qffc.library import load
from qffc.models.errors import errors_of
from qffc.models.files.model_file import load_model
from qffc.training.checkpoint import CHECKPOINT_NAME
from qffc.training.config import training_config
from qffc.training.log import COLUMNS, LOG_NAME, read_log
from qffc.training.split import split_of
from qffc.training.trainer import train

WATER = load_embedded("water")
PROGRAM = load("pair", channels=1, depth=1, hidden=(6,))
SMALLER = load("sivqlm-h2o", depth=1)
"""For what does not depend on the program: a step compiles in half of the time."""
SETTINGS = {"train": 20, "validation": 10, "epochs": 8, "batch_size": 5, "evaluate_every": 1}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return folder, train(PROGRAM, WATER, training_config(SETTINGS), folder)


def test_training_learns(whole):
    folder, model = whole
    config = training_config(SETTINGS)
    losses = [row["training_loss"] for row in read_log(folder / LOG_NAME)]
    assert losses[-1] < 0.5 * losses[0]
    test = WATER.subset(split_of(WATER, config).test)
    baseline = constant_baseline(WATER.subset(split_of(WATER, config).train)).predict(test.positions)
    trained = errors_of(*model.predict(test.numbers, test.positions), test)
    assert trained.force_mae < errors_of(*baseline, test).force_mae


def test_a_killed_run_gives_the_same_bits(whole, tmp_path):
    folder, model = whole

    class Killed(Exception):
        pass

    def kill(progress):
        if progress.epoch == 2:
            raise Killed

    config = training_config(SETTINGS)
    with pytest.raises(Killed):
        train(PROGRAM, WATER, config, tmp_path, report=kill)
    assert not (tmp_path / "model.safetensors").exists()
    resumed = train(PROGRAM, WATER, config, tmp_path)
    for name, value in model.arrays.items():
        np.testing.assert_array_equal(resumed.arrays[name], value)
    assert [row["epoch"] for row in read_log(tmp_path / LOG_NAME)] == list(range(1, 9))
    for name in ("model.safetensors", LOG_NAME):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.slow
def test_32_bits_train_to_the_same_model_and_resume_to_the_bit(whole, tmp_path):
    _, model = whole
    config = training_config(SETTINGS | {"precision": 32})
    straight = train(PROGRAM, WATER, config, tmp_path / "straight")
    train(PROGRAM, WATER, config, tmp_path / "pieces", stop_after=2)
    pieces = train(PROGRAM, WATER, config, tmp_path / "pieces")
    for name, value in model.arrays.items():
        assert straight.arrays[name].dtype == np.float64
        np.testing.assert_array_equal(pieces.arrays[name], straight.arrays[name])
        np.testing.assert_allclose(straight.arrays[name], value, rtol=1e-3, atol=1e-3)
    assert any(np.any(straight.arrays[name] != value) for name, value in model.arrays.items())


def test_rows_after_the_checkpoint_are_dropped(whole, tmp_path):
    config = training_config(SETTINGS)
    train(SMALLER, WATER, config, tmp_path, stop_after=2)
    with (tmp_path / LOG_NAME).open("a") as file:
        file.write("3,0.5,1.0,2.0\n4,0.")
    train(SMALLER, WATER, config, tmp_path, stop_after=3)
    assert [row["epoch"] for row in read_log(tmp_path / LOG_NAME)] == [1, 2, 3]


def test_a_run_that_differs_is_refused_by_name(whole):
    folder, _ = whole
    before = (folder / CHECKPOINT_NAME).read_bytes()
    for change, word in (({"learning_rate": 0.02}, "learning_rate"), ({"seed": 5}, "seed")):
        with pytest.raises(QffcError, match=word):
            train(PROGRAM, WATER, training_config(SETTINGS | change), folder)
    with pytest.raises(QffcError, match="program"):
        train(load("pair", channels=1, depth=2, hidden=(6,)), WATER, training_config(SETTINGS), folder)
    assert (folder / CHECKPOINT_NAME).read_bytes() == before


def test_evaluating_less_often_is_no_difference(whole):
    folder, model = whole
    again = train(PROGRAM, WATER, training_config(SETTINGS | {"evaluate_every": 2}), folder)
    for name, value in model.arrays.items():
        np.testing.assert_array_equal(again.arrays[name], value)


def test_what_a_run_writes(whole):
    folder, model = whole
    assert {path.name for path in folder.iterdir()} == {"checkpoint.safetensors", "log.csv", "model.safetensors"}
    with (folder / LOG_NAME).open() as file:
        assert tuple(next(csv.reader(file))) == COLUMNS
    with pytest.warns(QffcWarning, match="model without a certificate"):
        stored = load_model(folder)
    assert stored.metadata["data_fingerprint"] == WATER.fingerprint
    np.testing.assert_array_equal(stored.arrays["J"], model.arrays["J"])


def test_no_validation_frames_are_fine(tmp_path):
    config = training_config({"train": 6, "validation": 0, "test": 4, "epochs": 1, "batch_size": 10})
    train(SMALLER, WATER, config, tmp_path)
    assert set(read_log(tmp_path / LOG_NAME)[0]) == {"epoch", "training_loss"}


def test_an_empty_log_of_a_killed_run_is_mended(tmp_path):
    config = training_config(SETTINGS)
    train(SMALLER, WATER, config, tmp_path, stop_after=1)
    (tmp_path / LOG_NAME).write_text("")
    (tmp_path / ".checkpoint-abc.safetensors").write_text("left by a killed process")
    train(SMALLER, WATER, config, tmp_path, stop_after=2)
    assert [row["epoch"] for row in read_log(tmp_path / LOG_NAME)] == [2]
    assert not list(tmp_path.glob(".checkpoint-*"))


def test_a_run_that_diverges_stops_and_keeps_its_checkpoint(tmp_path, monkeypatch):
    config = training_config(SETTINGS)
    train(SMALLER, WATER, config, tmp_path, stop_after=2)
    before = (tmp_path / CHECKPOINT_NAME).read_bytes()
    monkeypatch.setattr("qffc.training.trainer._run_epoch", lambda step, state, *_: (state, float("nan")))
    with pytest.raises(QffcError, match="diverged"):
        train(SMALLER, WATER, config, tmp_path)
    assert (tmp_path / CHECKPOINT_NAME).read_bytes() == before


def test_frames_left_open_are_half_of_all():
    assert len(split_of(WATER, training_config({})).train) == 500
    assert len(split_of(WATER.subset(range(60)), training_config({"validation": 10})).train) == 30


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"energy_weight": 0, "force_weight": 0}, "nothing to learn"),
        ({"learning_rate": "inf"}, "learning_rate"),
        ({"epoch": 3}, "unknown setting"),
        ({"epochs": 0}, "epochs"),
        ({"learning_rate": "fast"}, "learning_rate"),
    ],
)
def test_bad_settings_are_refused(values, word):
    with pytest.raises(QffcError, match=word):
        training_config(values)
