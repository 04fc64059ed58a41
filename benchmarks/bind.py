"""The time for new geometries, beside pytket compiling each and beside its symbols; wrong circuits at special angles.

The parameters of a trained model are the same in all geometries, so that angles of exchanges are numbers that all
circuits share and rotations are new in each. The peer that compiles once has symbols for the rotations alone.

    python benchmarks/bind.py
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from math import pi
from time import perf_counter

import numpy as np
from compile_peers import DEVICES, PLACE, REWRITES, right
from pytket.circuit import Circuit, OpType
from sympy import Symbol

from qffc.library import load
from qffc.passes.lower_pytket import PytketKernel
from qffc.passes.lower_pytket_compare import naive_circuit
from qffc.passes.lower_pytket_turns import euler_angles, half_turns, turn_about
from qffc.passes.pipeline import run_pipeline
from qffc.passes.pipeline_text import parse_pipeline
from qffc.passes.split_program import Split, split_program


def symbolic_circuit(split: Split) -> tuple[Circuit, Callable[[np.ndarray], dict[Symbol, float]]]:
    """The program as a user of pytket writes it with symbols, and the numbers to put in."""
    kernel = PytketKernel(split, PLACE)
    circuit = Circuit(split.qubit_count)
    for index, op in enumerate(split.ops):
        match op.kind:
            case "singlet":
                a, b = op.qubits
                circuit.X(a).X(b).H(a).CX(a, b)
            case "rotate":
                circuit.TK1(*(Symbol(f"{word}{index}") for word in "abc"), op.qubits[0])
            case "exchange":
                symbol = Symbol(f"t{index}")
                circuit.TK2(symbol, symbol, symbol, *op.qubits)
            case _:
                raise ValueError(op.kind)

    def numbers(slots: np.ndarray) -> dict[Symbol, float]:
        found = {}
        for index, op in enumerate(kernel.numeric_ops(slots)):
            if op.kind == "rotate":
                for word, angle in zip("abc", euler_angles(turn_about(op.vector)), strict=True):
                    found[Symbol(f"{word}{index}")] = half_turns(angle)
            elif op.kind == "exchange":
                found[Symbol(f"t{index}")] = half_turns(2 * op.angle)
        return found

    return circuit, numbers


def seconds(action: Callable[[], object]) -> float:
    start = perf_counter()
    action()
    return perf_counter() - start


def special_points(split: Split, count: int) -> np.ndarray:
    """Scalars at multiples of pi/8, vectors of special lengths along axes and diagonals, some of them zero."""
    random = np.random.default_rng(7)
    scalars = random.choice(np.arange(-8, 9) * pi / 8, (count, len(split.scalars)))
    axes = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 1, 1], [0, 0, -1]], dtype=float)
    axes /= np.linalg.norm(axes, axis=1)[:, None]
    lengths = random.choice(np.array([0, 0.25, 0.5, 1, 1.5, 2]) * pi, (count, len(split.vectors), 1))
    vectors = lengths * axes[random.integers(len(axes), size=(count, len(split.vectors)))]
    return np.concatenate([scalars, vectors.reshape(count, -1)], axis=1)


def bind(geometries: int, peers: int, points: int) -> bool:
    device = DEVICES[OpType.TK2]
    print(f"{geometries} geometries, seconds (peers: {peers} of them, scaled)")
    header = f"{'program':<22}{'compile':>9}{'angles':>8}{'bind':>8}{'pytket each':>13}{'ratio':>7}"
    print(f"{header}{'symbolic':>10}{'once':>7}{'ratio':>7}")
    cases = {"ring 8, depth 6": load("ring", qubits=8, depth=6), "pair": load("pair"), "sivqlm-h2o": load("sivqlm-h2o")}
    for name, program in cases.items():
        start = perf_counter()
        split = split_program(run_pipeline(parse_pipeline(REWRITES), program, PLACE).program)
        kernel = PytketKernel(split, PLACE, fix_frame=True)
        kernel.bind_many(np.zeros((1, split.slot_count)))  # what is worked out once
        compiled = perf_counter() - start
        rows = np.random.default_rng(0).normal(size=(geometries, split.slot_count))
        ours = statistics.median(seconds(lambda: kernel.bind_many(rows)) for _ in range(3))  # noqa: B023
        angles = statistics.median(seconds(lambda: kernel.native_batch(rows)) for _ in range(3))  # noqa: B023
        plain = PytketKernel(split_program(program), PLACE)
        others = np.random.default_rng(1).normal(size=(peers, plain.split.slot_count))
        each = (
            geometries
            / peers
            * seconds(
                lambda: [device.get_compiled_circuit(naive_circuit(plain, row)) for row in others]  # noqa: B023
            )
        )
        circuit, numbers = symbolic_circuit(plain.split)
        start = perf_counter()
        general = device.get_compiled_circuit(circuit, optimisation_level=1)
        once = perf_counter() - start

        def substitute(row: np.ndarray, general: Circuit = general, numbers: Callable = numbers) -> Circuit:
            bound = general.copy()
            bound.symbol_substitution(numbers(row))
            return bound

        symbolic = geometries / peers * seconds(lambda: [substitute(row) for row in others])  # noqa: B023
        print(
            f"{name:<22}{compiled:>9.2f}{angles:>8.2f}{ours:>8.2f}{each:>13.1f}{each / ours:>7.0f}"
            f"{symbolic:>10.1f}{once:>7.1f}{(symbolic + once) / ours:>7.0f}"
        )
    return wrong_circuits(points)


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


