"""Audits calculators of other packages, each in an environment of its own, and prints a table of what fails.

It exits with 1 when a package cannot be installed or its calculator raises; what an audit finds is no failure.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.audits.calculators import OUTSIDE
from benchmarks.audits.table import table
from benchmarks.engine.cells import Unavailable
from benchmarks.engine.environments import python_of

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("ase==3.29.0", "numpy", "scipy", "lark")
"""What an audit needs of qffc's dependencies."""


def main(arguments: list[str] | None = None) -> int:
    """Audit what is asked for, and print the table of all that is in the folder; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audits", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"default: all of {' '.join(OUTSIDE)}")
    parser.add_argument("--folder", type=Path, default=Path(".bench"), help="of environments and reports")
    parser.add_argument("--table", action="store_true", help="only print the table of the last audits again")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - set(OUTSIDE))
    if unknown:
        parser.error(f"no calculators of the names {unknown}; there are {' '.join(OUTSIDE)}")
    reports, good = options.folder.resolve() / "audits", True
    for name in () if options.table else options.names or OUTSIDE:
        try:
            audited(name, options.folder.resolve(), reports)
        except Unavailable as problem:
            print(f"{name}: {problem}", file=sys.stderr)
            good = False
    print(table(reports))
    return 0 if good else 1


def audited(name: str, folder: Path, reports: Path) -> None:
    """Audit one calculator in a process of its own.

    Raises:
        Unavailable: its package cannot be had, or it raises for the atoms that it is given.
    """
    requirements = OUTSIDE[name].requirements
    python = python_of((*requirements, *ROOMS) if requirements else None, folder)
    print(f"{name} ...", file=sys.stderr, flush=True)
    command = [python, "-m", "benchmarks.audits.one", name, reports]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise Unavailable((done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1])


if __name__ == "__main__":
    sys.exit(main())
