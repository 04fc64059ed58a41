"""The time for new geometries, beside pytket compiling each and beside its symbols; wrong circuits at special angles.

The parameters of a trained model are the same in all geometries, so that angles of exchanges are numbers that all
circuits share and rotations are new in each. The peer that compiles once has symbols for the rotations alone.

    python benchmarks/bind.py
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from dataclasses import replace
from math import pi
from time import process_time

import numpy as np
from compile_peers import DEVICES, PLACE, REWRITES, right, slots_at
from pytket.circuit import Circuit, OpType
from sympy import Symbol

from qffc.library import load
from qffc.passes.circuit.split_program import Split, split_program
from qffc.passes.equivariance.numbers.random_point import random_point
from qffc.passes.equivariance.verdict import Transform
from qffc.passes.lower_pytket.compare import naive_circuit
from qffc.passes.lower_pytket.kernel import PytketKernel
from qffc.passes.lower_pytket.turns import euler_angles, half_turns, turn_about
from qffc.passes.pipeline import run_pipeline
from qffc.passes.pipeline_text import parse_pipeline


def symbolic_circuit(
    split: Split, trained: np.ndarray | None = None
) -> tuple[Circuit, Callable[[np.ndarray], dict[Symbol, float]]]:
    """The program as a user of pytket writes it with symbols, and the numbers to put in.

    Args:
        split: the program.
        trained: slots that have the angles of the exchanges, which are then numbers.
    """
    kernel = PytketKernel(split, PLACE)
    circuit = Circuit(split.qubit_count)
    known = kernel.numeric_ops(np.zeros(split.slot_count) if trained is None else trained)
    for index, op in enumerate(split.ops):
        match op.kind:
            case "singlet":
                a, b = op.qubits
                circuit.X(a).X(b).H(a).CX(a, b)
            case "rotate":
                circuit.TK1(*(Symbol(f"{word}{index}") for word in "abc"), op.qubits[0])
            case "exchange":
                angle = Symbol(f"t{index}") if trained is None else half_turns(2 * known[index].angle)
                circuit.TK2(angle, angle, angle, *op.qubits)
            case _:
                raise ValueError(op.kind)

    def numbers(slots: np.ndarray) -> dict[Symbol, float]:
        found = {}
        for index, op in enumerate(kernel.numeric_ops(slots)):
            if op.kind == "rotate":
                for word, angle in zip("abc", euler_angles(turn_about(op.vector)), strict=True):
                    found[Symbol(f"{word}{index}")] = half_turns(angle)
            elif op.kind == "exchange" and trained is None:
                found[Symbol(f"t{index}")] = half_turns(2 * op.angle)
        return found

    return circuit, numbers


def geometries_of(split: Split, count: int, seed: int) -> np.ndarray:
    """Slots of random geometries of one molecule, all with the same parameters."""
    random = np.random.default_rng(seed)
    points = [
        random_point(split.program, Transform("nothing"), random).instances(split.program)[0] for _ in range(count)
    ]
    tables = {name: random.normal(size=np.shape(table)) for name, table in points[0].parameters.items()}
    first = replace(points[0], parameters=tables)
    return np.array([slots_at(split, replace(first, positions=point.positions)) for point in points])


def seconds(action: Callable[[], object]) -> float:
    start = process_time()
    action()
    return process_time() - start


def special_points(split: Split, count: int) -> np.ndarray:
    """Scalars at multiples of pi/8, vectors of special lengths along axes and diagonals, some of them zero."""
    random = np.random.default_rng(7)
    scalars = random.choice(np.arange(-8, 9) * pi / 8, (count, len(split.scalars)))
    axes = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 1, 1], [0, 0, -1]], dtype=float)
    axes /= np.linalg.norm(axes, axis=1)[:, None]
    lengths = random.choice(np.array([0, 0.25, 0.5, 1, 1.5, 2]) * pi, (count, len(split.vectors), 1))
    vectors = lengths * axes[random.integers(len(axes), size=(count, len(split.vectors)))]
    return np.concatenate([scalars, vectors.reshape(count, -1)], axis=1)


def bind(geometries: int, peers: int) -> None:
    device = DEVICES[OpType.TK2]
    print(
        f"CPU milliseconds a geometry, {geometries} of them (peers: {peers}); ratios with compilation for all of them"
    )
    print(
        f"{'program':<22}{'compile':>9}{'angles':>8}{'bind':>8}{'one':>7}{'copy':>7}"
        f"{'pytket each':>13}{'ratio':>7}{'symbols':>9}{'once':>8}{'ratio':>7}"
    )
    cases = {
        "ring 8, depth 6": load("ring", qubits=8, depth=6),
        "all pairs 8, depth 6": load("all-pairs", qubits=8, depth=6),
        "pair": load("pair"),
        "sivqlm-h2o": load("sivqlm-h2o"),
    }
    for name, program in cases.items():
        start = process_time()
        split = split_program(run_pipeline(parse_pipeline(REWRITES), program, PLACE).program)
        kernel = PytketKernel(split, PLACE, fix_frame=True)
        kernel.bind_many(np.zeros((1, split.slot_count)))  # what is worked out once
        compiled = process_time() - start
        rows = geometries_of(split, geometries, 0)
        ours = statistics.median(seconds(lambda: kernel.bind_many(rows)) for _ in range(5))  # noqa: B023
        angles = statistics.median(seconds(lambda: kernel.native_batch(rows)) for _ in range(5))  # noqa: B023
        single = statistics.median(seconds(lambda row=row: kernel.bind(row)) for row in rows[:100])  # noqa: B023
        circuits = kernel.bind_many(rows[:100])
        copies = statistics.median(seconds(circuit.copy) for circuit in circuits)
        plain = PytketKernel(split_program(program), PLACE)
        others = geometries_of(plain.split, peers, 0)
        each = seconds(lambda: [device.get_compiled_circuit(naive_circuit(plain, row)) for row in others])  # noqa: B023
        circuit, numbers = symbolic_circuit(plain.split, others[0])
        start = process_time()
        general = device.get_compiled_circuit(circuit, optimisation_level=1)
        once = process_time() - start

        def substitute(row: np.ndarray, general: Circuit = general, numbers: Callable = numbers) -> Circuit:
            bound = general.copy()
            bound.symbol_substitution(numbers(row))
            return bound

        symbols = seconds(lambda: [substitute(row) for row in others])  # noqa: B023
        bad = sum(not right(substitute(row), plain.split, row) for row in others)
        whole = compiled + ours
        print(
            f"{name:<22}{1e3 * compiled:>9.0f}{1e3 * angles / geometries:>8.3f}{1e3 * ours / geometries:>8.3f}"
            f"{1e3 * single:>7.2f}{1e3 * copies:>7.3f}{1e3 * each / peers:>13.1f}"
            f"{each / peers * geometries / whole:>7.0f}"
            f"{1e3 * symbols / peers:>9.2f}{1e3 * once:>8.0f}"
            f"{symbols / peers * geometries / ours:>7.1f}/{(symbols / peers * geometries + once) / whole:.1f}"
            + (f"  pytket's symbols wrong in {bad} of {peers}" if bad else "")
        )


def wrong_circuits(points: int) -> bool:
    program = load("pair")
    split = split_program(run_pipeline(parse_pipeline(REWRITES), program, PLACE).program)
    kernel = PytketKernel(split, PLACE, fix_frame=True)
    rows = special_points(split, points)
    ours = sum(not right(circuit, split, row) for circuit, row in zip(kernel.bind_many(rows), rows, strict=True))
    plain = split_program(program)
    circuit, numbers = symbolic_circuit(plain)
    print(f"wrong circuits of 'pair' at special angles: qffc {ours} of {points}", end="", flush=True)
    for level in (1, 2):
        general = DEVICES[OpType.TK2].get_compiled_circuit(circuit, optimisation_level=level)
        failures, tried = 0, special_points(plain, max(1, points // 10))
        for row in tried:
            bound = general.copy()
            try:
                bound.symbol_substitution(numbers(row))
                failures += not right(bound, plain, row)
            except (RuntimeError, TypeError, ValueError):  # symbols that turned into no number
                failures += 1
        print(f"; pytket with symbols at level {level}: {failures} of {len(tried)}", end="", flush=True)
    print()
    return not ours


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--geometries", type=int, default=1000)
    parser.add_argument("--peers", type=int, default=20, help="geometries that the peers are timed on")
    parser.add_argument("--points", type=int, default=10_000, help="special points")
    chosen = parser.parse_args()
    bind(chosen.geometries, chosen.peers)
    raise SystemExit(0 if wrong_circuits(chosen.points) else 1)
