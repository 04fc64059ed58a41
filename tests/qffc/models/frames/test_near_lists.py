"""Lists of near neighbours give what all circuits give."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import qffc.models.force_field
import qffc.models.frames.frame_chunks
import qffc.models.initialization.feature_sample
from qffc.data import Dataset, load_embedded
from qffc.library import load
from qffc.models.circuits.neighbours import neighbour_counts
from qffc.models.force_field import untrained
from qffc.models.frames.frame_circuits import LISTS_PAY, CircuitLists, lists_pay
from qffc.models.initialization.fresh_parameters import constants_from_data, initial_parameters
from qffc.passes.lower_jax.program import lower_jax

WATER, AMMONIA = load_embedded("water"), load_embedded("ammonia")
NUMBERS = np.tile(WATER.numbers, 3)


def clusters(frames, spacing=2.9):
    """Three waters in a row, in many geometries; the last frame is far apart."""
    shifts = np.arange(3)[:, None, None] * np.array([spacing, 0.3, 0.1])
    rows = [np.concatenate(list(WATER.positions[3 * k : 3 * k + 3] + shifts)) for k in range(frames - 1)]
    return np.stack([*rows, 40.0 * np.arange(27.0).reshape(9, 3)])


PROGRAM = load("pair", channels=2, depth=1, hidden=(6,), cutoff=3.0, messages=1)


def test_predictions_are_those_of_all_circuits(monkeypatch):
    positions = clusters(7)
    model = untrained(PROGRAM, seed=2)
    model = replace(model, arrays={**model.arrays, "constant.atom_energy": np.array([-2000.0, -13.0])})
    assert lists_pay(PROGRAM, [positions])
    # Few frames at once, so that there are several chunks, and the last one is filled up.
    monkeypatch.setattr(qffc.models.frames.frame_chunks, "CHUNK_CIRCUITS", 500 * PROGRAM.channels)
    energies, forces = model.predict(NUMBERS, positions)
    monkeypatch.setattr(qffc.models.force_field, "lists_pay", lambda *_: False)
    all_energies, all_forces = replace(model).predict(NUMBERS, positions)
    assert np.abs(forces).max() > 1e-3
    np.testing.assert_allclose(energies, all_energies, rtol=1e-13)
    np.testing.assert_allclose(forces, all_forces, atol=1e-11)


def test_constants_are_those_of_all_circuits(monkeypatch):
    positions = clusters(6)
    data = Dataset(NUMBERS, positions, np.arange(6.0), np.zeros_like(positions))
    arrays = initial_parameters(PROGRAM, 0)
    found = constants_from_data(lower_jax(PROGRAM), arrays, [data])
    monkeypatch.setattr(qffc.models.initialization.feature_sample, "lists_pay", lambda *_: False)
    expected = constants_from_data(lower_jax(PROGRAM), arrays, [data])
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-10, atol=1e-13)


def test_lists_are_used_where_they_save_enough():
    program = load("pair", cutoff=3.0)
    assert not lists_pay(program, [WATER.positions])
    assert not lists_pay(load("sivqlm-h2o"), [WATER.positions])
    positions = clusters(5)
    counts = neighbour_counts(positions, 3.0)
    share = np.mean(np.sum(counts * (counts - 1), axis=1)) / (9 * 8 * 7)
    assert lists_pay(program, [positions]) == (share <= LISTS_PAY)
    assert lists_pay(program, [positions])
    # Many molecules within the cutoff outweigh a few that reach beyond it.
    assert not lists_pay(program, [positions[-1:], np.repeat(clusters(2, spacing=0.9)[:1], 40, axis=0)])


def test_constants_of_several_sets():
    program = load("pair", species=("H", "N", "O"), channels=1, depth=1, hidden=(4,))
    arrays = initial_parameters(program, 0)
    sets = [WATER.subset(range(30)), AMMONIA.subset(range(12))]
    constants = constants_from_data(lower_jax(program), arrays, sets)
    hydrogen, nitrogen, oxygen = constants["constant.atom_energy"]
    np.testing.assert_allclose(2 * hydrogen + oxygen, sets[0].energies.mean(), rtol=1e-12)
    np.testing.assert_allclose(3 * hydrogen + nitrogen, sets[1].energies.mean(), rtol=1e-12)
    pooled = np.concatenate([each.energies - each.energies.mean() for each in sets])
    np.testing.assert_allclose(constants["constant.energy_scale"], np.sqrt(np.mean(pooled**2)), rtol=1e-7)
    alone = [constants_from_data(lower_jax(program), arrays, [each]) for each in sets]
    shift = "constant.feature_shift"
    np.testing.assert_allclose(constants[shift][1], alone[1][shift][1], rtol=1e-12)
    np.testing.assert_allclose(constants[shift][2], alone[0][shift][2], rtol=1e-12)
    weighted = (60 * alone[0][shift][0] + 36 * alone[1][shift][0]) / 96
    np.testing.assert_allclose(constants[shift][0], weighted, rtol=1e-10)


def test_frames_of_one_molecule_share_their_circuits_where_every_atom_counts():
    lists = CircuitLists(lower_jax(load("pair", cutoff=3.0)), near=False)
    first, second = (lists.of(WATER.numbers, frame) for frame in WATER.positions[:2])
    assert first is second
