"""The equivariance check against a second opinion: wide random programs, and every verdict on them judged.

The second opinion (tests/support/second_*.py) shares nothing with qffc: it reads the text of a program, evaluates it in
extended precision and simulates it by itself. A *false proof* is a proven symmetry that changes the response; a *false
refutation* a counterexample whose numbers do not come again, or do not differ. Exits with 1 when there is one, when a
check crashes, or takes longer than its budget.
"""

import argparse
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from judged import BUDGET, NO_NUMBER, Judged, Row, judged, judged_after

from qffc.ir import Program
from qffc.testing import MUTATIONS, internally_symmetric_program, mutate, symmetric_program, wide_program

LIMIT = 60
"""Seconds of one processor after which a check is stopped; far beyond its budget."""


@dataclass(frozen=True)
class Found:
    """What came out of one program."""

    seed: int
    text: str
    judged: Judged


class Stopped(Exception):
    """A check that was stopped."""


def program_of(suite: str, seed: int) -> Program:
    """Return a program of a suite; of the others than ``wide``, half are mutants."""
    random = Random(f"{suite} {seed}")
    if suite == "wide":
        return wide_program(random)
    program = symmetric_program(random) if suite == "symmetric" else internally_symmetric_program(random)
    mutant = mutate(program, random.choice(MUTATIONS), random) if seed % 2 else None
    return program if mutant is None else mutant.program


def one(suite: str, seed: int, passes: bool) -> Found:
    program = program_of(suite, seed)
    signal.signal(signal.SIGPROF, _stop)
    signal.setitimer(signal.ITIMER_PROF, LIMIT)
    try:
        found = (judged_after if passes else judged)(program, seed)
    except Stopped:
        row = Row("", "stopped", fault="over budget", detail=f"more than {LIMIT} s")
        found = Judged((row,), float(LIMIT))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return Found(seed, program.text, found)


def _stop(*_: object) -> None:
    raise Stopped


def _one(task: tuple[str, int, bool]) -> Found:
    return one(*task)


def kind_of(generator: str) -> str:
    words = generator.split()
    return "rotation about an axis" if "about" in words else (words[0] if words else "whole program")


def print_tables(found: list[Found]) -> None:
    rows = [row for item in found for row in item.judged.rows]
    print("\n| generator | proven | false | refuted | false | undecided |\n|---|---|---|---|---|---|")
    for kind in sorted({kind_of(row.generator) for row in rows}):
        members = [row for row in rows if kind_of(row.generator) == kind]
        status = Counter(row.status for row in members)
        faults = Counter((row.status, row.fault != "") for row in members)
        cells = (
            status["proven"],
            faults["proven", True],
            status["refuted"],
            faults["refuted", True],
            status["undecided"],
        )
        print(f"| {kind} | " + " | ".join(map(str, cells)) + " |")
    print("\n| undecided: rule | residual | verdicts |\n|---|---|---|")
    causes = Counter(
        (kind_of(row.generator), row.rule, residual_class(row)) for row in rows if row.status == "undecided"
    )
    for (kind, rule, why), count in causes.most_common():
        print(f"| {kind}: {rule} | {why} | {count} |")
    alone = sum(row.detail == NO_NUMBER for row in rows)
    print(f"\nproven where one end alone is a number at some point: {alone}")
    seconds = sorted(item.judged.seconds for item in found)
    print(f"\nseconds a check: median {seconds[len(seconds) // 2]:.3f}, longest {seconds[-1]:.1f}", end="; ")
    print(f"over {BUDGET:.0f} s: {sum(second > BUDGET for second in seconds)} of {len(seconds)}")


def residual_class(row: Row) -> str:
    """What a residual is about, numbers and names left out."""
    text = row.residual
    starts = {
        "the rule needs rotation": "rotation is not proven",
        "[J_": "a gate that does not commute with the spin",
        "[S, G]": "a gate that does not commute with the charge",
        "the state |0>": "|0> is turned",
        "S takes": "the prepared state",
        "the observable": "an observable",
        "the operator of the energy": "the operator of the energy",
        "the readout": "the readout",
        "the feature": "a feature",
        "layer": "order of operations",
        "the program has": "an operation without image",
        "conjugation by": "an operation that a Pauli string takes out of the format",
        "no renaming": "no renaming of the qubits",
    }
    for start, words in starts.items():
        if text.startswith(start):
            return words
    if " is off by " in text:
        return "a value that does not follow"
    return "too many independent vectors" if "independent vectors" in text else text[:60] or "nothing said"


def faults(found: Iterable[Found]) -> Iterable[str]:
    for item in found:
        for row in item.judged.rows:
            if row.fault:
                yield f"seed {item.seed}: {row.fault}: {row.generator} {row.status} by {row.rule}: {row.detail}"
        if item.judged.seconds > BUDGET:
            yield f"seed {item.seed}: over budget: {item.judged.seconds:.1f} s"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", choices=("wide", "symmetric", "internal"), default="wide")
    parser.add_argument("--count", type=int, default=1000, help="programs")
    parser.add_argument("--start", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument(
        "--passes", action="store_true", help="judge what is left after passes, certificates carried along"
    )
    parser.add_argument("--show", action="store_true", help="print the text of a program behind each fault")
    options = parser.parse_args()
    start = time.perf_counter()
    tasks = [(options.suite, options.start + k, options.passes) for k in range(options.count)]
    found = []
    with ProcessPoolExecutor(options.jobs) as pool:
        for item in pool.map(_one, tasks, chunksize=5):
            found.append(item)
            for line in faults([item]):
                print(line, flush=True)
                if options.show:
                    print(f"\n# seed {item.seed}\n{item.text}", flush=True)
    print(f"{options.count} programs of suite {options.suite} in {time.perf_counter() - start:.0f} s")
    print_tables(found)
    lines = list(faults(found))
    print(f"\nfaults: {len(lines)}", dict(Counter(line.split(": ")[1] for line in lines)))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
