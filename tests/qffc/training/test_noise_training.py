"""Training on what a noisy device gives: the model keeps its noise, and a run does not go on with another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.files.model_file import KERNEL, load_model, save_model
from qffc.models.force_field import untrained
from qffc.models.noisy_model import with_noise
from qffc.passes.noisy.make import PREFIX
from qffc.references.data import dataset_of
from qffc.toolchain import train

WATER = "sivqlm-h2o"
SETTINGS = {"train": 5, "validation": 0, "test": 5, "epochs": 1, "limits": "off", "quiet": True}


def test_a_model_keeps_the_noise_it_was_trained_with(tmp_path):
    model = train(f"lib:{WATER}:depth=1", "water", tmp_path, noise="H2-1", **SETTINGS)
    assert model.metadata[KERNEL].startswith(PREFIX)
    again = load_model(tmp_path)
    data = dataset_of("water").subset([0, 1])
    energies, _ = again.predict(data.numbers, data.positions)
    np.testing.assert_allclose(energies, model.predict(data.numbers, data.positions)[0], atol=1e-12)
    exact, _ = with_noise(again, "ideal").predict(data.numbers, data.positions)
    assert np.abs(energies - exact).max() > 1e-4
    # The noise of another machine is another run.
    with pytest.raises(QffcError, match="kernel"):
        train(f"lib:{WATER}:depth=1", "water", tmp_path, noise="H2-2", **SETTINGS | {"epochs": 2})


def test_unknown_noise_is_refused(tmp_path):
    with pytest.raises(QffcError, match="target"):
        train(f"lib:{WATER}:depth=1", "water", tmp_path, noise="H9", **SETTINGS)


def test_a_damaged_kernel_is_refused(tmp_path):
    model = untrained(load(WATER, depth=1), seed=0)
    file = tmp_path / "model.safetensors"
    save_model(replace(model, metadata={KERNEL: PREFIX + "{}"}), file)
    with pytest.raises(QffcError, match="noise of a model that cannot be read"):
        load_model(file)
