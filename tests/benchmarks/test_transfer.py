"""From one molecule to another: the rows of the transfer experiment, on small models."""

from __future__ import annotations

from argparse import Namespace

import numpy as np
import pytest
from ase.build import molecule

from qffc.data import Dataset
from qffc.data.split import PublishedSplit
from qffc.library import load
from qffc.models.errors import errors_of
from qffc.models.files.model_file import load_model
from qffc.models.force_field import untrained
from qffc.models.molecule_circuits import FEATURE_SCALE

pytest.importorskip("benchmarks.forcefields", reason="needs the source tree on the path: python -m pytest")

from benchmarks.forcefields import training
from benchmarks.forcefields.transfer import base_model, errors_but_mean, rows_of

FILE = """
program = "lib:pair:channels=1,depth=1,hidden=4,species=C,H,O"
published_split = 1
train = 6
validation = 0
epochs = 2
"""
OPTIONS = Namespace(sizes=[4, 2], epochs=1, stretch=2.0, rate=0.5)


def frames(name: str, count: int) -> Dataset:
    """Frames about a molecule, with a spring between any two atoms."""
    atoms = molecule(name)
    positions = atoms.positions + 0.05 * np.random.default_rng(0).normal(size=(count, len(atoms), 3))
    between, rest = positions[:, :, None] - positions[:, None], atoms.get_all_distances()
    lengths = np.linalg.norm(between, axis=-1)
    strain = lengths - rest
    energies = -100.0 * len(atoms) + 0.5 * np.sum(strain**2, axis=(1, 2))
    forces = -2.0 * np.sum((strain / (lengths + np.eye(len(atoms))))[..., None] * between, axis=2)
    published = (PublishedSplit(tuple(range(count - 4)), tuple(range(count - 4, count))),)
    return Dataset(atoms.numbers, positions, energies, forces, name=name, published=published)


def test_the_mean_error_of_energies_is_taken_off():
    data = frames("CH3OH", 8)
    model = untrained(load("pair", channels=1, depth=1, hidden=(4,), species=("C", "H", "O")), seed=0)
    found = errors_but_mean(model, data)
    energies, forces = model.predict(data.numbers, data.positions)
    plain = errors_of(energies, forces, data)
    assert found.force_mae == plain.force_mae
    assert found.energy_rmse == pytest.approx(1000 * np.std(energies - data.energies))
    assert found.energy_rmse < plain.energy_rmse


@pytest.mark.slow
def test_all_ways_are_trained_once_and_kept(tmp_path, monkeypatch, capsys):
    (tmp_path / "pair.toml").write_text(FILE)
    monkeypatch.setattr(training, "RUNS", tmp_path)
    monkeypatch.chdir(tmp_path)
    methanol = frames("CH3OH", 10)
    base = base_model("pair", frames("CH3CH2OH", 12), {})
    rows = rows_of("pair", base, methanol, OPTIONS)
    assert [(row.way, row.frames) for row in rows] == [
        ("zero-shot", 0),
        ("zero-shot, without limits", 0),
        ("fine-tuned", 2),
        ("from scratch", 2),
        ("fine-tuned", 4),
        ("from scratch", 4),
    ]
    assert all(row.errors.frames == 4 for row in rows)
    # What the features of the first molecule were divided by goes along with its parameters.
    folder = tmp_path / "runs/forcefields/transfer"
    tuned, scratch = (load_model(folder / f"pair,{way}-4").arrays for way in ("fine-tuned", "from-scratch"))
    np.testing.assert_array_equal(tuned[FEATURE_SCALE], base.arrays[FEATURE_SCALE])
    assert not np.array_equal(scratch[FEATURE_SCALE], base.arrays[FEATURE_SCALE])
    capsys.readouterr()
    assert rows_of("pair", base, methanol, OPTIONS) == rows
    assert "epoch" not in capsys.readouterr().err
