"""Results on disk: a run that was killed goes on where it stopped, and ends as if nothing had happened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qffc.atomic_files import write_text
from qffc.execution.shots import ShotResult
from qffc.execution.task_keys import task_keys
from qffc.ir.diagnostics import QffcError, error
from qffc.passes.strict_documents import parse_json
from qffc.passes.target import Target

if TYPE_CHECKING:
    from pytket.circuit import Circuit

SCHEMA = 1


@dataclass(frozen=True)
class Task:
    """One circuit to run.

    Args:
        circuit: of native gates, with measurements.
        shots: at least 1.
        seed: what reproduces the shots in an emulator.
        keys: under which its result may be stored, the one that it is stored under first; see
            :func:`qffc.execution.task_keys.task_keys`.
    """

    circuit: Circuit
    shots: int
    seed: int
    keys: tuple[str, ...]

    @property
    def key(self) -> str:
        """What its result is stored under."""
        return self.keys[0]


def make_task(circuit: Circuit, target: Target, shots: int, seed: int) -> Task:
    """Return the task of running a circuit on a target."""
    return Task(circuit, shots, seed, task_keys(circuit, target, shots, seed))


@dataclass(frozen=True)
class JobStore:
    """A folder of results, one file for each circuit, and of the jobs that a machine was given.

    Files appear whole or not at all, so a run may be killed at any moment. Runs may share a folder; what one has
    measured, another one with the same circuits, shots, seed and target takes over.

    Args:
        folder: made when it is first needed.
    """

    folder: Path

    def load(self, task: Task) -> ShotResult | None:
        """Return the stored result of a task, or None.

        Raises:
            QffcError: when the file is not what qffc wrote.
        """
        for key in task.keys:
            path = self._result(key)
            if not path.exists():
                continue
            content = _read(path)
            counts = _counts(content.get("counts"))
            fit = _fits(counts, task) and sum(counts.values()) == task.shots
            if content.get("schema") != SCHEMA or content.get("key") != key or not fit:
                raise _damaged(path, "entries that do not fit its name")
            return ShotResult.of_counts(counts)
        return None

    def save(self, task: Task, result: ShotResult) -> None:
        """Keep the result of a task; parts of it are no longer needed."""
        content = {"schema": SCHEMA, "key": task.key, "seed": task.seed, "counts": result.by_string}
        _write(self._result(task.key), content)
        for key in task.keys:
            self._parts(key).unlink(missing_ok=True)

    def load_parts(self, task: Task) -> dict[str, ShotResult]:
        """Return fewer shots than a task asks for, by the names of the jobs that gave them.

        Raises:
            QffcError: when the file is not what qffc wrote.
        """
        found: dict[str, ShotResult] = {}
        for path in map(self._parts, task.keys):
            if not path.exists():
                continue
            content = _read(path)
            parts = content.get("parts")
            named = {name: _counts(entry) for name, entry in parts.items()} if isinstance(parts, dict) else {}
            good = bool(named) and all(counts and _fits(counts, task) for counts in named.values())
            if content.get("schema") != SCHEMA or not good:
                raise _damaged(path, "entries that do not fit its name")
            found |= {name: ShotResult.of_counts(counts) for name, counts in named.items()}
        return found

    def save_part(self, task: Task, job: str, part: ShotResult) -> None:
        """Keep the shots that a job gave for a task; twice the same are kept once."""
        parts = {**self.load_parts(task), job: part}
        content = {"schema": SCHEMA, "key": task.key, "parts": {name: each.by_string for name, each in parts.items()}}
        _write(self._parts(task.key), content)

    def jobs(self) -> dict[str, Mapping[str, object]]:
        """Return the jobs on machines that are not finished, by their names."""
        return {path.stem: _read(path) for path in sorted((self.folder / "jobs").glob("*.json"))}

    def save_job(self, name: str, content: Mapping[str, object]) -> None:
        """Keep what is known of a job on a machine."""
        _write(self.job_file(name), content)

    def finish_job(self, name: str) -> None:
        """Forget a job whose results are stored."""
        self.job_file(name).unlink(missing_ok=True)

    def job_file(self, name: str) -> Path:
        """Return the file of a job."""
        return self.folder / "jobs" / f"{name}.json"

    def _result(self, key: str) -> Path:
        return self.folder / "results" / f"{key}.json"

    def _parts(self, key: str) -> Path:
        return self.folder / "parts" / f"{key}.json"


def _counts(entry: object) -> dict[str, int]:
    """The counts of a file; none when they are no counts."""
    if not isinstance(entry, dict):
        return {}
    good = all(isinstance(n, int) and n > 0 and set(bits) <= {"0", "1"} for bits, n in entry.items())
    return entry if good else {}


def _fits(counts: Mapping[str, int], task: Task) -> bool:
    return all(len(bits) == task.circuit.n_bits for bits in counts)


def _read(path: Path) -> dict[str, object]:
    try:
        content = parse_json(path.read_text(encoding="utf-8"))
    except ValueError as problem:
        raise _damaged(path, str(problem)) from None
    if not isinstance(content, dict):
        raise _damaged(path, "no JSON object")
    return content


def _write(path: Path, content: Mapping[str, object]) -> None:
    write_text(path, json.dumps(content, indent=1, sort_keys=True) + "\n")


def _damaged(path: Path, what: str) -> QffcError:
    return error(
        "stored result that cannot be used",
        found=f"'{path}': {what}",
        expected="a file that qffc wrote",
        help="remove it, and the circuit is run again",
    )
