"""Frames by which several models are judged together."""

from __future__ import annotations

import json

import numpy as np
import pytest

import qffc as qf
from qffc.data import load_embedded
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.files.data_sets import describe_sets
from qffc.models.files.seen_frames import describe_seen
from qffc.models.force_field import ForceField, untrained
from qffc.training.config import TrainingConfig
from qffc.training.held_out import held_out, held_out_by_all
from qffc.training.split import split_of

WATER = load_embedded("water").subset(range(60))
OTHER = WATER.subset(range(5, 35))


def model(seed: int, split_seed: int = 0, data=WATER, test: int | None = 20) -> ForceField:
    """A model that says that it was trained on a part of the data."""
    config = TrainingConfig(train=15, validation=0, test=test, split_seed=split_seed)
    frames = data.subset(split_of(data, config, 0, 1).train)
    texts = describe_sets([data]) | describe_seen([frames]) | {"config": json.dumps(config.model_dump())}
    fresh = untrained(load("sivqlm-h2o", depth=1), seed)
    return ForceField(fresh.program, fresh.arrays, texts)


def test_models_of_one_split_share_test_frames_and_baselines():
    models = [model(seed) for seed in (0, 1)]
    together, alone = held_out_by_all(models, WATER), held_out(models[0], WATER)
    assert (together.rows, together.train, together.left_out) == (alone.rows, alone.train, 0)
    assert together.judged_though_seen == 0
    evaluation = qf.evaluate(qf.Ensemble(models), WATER)
    names = [name for name, _ in evaluation.rows()]
    assert names == ["model", "member 1", "member 2", "constant", "harmonic"]
    each = [qf.evaluate(one, WATER) for one in models]
    assert [errors for name, errors in evaluation.rows() if "member" in name] == [one.errors for one in each]
    mean = (each[0].forces + each[1].forces) / 2
    assert np.allclose(evaluation.forces, mean, atol=1e-12)
    assert evaluation.members is not None
    assert evaluation.members.force_deviation == pytest.approx(
        1000 * np.sqrt(np.mean((each[0].forces - each[1].forces) ** 2) / 2), rel=1e-9
    )
    assert evaluation.errors.force_mae <= max(one.errors.force_mae for one in each)
    json.dumps(evaluation.to_json(), allow_nan=False)


def test_of_other_splits_the_frames_that_both_hold_out_are_taken_without_baselines():
    models = [model(0), model(1, split_seed=1)]
    tests = [set(held_out(one, WATER).rows) for one in models]
    together = held_out_by_all(models, WATER)
    assert 0 < len(together.rows) < 20
    assert set(together.rows) == tests[0] & tests[1]
    assert together.train is None
    assert qf.evaluate(qf.Ensemble(models), WATER).baselines == ()
    everything = held_out_by_all(models, WATER, "all")
    trained = {row for one in models for row in held_out(one, WATER).train or ()}
    assert everything.judged_though_seen == len(trained) > 15


def test_frames_that_any_has_seen_are_left_out_of_other_data():
    models = [model(0), model(1, split_seed=1)]
    together = held_out_by_all(models, OTHER)
    seen = [row - 5 for one in models for row in held_out(one, WATER).train or () if 5 <= row < 35]
    assert set(together.rows) == set(range(30)) - set(seen)
    assert (together.left_out, together.judged_though_seen) == (len(set(seen)), 0)


def test_no_common_frame_is_refused():
    config = TrainingConfig(train=15, validation=0, test=2)
    splits = [split_of(WATER, config.model_copy(update={"split_seed": seed}), 0, 1).test for seed in range(20)]
    apart = next(seed for seed in range(20) if not set(splits[0]) & set(splits[seed]))
    with pytest.raises(QffcError, match="no frame was held out from all of the models"):
        held_out_by_all([model(0, test=2), model(1, apart, test=2)], WATER)
