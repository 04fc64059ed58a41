"""Train a program on molecules of rMD17, split by split, and print errors beside published ones.

The same command goes on with runs that were stopped, and leaves finished ones as they are. benchmarks/README.md tells
what the columns are.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path

from benchmarks.forcefields.data import VARIABLE
from benchmarks.forcefields.rmd17_files import FORMULAS, SPLITS
from qffc.ir.diagnostics import QffcError

# Before JAX is loaded, hence imports inside functions: XLA fills pages about processor features otherwise.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ALL = "all"


def main(arguments: list[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.molecules == ALL and not options.table:
        parser.error(f"which molecules? name some, or {ALL}")
    molecules = tuple(FORMULAS) if ALL in options.molecules else tuple(dict.fromkeys(options.molecules))
    from benchmarks.rmd17.table import finished, show

    try:
        complete = options.table or _train(molecules, options)
        if complete or finished(options.folder, molecules):
            show(options.folder, molecules, options.format)
    except QffcError as problem:
        print(problem, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command goes on from the last checkpoint", file=sys.stderr)
        return 130
    return 0 if complete else 1


def _train(molecules: tuple[str, ...], options: argparse.Namespace) -> bool:
    from benchmarks.rmd17.training import train_all

    return train_all(molecules, options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.rmd17", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    names = f"{', '.join(FORMULAS)}; or {ALL}, which a table shows by itself"
    add("molecules", nargs="*", default=ALL, metavar="MOLECULE", choices=[*FORMULAS, ALL], help=names)
    add("--splits", type=_splits, default=(1, 2, 3, 4, 5), metavar="K", help="1-5, or 1,3 (default: all five)")
    add("--frames", type=int, default=1000, metavar="N", help="the first N training frames (default: %(default)d)")
    add("--model", metavar="PROGRAM", help="lib:NAME, with options lib:NAME:depth=3, FILE.qffc, or FILE.py:NAME")
    add("--settings", type=Path, metavar="FILE", help="YAML, JSON or TOML: settings of training, `model` with options")
    add("--data", type=Path, metavar="PLACE", help=f"file, or folder, the unpacked archive too (default: ${VARIABLE})")
    add("--folder", type=Path, default=Path("runs/rmd17"), help="of all runs (default: %(default)s)")
    add("--table", action="store_true", help="train nothing: the table of what is in the folder")
    add("--format", choices=("text", "markdown"), default="text", help="of the table (default: %(default)s)")
    return parser


def _splits(text: str) -> tuple[int, ...]:
    chosen: set[int] = set()
    for part in text.split(","):
        span = re.fullmatch(r"(\d)(?:-(\d))?", part.strip())
        numbers = range(int(span[1]), int(span[2] or span[1]) + 1) if span else range(0)
        if not numbers or not set(numbers) <= set(range(1, SPLITS + 1)):
            raise argparse.ArgumentTypeError(f"'{text}' is none of 1 to {SPLITS}, 1-{SPLITS}, or numbers with commas")
        chosen.update(numbers)
    return tuple(sorted(chosen))


if __name__ == "__main__":
    sys.exit(main())
