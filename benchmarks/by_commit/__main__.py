"""Figures by commit: print them, add those of the present commit, or say what moved.

python -m benchmarks.by_commit                       the last rows
python -m benchmarks.by_commit --measure             adds a row for the present commit
python -m benchmarks.by_commit --compare [OLD NEW]   what moved beyond its quartiles; 1 where something got worse
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks.by_commit.history import Row, append_row, compared, find_row, moves, read_rows, spread_of, table

HERE = Path(__file__).resolve().parent
HISTORY = HERE / "history.jsonl"
SECONDS = 4.0


def git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=HERE, check=True, capture_output=True, text=True).stdout.strip()


def conditions() -> dict[str, str]:
    """What figures depend on, besides the code. The machine is left out: a ratio is to hold on others, too."""
    from qffc.passes.native_library import native_state

    packages = {name: version(name) for name in ("ase", "jax", "numpy", "pytket", "sympy")}
    kernel = native_state()
    return {
        "python": platform.python_version(),
        **packages,
        "kernel": kernel.reason if kernel.available else "portable",
        "cores": str(len(os.sched_getaffinity(0))),
    }


def measured(seconds: float, only: str) -> Row:
    os.environ["QFFC_CACHE"] = "off"  # what is measured is compiled here
    from benchmarks.by_commit.figures import FIGURES

    found = {}
    for figure in FIGURES:
        if only not in figure.name:
            continue
        found[figure.name] = spread_of(figure.measure(seconds))
        print(f"{figure.name:<40}{found[figure.name]}", file=sys.stderr, flush=True)
    return Row(git("rev-parse", "--short=10", "HEAD"), git("log", "-1", "--format=%cs"), conditions(), found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--compare", nargs="*", metavar="COMMIT", help="two commits; the last two when left out")
    parser.add_argument("--history", type=Path, default=HISTORY, help="the file of rows")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="about how long a figure is measured")
    parser.add_argument("--only", default="", help="figures with this in their name")
    chosen = parser.parse_args()
    if chosen.measure:
        if chosen.history == HISTORY and (chosen.only or git("status", "--porcelain", "--untracked-files=no")):
            parser.error("a row of the history has all figures, of a commit without changes; --history FILE for others")
        append_row(chosen.history, measured(chosen.seconds, chosen.only))
    rows = read_rows(chosen.history)
    if chosen.compare is None:
        from benchmarks.by_commit.figures import FIGURES

        print(table(rows, {figure.name: figure.peer for figure in FIGURES}) if rows else "nothing is measured yet")
        return 0
    if len(chosen.compare) not in (0, 2) or len(rows) < 2:
        parser.error("two rows are compared: the last two, or those of two commits")
    old, new = [find_row(rows, name) for name in chosen.compare] or rows[-2:]
    print(compared(old, new))
    return int(any(move.factor < 1 for move in moves(old, new)))


if __name__ == "__main__":
    raise SystemExit(main())
