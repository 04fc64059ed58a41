"""How long the identity test takes for one generator of programs that rules prove, too; its growth.

Processor time, the shortest of three, with the native library and, with ``--numpy``, without it.
"""

import argparse
import sys
import time
from pathlib import Path
from random import Random

from benchmarks.symmetry import chain
from qffc.ir import Program
from qffc.library.catalogue import load_reference
from qffc.passes.equivariance.identities import native_states
from qffc.passes.equivariance.identities.identity_test import compare_exactly
from qffc.passes.equivariance.rules.listed import CHECKS
from qffc.passes.equivariance.transforms import TURN
from qffc.passes.native_library import NativeState

LIBRARY = ("lib:sivqlm-h2o", "lib:pair", "lib:sivqlm-nh3")
QUBITS = ((4, 300), (8, 300), (12, 300))
OPERATIONS = ((8, 100), (8, 200), (8, 300), (8, 400), (8, 500))
LARGEST = (12, 500)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--numpy", action="store_true", help="without the native library")
    parser.add_argument("--plot", type=Path, help="write the growth to this file, PNG or SVG")
    options = parser.parse_args()
    if options.numpy:
        native_states.native_state = lambda: NativeState(None, "left out")
    compare_exactly(chain(4, 20), TURN)  # imports and caches
    print("| program | qubits | operations | points | one generator (s) |\n|---|---|---|---|---|")
    for name in LIBRARY:
        shown(f"`{name}`", load_reference(name))
    curves = [
        [(count, ops, shown("chain", chain(count, ops))) for count, ops in sizes] for sizes in (QUBITS, OPERATIONS)
    ]
    largest = chain(*LARGEST)
    shown("chain", largest)
    print(f"all {len(largest.symmetry)} symmetries of the last one: {all_of(largest):.2f} s")
    if options.plot is not None:
        draw(curves, options.plot)
    return 0


def shown(name: str, program: Program) -> float:
    seconds, points = timed(program)
    print(f"| {name} | {len(program.qubits)} | {len(program.ops)} | {points} | {seconds:.3f} |", flush=True)
    return seconds


def timed(program: Program) -> tuple[float, int]:
    times, points = [], 0
    for seed in range(3):
        start = time.process_time()
        found = compare_exactly(program, TURN, Random(seed))
        times.append(time.process_time() - start)
        assert found.outcome == "equal", found
        points = found.points
    return min(times), points


def all_of(program: Program) -> float:
    """Processor time of the identity test for each generator of what a program declares."""
    transforms = [finding.transform for name in program.symmetry for finding in CHECKS[name](program)]
    start = time.process_time()
    outcomes = {compare_exactly(program, transform, Random(0)).outcome for transform in transforms}
    assert outcomes == {"equal"}, outcomes
    return time.process_time() - start


def draw(curves: list[list[tuple[int, int, float]]], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 2.8), dpi=90, layout="constrained")
    qubits, operations = figure.subplots(1, 2)
    qubits.plot([c for c, _, _ in curves[0]], [s for _, _, s in curves[0]], "o-", color="#1f5fa8")
    qubits.set(xlabel=f"qubits, {curves[0][0][1]} operations", ylabel="one generator / s", yscale="log")
    operations.plot([n for _, n, _ in curves[1]], [s for _, _, s in curves[1]], "o-", color="#1f5fa8")
    operations.set(xlabel=f"operations, {curves[1][0][0]} qubits", ylim=(0, None))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


if __name__ == "__main__":
    sys.exit(main())
