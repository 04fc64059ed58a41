"""Runs cells one by one, each in a process of its own, and holds what they find against the dense reference."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.engine.cells import (
    ENGINES,
    MODEL,
    MOLECULE,
    STEP,
    TRAINING,
    XTB,
    XTB_ENVIRONMENT,
    Cell,
    Result,
    Unavailable,
)
from benchmarks.engine.environments import python_of
from benchmarks.engine.reference import Answer, stored_answer
from benchmarks.engine.work import Work

ROOT = Path(__file__).resolve().parents[2]
TOLERANCE = {"float64": 1e-8, "float32": 5e-4}
"""Largest difference from the reference, relative to the largest number of its kind where that is above one."""


@dataclass
class Runner:
    """Runs cells and keeps their results.

    Args:
        folder: environments and references.
        time_limit: of a process, seconds.
        keep: called after each cell.
    """

    folder: Path
    time_limit: float
    keep: Callable[[], None] = lambda: None
    results: list[Result] = field(default_factory=list)
    first: dict[tuple[str, Work, str], dict[str, NDArray[np.float64]]] = field(default_factory=dict)

    def run(self, cell: Cell) -> Result:
        """Measure a cell and say so."""
        print(
            f"{cell.engine}, {cell.precision}, {cell.task}, {describe(cell)} ...", end=" ", file=sys.stderr, flush=True
        )
        result = self._checked(self._measured(cell))
        print(summary(result), file=sys.stderr, flush=True)
        self.results.append(result)
        self.keep()
        return result

    def _measured(self, cell: Cell) -> Result:
        requirements = XTB_ENVIRONMENT if cell.task == XTB else ENGINES[cell.engine].environment
        if cell.task == TRAINING and requirements is not None:
            requirements = (*requirements, *MODEL)
        try:
            python = python_of(requirements, self.folder)
        except Unavailable as problem:
            return Result(cell, "unavailable", {}, str(problem))
        environment = os.environ | {
            # Training keeps its step count and the optimizer's scalars in 64 bits.
            "JAX_ENABLE_X64": str(int(cell.precision == "float64" or cell.task == TRAINING)),
            "JAX_PLATFORMS": "cpu",
            "JAX_TRACEBACK_FILTERING": "off",  # the last line of a failure is its reason
            "OMP_NUM_THREADS": str(cell.cores),
            "OPENBLAS_NUM_THREADS": str(cell.cores),
        }
        with tempfile.TemporaryDirectory() as folder:
            question, report = Path(folder, "cell.json"), Path(folder, "report.json")
            question.write_text(json.dumps(cell.as_dict()))
            command = [python, "-m", "benchmarks.engine.child", question, report]
            try:
                done = subprocess.run(
                    command, cwd=ROOT, env=environment, timeout=self.time_limit, capture_output=True, text=True
                )
            except subprocess.TimeoutExpired:
                return Result(cell, "timeout", {}, f"over {self.time_limit:g} s")
            if done.returncode != 0:
                last = (done.stderr.strip().splitlines() or ["no message"])[-1]
                return Result(cell, "failed", {}, f"ended with {done.returncode}: {last}")
            answer = json.loads(report.read_text())
        return Result(cell, answer["status"], answer["figures"], answer.get("reason", ""))

    def _checked(self, result: Result) -> Result:
        cell = result.cell
        if result.status != "ok" or cell.task == XTB:
            return result
        found = result.figures.pop("found")
        if cell.task in (STEP, MOLECULE):
            errors = deviations(found, expectations(stored_answer(cell.work, self.folder / "references")))
        else:  # too large to be simulated densely: kernels are held against the first of them
            first = self.first.setdefault((cell.task, cell.work, str(cell.options)), flat(found))
            errors = deviations(found, first)
        single = {name: float(value) for name, value in flat(found).items() if np.ndim(value) == 0}
        figures = result.figures | {"deviations": errors, "found": single}
        worst = max(errors, key=lambda name: errors[name] if np.isfinite(errors[name]) else np.inf)
        if not errors[worst] <= TOLERANCE[cell.precision]:  # true for NaN, too
            return Result(cell, "wrong", figures, f"{worst} differ by {errors[worst]:.1e} from the reference")
        return Result(cell, "ok", figures)


def flat(found: dict) -> dict[str, NDArray[np.float64]]:
    """Return the numbers of a report by name, gradients and their norm among them."""
    gradient = {f"gradient by {name}": np.asarray(value) for name, value in found.get("gradient", {}).items()}
    arrays = {name: np.asarray(value) for name, value in found.items() if name != "gradient"} | gradient
    if gradient:
        arrays["gradient norm"] = np.sqrt(sum(np.sum(np.square(value)) for value in gradient.values()))
    return arrays


def expectations(answer: Answer) -> dict[str, NDArray[np.float64]]:
    """Return what the reference says, by the same names."""
    names = ("loss", "energies", "forces", "gradient")
    return flat({name: getattr(answer, name) for name in names})


def deviations(found: dict, expected: dict[str, NDArray[np.float64]]) -> dict[str, float]:
    """Return the largest difference of each kind of number, relative to the largest of that kind if it is above one."""
    return {
        name: float(np.abs(value - expected[name]).max() / max(1.0, np.abs(expected[name]).max()))
        for name, value in flat(found).items()
    }


def describe(cell: Cell) -> str:
    work = cell.work
    text = f"{work.kind} {work.qubits}, {work.layers} layers, {work.circuits} circuits"
    return (
        text
        + (f", {cell.form}" if cell.task in (STEP, TRAINING) else "")
        + ("" if cell.cores == 2 else f", {cell.cores} core")
    )


def summary(result: Result) -> str:
    if result.status != "ok":
        return f"{result.status}: {result.reason}"
    seconds, compiling = result.figures["seconds"], result.figures["compile"]
    return f"{1e3 * seconds['median']:.4g} ms, compiled in {sum(compiling.values()):.2g} s"
