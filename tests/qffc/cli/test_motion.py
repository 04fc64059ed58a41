"""The verbs that move molecules by exact forces."""

from __future__ import annotations

import json

import numpy as np
import pytest
from ase.build import molecule
from ase.io import read, write

AMMONIA = "trained:ammonia"


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    file = tmp_path_factory.mktemp("start") / "ammonia.xyz"
    atoms = molecule("NH3")
    atoms.rotate(40, (1, 2, 3))
    write(file, atoms)
    return file


def test_relax(qffc, start, tmp_path):
    code, out, _ = qffc("relax", AMMONIA, "--geometry", start, "--fmax", "0.5meV/A", "--out", tmp_path / "m.xyz")
    assert code == 0
    assert out.startswith("relaxed in ")
    assert "N0 H1" in out
    end = read(tmp_path / "m.xyz")
    assert np.linalg.norm(end.get_forces(), axis=1).max() < 5e-4
    code, out, _ = qffc("relax", AMMONIA, "--geometry", start, "--steps", "1", "--json")
    found = json.loads(out)
    assert (code, found["converged"], found["steps"]) == (1, False, 1)


def test_vibrations(qffc, tmp_path):
    arguments = ("vibrations", "trained:water", "--geometry", "water")
    code, out, err = qffc(*arguments, "--modes", tmp_path / "modes.xyz", "--json")
    found = json.loads(out)
    assert code == 0
    assert "relaxed in" in err
    assert len(found["frequencies"]) == 3
    assert found["imaginary"] == 0
    modes = read(tmp_path / "modes.xyz", ":")
    assert [mode.info["frequency_per_cm"] for mode in modes] == pytest.approx(found["frequencies"], abs=1e-3)
    assert all(np.linalg.norm(mode.arrays["mode"]) == pytest.approx(1, abs=1e-6) for mode in modes)
    code, out, err = qffc(*arguments, "--no-relax")
    assert code == 0
    assert "zero-point energy" in out
    assert "is on an atom" in err


def test_md(qffc, start, tmp_path):
    arguments = ("md", AMMONIA, "--geometry", start, "--replicas", "2", "--out", tmp_path / "run", "--json")
    code, out, _ = qffc(*arguments, "--steps", "30")
    assert (code, json.loads(out)["begun"]) == (0, 0)
    code, out, _ = qffc(*arguments, "--steps", "50")
    found = json.loads(out)
    assert (code, found["begun"], found["step"], found["time"]) == (0, 30, 50, 0.025)
    assert [len(read(path, ":")) for path in found["trajectories"]] == [6, 6]
    _, out, _ = qffc(*arguments[:-1], "--steps", "40")
    assert out.startswith("50 steps, 0.025 ps, all of them there before, in ")
    code, out, _ = qffc(*arguments, "--steps", "60", "--step", "0.4")
    assert code == 2
    assert json.loads(out)["error"]["title"] == "folder with another trajectory"


def test_md_that_stops(qffc, start, tmp_path):
    arguments = (
        "md",
        AMMONIA,
        "--geometry",
        start,
        "--temperature",
        "4000",
        "--out",
        tmp_path / "hot",
        "--steps",
        "500",
    )
    code, out, _ = qffc(*arguments, "--stop-at", "1")
    assert code == 1
    assert "the frame to label is in" in out
    assert len(read(tmp_path / "hot" / "to-label.xyz", ":")) == 1
    code, out, _ = qffc(*arguments)
    assert code == 0
    assert "beyond the training data" in out


@pytest.mark.parametrize(
    ("verb", "options", "message"),
    [
        ("md", ("--shots", "20"), "--shots"),
        ("md", ("--uncorrected",), "--uncorrected"),
        ("relax", ("--standard-error", "100meV/A"), "--standard-error"),
        ("relax", ("--target", "ideal", "--fmax", "1meV/A"), "--fmax"),
        ("md", ("--target", "ideal", "--thermostat", "bussi", "--stop-at", "1"), "--thermostat bussi, --stop-at"),
        ("md", ("--stop-at", "5meV"), "force"),
        ("md", ("--stop-at", "100meV/A"), "one model"),
        ("md", ("--thermostat", "nose"), "'langevin'"),
        ("md", ("--precision", "16"), "16"),
    ],
)
def test_options_that_do_not_go_together(qffc, start, tmp_path, monkeypatch, verb, options, message):
    monkeypatch.chdir(tmp_path)
    code, _, err = qffc(verb, AMMONIA, "--geometry", start, *options)
    assert code == 2
    assert message in err
    assert not (tmp_path / "runs").exists()
