"""Kills commands, fills disks and damages files, and prints what was lost, and what came out wrong.

It exits with 1 when there was a wrong answer, or work was lost.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.faults.damaged import damaged
from benchmarks.faults.killed import (
    circuits,
    conversion,
    dynamics,
    forbidden,
    full_disk,
    interrupted,
    reference,
    studies,
    training,
    two_at_once,
)
from benchmarks.faults.outcome import Outcome, table


def main(arguments: list[str] | None = None) -> int:
    """Run all treatments; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument(
        "--tries", type=int, default=3, help="of each command, two processes each (default: %(default)s)"
    )
    parser.add_argument("--damages", type=int, default=300, help="of each file; 0: none (default: %(default)s)")
    options = parser.parse_args(arguments)
    found: list[Outcome] = []

    def told() -> Iterator[Outcome]:
        for outcome in outcomes(options.tries, options.damages):
            found.append(outcome)
            yield outcome

    for line in table(told()):
        print(line, flush=True)
    return int(any(each.lost or each.wrong for each in found))


def outcomes(tries: int, damages: int) -> Iterator[Outcome]:
    """All treatments, the quick ones first."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        undisturbed = reference(folder / "undisturbed")
        yield from damaged(damages, undisturbed, folder) if damages else ()
        yield forbidden(tries, undisturbed, folder)
        yield conversion(tries, undisturbed, folder)
        yield dynamics(tries, undisturbed, folder)
        yield training(tries, undisturbed, folder)
        yield studies(tries, undisturbed, folder)
        yield interrupted(tries, undisturbed, folder)
        yield circuits(tries, undisturbed, folder)
        yield full_disk(tries, undisturbed, folder)
        yield two_at_once(tries, undisturbed, folder)


if __name__ == "__main__":
    sys.exit(main())
