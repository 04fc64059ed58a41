"""The run files of the force-field experiments, and how their data are read."""

from __future__ import annotations

import numpy as np
import pytest

from qffc.ir.diagnostics import QffcError

pytest.importorskip("benchmarks.forcefields", reason="needs the source tree on the path: python -m pytest")

from benchmarks.forcefields.data import data_folder, load_molecule, load_paths
from benchmarks.forcefields.training import NAMES, folder_of, run_of

KCAL = 0.0433641
METHANOL = [[0.0, 0.0, 0.0], [1.1, 0.0, 0.0], [-0.5, 1.3, 0.0], [-0.4, -0.5, 0.9], [-0.4, -0.5, -0.9], [-1.4, 1.3, 0]]


def test_every_run_file_names_a_program_and_keeps_what_is_not_changed():
    assert NAMES == ("gathered", "gathered-frugal", "initial", "pair", "revised", "classical", "classical-gathered")
    for name in NAMES:
        program, config = run_of(name, {"train": 50})
        assert program.species == ("C", "H", "O")
        assert (config.train, config.published_split, config.precision) == (50, 1, 32)


def test_options_of_the_program_stand_in_the_name():
    program, config = run_of("pair:depth=2,hidden=64,32,channels=3", {})
    assert (program.channels, program.readout.hidden, program.readout.by_species) == (3, (64, 32), True)
    assert folder_of("pair:depth=2", "ethanol", config).name == "pair,depth=2-1000"
    with pytest.raises(QffcError, match="initial"):
        run_of("pear", {})


def test_methanol_has_its_published_split(tmp_path):
    positions = np.array(METHANOL) + 0.01 * np.random.default_rng(0).normal(size=(4, 6, 3))
    np.savez(
        tmp_path / "botnet_methanol.npz",
        nuclear_charges=np.array([6, 1, 8, 1, 1, 1], dtype=np.uint8),
        coords=positions,
        energies=np.full(4, -72460.0),
        forces=np.zeros((4, 6, 3)),
        subset=np.array(["train", "test", "train", "test"]),
    )
    data = load_molecule(tmp_path, "methanol")
    split = data.published_split(1, train=2)
    assert (split.train, split.test) == ((0, 2), (1, 3))
    np.testing.assert_allclose(data.energies, -72460.0 * KCAL)


def test_paths_are_sorted_and_in_electronvolts(tmp_path):
    np.savez(
        tmp_path / "botnet_ethanol_paths.npz",
        nuclear_charges=np.array([8, 1], dtype=np.uint8),
        coords=np.arange(24.0, dtype=np.float32).reshape(4, 2, 3),
        energies=np.array([1.0, 2.0, 3.0, 4.0]),
        scan_label=np.array(["stretch", "bend", "stretch", "stretch"]),
        scan_param=np.array([2.0, 0.0, 1.0, 3.0]),
    )
    numbers, (stretch, bend) = load_paths(tmp_path)
    assert numbers.tolist() == [8, 1]
    assert (stretch.label, bend.label) == ("stretch", "bend")
    np.testing.assert_array_equal(stretch.parameter, [1.0, 2.0, 3.0])
    np.testing.assert_allclose(stretch.energies, np.array([3.0, 1.0, 4.0]) * KCAL)
    np.testing.assert_array_equal(stretch.positions[0], np.arange(12.0, 18.0).reshape(2, 3))


def test_a_folder_has_to_be_named(monkeypatch):
    monkeypatch.delenv("QFFC_DATA", raising=False)
    with pytest.raises(QffcError, match="QFFC_DATA"):
        data_folder(None)
