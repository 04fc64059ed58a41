"""Commands that are killed at a random moment, and run again: do they end where an undisturbed one does?"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import numpy as np

from benchmarks.faults.outcome import Outcome
from qffc.models.files.array_file import read_arrays
from qffc.training.checkpoint import epochs_in

ROOT = Path(__file__).resolve().parents[2]
EPOCHS = 60
TRAIN = ("train", "lib:sivqlm-h2o:depth=1", "--data", "water", "--train", "20", "--validation", "4", "--test", "10")
TRAIN += ("--epochs", str(EPOCHS), "--evaluate-every", "1")
SLACK = 1
"""Epochs that a log may be ahead of its checkpoint: the row is written first."""


def started(*arguments: object, limit: int | None = None) -> subprocess.Popen[str]:
    """Start a command of qffc; no file of it may be longer than the limit, in bytes."""

    def confine() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then writing fails as on a full disk
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.Popen(
        [sys.executable, "-m", "qffc", *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=confine,
    )


def finished(*arguments: object) -> str:
    """What a command prints that has to succeed."""
    out, err = (process := started(*arguments)).communicate()
    if process.returncode:
        raise SystemExit(f"qffc {' '.join(map(str, arguments))} ended with {process.returncode}:\n{err}")
    return out


def killed_at(moment: float, *arguments: object) -> bool:
    """Kill a command some seconds after its start, with a signal that it cannot see; whether it was still running."""
    process = started(*arguments)
    end = monotonic() + moment
    while process.poll() is None and monotonic() < end:
        sleep(0.01)
    running = process.poll() is None
    process.kill()
    process.communicate()
    return running


def same_model(one: Path, other: Path) -> bool:
    """Whether two runs ended with the same numbers."""
    left, right = (read_arrays(folder / "model.safetensors", "model", 1)[0] for folder in (one, other))
    return left.keys() == right.keys() and all(np.array_equal(left[name], right[name]) for name in left)


def logged(folder: Path) -> int:
    """Epochs that the log of a run says are done."""
    path = folder / "log.csv"
    rows = path.read_text().splitlines()[1:] if path.is_file() else []
    return int(rows[-1].split(",")[0]) if rows and rows[-1].split(",")[0].isdigit() else 0


def reference(folder: Path) -> tuple[Path, float]:
    """An undisturbed run, and how long it took, in seconds."""
    start = monotonic()
    finished(*TRAIN, "--out", folder)
    return folder, monotonic() - start


def training(tries: int, undisturbed: Path, seconds: float, folder: Path) -> Outcome:
    """Killed anywhere, then run again to the end."""
    outcome, choose = Outcome("`train`, killed, and run again"), random.Random(0)
    for number in range(tries):
        run = folder / f"train-{number}"
        outcome.tries += 1
        outcome.hit += killed_at(choose.uniform(0.2, 1.0) * seconds, *TRAIN, "--out", run)
        outcome.lost += logged(run) > epochs_in(run) + SLACK
        finished(*TRAIN, "--out", run)
        outcome.wrong += not same_model(run, undisturbed)
    return outcome


def circuits(tries: int, undisturbed: Path, folder: Path) -> Outcome:
    """Shots with a store, killed anywhere, then run again: the same shots as those of an undisturbed run."""
    outcome, choose = Outcome("`run --store`, killed, and run again"), random.Random(1)
    run = ("run", undisturbed, "--geometry", "water", "--shots", "50", "--json", "--store")
    start = monotonic()
    wanted = json.loads(finished(*run, folder / "shots"))
    seconds = monotonic() - start
    for number in range(tries):
        store = folder / f"shots-{number}"
        outcome.tries += 1
        outcome.hit += killed_at(choose.uniform(0.5, 1.0) * seconds, *run, store)
        kept = {path for path in store.rglob("*.json")}
        found = json.loads(finished(*run, store))
        outcome.lost += not kept <= set(store.rglob("*.json"))
        outcome.wrong += found["estimates"] != wanted["estimates"]
    return outcome


def full_disk(tries: int, undisturbed: Path, folder: Path) -> Outcome:
    """No room for a checkpoint: it is said, and the run goes on where there is room."""
    outcome, choose = Outcome("`train` on a full disk, and again with room"), random.Random(2)
    size = (undisturbed / "checkpoint.safetensors").stat().st_size
    for number in range(tries):
        run = folder / f"full-{number}"
        process = started(*TRAIN, "--out", run, limit=int(choose.uniform(0.05, 0.95) * size))
        _, err = process.communicate()
        outcome.tries += 1
        outcome.hit += process.returncode != 0
        outcome.wrong += process.returncode != 0 and not err.splitlines()[-4:][0].startswith("error: ")
        finished(*TRAIN, "--out", run)
        outcome.wrong += not same_model(run, undisturbed)
    return outcome


def two_at_once(tries: int, undisturbed: Path, folder: Path) -> Outcome:
    """Two trainings in one folder: one of them is refused, or ends with what the other one has."""
    outcome = Outcome("two `train` in one folder")
    for number in range(tries):
        run = folder / f"two-{number}"
        both = [started(*TRAIN, "--out", run) for _ in range(2)]
        said = [process.communicate()[1] for process in both]
        refused = [process.returncode != 0 for process in both]
        outcome.tries += 1
        outcome.hit += any(refused)
        outcome.lost += all(refused)
        outcome.wrong += any(no and "error: " not in text for no, text in zip(refused, said, strict=True))
        outcome.wrong += not same_model(run, undisturbed)
    return outcome
