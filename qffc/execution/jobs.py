"""Results on disk: a run that was killed goes on where it stopped, and ends as if nothing had happened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from qffc.atomic_files import write_text
from qffc.execution.engines import engines
from qffc.execution.shots import ShotResult
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
        key: what the result depends on, as a hash; see :func:`task_key`.
    """

    circuit: Circuit
    shots: int
    seed: int
    key: str


def make_task(circuit: Circuit, target: Target, shots: int, seed: int) -> Task:
    """Return the task of running a circuit on a target."""
    return Task(circuit, shots, seed, task_key(circuit, target, shots, seed))


def task_key(circuit: Circuit, target: Target, shots: int, seed: int) -> str:
    """Return the SHA-256 of everything that the result of a circuit depends on.

    That is the circuit, shots, seed and, for an emulator, the engine with its version, the noise and the cost weights,
    which scale it; for a machine, its name.
    """
    content = {
        "circuit": circuit.to_dict(),
        "shots": shots,
        "seed": seed,
        "place": target.machine if target.emulator is None else [target.emulator, *engines()[target.emulator].versions],
        "noise": asdict(target.noise) if target.noise and target.emulator else None,
        "weights": asdict(target.weights),
    }
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


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
        path = self._result(task)
        if not path.exists():
            return None
        content = _read(path)
        counts = _counts(content.get("counts"))
        fit = all(len(bits) == task.circuit.n_bits for bits in counts) and sum(counts.values()) == task.shots
        if content.get("schema") != SCHEMA or content.get("key") != task.key or not fit:
            raise _damaged(path, "entries that do not fit its name")
        return ShotResult.of_counts(counts)

    def save(self, task: Task, result: ShotResult) -> None:
        """Keep the result of a task."""
        content = {"schema": SCHEMA, "key": task.key, "seed": task.seed, "counts": result.by_string}
        _write(self._result(task), content)

    def jobs(self) -> dict[str, Mapping[str, object]]:
        """Return the jobs on machines that are not finished, by their names."""
        return {path.stem: _read(path) for path in sorted((self.folder / "jobs").glob("*.json"))}

    def save_job(self, name: str, content: Mapping[str, object]) -> None:
        """Keep what is known of a job on a machine."""
        _write(self._job(name), content)

    def finish_job(self, name: str) -> None:
        """Forget a job whose results are stored."""
        self._job(name).unlink(missing_ok=True)

    def _result(self, task: Task) -> Path:
        return self.folder / "results" / f"{task.key}.json"

    def _job(self, name: str) -> Path:
        return self.folder / "jobs" / f"{name}.json"


def _counts(entry: object) -> dict[str, int]:
    """The counts of a file; none when they are no counts."""
    if not isinstance(entry, dict):
        return {}
    good = all(isinstance(n, int) and n > 0 and set(bits) <= {"0", "1"} for bits, n in entry.items())
    return entry if good else {}


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
