"""The equivariance check against numbers: random symmetric programs, the same with one thing broken, and run times.

Truth is the largest change of the response over random points, by the dense simulator, with geometries and parameters
of its own. Exits with 1 when anything broken is proven, or anything symmetric by construction is refuted.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import combinations
from pathlib import Path
from random import Random

import numpy as np

from qffc.ir import (
    DotObservable,
    EnergyReadout,
    Exchange,
    Observable,
    Op,
    PauliObservable,
    Program,
    Qubit,
    Rotate,
    Singlet,
    Site,
    SumObservable,
    add,
    mul,
)
from qffc.ir.declarations import Parameter
from qffc.ir.pauli import LETTERS
from qffc.ir.values import Displacement, Moment, ParameterEntry
from qffc.library.catalogue import load_reference
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.equivariance.numbers.before_and_after import measured
from qffc.passes.equivariance.rules.reduced_circuit import REDUCED
from qffc.passes.equivariance.verdict import Verdict
from qffc.testing import MUTATIONS, deviations, internally_symmetric_program, mutate, symmetric_program

BROKEN = 1e-9
MANY = 64
"""Points, instead of four, where a verdict says broken and four say that nothing is."""
LIBRARY = ("lib:sivqlm-lih", "lib:sivqlm-h2o", "lib:sivqlm-nh3")
SIZES = (4, 8, 12, 16, 24, 32, 40)
STATUSES = ("proven", "undecided", "refuted")


@dataclass(frozen=True)
class Row:
    """One verdict beside the truth."""

    seed: int
    mutation: str
    generator: str
    status: str
    truth: float
    reproduces: bool
    cause: str
    rule: str


def symmetric_rows(seed: int) -> list[Row]:
    """Verdicts on a symmetric program."""
    return rows(seed, "", symmetric_program(Random(seed)))


def mutant_rows(seed: int) -> list[Row]:
    """Verdicts on a mutant; kinds take turns, programs without anything of the kind are passed over."""
    random = Random(f"mutant {seed}")
    while True:
        mutant = mutate(symmetric_program(random), MUTATIONS[seed % len(MUTATIONS)], random)
        if mutant is not None:
            return rows(seed, mutant.kind, mutant.program)


def rows(seed: int, mutation: str, program: Program) -> list[Row]:
    truth = deviations(program, np.random.default_rng((seed, 20240229)))
    verdicts = check_equivariance(program).verdicts
    if any(v.status == "refuted" and truth[v.generator] <= BROKEN for v in verdicts):
        # A part that few points show, such as one that a ghost takes: the truth of all generators from many more.
        more = deviations(program, np.random.default_rng((seed, 20240301)), points=MANY)
        truth = {generator: max(size, more[generator]) for generator, size in truth.items()}
    return [
        Row(
            seed,
            mutation,
            verdict.generator,
            verdict.status,
            truth[verdict.generator],
            reproduces(program, verdict),
            cause(verdict),
            verdict.rule,
        )
        for verdict in verdicts
    ]


def cause(verdict: Verdict) -> str:
    """What the rule stumbles over when a verdict is undecided."""
    failure = verdict.failure
    if failure is None:
        return ""
    if failure.op is None and failure.image is None:
        return "observables or readout"
    if failure.residual.startswith("the rule needs rotation"):
        return "rotation, which the rule needs"
    if failure.residual.startswith("layer "):
        return "order of operations"
    named = failure.op or failure.image
    assert named is not None
    return "preparation" if named.text.startswith(("zero", "singlet")) else "an operation"


def reproduces(program: Program, verdict: Verdict) -> bool:
    """Whether the numbers of a counterexample come out again, and differ."""
    found = verdict.counterexample
    if found is None:
        return False
    before, after = measured(program, found)
    same = np.allclose(before, found.response, atol=1e-12) and np.allclose(after, found.transformed, atol=1e-12)
    return bool(same and np.abs(before - after).max() > BROKEN)


def internal_rows(seed: int) -> list[Row]:
    """Verdicts on a circuit with a symmetry declared by hand, and on a mutant of another one."""
    random = Random(f"internal {seed}")
    found = rows(seed, "", internally_symmetric_program(random))
    while True:
        mutant = mutate(internally_symmetric_program(random), random.choice(MUTATIONS), random)
        if mutant is not None:
            return found + rows(seed, mutant.kind, mutant.program)


def internal(count: int, jobs: int) -> bool:
    """Print the tables of symmetries declared by hand; return whether the check said nothing wrong."""
    with ProcessPoolExecutor(jobs) as pool:
        found = [row for part in pool.map(internal_rows, range(count), chunksize=20) for row in part]
    symmetric, mutants = ([row for row in found if bool(row.mutation) is kind] for kind in (False, True))
    for title, members in ((f"{count} symmetric circuits", symmetric), (f"{count} mutants", mutants)):
        names = sorted({row.generator for row in members})
        table(title, members, ((name, [row for row in members if row.generator == name]) for name in names))
    wrong = [row for row in symmetric if row.status == "refuted"]
    wrong += [row for row in mutants if row.truth > BROKEN and row.status == "proven"]
    return not wrong


def table(title: str, found: list[Row], groups: Iterator[tuple[str, list[Row]]]) -> None:
    print(f"\n| {title} | broken: proven | undecided | refuted | reproduced | holds: proven | undecided | refuted |")
    print("|---|---|---|---|---|---|---|---|")
    for name, members in [*groups, ("all", found)]:
        count = Counter((row.truth > BROKEN, row.status) for row in members)
        again = sum(row.reproduces for row in members if row.truth > BROKEN)
        cells = [count[True, status] for status in STATUSES] + [again] + [count[False, status] for status in STATUSES]
        print(f"| {name} | " + " | ".join(map(str, cells)) + " |")


def by_generator(found: list[Row]) -> Iterator[tuple[str, list[Row]]]:
    for kind in ("rotation", "inversion", "translation", "exchange"):
        yield kind, [row for row in found if row.generator.split()[0] == kind]


def by_mutation(found: list[Row]) -> Iterator[tuple[str, list[Row]]]:
    for kind in MUTATIONS:
        yield kind, [row for row in found if row.mutation == kind]


def confusion(count: int, jobs: int) -> bool:
    """Print the tables; return whether the check said nothing wrong."""
    with ProcessPoolExecutor(jobs) as pool:
        symmetric = [row for part in pool.map(symmetric_rows, range(count), chunksize=20) for row in part]
        mutants = [row for part in pool.map(mutant_rows, range(count), chunksize=20) for row in part]
    print(f"{count} symmetric programs, {len(symmetric)} verdicts; largest deviation", end=" ")
    print(f"{max(row.truth for row in symmetric):.1e}")
    table("symmetric, by generator", symmetric, by_generator(symmetric))
    whole = Counter[int](row.seed for row in symmetric if row.status != "proven")
    print(f"\nprograms with every declared symmetry proven: {count - len(whole)} of {count}")
    broken = {row.seed for row in mutants if row.truth > BROKEN}
    print(f"\n{count} mutants, {len(broken)} of them broken, {len(mutants)} verdicts")
    table("mutants, by generator", mutants, by_generator(mutants))
    table("mutants, by mutation", mutants, by_mutation(mutants))
    open_ = [row for row in mutants if row.truth <= BROKEN and row.status == "undecided"]
    print("\nundecided although numbers show no difference: | generator | the rule stops at | verdicts |")
    for (generator, why), number in sorted(Counter((row.generator.split()[0], row.cause) for row in open_).items()):
        print(f"| {generator} | {why} | {number} |")
    shorter = [row for row in mutants if row.status == "proven" and row.rule.endswith(REDUCED)]
    print(f"proven of the reduced circuit alone: {len(shorter)}")
    lost = [row for row in mutants if row.truth > BROKEN]
    share = sum(row.reproduces for row in lost) / max(1, len(lost))
    print(f"\nbroken and refuted by a counterexample that reproduces: {100 * share:.2f} %")
    wrong = [row for row in symmetric if row.status == "refuted"]
    wrong += [row for row in mutants if row.truth > BROKEN and row.status == "proven"]
    missed = [row for row in symmetric if row.status != "proven"] + [row for row in lost if not row.reproduces]
    for row in missed[:20]:
        print(f"missed: seed {row.seed} {row.mutation} {row.generator} {row.status} truth {row.truth:.1e}")
    for row in wrong:
        print(f"WRONG: seed {row.seed} {row.mutation} {row.generator} {row.status} truth {row.truth:.1e}")
    return not wrong


# --------------------------------------------------------------------------- run times


def chain(count: int, ops: int) -> Program:
    """Two like sites and a centre; half the qubits carry one, half the other; mirrored rotations and couplings."""
    sites = (Site("c", "O", "centre"), Site("a", "H", "neighbour"), Site("b", "H", "neighbour"))
    half, random = count // 2, Random(0)
    found: list[Op] = [Singlet(k, k + 1) for k in range(0, half, 2)]
    found += [Singlet(half + k, half + k + 1) for k in range(0, half, 2)]
    while len(found) < ops:
        w, k = ParameterEntry("w", (random.randrange(8),)), random.randrange(half - 1)
        if random.random() < 0.5:
            vectors = (mul(w, Displacement("c", site)) for site in ("a", "b"))
            found += [Rotate(k + shift, vector) for shift, vector in zip((0, half), vectors, strict=True)]
        else:
            found += [Exchange(k + shift, k + shift + 1, w) for shift in (0, half)]
    qubits = tuple(Qubit(f"q{k}", "a" if k < half else "b") for k in range(count))
    pairs = [(k, k + 1) for k in range(0, half, 2)] + [(half + k, half + k + 1) for k in range(0, half, 2)]
    observable = SumObservable(tuple((Fraction(1), DotObservable(*pair)) for pair in pairs))
    return Program(
        name="chain",
        symmetry=("rotation", "inversion", "translation", "exchange"),
        scope="molecule",
        species=("O", "H"),
        sites=sites,
        parameters=(Parameter("w", (8,)),),
        qubits=qubits,
        ops=tuple(found),
        observables=(("e", observable),),
        readout=EnergyReadout(Moment("e")),
    )


def like_sites(count: int) -> Program:
    """A centre and ``count`` like sites with a singlet and a moment each; the energy is the sum of the moments."""
    names = [f"a{k}" for k in range(count)]
    ops: list[Op] = [Singlet(2 * k, 2 * k + 1) for k in range(count)]
    for k, name in enumerate(names):
        w, v = (mul(ParameterEntry(table), Displacement("c", name)) for table in "wv")
        ops += [Rotate(2 * k, w), Rotate(2 * k + 1, v)]
    return Program(
        name="like-sites",
        symmetry=("rotation", "translation", "exchange"),
        scope="molecule",
        species=("O", "H"),
        sites=(Site("c", "O", "centre"), *(Site(name, "H", "neighbour") for name in names)),
        parameters=(Parameter("w", ()), Parameter("v", ())),
        qubits=tuple(Qubit(f"{name}_{half}", name) for name in names for half in (0, 1)),
        ops=tuple(ops),
        observables=tuple((f"m{k}", DotObservable(2 * k, 2 * k + 1)) for k in range(count)),
        readout=EnergyReadout(add(*(Moment(f"m{k}") for k in range(count)))),
    )


def all_pairs(count: int, *, in_letters: bool) -> Program:
    """Singlets, turned, and one observable: the inner products of all pairs of qubits, perhaps as XX + YY + ZZ."""
    ops: list[Op] = [Singlet(k, k + 1) for k in range(0, count, 2)]
    ops += [Rotate(k, mul(ParameterEntry("w", (k,)), Displacement("a", "b"))) for k in range(count)]
    parts: list[Observable] = []
    for a, b in combinations(range(count), 2):
        parts += [PauliObservable(((a, p), (b, p))) for p in LETTERS] if in_letters else [DotObservable(a, b)]
    return Program(
        name="all-pairs",
        symmetry=("rotation",),
        scope="molecule",
        species=("H",),
        sites=(Site("a", "H", "free"), Site("b", "H", "free")),
        parameters=(Parameter("w", (count,)),),
        qubits=tuple(Qubit(f"q{k}", "a") for k in range(count)),
        ops=tuple(ops),
        observables=(("e", SumObservable(tuple((Fraction(1), part) for part in parts))),),
        readout=EnergyReadout(Moment("e")),
    )


FAMILIES = (
    ("like sites, a moment each", like_sites, (20, 40, 60, 80)),
    ("one observable of all pairs", partial(all_pairs, in_letters=False), (8, 16, 24, 40)),
    ("the same, as XX + YY + ZZ", partial(all_pairs, in_letters=True), (8, 16, 24, 40)),
    ("chain, 50 operations a qubit", lambda count: chain(count, 50 * count), (40,)),
    ("chain, 333 operations a qubit", lambda count: chain(count, 1000 * count // 3), (60,)),
)
"""Name, program of a size, and sizes; all that they declare is proven."""


def timed(program: Program, repeats: int) -> float:
    """Shortest processor time of a check, in seconds."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        check_equivariance(program)
        times.append(time.process_time() - start)
    return min(times)


def run_times(plot: Path | None) -> None:
    print("\n| program | qubits | operations | check |\n|---|---|---|---|")
    check_equivariance(chain(4, 20))  # imports and caches
    for reference in LIBRARY:
        program = load_reference(reference)
        print(f"| `{reference}` | {len(program.qubits)} | {len(program.ops)} | {1e3 * timed(program, 5):.1f} ms |")
    points = []
    for count in SIZES:
        program = chain(count, 50 * count)
        seconds = timed(program, 5)
        points.append((len(program.ops), seconds))
        print(f"| chain | {count} | {len(program.ops)} | {seconds:.2f} s |")
    if plot is not None:
        draw(points, plot)


def growth() -> None:
    """Print the processor time of one check of each family at each size; what checks share is there before."""
    print("\n| program | qubits | operations | one check |\n|---|---|---|---|")
    for name, family, sizes in FAMILIES:
        for size in sizes:
            program = family(size)
            print(f"| {name} | {len(program.qubits)} | {len(program.ops)} | {timed(program, 1):.2f} s |", flush=True)


def draw(points: list[tuple[int, float]], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2, 2.8), dpi=90, layout="constrained")
    axes = figure.add_subplot()
    operations, seconds = zip(*points, strict=True)
    axes.plot(operations, seconds, "o-", color="#1f5fa8", label="check")
    axes.plot(operations, [seconds[-1] * n / operations[-1] for n in operations], ":", color="grey", label="linear")
    axes.set(xlabel="operations, 50 a qubit", ylabel="time of a check / s")
    axes.legend(frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="programs of each sort; 0: only times")
    parser.add_argument("--internal", type=int, default=0, help="circuits with symmetries declared by hand, alone")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--plot", type=Path, help="write the growth of the run time to this file")
    options = parser.parse_args()
    if options.internal:
        return 0 if internal(options.internal, options.jobs) else 1
    start = time.perf_counter()
    good = options.count == 0 or confusion(options.count, options.jobs)
    print(f"\n{time.perf_counter() - start:.0f} s for both")
    run_times(options.plot)
    growth()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
