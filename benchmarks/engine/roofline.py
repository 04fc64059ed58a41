"""Peaks of the machine, and where the kernels stand below them."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.engine.cells import GRADIENT, MOMENTS, SECOND, Result, Unavailable
from benchmarks.engine.operation_counts import Count, count

SOURCE = Path(__file__).with_name("peak.cpp")
LEVELS = ("L1", "L2", "DRAM")
MARKERS = {MOMENTS: "o", GRADIENT: "^", SECOND: "s"}


@dataclass(frozen=True)
class Point:
    """A kernel under the roof.

    Args:
        result: of a kernel task.
        count: what its circuits ask for.
        speed: operations a second.
        of_peak: fraction of the measured multiply-adds.
        of_roof: fraction of what the amplitudes moved through the first level of cache would allow.
    """

    result: Result
    count: Count
    speed: float
    of_peak: float
    of_roof: float


def measured_peaks(folder: Path, cores: tuple[int, ...]) -> dict[int, dict[str, float]]:
    """Return operations and bytes a second by number of threads.

    Raises:
        Unavailable: without a C++ compiler.
    """
    compiler = shutil.which("c++") or shutil.which("g++")
    if compiler is None:
        raise Unavailable("no C++ compiler to measure the peaks with")
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "peak"
    subprocess.run([compiler, "-std=c++17", "-O3", "-march=native", "-pthread", SOURCE, "-o", program], check=True)
    peaks = {}
    for threads in cores:
        done = subprocess.run([program, str(threads)], check=True, capture_output=True, text=True)
        peaks[threads] = json.loads(done.stdout)
    return peaks


def points(results: list[Result], peaks: dict[int, dict[str, float]]) -> list[Point]:
    """Return the kernels of the results, under the roof of their number of cores."""
    found = []
    for result in results:
        cell = result.cell
        if result.status != "ok" or not cell.task.startswith("kernel") or cell.cores not in peaks:
            continue
        peak = peaks[cell.cores]
        asked = count(cell.work, cell.task, cell.precision)
        speed = asked.operations / result.figures["seconds"]["median"]
        roof = min(peak[cell.precision], asked.intensity * peak["L1"])
        found.append(Point(result, asked, speed, speed / peak[cell.precision], speed / roof))
    return found


def plot(found: list[Point], peaks: dict[int, dict[str, float]], path: Path) -> None:
    """Draw the roofs of one core and the points on it, one panel for each precision."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt
    import numpy as np

    figure, panels = plt.subplots(1, 2, figsize=(10, 4), sharey=True, constrained_layout=True)
    for panel, precision in zip(panels, ("float64", "float32"), strict=True):
        here = [point for point in found if point.result.cell.precision == precision and point.result.cell.cores == 1]
        intensity = np.logspace(-1.5, 1.5, 100)
        for level in LEVELS:
            roof = np.minimum(peaks[1][precision], intensity * peaks[1][level])
            panel.plot(intensity, roof / 1e9, color="0.6", linewidth=1)
            panel.annotate(level, (intensity[0], roof[0] / 1e9), color="0.4", fontsize=8)
        for colour, name in enumerate(sorted({point.result.cell.engine for point in found})):
            for task, marker in MARKERS.items():
                mine = [p for p in here if (p.result.cell.engine, p.result.cell.task) == (name, task)]
                places = [p.count.intensity for p in mine], [p.speed / 1e9 for p in mine]
                label = f"{name}: {task.removeprefix('kernel: ')}"
                panel.scatter(*places, s=18, color=f"C{colour}", marker=marker, label=label)
        panel.set(
            xscale="log", yscale="log", title=f"{precision}, one core", xlabel="operations for a byte of amplitudes"
        )
        panel.grid(True, which="major", color="0.9")
    panels[0].set_ylabel("10⁹ operations a second")
    panels[1].legend(fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
