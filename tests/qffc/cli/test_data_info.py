"""``qffc data info``: what is in files, and whether training would refuse it."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from crystals import copper

from qffc import toolchain
from qffc.data import Dataset, load_embedded, read, write_npz
from qffc.data.spreads import spreads_of

TRAIN = ["train", "lib:sivqlm-h2o:depth=1", "--train", "8", "--validation", "0", "--test", "4", "--epochs", "1"]


@pytest.fixture
def turned(tmp_path):
    """A file with forces of the wrong sign."""
    water = load_embedded("water").subset(range(30))
    write_npz(Dataset(water.numbers, water.positions, water.energies, -water.forces), tmp_path / "turned.npz")
    return tmp_path / "turned.npz"


def test_good_data(qffc):
    code, out, _ = qffc("data", "info", "water", "ammonia")
    assert code == 0
    assert "OH2, 3 atoms" in out
    assert "500, all different" in out
    assert out.count("energies change as the forces say") == 2
    assert out.splitlines()[-1].split() == ["verdict", "good"]


def test_wrong_labels_are_refused_by_training_too(qffc, turned, tmp_path):
    code, out, _ = qffc("data", "info", turned)
    assert code == 1
    assert "WRONG: forces of the wrong sign" in out
    code, _, err = qffc(*TRAIN, "--data", turned, "--out", tmp_path / "run")
    assert code == 2
    assert "labels that no energy surface has" in err
    assert not (tmp_path / "run").exists()


def test_labels_that_do_not_enter_the_loss_may_be_wrong(turned, tmp_path, monkeypatch):
    def begins(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(toolchain, "compile", begins)
    for settings in ({"energy_weight": 0.0}, {"force_weight": 0.0}):
        with pytest.raises(KeyboardInterrupt):
            toolchain.train("lib:sivqlm-h2o:depth=1", str(turned), tmp_path / "run", train=4, **settings)


def test_a_study_refuses_wrong_labels(qffc, turned, tmp_path):
    sizes = ["--sizes", "8", "--validation", "2", "--test", "4", "--epochs", "1"]
    code, _, err = qffc("curve", TRAIN[1], "--data", turned, *sizes, "--out", tmp_path / "curve")
    assert code == 1
    assert "labels that no energy surface has" in err


@pytest.mark.parametrize(
    ("energy", "force", "length", "units"),
    [(23.0605, 23.0605, 1.0, "rmd17"), (1.0, 1.0, 1.0, "ase"), (1 / 27.2114, 1 / 51.4221, 1 / 0.529177, "atomic")],
)
def test_units_that_fit_are_proposed_and_still_have_to_be_declared(
    qffc, tmp_path, monkeypatch, energy, force, length, units
):
    water, file = load_embedded("water").subset(range(40)), "some.npz"
    monkeypatch.chdir(tmp_path)
    np.savez(file, z=water.numbers, R=water.positions * length, E=water.energies * energy, F=water.forces * force)
    code, out, _ = qffc("data", "info", file)
    assert code == 0
    assert f"NOT DECLARED; the numbers look like these: say --units {units}" in out
    code, _, err = qffc(*TRAIN, "--data", file)
    assert code == 2
    assert "unit not declared" in err
    assert "qffc data info" in err


@pytest.mark.parametrize(("force", "title"), [(1e9, "impossible forces"), (1e-5, "the numbers look like no molecule")])
def test_units_that_nothing_fits(qffc, tmp_path, force, title):
    forces = [[[0, 0, force], [0, 0, -force]]]
    np.savez(tmp_path / "far.npz", z=[1, 1], R=[[[0, 0, 0], [0, 0, 90.0]]], E=[-1.0], F=forces)
    code, _, err = qffc("data", "info", tmp_path / "far.npz")
    assert code == 2
    assert title in err


def test_repeated_frames_and_splits_for_machines(qffc, tmp_path):
    water = load_embedded("water").subset([4, 7, 4])
    np.savez(
        tmp_path / "three.npz",
        **{"z": water.numbers, "R": water.positions, "E": water.energies, "F": water.forces},
        **{"train_idx": [[0]], "test_idx": [[1, 2]]},
    )
    code, out, _ = qffc("data", "info", tmp_path / "three.npz", "--units", "ase")
    assert code == 0
    assert "3, 1 of them repeated, such as frame 2, which is frame 0 again" in out
    assert "1: 1 + 2 frames" in out
    assert "CANNOT BE JUDGED: too few frames" in out
    code, out, _ = qffc("data", "info", tmp_path / "three.npz", "--units", "ase", "--json")
    entry = json.loads(out)["files"][0]
    assert entry["repeated_frames"] == [[0, 2]]
    assert entry["verdict"] == "cannot be judged"
    assert entry["fingerprint"] == water.fingerprint


def test_every_molecule_of_a_file_and_its_free_atoms(qffc, tmp_path):
    file, water, ammonia = tmp_path / "qm.xyz", load_embedded("water"), load_embedded("ammonia")
    text = "1\nenergy=-13.6\nH 0 0 0\n"
    for data in (water, ammonia):
        for k in range(12):
            rows = zip(data.symbols, data.positions[k], data.forces[k], strict=True)
            lines = [f"{symbol} {' '.join(f'{x:.10f}' for x in (*r, *f))}\n" for symbol, r, f in rows]
            head = f"{len(lines)}\nProperties=species:S:1:pos:R:3:forces:R:3 energy={data.energies[k]:.10f}\n"
            text += head + "".join(lines)
    file.write_text(text)
    code, out, err = qffc("data", "info", file)
    assert code == 0, err
    assert f"{file}:OH2:" in out
    assert f"{file}:NH3:" in out
    assert out.count("say --units ase") == 2
    assert f"{file}, free atoms:\n  energies  --atom-energies H=-13.6" in out
    code, out, _ = qffc("data", "info", f"{file}:H3N", "--units", "ase", "--json")
    assert [entry["name"] for entry in json.loads(out)["files"]] == ["qm:NH3"]


def test_energies_alone(qffc, tmp_path, trained):
    water = load_embedded("water").subset(range(500, 506))
    np.savez(tmp_path / "bare.npz", z=water.numbers, R=water.positions, E=water.energies)
    code, out, _ = qffc("data", "info", tmp_path / "bare.npz", "--units", "ase")
    assert code == 0
    assert "none: can be evaluated, not trained on" in out
    bare = ["--data", tmp_path / "bare.npz", "--units", "ase"]
    code, out, _ = qffc("eval", trained, *bare, "--plot", tmp_path / "parity.png")
    assert code == 0
    (row,) = [line.split() for line in out.splitlines() if line.startswith("model")]
    assert row[4:] == ["-", "-"]
    assert "forces on" not in out
    write_npz(water, tmp_path / "whole.npz")
    figures = [
        json.loads(qffc("eval", trained, *data, "--json")[1])["errors"]["model"]
        for data in (bare, ["--data", tmp_path / "whole.npz"])
    ]
    assert figures[0]["energy_mae_meV"] == figures[1]["energy_mae_meV"]
    assert figures[0]["force_mae_meV_per_Angstrom"] is None
    code, _, err = qffc("eval", trained, *bare, "--max-force-mae", "1")
    assert code == 2
    assert "a limit for forces that are not there" in err
    code, _, err = qffc(*TRAIN, *bare)
    assert code == 2
    assert "energies alone can be evaluated only" in err


def test_boundaries_that_nobody_declared_are_told(qffc, tmp_path):
    """A file with cells and no pbc may be a slab: what is taken for granted is said, until it is written down."""
    data, bare, told = copper(2), tmp_path / "bare.npz", tmp_path / "told.npz"
    arrays = {"z": data.numbers, "R": data.positions, "E": data.energies, "F": data.forces, "cells": data.cells}
    np.savez(bare, **arrays)
    code, out, _ = qffc("data", "info", bare, "--units", "ase")
    assert code == 0
    assert "pbc " in out
    assert "assumed periodic because the file has cells and no pbc" in out
    assert json.loads(qffc("data", "info", bare, "--units", "ase", "--json")[1])["files"][0]["cells"]["pbc_assumed"]
    assert read(bare, "ase").subset([1]).pbc_assumed
    code, _, err = qffc("data", "convert", bare, told, "--units", "ase")
    assert "assumed periodic, which is written as pbc" in err
    assert "assumed" not in qffc("data", "info", told)[1]


def test_bonds_are_told_from_other_distances(qffc):
    """Of water O-H is bonded and H-H is not; of copper the twelve nearest atoms are, the next six are not."""
    _, out, _ = qffc("data", "info", "water")
    assert re.search(r"bonds O-H +0\.87 to 1\.07 Å", out)
    assert re.search(r"distances H\.\.\.H +1\.\d\d to ", out)
    assert "O...H" not in out
    vectors = [[0.0, 1.8, 1.8], [1.8, 0.0, 1.8], [1.8, 1.8, 0.0]]
    crystal = {each.what: each for each in spreads_of(Dataset([29], [[[0, 0, 0]]], [-0.1], None, cells=vectors))}
    assert crystal["Cu-Cu"].largest == pytest.approx(3.6 / 2**0.5)
    assert crystal["Cu...Cu"].least == pytest.approx(3.6)
