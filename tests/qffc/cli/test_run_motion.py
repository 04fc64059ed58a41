"""Batches, differences, relaxations and dynamics on circuits from the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest
from ase import Atoms
from ase.io import read, write

import qffc as package
from qffc.models.files.model_file import save_model
from qffc.models.force_field import untrained


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    file = tmp_path_factory.mktemp("model") / "lih.safetensors"
    save_model(untrained(package.load("sivqlm-lih", depth=1), seed=0), file)
    return file


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    file = tmp_path_factory.mktemp("path") / "path.xyz"
    write(file, [Atoms("LiH", [[0, 0, 0], [0, 0, z]]) for z in (1.6, 1.7, 1.8)])
    return file


def test_batches(qffc, model, path):
    arguments = ("run", model, "--geometry", path, "--frames", "2", "--standard-error", "5meV", "--batches", "3")
    code, out, err = qffc(*arguments, "--json")
    found = json.loads(out)
    assert code == 0
    assert "3 batches" in err
    assert (found["batches"], len(found["estimates"])) == (3, 2)
    assert all(each["standard_error"] == pytest.approx(0.005, rel=0.1) for each in found["estimates"])
    code, out, err = qffc(*arguments, "--max-hqc", "1")
    assert code == 2
    assert "limit" in err


def test_difference(qffc, model, path):
    arguments = ("run", model, "--geometry", path, "--frames", "3", "--standard-error", "50meV", "--difference")
    code, out, _ = qffc(*arguments, "--target", "ideal", "--json")
    found = json.loads(out)
    assert code == 0
    assert len(found["differences"]) == 2
    errors = np.sqrt(np.diagonal(found["covariance"]))
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(0.05, rel=0.1)
    assert np.abs((np.array(found["differences"]) - found["exact"]) / errors).max() < 5
    code, out, _ = qffc(*arguments, "--target", "ideal")
    assert out.splitlines()[1].startswith("1 - 0")


def test_bias_is_taken_off_and_shown(qffc, tmp_path):
    file = tmp_path / "pair.safetensors"  # its readout is not linear in the moments
    save_model(untrained(package.load("pair", channels=1, depth=1, hidden=(4,), basis_size=3), seed=0), file)
    arguments = ("run", file, "--geometry", "water", "--frames", "2", "--shots", "50", "--target", "ideal")
    plain, less = (json.loads(qffc(*arguments, *more, "--json")[1])["estimates"] for more in ((), ("--debias",)))
    assert [each["bias"] for each in plain] == [0, 0]
    assert all(abs(each["bias"]) > 1e-7 for each in less)
    assert [each["energy"] + each["bias"] for each in less] == pytest.approx([each["energy"] for each in plain])
    assert "bias" not in qffc(*arguments)[1]
    head, *rows = qffc(*arguments, "--debias")[1].splitlines()
    assert head.endswith("bias taken off (meV)")
    assert [row.split()[-1] for row in rows[-2:]] == [f"{1e3 * each['bias']:+.2f}" for each in less]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--difference",), "difference of one geometry"),
        (("--batches", "2", "--forces"), "--batches and --forces"),
        (("--mitigate", "extrapolation"), "unknown mitigation"),
        (("--own-settings", "--forces"), "--own-settings and --forces"),
        (("--difference", "--frames", "2", "--pilot", "10"), "--difference and --pilot"),
    ],
)
def test_options_that_do_not_go_together(qffc, model, path, options, message):
    code, _, err = qffc("run", model, "--geometry", path, *options)
    assert code == 2
    assert message in err


def test_dynamics(qffc, model, path, tmp_path):
    arguments = ("md", model, "--geometry", path, "--steps", "4", "--replicas", "2", "--target", "ideal")
    code, out, _ = qffc(*arguments, "--out", tmp_path / "way", "--json")
    found = json.loads(out)
    assert code == 0
    assert [len(read(tmp_path / "way" / f"trajectory-{number}.xyz", ":")) for number in (1, 2)] == [5, 5]
    assert found["temperature_K"] > 0
    assert found["shots"] > 0
    assert qffc(*arguments, "--json")[1] == out
    assert "300 K are wanted" in qffc(*arguments)[1]


def test_a_price_above_the_limit_stops_dynamics_before_they_start(qffc, model, path):
    code, out, err = qffc("md", model, "--geometry", path, "--target", "H2-1LE", "--steps", "50", "--max-hqc", "300")
    assert (code, out) == (2, "")
    assert "limit" in err


def test_relaxation(qffc, tmp_path):
    """A model that is bound: LiH whose energy has a minimum."""
    bound = untrained(package.load("sivqlm-lih", depth=1), seed=2)
    lengths = np.linspace(1.5, 3.5, 60)
    places = np.zeros((60, 2, 3))
    places[:, 1, 2] = lengths
    energies, _ = bound.predict(np.array([3, 1]), places)
    inside = [k for k in range(1, 59) if energies[k] < min(energies[k - 1], energies[k + 1])]
    assert inside
    file, start = tmp_path / "bound.safetensors", tmp_path / "start.xyz"
    save_model(bound, file)
    write(start, Atoms("LiH", places[inside[0] + 1]))
    options = ("--target", "ideal", "--standard-error", "100meV/A", "--json")
    code, out, err = qffc("relax", file, "--geometry", start, *options, "--out", tmp_path / "end.xyz")
    found = json.loads(out)
    assert code == 0, err
    length = float(np.linalg.norm(np.subtract(*found["positions"])))
    exact = float(np.linalg.norm(np.subtract(*found["exact_positions"])))
    along = np.array([0, 0, -1, 0, 0, 1.0])
    error = float(np.sqrt(along @ np.array(found["covariance"]) @ along))
    assert abs(length - exact) < 5 * error
    assert read(tmp_path / "end.xyz").get_distance(0, 1) == pytest.approx(length, abs=1e-6)
    assert found["shots"] == sum(step["shots"] for step in found["steps"])
