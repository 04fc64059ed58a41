"""Experiments with force fields: training, errors beside published ones, molecular dynamics, and why some do not learn.

Every command reads the data from the folder of --data, or of the variable QFFC_DATA. benchmarks/README.md tells what
each one measures.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from pathlib import Path

from qffc.ir.diagnostics import QffcError

# Before JAX is loaded: XLA fills pages about processor features when it reads what it compiled itself.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

COMMANDS = {
    "train": "training",
    "table": "table",
    "paths": "paths",
    "md": "md",
    "flat-periodic": "flat_periodic",
    "flat-slots": "flat_slots",
    "flat-learning": "flat_learning",
    "flat-dimension": "flat_dimension",
    "transfer": "transfer",
    "atoms": "atoms",
}
"""Name and file of each command; a file has `add_options` and `run`, which returns the exit status."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.forcefields",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, file in COMMANDS.items():
        module = import_module(f"benchmarks.forcefields.{file}")
        title = (module.__doc__ or "").splitlines()[0]
        command = commands.add_parser(name, help=title, description=module.__doc__)
        command.add_argument("--data", type=Path, metavar="FOLDER", help="of the data (default: $QFFC_DATA)")
        module.add_options(command)
        command.set_defaults(run=module.run)
    options = parser.parse_args(arguments)
    try:
        return options.run(options)
    except QffcError as problem:
        print(problem, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
