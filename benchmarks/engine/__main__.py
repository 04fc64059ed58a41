"""The kernels of qffc beside other simulators of circuits, each cell in a process of its own.

Every engine has the same circuits, geometries, parameters and loss, and every cell is held against a dense simulation
in NumPy: figures of one that differs are refused, and the run ends with 1. Peers get environments of their own in
--folder. benchmarks/README.md tells what the sections measure.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.engine import roofline, tables
from benchmarks.engine.cells import ENGINES, Result, Unavailable
from benchmarks.engine.plan import SECTIONS, Plan
from benchmarks.engine.running import Runner

PLOT = Path("docs/images/engine-roofline.png")


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.engine", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="the fewest cells and few repeats, within an hour")
    parser.add_argument(
        "--sections", nargs="+", choices=SECTIONS, default=SECTIONS, metavar="SECTION", help=", ".join(SECTIONS)
    )
    keys = [engine.key for engine in ENGINES.values()]
    parser.add_argument("--engines", nargs="+", choices=keys, default=keys, metavar="ENGINE", help=", ".join(keys))
    parser.add_argument("--folder", type=Path, default=Path(".bench"), help="of environments (default: %(default)s)")
    parser.add_argument("--time-limit", type=float, default=300.0, help="of a cell, seconds (default: %(default)g)")
    parser.add_argument("--ethanol", type=Path, metavar="FILE", help="an rMD17 file; default: the geometry of ASE")
    parser.add_argument("--json", type=Path, metavar="FILE", help="of results (default: engine.json in --folder)")
    parser.add_argument("--tables", type=Path, metavar="FILE", help="print the tables of such a file, measure nothing")
    parser.add_argument("--plot", type=Path, nargs="?", const=PLOT, metavar="FILE", help=f"draw the roofline ({PLOT})")
    return parser.parse_args()


def machine() -> dict[str, object]:
    model = platform.processor()
    information = Path("/proc/cpuinfo")
    if information.exists():
        lines = information.read_text().splitlines()
        model = next((line.split(": ")[1] for line in lines if line.startswith("model name")), model)
    cores = len(os.sched_getaffinity(0))
    return {"processor": model, "cores": cores, "load": os.getloadavg()[0], "time": f"{datetime.now(UTC):%F %T} UTC"}


def measure(chosen: argparse.Namespace) -> dict[str, object]:
    """Run the sections; what is there is on disk after each cell."""
    place, path = machine(), chosen.json or chosen.folder / "engine.json"
    report: dict[str, object] = {"machine": place, "peaks": {}, "results": []}
    runner = Runner(chosen.folder.resolve(), chosen.time_limit)

    def save() -> None:
        report["results"] = [result.as_dict() for result in runner.results]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(report, indent=1))

    runner.keep = save
    engines = [engine for engine in ENGINES.values() if engine.key in chosen.engines]
    plan = Plan(runner, chosen.quick, place["cores"], engines)
    for section in chosen.sections:
        if section == "molecule":
            plan.molecule(chosen.ethanol)
        elif section == "training":
            plan.training(chosen.ethanol)
        elif section == "roofline":
            try:
                report["peaks"] = roofline.measured_peaks(runner.folder, tuple(range(1, place["cores"] + 1)))
            except Unavailable as problem:
                print(f"no roofline: {problem}", file=sys.stderr)
                continue
            plan.roofline()
        else:
            {"main": plan.main, "sweeps": plan.sweeps}[section]()
    save()
    return json.loads(path.read_text())


def show(report: dict) -> None:
    place = report["machine"]
    print(f"{place['cores']} cores of {place['processor']}, load {place['load']:.1f} at the start, {place['time']}")
    results, peaks = unpacked(report)
    parts = [tables.main_tables(results), tables.sweep_tables(results), tables.molecule_table(results)]
    parts.append(tables.training_table(results))
    if peaks:
        parts.append(tables.roofline_tables(roofline.points(results, peaks), peaks))
    parts.append("\n".join(f"- {tables.failure(r)}" for r in results if r.status != "ok"))
    print("\n" + "\n\n".join(part for part in parts if part))


def unpacked(report: dict) -> tuple[list[Result], dict[int, dict[str, float]]]:
    results = [Result.from_dict(values) for values in report["results"]]
    return results, {int(threads): peak for threads, peak in report["peaks"].items()}


def main() -> int:
    chosen = options()
    report = json.loads(chosen.tables.read_text()) if chosen.tables else measure(chosen)
    show(report)
    results, peaks = unpacked(report)
    if chosen.plot and peaks:
        roofline.plot(roofline.points(results, peaks), peaks, chosen.plot)
    return int(any(result.status in ("wrong", "failed") for result in results))


if __name__ == "__main__":
    sys.exit(main())
