"""The process of one cell: prepares, warms up, repeats, and writes its figures; `python -m benchmarks.engine.child`."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import resource
import statistics
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import perf_counter

from benchmarks.engine.cells import (
    GATHERED,
    GRADIENT,
    MOLECULE,
    MOMENTS,
    PAIR,
    SECOND,
    STEP,
    TRAINING,
    XTB,
    Cell,
    Unavailable,
)

TASKS = {
    STEP: "step_task",
    MOLECULE: "step_task",
    MOMENTS: "kernel_task",
    GRADIENT: "kernel_task",
    SECOND: "kernel_task",
    PAIR: "molecule_task",
    GATHERED: "molecule_task",
    TRAINING: "training_task",
    XTB: "xtb_task",
}
"""Modules of `benchmarks.engine.tasks`, each with `prepare(cell)`: what to repeat, what it found, compile seconds."""
MOST_REPEATS, FEWEST_REPEATS = 300, 3


def repeated(run: Callable[[], object], budget: float) -> dict[str, float]:
    """Seconds of a call: after two calls to warm up, as many as the budget allows."""
    run()
    run()
    times: list[float] = []
    begin = perf_counter()
    while len(times) < FEWEST_REPEATS or (len(times) < MOST_REPEATS and perf_counter() - begin < budget):
        start = perf_counter()
        run()
        times.append(perf_counter() - start)
    low, _, high = statistics.quantiles(times, n=4)
    return {"median": statistics.median(times), "least": min(times), "low": low, "high": high, "repeats": len(times)}


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def versions() -> dict[str, str]:
    names = ("jax", "pennylane", "qujax", "horqrux", "tensorcircuit-ng", "tblite", "numpy")
    found = {}
    for name in names:
        with suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def compute_in_this_thread() -> None:
    """Tell JAX to compute calls where they are waited for: another thread gains nothing and costs a handing over."""
    jax = importlib.import_module("jax")
    jax.config.update("jax_cpu_enable_async_dispatch", False)


def measure(cell: Cell) -> dict[str, object]:
    if cell.task != XTB:
        compute_in_this_thread()
    task = importlib.import_module(f"benchmarks.engine.tasks.{TASKS[cell.task]}")
    imported = peak_megabytes()
    run, found, seconds = task.prepare(cell)
    times = repeated(run, cell.budget)
    memory = {"imported": imported, "peak": peak_megabytes()}
    return {"seconds": times, "compile": seconds, "megabytes": memory, "versions": versions(), "found": found()}


def main() -> None:
    cell = Cell.from_dict(json.loads(Path(sys.argv[1]).read_text()))
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: cell.cores])  # before any thread pool is made
    try:
        report = {"status": "ok", "figures": measure(cell)}
    except Unavailable as problem:
        report = {"status": "unavailable", "reason": str(problem), "figures": {}}
    Path(sys.argv[2]).write_text(json.dumps(report))


if __name__ == "__main__":
    main()
