"""Speed of qffc beside named peers in one run: medians over repeats, compile time apart, ratios."""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from time import perf_counter

import jax
import numpy as np

from benchmarks.pair_step import PairStep, pair_step
from qffc.library import load
from qffc.passes.circuit.split_program import split_program
from qffc.passes.lower_pytket.compare import compare_with_pytket, naive_circuit
from qffc.passes.lower_pytket.kernel import PytketKernel
from qffc.targets.catalogue import target


def median_seconds(action: Callable[[], object], repeats: int) -> float:
    action()
    times = []
    for _ in range(repeats):
        start = perf_counter()
        action()
        times.append(perf_counter() - start)
    return statistics.median(times)


def bench_binding(repeats: int) -> None:
    """Numeric circuits for new geometries: one kernel bound again and again, or pytket compiling each circuit."""
    from pytket.extensions.quantinuum.backends.quantinuum import QuantinuumBackend

    print("binding one geometry, milliseconds (peer: pytket's default compilation of the same circuit)")
    print(f"{'program':<14}{'qffc':>9}{'pytket':>9}{'ratio':>8}   same state")
    place = target("H2-1LE")
    backend = QuantinuumBackend("H2-1LE")
    generator = np.random.default_rng(0)
    for name in ("pair", "water-demo", "sivqlm-h2o", "sivqlm-nh3"):
        program = load(name)
        kernel = PytketKernel(split_program(program), place)
        slots = generator.normal(size=kernel.split.slot_count)
        ours = median_seconds(lambda k=kernel, s=slots: k.bind(s), repeats)
        peer = median_seconds(
            lambda k=kernel, s=slots: backend.get_compiled_circuit(naive_circuit(k, s)), max(3, repeats // 5)
        )
        same = compare_with_pytket(program, slots, place).equal
        print(f"{name:<14}{1e3 * ours:>9.2f}{1e3 * peer:>9.2f}{peer / ours:>8.1f}   {same}")


def bench_training_step(repeats: int) -> None:
    print("\ntraining step of `pair`, 10 waters, energies and forces (peer: gates as matrices in plain JAX)")
    print(f"{'kernel':<14}{'step ms':>9}{'compile s':>11}{'loss':>24}")
    ours, our_compile = step_figures("qffc", pair_step(plain=False), repeats)
    peer, peer_compile = step_figures("plain JAX", pair_step(plain=True), repeats)
    print(f"{'ratio':<14}{peer / ours:>9.1f}{peer_compile / our_compile:>11.1f}")


def step_figures(name: str, parts: PairStep, repeats: int) -> tuple[float, float]:
    begin = perf_counter()
    step = parts.compiled()
    compile_seconds = perf_counter() - begin
    seconds = median_seconds(lambda: jax.block_until_ready(step(parts.arrays, *parts.batch)), repeats)
    value = float(step(parts.arrays, *parts.batch)[0])
    print(f"{name:<14}{1e3 * seconds:>9.2f}{compile_seconds:>11.1f}{value:>24.12f}")
    return seconds, compile_seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=50, help="of each measurement; the median counts")
    repeats = parser.parse_args().repeats
    jax.config.update("jax_enable_x64", True)
    bench_binding(repeats)
    bench_training_step(repeats)


if __name__ == "__main__":
    main()
