"""The checker of certificates beside the check: does it confirm what is true, and does it believe a forger?

Certificates of the library, of random symmetric programs, of mutants of these, and of circuits with declared symmetries
go to ``qffc/verify.py``. Then each field of some certificates is changed, in several ways, and the programs in them,
with checksums and digests that fit again; what is still accepted is held against a new check and the dense simulator.
Exits with 1 when something false is accepted, or a certificate of the library is not.
"""

import argparse
import json
import sys
import time
from collections import Counter
from functools import cache
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from certificate_claims import false_claim
from certificate_mutants import NOT_LOOKED_AT, mutants

from qffc import verify
from qffc.ir import Program
from qffc.library.catalogue import load, programs
from qffc.passes.equivariance.check import check_equivariance
from qffc.testing import MUTATIONS, internally_symmetric_program, mutate, symmetric_program

FORGED = (
    ("sivqlm-lih", {"depth": 1}),
    ("water-demo", {"depth": 1}),
    ("pair", {"depth": 1, "channels": 1}),
    ("gathered", {"depth": 1, "channels": 1}),
)
"""Library programs whose certificates are forged; random ones come beside them."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200, help="random programs of each kind (default: %(default)s)")
    parser.add_argument("--forged", type=int, default=4, help="random programs to forge (default: %(default)s)")
    parser.add_argument("--start", type=int, default=0, help="the first seed (default: %(default)s)")
    options = parser.parse_args()
    failed = confirm(options.count, options.start)
    failed |= forge(options.forged, options.start)
    return int(failed)


def confirm(count: int, start: int) -> bool:
    """Hand over certificates that are true, and print how many are confirmed, and the times of both sides."""
    bad = False
    sources = [("library", [load(name) for name in programs()])]
    sources += [(kind, [program_of(kind, seed) for seed in range(start, start + count)]) for kind in KINDS if count]
    for kind, members in sources:
        reasons: Counter[str] = Counter()
        times: list[tuple[float, float]] = []
        for program in members:
            began = time.perf_counter()
            text = check_equivariance(program).to_json()
            checked = time.perf_counter()
            reasons[answer(json.loads(text))] += 1
            times.append((checked - began, time.perf_counter() - checked))
        mine, other = (median(column) for column in zip(*times, strict=True))
        confirmed = f"{reasons['accepted']} of {len(members)} confirmed"
        print(f"{kind}: {confirmed}; median {mine:.3f} s to check, {other:.3f} s here")
        for reason, number in reasons.most_common():
            if reason != "accepted":
                print(f"  {number}: {reason}")
        bad |= kind == "library" and set(reasons) != {"accepted"}
    return bad


KINDS = ("symmetric", "mutant", "declared", "declared mutant")


def program_of(kind: str, seed: int) -> Program:
    random = Random(f"certificates {kind} {seed}")
    make = internally_symmetric_program if "declared" in kind else symmetric_program
    while True:
        program = make(random)
        if "mutant" not in kind:
            return program
        mutant = mutate(program, random.choice(MUTATIONS), random)
        if mutant is not None:
            return mutant.program


def answer(data: dict[str, Any]) -> str:
    try:
        verify.verify(data)
    except verify.Rejected as problem:
        return str(problem)
    except verify.MALFORMED as problem:
        return f"not a certificate: {problem!r}"
    return "accepted"


def forge(count: int, start: int) -> bool:
    """Hand over certificates that were changed, and print what is accepted of which kind."""
    members = [(name, load(name, **options)) for name, options in FORGED]
    members += [(f"{kind} {seed}", program_of(kind, seed)) for seed in range(start, start + count) for kind in KINDS]
    total: Counter[tuple[str, str]] = Counter()
    bad = False
    for name, program in members:
        known = cache(check_equivariance)
        data = json.loads(check_equivariance(program).to_json())
        if answer(data) != "accepted":
            continue
        for mutant in mutants(data, Random(name), texts=200):
            field = field_of(mutant.path)
            if answer(mutant.data) != "accepted":
                total[field, "rejected"] += 1
            elif NOT_LOOKED_AT.fullmatch(mutant.path):
                total[field, "accepted: no claim"] += 1
            else:
                false = false_claim(mutant.data, known)
                total[field, "ACCEPTED AND FALSE" if false else "accepted: true"] += 1
                if false:
                    bad = True
                    print(f"{name}: {mutant.path}: {false}")
    columns = ("rejected", "accepted: true", "accepted: no claim", "ACCEPTED AND FALSE")
    print(f"{sum(total.values()):,} mutants of {len(members)} certificates\n| field | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for field in sorted({field for field, _ in total}):
        print(f"| {field} | " + " | ".join(f"{total[field, column]:,}" for column in columns) + " |")
    print(
        "| all | "
        + " | ".join(f"{sum(n for (_, c), n in total.items() if c == column):,}" for column in columns)
        + " |"
    )
    return bad


def field_of(path: str) -> str:
    """The kind of a field: its path without numbers and what is inside."""
    parts = [part for part in path.split("/") if part and not part.isdigit()]
    deep = parts[:1] == ["verdicts"] and len(parts) > 1
    return "verdict: " + ": ".join(parts[1 : 3 if parts[1] == "counterexample" else 2]) if deep else parts[0]


if __name__ == "__main__":
    sys.exit(main())
