"""Training on what a noisy device gives: the model keeps its noise, and a run does not go on with another."""

from __future__ import annotations

from dataclasses import replace

import jax
import numpy as np
import pytest
from crystals import copper

from qffc.cli.errors_table import errors_table
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.files.model_file import KERNEL, load_model, save_model
from qffc.models.force_field import untrained
from qffc.models.noisy_model import with_noise
from qffc.passes.native_library import native_state
from qffc.passes.noisy.make import PREFIX
from qffc.references.data import dataset_of
from qffc.reports.evaluation import evaluate
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
    # Whoever reads errors is told whose they are.
    assert errors_table(evaluate(again, data)).splitlines()[2].startswith("model, noise of H2-1 ")
    assert evaluate(with_noise(again, "ideal"), data).rows()[0][0] == "model"
    assert np.abs(energies - exact).max() > 1e-4
    # The noise of another machine is another run.
    with pytest.raises(QffcError, match="kernel"):
        train(f"lib:{WATER}:depth=1", "water", tmp_path, noise="H2-2", **SETTINGS | {"epochs": 2})


@pytest.mark.parametrize("made_by", ["energy_function", "cell_energy"])
def test_noise_stays_whichever_kernel_computes(made_by, monkeypatch):
    lowered = []
    monkeypatch.setattr(f"qffc.models.force_field.{made_by}", lambda given, *_, **__: lowered.append(given))
    model = with_noise(untrained(load(WATER, depth=1), seed=0), "H2-1")

    def make(model, kernel):
        if made_by == "energy_function":
            model.energy_fn([8, 1, 1], kernel=kernel)
        else:
            model.cell_energy_fn(np.zeros((3, 3)), [8, 1, 1], kernel=kernel)

    for kernel in ("auto", "portable"):
        make(model, kernel)
    make(with_noise(model, None), "portable")
    noisy = model.lowered.kernel.name
    assert [each.kernel.name for each in lowered] == [noisy, noisy, "portable"]
    slots = np.zeros((1, lowered[0].split.slot_count), np.float32)
    used = ["qffc_noisy" in jax.jit(each.moments).lower(slots).as_text() for each in lowered]
    assert used == [native_state().available, False, False]


def test_unknown_noise_is_refused(tmp_path):
    with pytest.raises(QffcError, match="target"):
        train(f"lib:{WATER}:depth=1", "water", tmp_path, noise="H9", **SETTINGS)


def test_a_damaged_kernel_is_refused(tmp_path):
    model = untrained(load(WATER, depth=1), seed=0)
    file = tmp_path / "model.safetensors"
    save_model(replace(model, metadata={KERNEL: PREFIX + "{}"}), file)
    with pytest.raises(QffcError, match="noise of a model that cannot be read"):
        load_model(file)


@pytest.mark.slow
def test_a_noisy_model_in_a_cell_has_its_own_forces_and_stress():
    """Forces and stress are the derivatives of the noisy energy, by differences, in a cell shorter than the cutoff."""
    options = {"species": ("Cu",), "channels": 1, "depth": 1, "hidden": (3,), "basis_size": 3, "cutoff": 2.9}
    exact = untrained(load("gathered", **options, rounds=2, vectors=1), seed=1)
    noisy, data = with_noise(exact, "H2-1"), copper(1)
    place, cell = data.positions[0], data.cells[0]

    def energies(places, cells):
        return noisy.predict_in_cells(data.numbers, np.stack(places), np.stack(cells))[0]

    step = 3e-4
    energy, forces, virial = (each[0] for each in noisy.predict_in_cells(data.numbers, [place], [cell]))
    assert abs(energy - exact.predict_in_cells(data.numbers, [place], [cell])[0][0]) > 1e-4
    away = [step * np.eye(12)[entry].reshape(4, 3) for entry in (0, 7)]
    shear = step * np.array([[1.0, 0.5, 0.0], [0.5, -0.3, 0.0], [0.0, 0.0, 0.0]])
    moved = [(place + sign * each, cell) for each in away for sign in (1, -1)]
    moved += [(place @ (np.eye(3) + sign * shear), cell @ (np.eye(3) + sign * shear)) for sign in (1, -1)]
    up = energies(*zip(*moved, strict=True)).reshape(3, 2)
    slopes = (up[:, 0] - up[:, 1]) / (2 * step)
    expected = [-forces[0, 0], -forces[2, 1], np.sum(virial * shear) / step]
    np.testing.assert_allclose(slopes, expected, rtol=0, atol=1e-5 * np.abs(expected).max())
