"""Runs that go on: from a trained model, beyond their last epoch, and what is told of them."""

from __future__ import annotations

import numpy as np
import pytest

import qffc as qf
from qffc.cli import run as qffc_command
from qffc.data import Dataset, load_embedded
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.files.model_file import UNPROVEN, load_model
from qffc.models.force_field import ForceField, trainable_names
from qffc.models.validity_fit import without_limits
from qffc.training.checkpoint import CHECKPOINT_NAME
from qffc.training.config import FIRST_RATE, TUNING_RATE, TrainingConfig, stored_config, training_config
from qffc.training.log import LOG_NAME, read_log
from qffc.training.schedule import rate_of, rate_of_stages
from qffc.training.starting import Start, starting_state
from qffc.training.step import optimizer_of
from qffc.training.stopping import EPOCH, EPOCHS_DONE, PAUSED, STAGES, is_paused
from qffc.training.trainer import train
from qffc.training.validation import make_validation

WATER = load_embedded("water")
PROGRAM = load("sivqlm-h2o", depth=1)
SETTINGS = {"train": 10, "validation": 8, "test": 10, "evaluate_every": 2}
PROVEN = {"metadata": {UNPROVEN: "true"}}


def config(**changes):
    return training_config({**SETTINGS, **changes})


def same(one: ForceField, other: ForceField) -> None:
    for name, value in one.arrays.items():
        np.testing.assert_array_equal(other.arrays[name], value)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    return folder, train(PROGRAM, WATER, config(epochs=4), folder)


@pytest.fixture
def copied(finished, tmp_path):
    for file in finished[0].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def validation_score(model: ForceField) -> float:
    frames = WATER.subset(WATER.split(train=10, validation=8, test=10).validation)
    trained = {name: value for name, value in model.arrays.items() if not name.startswith("constant.")}
    constants = {name: value for name, value in model.arrays.items() if name.startswith("constant.")}
    errors = make_validation(model.lowered, constants, [frames])(trained)
    return (errors.energy_mae * errors.force_mae) ** 0.5


def test_a_finished_run_goes_on_with_more_epochs(copied, finished):
    said = []
    model = train(PROGRAM, WATER, config(epochs=7), copied, tell=said.append)
    assert model.metadata[STAGES] == "4,7"
    assert model.metadata[EPOCHS_DONE] == "7"
    assert "the run had done its 4 epochs: 3 more, with a learning rate of their own" in said
    assert [row["epoch"] for row in read_log(copied / LOG_NAME)] == [2, 4, 6, 7]
    assert validation_score(model) <= validation_score(finished[1])
    longer = train(PROGRAM, WATER, config(epochs=8), copied)
    assert longer.metadata[STAGES] == "4,7,8"
    with pytest.raises(QffcError, match=r"epochs = 5(.|\n)*given more epochs when it has done all"):
        train(PROGRAM, WATER, config(epochs=5), copied)


@pytest.mark.slow
def test_a_lengthened_run_that_was_stopped_gives_the_same_bits(copied, finished, tmp_path_factory):
    whole = train(PROGRAM, WATER, config(epochs=7), copied)
    pieces = tmp_path_factory.mktemp("pieces")
    for epochs, stop in ((4, 3), (4, None), (7, 6), (7, None)):
        model = train(PROGRAM, WATER, config(epochs=epochs), pieces, stop_after=stop)
    same(whole, model)


def test_a_run_that_is_not_finished_keeps_its_epochs(tmp_path):
    train(PROGRAM, WATER, config(epochs=4), tmp_path, stop_after=2)
    with pytest.raises(QffcError, match=r"epochs = 7(.|\n)*given more epochs when it has done all"):
        train(PROGRAM, WATER, config(epochs=7), tmp_path)


def test_few_steps_more_have_a_small_rate():
    chosen = TrainingConfig(schedule="cosine")
    rate = rate_of_stages(chosen, (1000, 1100, 3000))
    peaks = [max(float(rate(step)) for step in range(*part, 5)) for part in ((0, 1000), (1000, 1100), (1100, 3000))]
    assert peaks == pytest.approx([FIRST_RATE, 0.1 * FIRST_RATE, FIRST_RATE], rel=0.01)
    one = rate_of(chosen, 1000)
    assert [float(rate(step)) for step in range(0, 1000, 99)] == [float(one(step)) for step in range(0, 1000, 99)]


def test_a_model_to_start_from_is_kept_until_something_is_better(finished, tmp_path):
    _, good = finished
    said = []
    ruined = train(PROGRAM, WATER, config(epochs=2, learning_rate=1.0), tmp_path / "ruined", start=Start(model=good))
    for name in trainable_names(PROGRAM):
        np.testing.assert_array_equal(good.arrays[name], ruined.arrays[name])
    assert (ruined.metadata[EPOCH], ruined.metadata[EPOCHS_DONE]) == ("0", "2")
    tuned = train(PROGRAM, WATER, config(epochs=2), tmp_path / "tuned", start=Start(model=good), tell=said.append)
    assert validation_score(tuned) <= validation_score(good)
    assert any(line.startswith("start  validation: energy ") for line in said)
    stored = stored_config(tuned.metadata)
    assert (stored.learning_rate, stored.warmup) == (TUNING_RATE, 0.05)
    assert stored_config(good.metadata).learning_rate == FIRST_RATE
    given = train(
        PROGRAM, WATER, config(epochs=2, warmup=0, learning_rate=1e-3), tmp_path / "given", start=Start(model=good)
    )
    assert stored_config(given.metadata).learning_rate == 1e-3
    # Again, and in pieces, it is the same run.
    pieces = [
        train(PROGRAM, WATER, config(epochs=2), tmp_path / "pieces", start=Start(model=good), stop_after=epochs)
        for epochs in (1, None)
    ]
    same(tuned, pieces[-1])


def test_energies_of_atoms_stay_unless_the_data_say_otherwise(finished):
    """A good model is not made worse by the mean error that a few frames happen to have."""
    _, model = finished
    frames = WATER.subset(range(8))
    energies, forces = model.predict(frames.numbers, frames.positions)
    noise = np.random.default_rng(0).normal(scale=1e-3, size=len(energies))
    for shift, changed in ((0.0, False), (0.3, True)):
        data = Dataset(frames.numbers, frames.positions, energies + noise - noise.mean() / 2 + shift, forces)
        start = Start(model=model)
        _, constants = starting_state(model.lowered, [data], optimizer_of(config(), 1), config(), start)
        moved = constants["constant.atom_energy"] - without_limits(model.arrays)["constant.atom_energy"]
        assert np.any(moved != 0) == changed
        assert not changed or moved @ [1, 2] == pytest.approx(0.3, abs=1e-3)


def test_without_frames_to_judge_by_the_last_model_is_kept(finished, tmp_path):
    said = []
    changes = {"epochs": 1, "validation": 0}
    model = train(PROGRAM, WATER, config(**changes), tmp_path, start=Start(model=finished[1]), tell=said.append)
    assert model.metadata[EPOCH] == "1"
    assert any(line.startswith("no validation frames") for line in said)


def test_a_run_that_was_stopped_is_evaluated_from_its_checkpoint(tmp_path, capsys):
    settings = {**SETTINGS, "epochs": 4, "evaluate_every": 1}
    folder = tmp_path / "run"

    def kill(progress):
        if progress.epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        qf.train("lib:sivqlm-h2o:depth=1", "water", folder, report=kill, **settings)
    assert not (folder / "model.safetensors").exists()
    model = load_model(folder)
    assert is_paused(model)
    assert (model.metadata[EPOCH], "certificate" in model.metadata) == ("2", True)
    same(model, load_model(folder / CHECKPOINT_NAME))
    held_out = qf.evaluate(folder, "water").errors
    assert held_out.frames == 10
    assert qffc_command(["eval", str(folder), "--data", "water"]) == 0
    assert "epoch 2 of 4, from the checkpoint of a run that is not finished" in capsys.readouterr().err
    whole = qf.train("lib:sivqlm-h2o:depth=1", "water", folder, quiet=True, **settings)
    assert PAUSED not in load_model(folder).metadata
    same(whole, load_model(folder))


def test_a_checkpoint_of_an_earlier_version_has_a_model_without_metadata(copied):
    from qffc.models.files.array_file import read_arrays, write_arrays

    file = copied / CHECKPOINT_NAME
    arrays, header = read_arrays(file, "checkpoint", 3)
    kept = {name: header[name] for name in ("identity", "epoch", "program")}
    write_arrays(file, "checkpoint", 2, arrays, kept)
    with pytest.warns(match="model without a certificate"):
        assert load_model(file).metadata == {}
    assert train(PROGRAM, WATER, config(epochs=5), copied).metadata[STAGES] == "4,5"


def test_what_is_told_in_python(tmp_path, capsys):
    short = {"train": 4, "validation": 2, "test": 1, "epochs": 2, "evaluate_every": 1}
    qf.train("lib:sivqlm-h2o:depth=1", "water", tmp_path / "told", **short)
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert lines[0] == "training 'sivqlm-h2o': 12 numbers, on 4 frames of water (1 circuit each), 2 watched"
    assert lines[1] == "compiling a step"
    assert lines[2].startswith("compiled in ")
    assert lines[2].endswith(" s; an epoch is 1 step")
    assert [line.split("  ")[0] for line in lines[3:]] == ["epoch 1/2", "epoch 2/2"]
    qf.train("lib:sivqlm-h2o:depth=1", "water", tmp_path / "quiet", quiet=True, **short)
    assert capsys.readouterr() == ("", "")
    seen, steps = [], []
    qf.train("lib:sivqlm-h2o:depth=1", "water", tmp_path / "own", report=seen.append, stepped=steps.append, **short)
    assert capsys.readouterr() == ("", "")
    assert [progress.epoch for progress in seen] == [1, 2]
    assert (steps[0].epoch, steps[0].done, steps[0].of, steps[0].first) == (0, 1, 1, True)
