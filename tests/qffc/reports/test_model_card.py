from __future__ import annotations

from dataclasses import replace

import pytest

from qffc.data import load_embedded
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.force_field import untrained
from qffc.reports.evaluation import evaluate
from qffc.reports.model_card import model_card


def test_a_model_without_settings_has_no_card():
    water, model = load_embedded("water").subset(range(4)), untrained(load("sivqlm-h2o", depth=1), seed=0)
    with pytest.raises(QffcError, match="does not say how it was trained"):
        model_card("fresh", model, evaluate(model, water))
    unchecked = replace(model, metadata={"config": "{}"})
    assert "| symmetry | not checked |" in model_card("fresh", unchecked, evaluate(model, water))
