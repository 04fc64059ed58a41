"""Dynamics in a folder: killed, interrupted, gone on with to the same bytes; stopped where a model knows too little."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from time import monotonic, sleep

import numpy as np
import pytest
from ase.build import molecule
from ase.io import read

from qffc.folder_lock import sole_user
from qffc.ir.diagnostics import QffcError
from qffc.ir.telling import listening
from qffc.library import load
from qffc.models.ensemble import Ensemble
from qffc.models.files.model_file import load_model
from qffc.models.force_field import untrained
from qffc.motion.dynamics import TO_LABEL, run_dynamics
from qffc.motion.settings import DynamicsSettings, Limits
from qffc.motion.state_file import STATE_NAME

METHANOL = molecule("CH3OH")
NUMBERS, START = METHANOL.numbers, METHANOL.positions


def run(model, folder, steps, limits=None, save_seconds=1e9, **others):
    settings = DynamicsSettings(**({"every": 4} | others))
    return run_dynamics(
        model, NUMBERS, START, settings, steps=steps, folder=folder, limits=limits, save_seconds=save_seconds
    )


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.xyz"))}


def test_a_trajectory_says_what_it_holds(rounds, tmp_path):
    found = run(rounds, tmp_path / "run", 10, replicas=2, precision=64)
    frames = read(found.trajectories[1], ":")
    assert [frame.info["step"] for frame in frames] == [0, 4, 8]
    assert [frame.info["time_fs"] for frame in frames] == [0, 2, 4]
    for frame in frames:
        energies, forces = rounds.predict(NUMBERS, frame.positions[None])
        assert frame.get_potential_energy() == pytest.approx(energies[0], abs=1e-6)
        np.testing.assert_allclose(frame.get_forces(), forces[0], atol=1e-6)
    np.testing.assert_allclose(frames[0].positions, START, rtol=0, atol=1e-8)
    assert (found.step, found.begun, found.stopped_at) == (10, 0, None)
    assert frames[-1].info["temperature_K"] > 0


@pytest.mark.parametrize("kind", ["native", "bussi", "plain", "ensemble"])
def test_parts_give_the_bytes_of_the_whole(rounds, tmp_path, kind):
    pair = {"species": ("C", "H", "O"), "channels": 1, "depth": 1, "hidden": (4,), "cutoff": 2.5}
    model, others = rounds, {"replicas": 3}
    if kind == "bussi":
        others = {"thermostat": "bussi"}
    elif kind == "plain":
        model, others = untrained(load("pair", **pair), seed=0), {"skin": 0.02}
    elif kind == "ensemble":
        model, others = Ensemble([rounds, replace(rounds, arrays=untrained(rounds.program, 3).arrays)]), {}
    steps = (5, 6, 17) if kind != "plain" else (5, 9)
    whole = run(model, tmp_path / "whole", steps[-1], **others)
    for part in steps:
        found = run(model, tmp_path / "parts", part, **others)
    assert found.begun == steps[-2]
    assert bytes_of(tmp_path / "parts") == bytes_of(tmp_path / "whole")
    np.testing.assert_array_equal(found.temperatures, whole.temperatures)
    np.testing.assert_array_equal(found.drifts, whole.drifts)


KILLED = """
import sys
from pathlib import Path
from ase.build import molecule
from qffc.models.files.model_file import load_model
from qffc.motion.dynamics import run_dynamics
from qffc.motion.settings import DynamicsSettings
start = molecule("NH3")
run_dynamics(load_model("trained:ammonia"), start.numbers, start.positions, DynamicsSettings(every=4), steps=10**9,
             folder=Path(sys.argv[1]), save_seconds=0.05)
"""


def test_a_killed_process_goes_on_to_the_same_bytes(tmp_path):
    model, start, folder = load_model("trained:ammonia"), molecule("NH3"), tmp_path / "killed"
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(folder)], env=os.environ)
    state, begin = folder / STATE_NAME, monotonic()
    try:
        while not state.exists() and process.poll() is None and monotonic() - begin < 60:
            sleep(0.02)
        sleep(0.1)
    finally:
        process.kill()
        assert process.wait() == -signal.SIGKILL
    # What a kill in the middle of a frame leaves behind.
    with (folder / "trajectory.xyz").open("ab") as file:
        file.write(b"4\nProperties=spec")
    with np.load(state) as file:
        there = json.loads(str(file["about"]))["step"]
    found, whole = (
        run_dynamics(model, start.numbers, start.positions, DynamicsSettings(every=4), steps=there + 21, folder=each)
        for each in (folder, tmp_path / "whole")
    )
    assert (found.begun, whole.begun) == (there, 0)
    assert there > 0
    assert bytes_of(folder) == bytes_of(tmp_path / "whole")


def test_ctrl_c_leaves_a_state_that_goes_on(rounds, tmp_path):
    def stop(_, done, __):
        if done == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), listening(stop):
        run(rounds, tmp_path / "parts", 20)
    found = run(rounds, tmp_path / "parts", 20)
    run(rounds, tmp_path / "whole", 20)
    assert found.begun == 8
    assert bytes_of(tmp_path / "parts") == bytes_of(tmp_path / "whole")


def test_a_folder_has_one_user_and_one_trajectory(rounds, tmp_path):
    run(rounds, tmp_path / "run", 4)
    for other in ({"seed": 1}, {"temperature": 310.0}, {"replicas": 2}):
        with pytest.raises(QffcError, match=next(iter(other))):
            run(rounds, tmp_path / "run", 4, **other)
    with pytest.raises(QffcError, match="model"):
        run(replace(rounds, arrays=untrained(rounds.program, 3).arrays), tmp_path / "run", 4)
    words = ["from pathlib import Path", "from qffc.folder_lock import sole_user"]
    other_process = "; ".join([*words, f"sole_user(Path({str(tmp_path / 'run')!r})).__enter__()"])
    with sole_user(tmp_path / "run"):
        done = subprocess.run([sys.executable, "-c", other_process], capture_output=True, text=True, check=False)
    assert "another run works in" in done.stderr
    short = tmp_path / "run" / "trajectory.xyz"
    short.write_bytes(short.read_bytes()[:-1])
    with pytest.raises(QffcError, match="shorter"):
        run(rounds, tmp_path / "run", 8)
    (tmp_path / "run" / STATE_NAME).write_bytes(b"PK")
    with pytest.raises(QffcError, match="cannot be read"):
        run(rounds, tmp_path / "run", 8)


@pytest.mark.parametrize("replicas", [1, 3])
def test_dynamics_stop_at_a_grade(tmp_path, replicas):
    """Hot ammonia leaves the data of its model; the frame before does not."""
    model = load_model("trained:ammonia")
    ammonia = np.array([[0, 0, 0.1], [0, 0.95, -0.28], [0.82, -0.47, -0.28], [-0.82, -0.47, -0.28]])
    settings = DynamicsSettings(temperature=3000, replicas=replicas, seed=1)
    found = run_dynamics(
        model, ["N", "H", "H", "H"], ammonia, settings, steps=400, folder=tmp_path, limits=Limits(grade=1.0)
    )
    assert found.stopped_at is not None
    assert found.step <= found.stopped_at < found.step + 10
    labelled = read(tmp_path / TO_LABEL, ":")
    assert 1 <= len(labelled) <= replicas
    for frame in labelled:
        assert frame.calc is None
        grade = model.extrapolation_grade(frame.numbers, frame.positions[None]).max()
        assert grade > 1
        assert frame.info["extrapolation_grade"] == pytest.approx(grade, abs=1e-3)
    for path in found.trajectories:
        frames = read(path, ":")
        assert len(frames) == found.step // 10 + 1
        assert all(frame.info["extrapolation_grade"] <= 1 for frame in frames)


def test_an_ensemble_stops_where_its_models_disagree(rounds, tmp_path):
    ensemble = Ensemble([rounds, replace(rounds, arrays=untrained(rounds.program, 3).arrays)])
    apart = ensemble.consensus(NUMBERS, START[None]).force_deviations.max()
    found = run(ensemble, tmp_path / "once", 4, limits=Limits(deviation=0.5 * apart))
    assert (found.stopped_at, found.step) == (0, 0)
    assert read(tmp_path / "once" / TO_LABEL).info["force_deviation"] == pytest.approx(apart, abs=1e-3)
    found = run(ensemble, tmp_path / "never", 4, limits=Limits(deviation=50 * apart))
    assert found.stopped_at is None
    assert found.deviations[0] >= 0.99 * apart


def test_what_cannot_be_is_refused(rounds, tmp_path):
    for limits, words in ((Limits(grade=1.0), "where its training data end"), (Limits(deviation=0.1), "one model")):
        with pytest.raises(QffcError, match=words):
            run(rounds, tmp_path, 4, limits=limits)
    for others in ({"thermostat": "nose"}, {"step": 0.0}, {"replicas": 0}, {"temperature": float("nan")}):
        with pytest.raises(QffcError, match=next(iter(others))):
            run(rounds, tmp_path, 4, **others)
    with pytest.raises(QffcError, match="single atom"):
        run_dynamics(rounds, ["C"], START[:1], DynamicsSettings(), steps=1, folder=tmp_path)


def test_a_molecule_that_flies_apart_is_named(rounds, tmp_path):
    with pytest.raises(QffcError, match="flew apart"):
        run(rounds, tmp_path / "run", 40, step=1e160, thermostat="none")
