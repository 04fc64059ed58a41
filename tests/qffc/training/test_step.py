"""A step in pieces, and the learning rate over the steps."""

from __future__ import annotations

import json

import jax
import numpy as np
import pytest

from qffc.data import load_embedded
from qffc.ir.diagnostics import QffcError, QffcWarning
from qffc.library import load
from qffc.models.files.array_file import read_arrays, write_arrays
from qffc.models.files.model_file import load_model
from qffc.training.checkpoint import CHECKPOINT_NAME
from qffc.training.config import TrainingConfig, settled, training_config
from qffc.training.log import LOG_NAME, read_log
from qffc.training.schedule import rate_of, warmup_steps
from qffc.training.trainer import train

WATER = load_embedded("water")
PROGRAM = load("sivqlm-h2o", depth=1)
LATER = ("accumulate", "schedule", "warmup", "patience", "max_minutes")
SETTINGS = {"train": 18, "validation": 5, "epochs": 2, "batch_size": 6, "evaluate_every": 1}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return folder, train(PROGRAM, WATER, training_config(SETTINGS), folder)


def test_a_step_in_pieces_is_the_step_of_the_batch_in_one(whole, tmp_path):
    folder, once = whole
    model = train(PROGRAM, WATER, training_config(SETTINGS | {"accumulate": 3}), tmp_path)
    for name, value in once.arrays.items():
        np.testing.assert_allclose(model.arrays[name], value, rtol=1e-10, atol=1e-12)
    losses = [[row["training_loss"] for row in read_log(run / LOG_NAME)] for run in (tmp_path, folder)]
    np.testing.assert_allclose(*losses)


def test_pieces_resume_to_the_bit(tmp_path):
    config = training_config(SETTINGS | {"accumulate": 3, "schedule": "exponential", "warmup": 0.2})
    whole = train(PROGRAM, WATER, config, tmp_path / "whole")
    train(PROGRAM, WATER, config, tmp_path / "parts", stop_after=1)
    parts = train(PROGRAM, WATER, config, tmp_path / "parts")
    for name, value in whole.arrays.items():
        np.testing.assert_array_equal(parts.arrays[name], value)
    with pytest.warns(QffcWarning, match="model without a certificate"):
        stored = load_model(tmp_path / "parts")
    assert TrainingConfig.model_validate_json(stored.metadata["config"]) == settled(config)


def test_a_run_from_before_a_setting_goes_on(whole, tmp_path):
    config, (_, once) = training_config(SETTINGS), whole
    train(PROGRAM, WATER, config, tmp_path / "parts", stop_after=1)
    file = tmp_path / "parts" / CHECKPOINT_NAME
    arrays, header = read_arrays(file, "checkpoint", 3)
    earlier = {key: value for key, value in json.loads(header["identity"]).items() if key not in LATER}
    header = {key: value for key, value in header.items() if not key.startswith("qffc_")}
    header = {key: value for key, value in header.items() if key not in ("stages", "metadata")}
    write_arrays(file, "checkpoint", 1, arrays, header | {"identity": json.dumps(earlier)})
    with pytest.raises(QffcError, match="accumulate = 3"):
        train(PROGRAM, WATER, training_config(SETTINGS | {"accumulate": 3}), tmp_path / "parts")
    parts = train(PROGRAM, WATER, config, tmp_path / "parts")
    for name, value in once.arrays.items():
        np.testing.assert_array_equal(parts.arrays[name], value)


def test_fewer_frames_than_a_batch_that_do_not_divide(tmp_path):
    config = training_config(SETTINGS | {"train": 4, "accumulate": 3})
    with pytest.raises(QffcError, match="4 frames in a batch, for 3 pieces"):
        train(PROGRAM, WATER, config, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("schedule", "half", "last"),
    [("cosine", 0.0055, 0.001), ("linear", 0.0055, 0.001), ("exponential", 0.01 * 0.1**0.5, 0.001)],
)
def test_schedules_fall_to_the_final_rate(schedule, half, last):
    rate = rate_of(TrainingConfig(learning_rate=0.01, final_rate=0.1, schedule=schedule), 100)
    np.testing.assert_allclose([rate(step) for step in (0, 50, 100)], [0.01, half, last], rtol=1e-6)


def test_a_constant_rate_stays():
    rate = rate_of(TrainingConfig(learning_rate=0.01, final_rate=0.1, schedule="constant"), 100)
    assert float(rate(0)) == float(rate(99)) == 0.01


@pytest.mark.parametrize(("warmup", "steps"), [(0, 0), (0.25, 50), (7, 7), (900, 200)])
def test_warmup_rises_and_joins_the_schedule(warmup, steps):
    config = TrainingConfig(learning_rate=0.01, final_rate=0, warmup=warmup)
    assert warmup_steps(config, 200) == steps
    with jax.numpy_dtype_promotion("standard"):  # as in a step
        rate = jax.vmap(rate_of(config, 200))(np.arange(201))
    assert np.all(np.diff(rate[: steps + 1]) > 0)
    assert np.all(np.diff(rate[steps:]) < 0)
    np.testing.assert_allclose(rate[steps], 0.01, rtol=1e-6)
    np.testing.assert_allclose(rate[0], 0.01 / (steps + 1), rtol=1e-6)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"batch_size": 5, "accumulate": 2}, ("setting 'accumulate'", "divisor of the batch_size, which is 5")),
        ({"schedule": "exponential", "final_rate": 0}, ("setting 'final_rate'", "above 0")),
        ({"schedule": "cosinus"}, ("setting 'schedule'", "'cosine'")),
        ({"warmup": -1}, ("setting 'warmup'", "greater than or equal to 0")),
    ],
)
def test_settings_that_do_not_fit(values, words):
    with pytest.raises(QffcError) as refusal:
        training_config(values)
    assert all(word in str(refusal.value) for word in words)
