"""Runs that end before their last epoch: out of patience, or out of time."""

from __future__ import annotations

import numpy as np
import pytest

from qffc.data import load_embedded
from qffc.ir.diagnostics import QffcError, QffcWarning
from qffc.library import load
from qffc.models.files.model_file import load_model
from qffc.training.config import training_config
from qffc.training.log import COLUMNS, LOG_NAME, append_row, read_log, trim_log
from qffc.training.stopping import EPOCH, EPOCHS_DONE, Clock, after_evaluation, ended_early, is_paused, objective_of
from qffc.training.trainer import train

WATER = load_embedded("water")
PROGRAM = load("sivqlm-h2o", depth=1)
# Steps so large that the errors go up and down.
SETTINGS = {"train": 10, "validation": 10, "epochs": 40, "evaluate_every": 2, "learning_rate": 0.3}
SETTINGS |= {"schedule": "constant", "ema_decay": 0.0}
PATIENT = SETTINGS | {"patience": 2}


@pytest.fixture(scope="module")
def early(tmp_path_factory):
    folder = tmp_path_factory.mktemp("early")
    return folder, train(PROGRAM, WATER, training_config(PATIENT), folder)


def scores(folder):
    rows = [row for row in read_log(folder / LOG_NAME) if row["epoch"] % 2 == 0]
    names = ("validation_energy_mae_meV", "validation_force_mae_meV_per_Angstrom")
    return {int(row["epoch"]): objective_of(row[names[0]], row[names[1]], 0.5) for row in rows}


def same(one, other):
    for name, value in one.arrays.items():
        np.testing.assert_array_equal(other.arrays[name], value)


def test_a_run_ends_when_it_does_not_get_better(early):
    folder, model = early
    found = scores(folder)
    best, last = min(found, key=found.__getitem__), max(found)
    assert last < 40
    assert last - best == 4  # two evaluations
    assert (model.metadata[EPOCH], model.metadata[EPOCHS_DONE]) == (str(best), str(last))
    assert ended_early(model, training_config(PATIENT))
    assert read_log(folder / LOG_NAME)[-1]["best_epoch"] == best
    with pytest.warns(QffcWarning, match="model without a certificate"):
        same(model, load_model(folder))


def test_the_model_is_the_best_one(early, tmp_path):
    _, model = early
    shorter = SETTINGS | {"epochs": int(model.metadata[EPOCH])}
    same(model, train(PROGRAM, WATER, training_config(shorter), tmp_path))


def test_pieces_count_as_the_whole_run_does(early, tmp_path):
    folder, model = early
    config = training_config(PATIENT)
    # After an odd epoch there is an evaluation that the whole run does not have.
    for epochs in (1, 3, int(model.metadata[EPOCH]) + 1, None):
        pieces = train(PROGRAM, WATER, config, tmp_path, stop_after=epochs)
        assert is_paused(pieces) == (epochs is not None)
    same(model, pieces)
    assert scores(tmp_path) == scores(folder)


def test_a_run_that_ended_stays_and_goes_on_with_more_patience(early, tmp_path):
    _, model = early
    config = training_config(PATIENT)
    train(PROGRAM, WATER, config, tmp_path)
    seen = []
    same(model, train(PROGRAM, WATER, config, tmp_path, report=seen.append))
    assert seen == []
    longer = int(model.metadata[EPOCHS_DONE]) + 1
    train(PROGRAM, WATER, training_config(PATIENT | {"patience": 9}), tmp_path, report=seen.append, stop_after=longer)
    assert [progress.epoch for progress in seen] == [longer]


@pytest.mark.parametrize(("change", "word"), [({"patience": None}, "patience"), ({"evaluate_every": 1}, "evaluate")])
def test_what_the_count_rests_on_may_not_change(early, change, word):
    folder, _ = early
    with pytest.raises(QffcError, match=word):
        train(PROGRAM, WATER, training_config(PATIENT | change), folder)


def test_a_run_without_time_does_an_epoch_at_once(tmp_path):
    config = training_config({"train": 10, "validation": 4, "epochs": 3})
    hurried = config.model_copy(update={"max_minutes": 1e-9})
    whole = train(PROGRAM, WATER, config, tmp_path / "whole")
    for done in (1, 2, 3):
        model = train(PROGRAM, WATER, hurried, tmp_path / "parts")
        assert model.metadata[EPOCHS_DONE] == str(done)
        assert is_paused(model) == (done < 3) == (not (tmp_path / "parts" / "model.safetensors").exists())
    same(whole, model)


def test_the_clock():
    assert not Clock.started(None).is_over
    assert not Clock.started(10.0).is_over
    assert Clock(10.0, Clock.started(None).begin - 601.0).is_over


def test_rows_of_an_earlier_version_are_kept(tmp_path):
    file = tmp_path / LOG_NAME
    file.write_text(",".join(COLUMNS[:4]) + "\n1,0.5,1.0,2.0\n2,0.25,0.5,1.0\n3,0.")
    trim_log(file, 2)
    assert file.read_text().splitlines() == [",".join(COLUMNS), "1,0.5,1.0,2.0,,,", "2,0.25,0.5,1.0,,,"]


def test_lines_end_alike_before_and_after_a_run_goes_on(tmp_path):
    file = tmp_path / LOG_NAME
    for epoch in (1, 2, 3):
        append_row(file, epoch, 0.5, None, None)
    trim_log(file, 2)
    append_row(file, 3, 0.25, None, None)
    assert file.read_bytes() == b"\n".join(
        [",".join(COLUMNS).encode(), b"1,0.5,,,,,", b"2,0.5,,,,,", b"3,0.25,,,,,", b""]
    )


def test_patience_needs_frames_to_judge_by():
    with pytest.raises(QffcError, match="setting 'patience'"):
        training_config({"patience": 3, "validation": 0})


def test_a_score_that_is_no_number_is_never_the_best_for_long():
    nothing, parameters = float("nan"), {}
    best = after_evaluation(None, nothing, 1, parameters)
    best = after_evaluation(best, 2.0, 2, parameters)
    assert (best.score, best.epoch, best.waited) == (2.0, 2, 0)
    best = after_evaluation(best, nothing, 3, parameters)
    assert (best.score, best.epoch, best.waited) == (2.0, 2, 1)
