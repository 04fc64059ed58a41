"""Frames of a step divided among devices and processes: the same model as on one device, up to rounding."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pair_programs import exchanges, pair_text

from qffc.data import load_embedded
from qffc.ir.diagnostics import QffcError
from qffc.ir.text.parser import parse_program
from qffc.library import load
from qffc.training.batches import batch_shape
from qffc.training.config import training_config
from qffc.training.processes import join
from qffc.training.trainer import train

WATER = load_embedded("water")
PROGRAM = load("sivqlm-h2o", depth=1)
SETTINGS = {"train": 16, "validation": 6, "epochs": 2, "batch_size": 8, "evaluate_every": 1, "patience": 5}

# Little to compile: no radial functions, and no layers in the head.
PAIRS = pair_text(
    "rotate a1, K[Z(a)]*r(c, a)",
    "rotate b1, K[Z(b)]*r(c, b)",
    *exchanges("a1, b1", "a2, b2"),
    species="H, N, O",
    parameters=("K: species",),
)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    model = train(PROGRAM, WATER, training_config(SETTINGS), tmp_path_factory.mktemp("alone"))
    energies, forces = model.predict(WATER.numbers, WATER.positions[:10])
    return {"energies": energies, "forces": forces, **model.arrays}


def start(tmp_path: Path, name: str, devices: int, **task: object) -> subprocess.Popen[str]:
    whole = {
        "settings": SETTINGS,
        "folder": str(tmp_path / name),
        "out": str(tmp_path / f"{name}.npz"),
        "stops": [None],
    }
    flags = {"XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}", "JAX_NUMPY_DTYPE_PROMOTION": "strict"}
    command = (sys.executable, str(Path(__file__).with_name("train_part.py")), json.dumps(whole | task))
    return subprocess.Popen(command, env=os.environ | flags, stderr=subprocess.PIPE, text=True)


def end(*processes: subprocess.Popen[str]) -> list[str]:
    """The last words of processes that have to be done soon; those that hang are not left behind."""
    try:
        return [process.communicate(timeout=240)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()


def free_address() -> str:
    with socket.socket() as found:
        found.bind(("localhost", 0))
        return f"localhost:{found.getsockname()[1]}"


def same(alone: dict[str, np.ndarray], file: Path) -> None:
    found = np.load(file)
    assert set(found) == set(alone)
    for name, value in alone.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-12, atol=1e-12, err_msg=name)


@pytest.mark.slow
def test_two_devices_of_a_process_with_two_pieces_each(alone, tmp_path):
    settings = SETTINGS | {"devices": 2, "accumulate": 2}
    process = start(tmp_path, "two", 2, settings=settings)
    (words,) = end(process)
    assert process.returncode == 0, words
    same(alone, tmp_path / "two.npz")


@pytest.mark.slow  # devices are tested with one molecule, two molecules with one device
def test_two_devices_that_share_frames_of_two_molecules(tmp_path):
    settings = {"train": 4, "validation": 0, "test": 4, "epochs": 2, "batch_size": 4}
    sets = (WATER, load_embedded("ammonia"))
    alone = train(parse_program(PAIRS), sets, training_config(settings), tmp_path / "alone")
    process = start(tmp_path, "two", 2, settings=settings | {"devices": 2}, mixed=PAIRS)
    (words,) = end(process)
    assert process.returncode == 0, words
    energies, forces = alone.predict(WATER.numbers, WATER.positions[:10])
    same({"energies": energies, "forces": forces, **alone.arrays}, tmp_path / "two.npz")


@pytest.mark.slow
def test_two_processes_of_two_devices_each_that_go_on_with_a_run(alone, tmp_path):
    address = free_address()
    # Only the first process has the folder of the run.
    pieces = {"settings": SETTINGS | {"devices": 2}, "stops": [1, None]}
    processes = [start(tmp_path, f"part{i}", 2, others=[address, 2, i], **pieces) for i in range(2)]
    words = end(*processes)
    assert [process.returncode for process in processes] == [0, 0], words
    for i in range(2):
        same(alone, tmp_path / f"part{i}.npz")
    names = {path.name for path in (tmp_path / "part0").iterdir()}
    assert names == {"checkpoint.safetensors", "log.csv", "model.safetensors"}
    assert not (tmp_path / "part1").exists()


@pytest.mark.slow
def test_processes_of_different_runs_all_stop(tmp_path):
    address = free_address()
    tasks = [{"settings": SETTINGS | {"seed": seed}, "others": [address, 2, seed]} for seed in range(2)]
    processes = [start(tmp_path, f"part{i}", 1, **task) for i, task in enumerate(tasks)]
    for words in end(*processes):
        assert "processes of different runs" in words
    assert [process.returncode for process in processes] == [1, 1]
    assert not (tmp_path / "part0").exists()


def test_a_batch_that_does_not_divide_is_refused():
    config = training_config(SETTINGS | {"batch_size": 5})
    with pytest.raises(QffcError, match="5 frames in a batch, for 2 pieces: 2 devices, 1 each"):
        batch_shape(16, config, devices=2)


@pytest.mark.slow  # a process whose training asks what is asked above
def test_a_batch_that_does_not_divide_among_devices(tmp_path):
    process = start(tmp_path, "two", 2, settings=SETTINGS | {"devices": 2, "batch_size": 5, "patience": None})
    (words,) = end(process)
    assert process.returncode == 1
    assert "5 frames in a batch, for 2 pieces: 2 devices, 1 each" in words


def test_devices_that_are_not_there(tmp_path):
    with pytest.raises(QffcError, match="64 devices"):
        train(PROGRAM, WATER, training_config(SETTINGS | {"devices": 64, "batch_size": 64}), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("address", "processes", "number", "word"),
    [
        ("node1", 2, 0, "HOST:PORT"),
        ("node1:port", 2, 0, "HOST:PORT"),
        ("node1:1234", 2, 2, "from 0 to 1"),
        ("node1:1234", 0, 0, "at least one process"),
    ],
)
def test_processes_that_cannot_meet(address, processes, number, word):
    with pytest.raises(QffcError, match=word):
        join(address, processes, number)
