"""Commands that are killed at a random moment, and run again: do they end where an undisturbed one does?"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter, sleep

import numpy as np

from benchmarks.faults.outcome import Outcome
from qffc.models.files.array_file import read_arrays
from qffc.training.checkpoint import epochs_in

ROOT = Path(__file__).resolve().parents[2]
EPOCHS = 60
CURVE_EPOCHS = 15
STOPPED = 130  # what a command returns that Ctrl-C stopped
BOUND = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
"""Starts a command for which the rights of folders count, though root starts it."""
REFUSED = 2  # what a command returns for input that it cannot take
TRAIN = ("train", "lib:sivqlm-h2o:depth=1", "--data", "water", "--train", "20", "--validation", "4", "--test", "10")
TRAIN += ("--epochs", str(EPOCHS), "--evaluate-every", "1")
CURVE = ("curve", *TRAIN[1:4], "--sizes", "2,4,8", "--validation", "2", "--test", "4")
CURVE += ("--epochs", str(CURVE_EPOCHS), "--evaluate-every", "1")
CONFINED = (
    "import os, resource, sys; limit = int(sys.argv[1]); resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)); "
    "os.execv(sys.executable, [sys.executable, *sys.argv[2:]])"
)
"""Python that goes on as another Python, which can write short files alone."""
SLACK = 1
"""Epochs that a log may be ahead of its checkpoint: the row is written first."""


def started(*arguments: object, limit: int | None = None, before: Sequence[str] = ()) -> subprocess.Popen[str]:
    """Start a command of qffc; writing files that are longer than the limit, in bytes, fails as on a full disk.

    What comes before is a command that starts another one.
    """
    given = ["-m", "qffc", *map(str, arguments)]
    return subprocess.Popen(
        [*before, sys.executable, *(given if limit is None else ["-c", CONFINED, str(limit), *given])],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(*arguments: object) -> str:
    """What a command prints that has to succeed."""
    out, err = (process := started(*arguments)).communicate()
    if process.returncode:
        raise SystemExit(f"qffc {' '.join(map(str, arguments))} ended with {process.returncode}:\n{err}")
    return out


def killed_once(reached: Callable[[], bool], *arguments: object) -> bool:
    """Kill a command, by a signal that it cannot see, once something is reached; return whether it was running."""
    return stopped_once(reached, signal.SIGKILL, *arguments)[0]


def stopped_once(reached: Callable[[], bool], by: signal.Signals, *arguments: object) -> tuple[bool, int, str]:
    """Stop a command once something is reached: whether it was running, its exit status, what it said."""
    process = started(*arguments)
    while process.poll() is None and not reached():
        sleep(0.005)
    running = process.poll() is None
    process.send_signal(by)
    said = process.communicate()[1]
    return running, process.returncode, said


def same_model(one: Path, other: Path) -> bool:
    """Whether two runs ended with the same numbers."""
    left, right = (read_arrays(folder / "model.safetensors", "model", 1)[0] for folder in (one, other))
    return left.keys() == right.keys() and all(np.array_equal(left[name], right[name]) for name in left)


def logged(folder: Path) -> int:
    """Epochs that the log of a run says are done."""
    path = folder / "log.csv"
    rows = path.read_text().splitlines()[1:] if path.is_file() else []
    return int(rows[-1].split(",")[0]) if rows and rows[-1].split(",")[0].isdigit() else 0


def moving(model: Path) -> tuple[object, ...]:
    """Dynamics with a model."""
    return ("md", model, "--geometry", "water", "--steps", "4000", "--every", "1")


def reference(folder: Path) -> Path:
    """An undisturbed run."""
    finished(*TRAIN, "--out", folder)
    return folder


def undisturbed_dynamics(undisturbed: Path, folder: Path) -> Path:
    """The folder of dynamics that nothing stopped, made by the first treatment that compares with it."""
    kept = folder / "md"
    if not kept.exists():
        finished(*moving(undisturbed), "--out", kept)
    return kept


def undisturbed_curve(folder: Path) -> tuple[Path, list[Path]]:
    """The folder of a learning curve that nothing stopped, likewise, and the runs in it."""
    kept = folder / "curve"
    if not kept.exists():
        finished(*CURVE, "--out", kept)
    return kept, sorted(path.parent.relative_to(kept) for path in kept.rglob("model.safetensors"))


def training(tries: int, undisturbed: Path, folder: Path) -> Outcome:
    """Killed after any epoch, then run again to the end."""
    outcome, choose = Outcome("`train`, killed, and run again"), random.Random(0)
    for number in range(tries):
        run, epoch = folder / f"train-{number}", choose.randrange(1, EPOCHS)
        outcome.tries += 1
        outcome.hit += killed_once(partial(_has_epoch, run, epoch), *TRAIN, "--out", run)
        outcome.lost += logged(run) > epochs_in(run) + SLACK
        finished(*TRAIN, "--out", run)
        outcome.wrong += not same_model(run, undisturbed)
    return outcome


def _has_epoch(run: Path, epoch: int) -> bool:
    return logged(run) >= epoch


def circuits(tries: int, undisturbed: Path, folder: Path) -> Outcome:
    """Shots with a store, killed between any two circuits, then run again: those of an undisturbed run."""
    outcome, choose = Outcome("`run --store`, killed, and run again"), random.Random(1)
    run = ("run", undisturbed, "--geometry", "water", "--shots", "50", "--json", "--store")
    wanted = json.loads(finished(*run, folder / "shots"))
    for number in range(tries):
        store, count = folder / f"shots-{number}", choose.randrange(1, len(_kept(folder / "shots")))
        outcome.tries += 1
        outcome.hit += killed_once(partial(_has_results, store, count), *run, store)
        kept = _kept(store)
        found = json.loads(finished(*run, store))
        outcome.lost += not kept.items() <= _kept(store).items()
        outcome.wrong += found["estimates"] != wanted["estimates"]
    return outcome


def _has_results(store: Path, count: int) -> bool:
    return len(_kept(store)) >= count


def _kept(store: Path) -> dict[Path, bytes]:
    """The results in a store."""
    return {path: path.read_bytes() for path in store.rglob("*.json")}


def dynamics(tries: int, undisturbed: Path, folder: Path) -> Outcome:
    """Killed between any two frames, then run again: the same trajectory and the same state, byte for byte."""
    outcome, choose = Outcome("`md`, killed, and run again"), random.Random(4)
    run, kept = (*moving(undisturbed), "--out"), undisturbed_dynamics(undisturbed, folder)
    whole = (kept / "trajectory.xyz").read_bytes()
    for number in range(tries):
        moved, size = folder / f"md-{number}", choose.randrange(1, len(whole))
        trajectory = moved / "trajectory.xyz"
        outcome.tries += 1
        outcome.hit += killed_once(partial(_has_bytes, trajectory, size), *run, moved)
        finished(*run, moved)
        outcome.wrong += trajectory.read_bytes() != whole
        outcome.wrong += not same_arrays(kept / "state.npz", moved / "state.npz")
    return outcome


def _has_bytes(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size >= size


def same_arrays(one: Path, other: Path) -> bool:
    """Whether two npz files hold the same numbers."""
    with np.load(one) as left, np.load(other) as right:
        return left.files == right.files and all(np.array_equal(left[name], right[name]) for name in left.files)


def conversion(tries: int, undisturbed: Path, folder: Path) -> Outcome:
    """Killed at any moment: there is no file, or the whole one; run again there is the whole one."""
    outcome, choose = Outcome("`data convert`, killed, and run again"), random.Random(5)
    whole, begin = folder / "whole.xyz", perf_counter()
    finished("data", "convert", "water", whole)
    took = perf_counter() - begin
    for number in range(tries):
        written, until = folder / f"converted-{number}.xyz", perf_counter() + choose.uniform(0.3, 1.0) * took
        outcome.tries += 1
        outcome.hit += killed_once(partial(_later, until), "data", "convert", "water", written)
        outcome.wrong += written.exists() and written.read_bytes() != whole.read_bytes()
        finished("data", "convert", "water", written)
        outcome.wrong += written.read_bytes() != whole.read_bytes()
    return outcome


def _later(moment: float) -> bool:
    return perf_counter() >= moment


def studies(tries: int, undisturbed: Path, folder: Path) -> Outcome:
    """A learning curve, killed after any epoch of any of its runs, then run again: the same models."""
    outcome, choose = Outcome("`curve`, killed, and run again"), random.Random(6)
    curve, (kept, models) = (*CURVE, "--out"), undisturbed_curve(folder)
    for number in range(tries):
        study, epoch = folder / f"curve-{number}", choose.randrange(1, len(models) * CURVE_EPOCHS)
        outcome.tries += 1
        outcome.hit += killed_once(partial(_has_epochs, study, epoch), *curve, study)
        finished(*curve, study)
        outcome.wrong += not all(same_model(study / run, kept / run) for run in models)
    return outcome


def _has_epochs(study: Path, epochs: int) -> bool:
    return sum(logged(path.parent) for path in study.rglob("log.csv")) >= epochs


def interrupted(tries: int, undisturbed: Path, folder: Path) -> Outcome:
    """Ctrl-C while `train`, `md` or `curve` work: they say how to go on, and do."""
    outcome, choose = Outcome("`train`, `md`, `curve`, stopped by Ctrl-C, and run again"), random.Random(7)
    whole = (undisturbed_dynamics(undisturbed, folder) / "trajectory.xyz").read_bytes()
    kept, models = undisturbed_curve(folder)
    for number in range(tries):
        place = folder / f"stopped-{number}"
        kind, share = number % 3, choose.random()
        command = (TRAIN, moving(undisturbed), CURVE)[kind]
        reached = (
            partial(_has_epoch, place, 1 + int(share * (EPOCHS - 1))),
            partial(_has_bytes, place / "trajectory.xyz", 1 + int(share * (len(whole) - 1))),
            partial(_has_epochs, place, 1 + int(share * (len(models) * CURVE_EPOCHS - 1))),
        )[kind]
        running, status, said = stopped_once(reached, signal.SIGINT, *command, "--out", place)
        outcome.tries += 1
        outcome.hit += running and status == STOPPED
        outcome.wrong += status not in (0, STOPPED) or (status == STOPPED and "the same command goes on" not in said)
        finished(*command, "--out", place)
        if kind == 1:
            outcome.wrong += (place / "trajectory.xyz").read_bytes() != whole
        else:
            pairs = [(place, undisturbed)] if kind == 0 else [(place / run, kept / run) for run in models]
            outcome.wrong += not all(same_model(*pair) for pair in pairs)
    return outcome


def forbidden(tries: int, undisturbed: Path, folder: Path) -> Outcome:
    """Results to a folder where this user may not write: refused by name, and the folder as it was."""
    outcome = Outcome("results to a folder that is read-only")
    locked = folder / "locked"
    locked.mkdir()
    for file in ("model.safetensors", "run.json"):
        if (undisturbed / file).exists():
            (locked / file).write_bytes((undisturbed / file).read_bytes())
    model, before = locked / "model.safetensors", sorted(locked.iterdir())
    commands: tuple[tuple[object, ...], ...] = (
        (*TRAIN, "--out", locked),
        ("data", "convert", "water", locked / "water.xyz"),
        ("md", model, "--geometry", "water", "--steps", "5", "--out", locked / "md"),
        ("predict", model, "--geometry", "water", "--out", locked / "predicted.xyz"),
        ("compile", model, "--target", "H2-1LE", "--emit", "qasm", "--out", locked / "circuits"),
        ("report", model, "--out", locked / "report.html"),
    )
    locked.chmod(0o555)
    for command in commands[: max(1, tries)]:
        process = started(*command, before=BOUND if os.getuid() == 0 else ())
        err = process.communicate()[1]
        outcome.tries += 1
        outcome.hit += process.returncode == REFUSED
        outcome.wrong += process.returncode != REFUSED or "error: " not in err or str(locked) not in err
        outcome.wrong += sorted(locked.iterdir()) != before
    locked.chmod(0o755)
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
        outcome.wrong += process.returncode != 0 and "error: " not in err
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
