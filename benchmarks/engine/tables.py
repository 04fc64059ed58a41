"""Results as tables in Markdown, ready for benchmarks/README.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.engine.cells import (
    BATCH,
    CORES,
    DEPTH,
    ENGINES,
    EPOCH,
    ETHANOL,
    GATHERED,
    MAIN,
    MOLECULE,
    OURS,
    PAIR,
    PAIRS,
    PEERS,
    RING,
    STEP,
    XTB,
    Result,
)
from benchmarks.engine.roofline import Point
from benchmarks.engine.work import RING_MOLECULE, RING_STEP, WATER_STEP, Work

EPOCH_STEPS = 200
"""Batches of five in 1,000 frames."""
COLUMNS = ((WATER_STEP, STEP), (RING_STEP, STEP), (RING_MOLECULE, MOLECULE))
SWEEPS = {
    # group: (what the rows say, how)
    RING: ("qubits, ring, 4 layers", lambda cell: cell.work.qubits),
    PAIRS: ("qubits, all pairs, 4 layers", lambda cell: cell.work.qubits),
    BATCH: ("circuits, ring of 8, 4 layers", lambda cell: cell.work.circuits),
    DEPTH: ("layers, ring of 8, 9 circuits", lambda cell: cell.work.layers),
    CORES: ("cores, work B", lambda cell: cell.cores),
}
ETHANOL_ROWS = {
    MOLECULE: "9 circuits of 8 qubits",
    PAIR: "`pair`, 8 channels, depth 3",
    GATHERED: "`gathered`",
    XTB: "GFN2-xTB",
}


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(line) + " |" for line in (headers, ["---"] * len(headers), *rows))


def main_tables(results: list[Result]) -> str:
    """Works A and B, the fastest form of each engine; ratios to the fastest peer; versions."""
    here = [r for r in results if r.cell.group == MAIN]
    headers = ["", "A step", "compile", "memory", "B step", "compile", "memory", "form", "B E+F"]
    rows, ratios = [], []
    for name, precision in [(name, precision) for name in ENGINES for precision in ("float64", "float32")]:
        a, b, molecule = best = [least(here, name, precision, *column) for column in COLUMNS]
        if not any(best):
            continue
        title, form = f"{name}, {precision}", b.cell.form if b and b.status == "ok" else ""
        rows.append([title, step(a), compiling(a), memory(a), step(b), compiling(b), memory(b), form, step(molecule)])
        if ENGINES[name] in OURS:
            ratios.append([title, *(ratio(here, r) for r in best)])
    parts = [table(headers, rows)] if rows else []
    if any(any(cells[1:]) for cells in ratios):
        parts.append(table(["times faster than the fastest peer in float64", "A step", "B step", "B E+F"], ratios))
    return "\n\n".join([*parts, versions(results)])


def sweep_tables(results: list[Result]) -> str:
    """A table for each sweep: step and compile time of each engine."""
    parts = []
    for group, (title, label) in SWEEPS.items():
        here = [r for r in results if r.cell.group == group]
        names = [name for name in ENGINES if any(r.cell.engine == name for r in here)]
        rows: dict[int, dict[str, Result]] = {}
        for r in here:
            rows.setdefault(label(r.cell), {})[r.cell.engine] = r
        if rows:
            lines = [[str(key), *(both(cells.get(name)) for name in names)] for key, cells in rows.items()]
            parts.append(table([title, *names], lines))
    return "\n\n".join(parts)


def molecule_table(results: list[Result]) -> str:
    """Energies and forces of one geometry of ethanol."""
    rows = []
    for r in (r for r in results if r.cell.group == ETHANOL):
        engine = "tblite" if r.cell.task == XTB else f"{r.cell.engine}, {r.cell.precision}"
        compile_time = "" if r.cell.task == XTB else compiling(r)
        what = ", ".join([ETHANOL_ROWS[r.cell.task], *(v for k, v in r.cell.options.items() if k == "start")])
        rows.append([what, engine, str(r.cell.cores), step(r), compile_time])
    return table(["ethanol, energy and forces", "engine", "cores", "time", "compile"], rows) if rows else ""


def training_table(results: list[Result]) -> str:
    """Steps of training on ethanol, and what an epoch of 1,000 frames takes."""
    here = [r for r in results if r.cell.group == EPOCH]
    peers = [r.figures["seconds"]["median"] for r in here if r.status == "ok" and ENGINES[r.cell.engine] in PEERS]
    rows = []
    for r in here:
        ours = ENGINES[r.cell.engine] in OURS
        form = "" if ours else f", {r.cell.form}"
        program = r.cell.options["program"].split(":")[1]
        line = [f"`{program}`", f"{r.cell.engine}, {r.cell.precision}{form}", step(r), compiling(r), "", ""]
        if r.status == "ok":
            seconds = r.figures["seconds"]["median"]
            line[4] = f"{seconds * EPOCH_STEPS:.3g} s"
            line[5] = f"{min(peers) / seconds:.3g}" if ours and peers and program == "pair" else ""
        rows.append(line)
    headers = ["ethanol", "engine", "step", "compile", "epoch", "times faster than the fastest peer"]
    return table(headers, rows) if rows else ""


def roofline_tables(points: list[Point], peaks: dict[int, dict[str, float]]) -> str:
    """Peaks of the machine, and the fractions that the kernels reach."""
    headers = ["cores", "float64 Gflop/s", "float32 Gflop/s", "L1 GB/s", "L2 GB/s", "DRAM GB/s"]
    names = ("float64", "float32", "L1", "L2", "DRAM")
    parts = [table(headers, [[str(n), *(f"{peak[k] / 1e9:.0f}" for k in names)] for n, peak in peaks.items()])]
    rows = []
    for point in points:
        cell = point.result.cell
        work = f"{cell.work.kind} {cell.work.qubits}, {cell.work.circuits} circuits"
        where = [cell.engine, cell.precision, str(cell.cores), work, cell.task.removeprefix("kernel: ")]
        asked = point.count
        figures = [f"{asked.intensity:.2f}", f"{asked.outer_intensity:.0f}", f"{point.speed / 1e9:.2f}"]
        rows.append([*where, step(point.result), *figures, f"{point.of_peak:.0%}", f"{point.of_roof:.0%}"])
    headers = [
        "kernel",
        "precision",
        "cores",
        "work",
        "of",
        "time",
        "flop/byte",
        "outside",
        "Gflop/s",
        "of peak",
        "of roof",
    ]
    return "\n\n".join([*parts, table(headers, rows)] if rows else parts)


# --------------------------------------------------------------------------- one figure


def least(results: list[Result], name: str, precision: str, work: Work, task: str) -> Result | None:
    """The fastest result of these, or one that tells why there is none."""
    wanted = (name, precision, work, task)
    here = [r for r in results if (r.cell.engine, r.cell.precision, r.cell.work, r.cell.task) == wanted]
    good = [r for r in here if r.status == "ok"]
    return min(good, key=lambda r: r.figures["seconds"]["median"]) if good else next(iter(here), None)


def ratio(results: list[Result], ours: Result | None) -> str:
    if ours is None or ours.status != "ok":
        return ""
    peers = [least(results, peer.name, "float64", ours.cell.work, ours.cell.task) for peer in PEERS]
    times = [r.figures["seconds"]["median"] for r in peers if r and r.status == "ok"]
    return f"{min(times) / ours.figures['seconds']['median']:.3g}" if times else ""


def step(result: Result | None) -> str:
    """The median, with the least and the upper quartile; or what went wrong."""
    if result is None:
        return ""
    if result.status != "ok":
        return result.reason if result.status == "timeout" else result.status
    seconds = result.figures["seconds"]
    median, lowest, high = (milliseconds(seconds[name]) for name in ("median", "least", "high"))
    return f"{median} ms ({lowest} to {high})"


def milliseconds(seconds: float) -> str:
    """Three digits, never an exponent for the sizes that there are."""
    value = 1e3 * seconds
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def compiling(result: Result | None) -> str:
    """Seconds to trace and seconds of XLA."""
    if result is None or result.status != "ok":
        return ""
    seconds = result.figures["compile"]
    return f"{seconds['build'] + seconds['trace']:.2g} + {seconds['xla']:.2g} s"


def both(result: Result | None) -> str:
    return "; ".join(text for text in (step(result), compiling(result)) if text)


def memory(result: Result | None) -> str:
    return f"{result.figures['megabytes']['peak']:.0f} MB" if result and result.status == "ok" else ""


def failure(result: Result) -> str:
    cell = result.cell
    return f"{cell.engine}, {cell.precision}, {cell.group}, {cell.task}, {cell.form}: {result.status}, {result.reason}"


def versions(results: list[Result]) -> str:
    found: dict[str, str] = {}
    for result in (r for r in results if r.status == "ok"):
        known = {name: version for name, version in result.figures["versions"].items() if name != "numpy"}
        found[result.cell.engine] = ", ".join(f"{name} {version}" for name, version in known.items())
    return table(["engine", "versions"], found.items()) if found else ""
