"""What is said of a model that is no better than a constant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qffc.cli.training_summary import doubts
from qffc.data import load_embedded
from qffc.library import load
from qffc.models.force_field import untrained
from qffc.models.molecule_circuits import ENERGY_SCALE
from qffc.reports.evaluation import evaluate
from qffc.training.config import TrainingConfig

WATER = load_embedded("water").subset(range(12))
TRAIN, TEST = WATER.subset(range(8)), WATER.subset(range(8, 12))


@pytest.fixture(scope="module")
def said():
    """How a model evaluates whose energies are those of an untrained one times a factor."""
    model = untrained(load("sivqlm-h2o", depth=1), seed=0)

    def evaluated(times: float):
        arrays = {**model.arrays, ENERGY_SCALE: times * model.arrays[ENERGY_SCALE]}
        return evaluate(replace(model, arrays=arrays), TEST, TRAIN)

    return evaluated


def test_a_constant_is_called_one(said):
    assert said(0.0).doubt == (
        "the model predicts a constant, whatever the geometry: energies deviate by 0 meV, forces are 0 meV/Å"
    )


def test_worse_than_a_constant_and_better(said):
    found = said(1000.0)
    assert found.doubt is not None
    assert found.doubt.startswith("the model is no better than a constant: forces are off by ")
    (line,) = doubts({"water": found, "too": replace(found, errors=replace(found.errors, force_mae=0.0))}, rate(0.2))
    assert line == (
        f"water: {found.doubt}; start again in another folder with a smaller --learning-rate, which was 0.2, or with "
        "more --epochs or frames"
    )


def rate(number: float) -> TrainingConfig:
    return TrainingConfig(learning_rate=number)


def test_frames_that_are_all_alike_are_no_reason_for_doubt(said):
    """Of one frame at rest nothing can be said."""
    still = replace(TEST.subset([0]), forces=np.zeros((1, 3, 3)))
    assert replace(said(0.0), data=still, energies=np.zeros(1), forces=np.zeros((1, 3, 3)), baselines=()).doubt is None
