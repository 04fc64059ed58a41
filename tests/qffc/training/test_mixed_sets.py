"""Training on frames of several molecules, and with lists of near neighbours."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import qffc.training.frames
import qffc.training.validation
from qffc.data import Dataset, load_embedded
from qffc.ir.diagnostics import QffcError, QffcWarning
from qffc.library import load
from qffc.models.errors import errors_of, errors_of_sets
from qffc.models.files.data_sets import known_sets, number_of_set
from qffc.models.files.model_file import load_model
from qffc.passes.lower_jax.program import lower_jax
from qffc.training.config import training_config
from qffc.training.frames import batches_and_fit
from qffc.training.joined_batches import interleaved_order, joined_batches
from qffc.training.log import LOG_NAME, read_log
from qffc.training.split import split_of, splits_of
from qffc.training.starting import starting_state
from qffc.training.step import optimizer_of
from qffc.training.trainer import train

WATER, AMMONIA = load_embedded("water"), load_embedded("ammonia")
SETS = (WATER, AMMONIA)
PROGRAM = load("pair", species=("H", "N", "O"), channels=1, depth=1, hidden=(6,))
SETTINGS = {
    "train": (24, 12),
    "validation": 4,
    "epochs": 4,
    "batch_size": 6,
    "evaluate_every": 1,
    "learning_rate": 0.02,
    "ema_decay": 0.9,
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    seen = []
    model = train(PROGRAM, SETS, training_config(SETTINGS), folder, report=seen.append)
    return folder, model, seen


def test_training_learns_both_molecules(whole):
    _, model, seen = whole
    assert seen[-1].loss < 0.6 * seen[0].loss
    config = training_config(SETTINGS)
    watched = [data.subset(split.validation) for data, split in zip(SETS, splits_of(SETS, config), strict=True)]
    predictions = [(*model.predict(data.numbers, data.positions), data) for data in watched]
    assert seen[-1].validation.frames == 8
    for name in ("energy_mae", "energy_rmse", "force_mae", "force_rmse"):
        expected = getattr(errors_of_sets(predictions), name)
        np.testing.assert_allclose(getattr(seen[-1].validation, name), expected, rtol=1e-9)


@pytest.mark.slow
def test_a_mixed_run_in_parts_gives_the_same_bits(whole, tmp_path):
    _, model, _ = whole
    config = training_config(SETTINGS)
    train(PROGRAM, SETS, config, tmp_path, stop_after=2)
    resumed = train(PROGRAM, SETS, config, tmp_path)
    for name, value in model.arrays.items():
        np.testing.assert_array_equal(resumed.arrays[name], value)
    assert [row["epoch"] for row in read_log(tmp_path / LOG_NAME)] == [1, 2, 3, 4]


def test_other_sets_are_another_run(whole):
    folder, _, _ = whole
    with pytest.raises(QffcError, match="another run.*\n.*data"):
        train(PROGRAM, SETS[::-1], training_config(SETTINGS), folder)


def test_the_model_knows_its_sets(whole):
    folder, _, _ = whole
    with pytest.warns(QffcWarning, match="model without a certificate"):
        metadata = load_model(folder).metadata
    assert known_sets(metadata) == tuple((data.name, data.fingerprint) for data in SETS)
    assert number_of_set(metadata, AMMONIA) == 1
    assert number_of_set(metadata, AMMONIA.subset(range(3))) is None
    assert known_sets({"data_name": "water", "data_fingerprint": "0"}) == (("water", "0"),)
    assert known_sets({}) == ()


def first_steps(sets, config, monkeypatch, joined):
    """Loss and gradient of the first batch, in either way."""
    program = load("pair", channels=2, depth=1, hidden=(6,), cutoff=3.0)
    lowered = lower_jax(program)
    state, constants = starting_state(lowered, sets, optimizer_of(config, 10), config)
    with monkeypatch.context() as changed:
        changed.setattr(qffc.training.frames, "lists_pay", lambda *_: joined)
        batches, fit = batches_and_fit(lowered, sets, constants, config, 1)

    def loss(parameters, piece, counts):
        errors = fit.squared_errors({**constants, **parameters}, piece)
        return errors.energy / counts.frames + errors.forces / counts.components

    step = jax.jit(jax.value_and_grad(loss))
    return [
        step(state.parameters, jax.tree.map(lambda values: values[0], batch), fit.counts(batch))
        for batch in batches.epoch(0)
    ]


def clusters(frames):
    """Two waters, some of whose atoms are beyond a cutoff of 3 Angstrom."""
    places = [
        np.concatenate([WATER.positions[2 * k], WATER.positions[2 * k + 1] + np.array([2.4, 0.5, 0.3])])
        for k in range(frames)
    ]
    numbers = np.tile(WATER.numbers, 2)
    forces = np.random.default_rng(0).normal(size=(frames, 6, 3))
    return Dataset(numbers, np.stack(places), np.arange(frames) * 0.1, forces, name="clusters")


@pytest.mark.slow  # energies, forces and gradients with lists have quicker tests
def test_lists_give_the_steps_of_all_circuits(monkeypatch):
    data, config = clusters(4), training_config({"batch_size": 2})
    near, everything = (first_steps([data], config, monkeypatch, joined) for joined in (True, False))
    assert len(near) == len(everything) == 2
    for (loss, gradient), (expected, expected_gradient) in zip(near, everything, strict=True):
        np.testing.assert_allclose(loss, expected, rtol=1e-11)
        for name, value in expected_gradient.items():
            np.testing.assert_allclose(gradient[name], value, rtol=1e-7, atol=1e-9)


def test_validation_with_lists_is_that_of_all_circuits(monkeypatch):
    from qffc.training.validation import make_validation

    data, program = clusters(5), load("pair", channels=1, depth=1, hidden=(6,), cutoff=2.6)
    lowered, config = lower_jax(program), training_config({})
    state, constants = starting_state(lowered, [data], optimizer_of(config, 10), config)
    found = []
    for near in (True, False):
        monkeypatch.setattr(qffc.training.validation, "lists_pay", lambda *_, near=near: near)
        found.append(make_validation(lowered, constants, [data])(state.parameters))
    for name in ("energy_mae", "energy_rmse", "force_mae", "force_rmse"):
        np.testing.assert_allclose(*(getattr(each, name) for each in found), rtol=1e-10)


@pytest.mark.slow
def test_pieces_of_a_mixed_batch_make_the_step_of_the_whole(whole, tmp_path):
    _, once, _ = whole
    pieces = train(PROGRAM, SETS, training_config(SETTINGS | {"accumulate": 3}), tmp_path)
    for name, value in once.arrays.items():
        np.testing.assert_allclose(pieces.arrays[name], value, rtol=1e-8, atol=1e-10)


def test_every_batch_has_its_share_of_every_set():
    order = interleaved_order([20, 60], np.random.default_rng(0))
    assert sorted(order) == list(range(80))
    for start in range(0, 80, 8):
        assert 1 <= np.sum(order[start : start + 8] < 20) <= 3
    assert interleaved_order([7], np.random.default_rng(1)).tolist() == np.random.default_rng(1).permutation(7).tolist()


def test_little_is_filled_up_and_sizes_are_few():
    program = load("pair", species=("H", "N", "O"), channels=1, depth=1, hidden=(6,), messages=1)
    lowered, config = lower_jax(program), training_config({"batch_size": 8})
    sets = [WATER.subset(range(40)), AMMONIA.subset(range(20))]
    _, constants = starting_state(lowered, sets, optimizer_of(config, 10), config)
    batches = joined_batches(lowered, sets, constants, config, 1)
    shapes = {
        tuple(leaf.shape for leaf in jax.tree.leaves(batch)) for epoch in range(5) for batch in batches.epoch(epoch)
    }
    assert len(shapes) <= 3
    assert 0 <= batches.filled() < 0.15


def test_sets_of_one_molecule_train_as_one():
    config = training_config({"batch_size": 4})
    lowered = lower_jax(PROGRAM)
    sets = [WATER.subset(range(5)), WATER.subset(range(5, 8))]
    _, constants = starting_state(lowered, sets, optimizer_of(config, 10), config)
    (parts, _), (one, _) = (
        batches_and_fit(lowered, each, constants, config, 1) for each in (sets, [WATER.subset(range(8))])
    )
    for left, right in zip(parts.epoch(1), one.epoch(1), strict=True):
        np.testing.assert_array_equal(left.positions, right.positions)


def test_sizes_of_splits():
    config = training_config({"train": [10, 4], "validation": "2,1", "test": 3})
    splits = splits_of(SETS, config)
    assert [tuple(map(len, (split.train, split.validation, split.test))) for split in splits] == [(10, 2, 3), (4, 1, 3)]
    assert splits[1] == split_of(AMMONIA, config, 1)
    assert training_config({"train": [7]}).train == training_config({"train": "7"}).train == 7
    with pytest.raises(QffcError, match="another number of data sets"):
        splits_of((*SETS, WATER), config)
    for wrong in ("ten", "10,", 0, [3, 0], True, 2.5):
        with pytest.raises(QffcError, match="train"):
            training_config({"train": wrong})


def test_a_published_split_is_taken_where_there_is_one():
    from dataclasses import replace

    from qffc.data.split import PublishedSplit

    published = replace(WATER, published=(PublishedSplit(train=(4, 7, 9), test=(1, 2)),))
    config = training_config({"published_split": 1, "train": 2, "validation": 1, "test": 1})
    first, second = splits_of((published, AMMONIA), config)
    assert first.train == (4, 7)
    assert second == AMMONIA.split(train=2, validation=1, test=1)
    with pytest.raises(QffcError, match="no such published split"):
        splits_of(SETS, config)


def test_errors_of_one_set_are_those_of_its_frames():
    forces = np.zeros_like(AMMONIA.forces)
    prediction = (AMMONIA.energies + 0.001, forces, AMMONIA)
    assert errors_of_sets([prediction]) == errors_of(*prediction)


def test_a_molecule_that_does_not_fit_is_refused(tmp_path):
    config = training_config({"train": 4, "validation": 0})
    with pytest.raises(QffcError, match="does not know|does not fit"):
        train(load("sivqlm-h2o", depth=1), SETS, config, tmp_path)
    with pytest.raises(QffcError, match="does not know"):
        train(load("pair"), SETS, config, tmp_path)
