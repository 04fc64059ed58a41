"""The verb ``predict``: a file of structures in, the same with predictions out."""

from __future__ import annotations

import json

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import read, write

from qffc.library import load
from qffc.models.calculator import Calculator
from qffc.models.ensemble import Ensemble
from qffc.models.files.model_file import load_model, save_model
from qffc.models.force_field import untrained

pytestmark = pytest.mark.filterwarnings("ignore::qffc.ir.diagnostics.QffcWarning")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder, program = tmp_path_factory.mktemp("models"), load("gathered", channels=2, rounds=2, depth=1, vectors=2)
    paths = [folder / f"{seed}.safetensors" for seed in (0, 1)]
    for seed, path in enumerate(paths):
        save_model(untrained(program, seed), path)
    return paths


@pytest.fixture
def structures(tmp_path):
    water, box = molecule("H2O"), molecule("H2O")
    water.info |= {"run": 7, "REF_energy": -3.5, "label": "a water, alone"}
    water.arrays["site"] = np.array([4, 5, 6])
    box.set_cell([4.0, 4.5, 5.0])
    box.pbc = True
    labelled = Atoms("OH", [[0, 0, 0], [0, 0, 0.97]])
    labelled.calc = SinglePointCalculator(labelled, energy=-1.5, forces=[[0, 0, 0.25], [0, 0, -0.25]])
    write(path := tmp_path / "structures.xyz", [water, box, labelled])
    return path


def test_frames_keep_their_order_and_entries_and_have_predictions(qffc, models, structures, tmp_path):
    out = tmp_path / "folder" / "predictions.extxyz"
    code, text, _ = qffc("predict", models[0], "--geometry", structures, "--out", out)
    assert code == 0
    assert text == f"3 frames, 8 atoms, 1 in cells: written to {out}\n"
    given, found = read(structures, ":"), read(out, ":")
    assert [str(each.symbols) for each in found] == [str(each.symbols) for each in given]
    assert found[0].info == given[0].info
    assert found[0].arrays["site"].tolist() == [4, 5, 6]
    assert found[2].info == {"reference_energy": -1.5}
    assert found[2].arrays["reference_forces"].tolist() == [[0, 0, 0.25], [0, 0, -0.25]]
    for one, other in zip(given, found, strict=True):
        assert np.array_equal(one.pbc, other.pbc)
        one.calc = Calculator(load_model(models[0]))
        assert other.get_potential_energy() == pytest.approx(one.get_potential_energy(), rel=1e-12)
        np.testing.assert_allclose(other.get_forces(), one.get_forces(), atol=1e-8)
        np.testing.assert_allclose(other.get_potential_energies(), one.get_potential_energies(), atol=1e-8)
    np.testing.assert_allclose(found[1].get_stress(), given[1].get_stress(), atol=1e-12)
    assert "stress" not in found[0].calc.results


def test_several_models_say_how_far_they_are_apart(qffc, models, structures, tmp_path):
    out = tmp_path / "predictions.xyz"
    code, text, _ = qffc("predict", *models, "--geometry", structures, "--out", out, "--json")
    assert code == 0
    assert json.loads(text) == {"frames": 3, "atoms": 8, "cells": 1, "written": str(out)}
    (water, *_), given = read(out, ":"), read(structures, 0)
    given.calc = Calculator(Ensemble(models))
    given.get_potential_energy()
    assert water.info["energy_deviation"] == pytest.approx(given.calc.results["energy_deviation"])
    np.testing.assert_allclose(water.arrays["force_deviations"], given.calc.results["force_deviations"], atol=1e-8)


def test_what_lies_beyond_the_training_data_is_counted(qffc, tmp_path):
    near, far = molecule("H2O"), molecule("H2O")
    far.positions *= 1.6
    write(tmp_path / "both.xyz", [near, far])
    out = tmp_path / "predictions.xyz"
    code, text, err = qffc("predict", "trained:water-frugal", "--geometry", tmp_path / "both.xyz", "--out", out)
    assert code == 0
    assert "1 beyond the training data, the largest extrapolation grade" in text
    assert "warning" not in err
    grades = [atoms.arrays["extrapolation_grades"].max() for atoms in read(out, ":")]
    assert grades[0] < 1 < grades[1]


def test_what_does_not_fit_is_named_by_its_frame_and_nothing_is_left(qffc, models, structures, tmp_path):
    write(structures, [*read(structures, ":"), molecule("CH4")])
    out = tmp_path / "predictions.xyz"
    code, _, err = qffc("predict", models[0], "--geometry", structures, "--out", out)
    assert code == 2
    assert f"{structures}, frame 3" in err
    assert "'C'" in err
    assert [each.name for each in tmp_path.iterdir()] == ["structures.xyz"]


def test_cells_need_a_cutoff(qffc, structures, tmp_path):
    save_model(untrained(load("sivqlm-h2o", depth=1), 0), tmp_path / "whole.safetensors")
    code, _, err = qffc(
        "predict", tmp_path / "whole.safetensors", "--geometry", structures, "--out", tmp_path / "p.xyz"
    )
    assert code == 2
    assert "periodic atoms of a model without a cutoff" in err
    assert "frame 1" in err


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('1\nProperties=species:S:1:pos:R:3 unit_cell="9 9 9"\nH 0 0 0\n', "unit_cell"),
        ("1\nProperties=species:S:1:pos:R:3 r_unit=bohr\nH 0 0 0\n", "Bohr"),
        ("1\n\nH 0 0 0\n2\n\nH 0 0 0\n", "frame 1"),
        ("\n", "no frames"),
    ],
)
def test_files_that_say_something_else_are_refused(qffc, models, tmp_path, text, named):
    (tmp_path / "odd.xyz").write_text(text)
    code, _, err = qffc("predict", models[0], "--geometry", tmp_path / "odd.xyz", "--out", tmp_path / "predictions.xyz")
    assert code == 2
    assert named in err


def test_other_formats_that_ase_reads(qffc, models, structures, tmp_path):
    write(tmp_path / "structures.traj", read(structures, ":2"))
    out = tmp_path / "predictions.xyz"
    assert qffc("predict", models[0], "--geometry", tmp_path / "structures.traj", "--out", out)[0] == 0
    assert len(read(out, ":")) == 2
    np.savez(tmp_path / "two.npz", z=[8, 1, 1], R=[molecule("H2O").positions] * 2)
    assert qffc("predict", models[0], "--geometry", tmp_path / "two.npz", "--out", out)[0] == 0
    one, other = read(out, ":")
    assert np.array_equal(one.get_forces(), other.get_forces())
    (tmp_path / "empty.cif").write_text("nothing")
    code, _, err = qffc("predict", models[0], "--geometry", tmp_path / "empty.cif", "--out", out)
    assert code == 2
    assert "empty.cif" in err


def test_where_predictions_go(qffc, models, structures, tmp_path):
    code, _, err = qffc("predict", models[0], "--geometry", structures, "--out", tmp_path / "predictions.npz")
    assert code == 2
    assert ".extxyz" in err
    code, _, err = qffc("predict", models[0], "--geometry", structures, "--out", structures)
    assert code == 2
    assert "in the place of the structures" in err
