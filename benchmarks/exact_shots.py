"""Shots of one circuit without noise: drawn from its exact state, beside the emulator that runs it for each shot.

Both engines are given the same measured native circuit of `lib:ring`, in turns, in one run. The emulator is given few
shots, and its time for all of them is extrapolated: what the first shot takes, and as much as the others took for each
of the rest.

    python benchmarks/exact_shots.py
"""

from __future__ import annotations

import argparse
from statistics import median
from time import perf_counter

import numpy as np
from pytket.circuit import Circuit
from scipy.stats import chi2

from qffc.execution.backend import run_circuits
from qffc.execution.circuit_state import state_of
from qffc.execution.estimate import device_kernel
from qffc.execution.shots import ShotResult
from qffc.library import load
from qffc.passes.circuit.split_program import split_program
from qffc.passes.equivariance.numbers.generic_point import generic_slots
from qffc.passes.target import Target
from qffc.targets.catalogue import target

EXACT = target("H2-1LE")
EMULATED = EXACT.emulated()
LEAST = 5.0
"""Expected shots of an outcome of its own; rarer ones are counted together."""


def ring_circuit(qubits: int, depth: int) -> Circuit:
    """The first measurement setting of a ring at generic angles, as it runs."""
    split = split_program(load("ring", qubits=qubits, depth=depth))
    kernel = device_kernel(split, EXACT)
    return kernel.bind_settings(generic_slots(split)[None], kernel.measurements.settings[:1])[0]


def seconds(circuit: Circuit, place: Target, shots: int, seed: int) -> float:
    """How long shots take."""
    start = perf_counter()
    run_circuits([circuit], place, shots=shots, seed=seed)
    return perf_counter() - start


def probabilities(circuit: Circuit) -> tuple[np.ndarray, list[int]]:
    """Of every basis state, and the qubit that each bit reads; every qubit is measured."""
    state, measured = state_of(circuit)
    return np.abs(state) ** 2, [measured[bit] for bit in range(circuit.n_bits)]


def chance_of(result: ShotResult, circuit: Circuit) -> float:
    """The probability of a larger chi-square than that of shots."""
    exact, qubits = probabilities(circuit)
    places = (result.outcomes.astype(np.int64) << (circuit.n_qubits - 1 - np.array(qubits))).sum(axis=1)
    seen = np.bincount(places, weights=result.counts, minlength=exact.size)
    expected = exact * result.shots
    own = expected >= LEAST
    parts = [(seen[own], expected[own]), (seen[~own].sum(keepdims=True), expected[~own].sum(keepdims=True))]
    kept = [(s, e) for s, e in parts if e.sum() > LEAST]
    observed, wanted = (np.concatenate(each) for each in zip(*kept, strict=True))
    return float(chi2.sf(((observed - wanted) ** 2 / wanted).sum(), len(wanted) - 1))


def largest_deviation(result: ShotResult, circuit: Circuit) -> tuple[float, int]:
    """The largest deviation of the parity of two neighbouring bits, in standard errors, and of how many."""
    exact, qubits = probabilities(circuit)
    places = np.arange(exact.size)
    found = []
    for first in range(circuit.n_bits):
        pair = (first, (first + 1) % circuit.n_bits)
        shifts = [circuit.n_qubits - 1 - qubits[bit] for bit in pair]
        signs = 1.0 - 2.0 * (((places >> shifts[0]) ^ (places >> shifts[1])) & 1)
        mean = float(signs @ exact)
        shown = float(result.parities(pair) @ result.counts) / result.shots
        found.append(abs(shown - mean) / np.sqrt((1 - mean**2) / result.shots))
    return max(found), len(found)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--qubits", type=int, default=20)
    parser.add_argument("--depth", type=int, default=4)
    parser.add_argument("--shots", type=int, default=1000)
    parser.add_argument("--emulated", type=int, default=4, help="shots that the emulator runs, at least 2")
    parser.add_argument("--rounds", type=int, default=5, help="each measures both")
    chosen = parser.parse_args()
    circuit = ring_circuit(chosen.qubits, chosen.depth)
    gates = sum(not command.bits for command in circuit)
    print(f"lib:ring:qubits={chosen.qubits},depth={chosen.depth}: {gates} native gates; {chosen.shots} shots")
    seconds(circuit, EXACT, 1, 0)  # what is loaded for the first time
    seconds(ring_circuit(4, 1), EMULATED, 1, 0)
    exact, emulated = [], []
    for seed in range(chosen.rounds):
        exact.append(seconds(circuit, EXACT, chosen.shots, seed))
        one = seconds(circuit, EMULATED, 1, seed)
        more = seconds(circuit, EMULATED, chosen.emulated, seed)
        emulated.append(one + (chosen.shots - 1) * (more - one) / (chosen.emulated - 1))
    print(f"exact state            {median(exact):10.2f} s   {min(exact):.2f} to {max(exact):.2f}")
    print(
        f"emulator, pecos        {median(emulated):10.0f} s   {min(emulated):.0f} to {max(emulated):.0f}; extrapolated "
        f"from {chosen.emulated} shots, less the first"
    )
    ratio = median(emulated) / median(exact)
    print(f"ratio                  {ratio:10.0f}     medians of {chosen.rounds} rounds, in turns")
    (drawn,) = run_circuits([circuit], EXACT, shots=chosen.shots, seed=1).results
    worst, pairs = largest_deviation(drawn, circuit)
    print(f"{pairs} parities of these shots: at most {worst:.1f} standard errors from the exact ones")
    small = ring_circuit(6, 2)
    for name, place in (("exact state", EXACT), ("emulator", EMULATED)):
        (result,) = run_circuits([small], place, shots=4000, seed=2).results
        print(f"6 qubits, 4000 shots, {name}: chi-square with the probability {chance_of(result, small):.2f}")
    (other,) = run_circuits([ring_circuit(6, 1)], EXACT, shots=4000, seed=2).results
    print(f"the shots of another circuit, to compare: {chance_of(other, small):.0e}")


if __name__ == "__main__":
    main()
