"""Tables of finished runs and energies along paths, on a small run with embedded data."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from qffc.data import load_embedded
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.errors import errors_of
from qffc.training.config import training_config
from qffc.training.split import split_of
from qffc.training.trainer import train
from qffc.units import energy_from_ev

pytest.importorskip("benchmarks.forcefields", reason="needs the source tree on the path: python -m pytest")

from benchmarks.forcefields.__main__ import main
from benchmarks.forcefields.data import EnergyScan
from benchmarks.forcefields.models import Molecules, open_model
from benchmarks.forcefields.paths import errors_along
from benchmarks.forcefields.published import MACE_AGAIN, NAMES, PUBLISHED, published_errors
from benchmarks.forcefields.rmd17_files import FORMULAS

WATER = load_embedded("water").subset(range(60))
# What it declares no more needs no certificate in the model.
PROGRAM = replace(load("pair", channels=1, depth=1, hidden=(4,), species=("O", "H")), symmetry=())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Water in the place of ethanol, with a published split, and a run on it."""
    place = tmp_path_factory.mktemp("data")
    np.savez(
        place / "rmd17_ethanol.npz",
        nuclear_charges=WATER.numbers.astype(np.uint8),
        coords=WATER.positions,
        energies=energy_from_ev(WATER.energies, "kcal/mol"),
        forces=energy_from_ev(WATER.forces, "kcal/mol"),
        train_idx=np.arange(30)[None],
        test_idx=np.arange(30, 50)[None],
    )
    data = Molecules(place)["ethanol"]
    config = training_config({"train": 10, "validation": 5, "epochs": 2, "published_split": 1})
    train(PROGRAM, data, config, place / "run")
    return place


@pytest.mark.slow
def test_table_has_errors_of_the_published_test_frames(folder, capsys):
    assert main(["table", "--data", str(folder), str(folder / "run"), "--json", str(folder / "table.json")]) == 0
    text = capsys.readouterr().out
    assert "ethanol, 10 training frames, 20 test frames, split 1 of the data" in text
    assert [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")][1:] == [
        "constant",
        "harmonic",
        "run",
    ]
    (line,) = json.loads((folder / "table.json").read_text())
    data, model = Molecules(folder)["ethanol"], open_model(folder / "run")
    test = data.subset(split_of(data, training_config(json.loads(model.metadata["config"]))).test)
    expected = errors_of(*model.predict(test.numbers, test.positions), test)
    assert line["errors"]["force_mae"] == pytest.approx(expected.force_mae)


def test_a_model_of_other_data_is_refused(folder, tmp_path):
    (tmp_path / "rmd17_ethanol.npz").write_bytes((folder / "rmd17_ethanol.npz").read_bytes())
    other = WATER.subset(range(20))
    program = replace(load("sivqlm-h2o", depth=1), symmetry=())
    train(program, other, training_config({"train": 5, "validation": 0, "epochs": 1}), tmp_path / "run")
    model = open_model(tmp_path / "run")
    with pytest.raises(QffcError, match="other data"):
        Molecules(tmp_path).of(model, tmp_path / "run")


def test_published_errors_are_sorted_and_complete():
    assert list(published_errors("ethanol", 1000)) == ["GAP", "ANI", "ACE", "FCHL19", "NequIP", "MACE"]
    assert published_errors("aspirin", 50)["MACE"] == (17.0, 43.9)
    assert published_errors("methanol", 50) == {}
    for frames, molecules in PUBLISHED.items():
        assert set(molecules) == set(MACE_AGAIN) == set(FORMULAS)
        assert all(tuple(errors) == NAMES[frames] for errors in molecules.values())


def test_errors_along_a_path_are_relative_to_the_minimum_of_the_data():
    energies = np.array([1.0, 0.0, 0.5, 3.0])
    scan = EnergyScan("path", np.arange(4.0), np.zeros((4, 2, 3)), energies + 7.0)
    everywhere, near, there = errors_along(scan, energies + np.array([0.0, 0.0, 0.02, 0.04]), below=1.0)
    assert everywhere == pytest.approx(1000 * np.sqrt((0.02**2 + 0.04**2) / 4))
    assert (near, there) == (3, pytest.approx(1000 * 0.02 / np.sqrt(3)))
