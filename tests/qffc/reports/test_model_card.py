from __future__ import annotations

from dataclasses import replace

import pytest

from qffc.data import load_embedded
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.force_field import untrained
from qffc.reports.evaluation import evaluate
from qffc.reports.model_card import model_card
from qffc.toolchain import train


def test_a_model_without_settings_has_no_card():
    water, model = load_embedded("water").subset(range(4)), untrained(load("sivqlm-h2o", depth=1), seed=0)
    with pytest.raises(QffcError, match="does not say how it was trained"):
        model_card("fresh", model, evaluate(model, water))
    unchecked = replace(model, metadata={"config": "{}"})
    assert "| symmetry | not checked |" in model_card("fresh", unchecked, evaluate(model, water))


def test_a_card_tells_what_a_run_began_with(tmp_path):
    small = {"train": 4, "validation": 0, "test": 4, "epochs": 1, "atom_energies": {"H": -13.5, "O": -2035.0}}
    first = train("lib:sivqlm-h2o:depth=1", "water", tmp_path / "first", **small)
    del small["atom_energies"]
    second = train("lib:sivqlm-h2o:depth=1", "water", tmp_path / "second", start_from=first, **small)
    water = load_embedded("water").subset(range(4))
    texts = [model_card("small", model, evaluate(model, water)) for model in (first, second)]
    assert "--train 4 --validation 0 --test 4 --epochs 1 --atom-energies H=-13.5,O=-2035.0\n" in texts[0]
    assert "| started from | a model of water |" in texts[1]
    assert "--start-from MODEL\n" in texts[1]
