"""Fuzzes every reader with atheris, each for some seconds on one core, and prints runs, coverage and faults.

It exits with 1 when there was a fault: an exception other than `QffcError`, an input that takes ten seconds, or 4 GB.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

from benchmarks.engine.environments import python_of
from benchmarks.fuzz.readers import READERS

ROOT = Path(__file__).resolve().parents[2]
FUZZER = ("atheris==3.0.0",)
SLOW, MEMORY = 10, 4096
"""Seconds of one input and megabytes of the process, above which there is something wrong."""


def main(arguments: list[str] | None = None) -> int:
    """Fuzz what is asked for; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("readers", nargs="*", help=f"default: all of {', '.join(READERS)}")
    parser.add_argument("--seconds", type=int, default=60, help="of each (default: %(default)s)")
    parser.add_argument("--folder", type=Path, default=Path(".bench"), help="of the environment, inputs and faults")
    options = parser.parse_args(arguments)
    python = python_of(FUZZER, options.folder.resolve())
    good = True
    print("| reader | seconds | inputs | edges | faults |\n|---|--:|--:|--:|---|")
    for name in options.readers or READERS:
        inputs, edges, faults = fuzzed(
            name, python, options.folder.resolve() / "fuzz" / name.replace(" ", "-"), options.seconds
        )
        good &= not faults
        print(f"| {name} | {options.seconds} | {inputs} | {edges} | {', '.join(faults) or 'none'} |", flush=True)
    return 0 if good else 1


def fuzzed(name: str, python: Path, folder: Path, seconds: int) -> tuple[int, int, list[str]]:
    """Fuzz one reader; return how many inputs were tried, how many edges were seen, and the names of faults."""
    folder.mkdir(parents=True, exist_ok=True)
    flags = [
        f"-max_total_time={seconds}",
        f"-timeout={SLOW}",
        f"-rss_limit_mb={MEMORY}",
        "-print_final_stats=1",
        "-seed=1",
    ]
    own = os.pathsep.join((str(ROOT), sysconfig.get_path("purelib")))  # qffc's dependencies; atheris is in the other
    done = subprocess.run(
        [python, "-m", "benchmarks.fuzz.one", name, folder, *flags, f"-artifact_prefix={folder}/fault-"],
        env=os.environ | {"PYTHONPATH": own},
        cwd=ROOT,
        capture_output=True,
        text=True,
        errors="replace",
    )
    (folder / "log").write_text(done.stderr)
    inputs = re.findall(r"number_of_executed_units: (\d+)", done.stderr) or re.findall(r"^#(\d+)", done.stderr, re.M)
    edges = re.findall(r"cov: (\d+)", done.stderr)
    faults = sorted(path.name for path in folder.glob("fault-*") if path.suffix != ".txt")
    if not inputs or not edges:
        raise SystemExit(f"{name}: the fuzzer did not run; its log is {folder / 'log'}")
    return int(inputs[-1]), int(edges[-1]), faults


if __name__ == "__main__":
    sys.exit(main())
