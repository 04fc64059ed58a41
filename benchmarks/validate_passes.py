"""Translation validation of passes: what each makes of random programs, compared exactly with what it was given.

Programs are those of the other benchmarks of the check: wide ones, symmetric ones, and circuits with symmetries that
are declared by hand. A pass that keeps the response is run on each, and the two responses are compared in finite
fields, for all parameters and geometries, with an error below 2^-80. *Other terms*: exact arithmetic tells the two
apart, and numbers at 24 points do not: terms of an angle are functions of one another in a way that the arithmetic does
not see. Exits with 1 when numbers differ too.
"""

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from random import Random

import numpy as np

from qffc.ir import Program
from qffc.ir.diagnostics import InternalError
from qffc.passes.base import Pass, keeps, keeps_symmetry
from qffc.passes.circuit.written_out import written_out
from qffc.passes.equivariance.numbers.random_point import random_point
from qffc.passes.equivariance.verdict import Transform
from qffc.passes.pipeline import parse_pipeline
from qffc.passes.same_response import compare_responses, verify_numbers
from qffc.targets.catalogue import target
from qffc.testing import internally_symmetric_program, symmetric_program, wide_program

PASSES = ("canonicalize", "light-cone", "slide-singlet", "push-cliffords", "synthesize-gadgets")
POINTS = 24
MAKERS = {"wide": wide_program, "symmetric": symmetric_program, "declared": internally_symmetric_program}


def program_of(seed: int) -> Program:
    name = tuple(MAKERS)[seed % len(MAKERS)]
    return MAKERS[name](Random(f"validate {name} {seed}"))


def one(seed: int) -> list[tuple[int, str, str, str, float]]:
    """For each pass: seed, pass, what came out, why, seconds of a processor."""
    program, found = program_of(seed), []
    for name in PASSES:
        (step,) = parse_pipeline(name)
        assert keeps_symmetry(step.preserves)
        after = step.run(program, target("ideal")).program
        if after == program:
            found.append((seed, name, "unchanged", "", 0.0))
            continue
        start = time.process_time()
        identity = compare_responses(program, after, moments=keeps(step.preserves, "moments"))
        outcome = identity.outcome
        if outcome == "different" and numbers_agree(step, program, after, seed):
            outcome = "other terms"
        found.append((seed, name, outcome, identity.why, time.process_time() - start))
    return found


def numbers_agree(step: Pass, before: Program, after: Program, seed: int) -> bool:
    """Whether numbers at many points show no difference: then terms of angles depend on one another in some way."""
    random = np.random.default_rng(seed)
    out = written_out(before)
    if out is not None:
        before, after = out.program, out.of(after)
    try:
        for _ in range(POINTS):
            verify_numbers(step, before, after, random_point(before, Transform("nothing"), random).instances(before)[0])
    except InternalError:
        return False
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000, help="programs (default: %(default)d)")
    parser.add_argument("--start", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    options = parser.parse_args()
    with ProcessPoolExecutor(options.jobs) as pool:
        seeds = range(options.start, options.start + options.count)
        rows = [row for part in pool.map(one, seeds, chunksize=10) for row in part]
    print(
        f"{options.count} programs\n\n"
        "| pass | unchanged | equal | different | other terms | not compared | median, longest (s) |"
    )
    print("|---|---|---|---|---|---|---|")
    for name in PASSES:
        own = [row for row in rows if row[1] == name]
        count = Counter(row[2] for row in own)
        times = sorted(row[4] for row in own if row[2] == "equal") or [0.0]
        cells = [count["unchanged"], count["equal"], count["different"], count["other terms"], count["unknown"]]
        print(f"| `{name}` | {' | '.join(map(str, cells))} | {times[len(times) // 2]:.3f}, {times[-1]:.2f} |")
    print("\nnot compared:")
    for why, number in Counter(row[3] for row in rows if row[2] == "unknown").most_common():
        print(f"- {number}: {why}")
    wrong = [row for row in rows if row[2] == "different"]
    for row in wrong:
        print(f"DIFFERENT: seed {row[0]} {row[1]}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
