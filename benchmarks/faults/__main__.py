"""Kills commands, fills disks and damages files, and prints what was lost, and what came out wrong.

It exits with 1 when there was a wrong answer, or work was lost.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Collection, Iterator
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

TREATMENTS: dict[str, Callable[[int, Path, Path], Outcome]] = {
    "forbidden": forbidden,
    "conversion": conversion,
    "dynamics": dynamics,
    "training": training,
    "studies": studies,
    "interrupted": interrupted,
    "circuits": circuits,
    "full-disk": full_disk,
    "two-at-once": two_at_once,
}
"""Treatments of commands by name, the quick ones first; none needs what another one leaves behind."""
DAMAGED = "damaged"


def main(arguments: list[str] | None = None) -> int:
    """Run all treatments; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    names = (DAMAGED, *TREATMENTS)
    parser.add_argument("names", nargs="*", help=f"default: all of {' '.join(names)}")
    parser.add_argument(
        "--tries", type=int, default=3, help="of each command, two processes each (default: %(default)s)"
    )
    parser.add_argument("--damages", type=int, default=300, help="of each file; 0: none (default: %(default)s)")
    options = parser.parse_args(arguments)
    if unknown := sorted(set(options.names) - set(names)):
        parser.error(f"no treatments of the names {unknown}; there are {' '.join(names)}")
    found: list[Outcome] = []

    def told() -> Iterator[Outcome]:
        for outcome in outcomes(options.names or names, options.tries, options.damages):
            found.append(outcome)
            yield outcome

    for line in table(told()):
        print(line, flush=True)
    return int(any(each.lost or each.wrong for each in found))


def outcomes(names: Collection[str], tries: int, damages: int) -> Iterator[Outcome]:
    """The treatments of these names, the quick ones first."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        undisturbed = reference(folder / "undisturbed")
        if DAMAGED in names and damages:
            yield from damaged(damages, undisturbed, folder)
        for treatment, treat in TREATMENTS.items():
            if treatment in names:
                yield treat(tries, undisturbed, folder)


if __name__ == "__main__":
    sys.exit(main())
