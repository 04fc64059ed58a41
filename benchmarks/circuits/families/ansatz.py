"""Circuits of variational algorithms: alternating operators on graphs, and layers that fit a machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

import sympy
from pytket.circuit import Circuit

from benchmarks.circuits.source import Pair, Source, couplings, each_z, fields, fresh, line, ring, text_of


def sources() -> Iterator[Source]:
    yield _alternating("qaoa-ring-6-p1", 6, ring(6), 1)
    yield _alternating("qaoa-ring-8-p2", 8, ring(8), 2)
    yield _alternating("qaoa-ring-10-p3", 10, ring(10), 3)
    yield _alternating("qaoa-regular-6-p2", 6, regular_graph(6), 2)
    yield _alternating("qaoa-regular-8-p1-cx", 8, regular_graph(8), 1, by_cx=True)
    yield _alternating("qaoa-regular-10-p2-cx", 10, regular_graph(10), 2, by_cx=True)
    yield _alternating("qaoa-regular-12-p1", 12, regular_graph(12), 1)
    yield _layers("ladder-4", 4, 3, axes="Y", gate="CX", pairs=_steps(4), observables=each_z(range(4)))
    yield _layers("circular-6", 6, 3, axes="YZ", gate="CX", pairs=ring(6), observables=_magnet(6))
    yield _layers("bricks-8", 8, 4, axes="YZ", gate="CZ", pairs=line(range(8)), observables={"z": "Z(q3)"})
    yield _layers("full-6", 6, 2, axes="Y", gate="CX", pairs=_all_pairs(6), observables=_magnet(6))
    yield _layers("ladder-10", 10, 2, axes="Y", gate="CX", pairs=_steps(10), observables=_magnet(10))
    yield _layers("bricks-12", 12, 2, axes="XZ", gate="CZ", pairs=line(range(12)), observables=each_z(range(12)))


def regular_graph(size: int) -> list[Pair]:
    """Return a random graph in which every vertex has three edges, and no two of them to the same one."""
    random = Random(f"regular {size}")
    while True:
        ends = [vertex for vertex in range(size) for _ in range(3)]
        random.shuffle(ends)
        edges = {(min(a, b), max(a, b)) for a, b in zip(ends[::2], ends[1::2], strict=True) if a != b}
        if len(edges) == 3 * size // 2:
            return sorted(edges)


def _alternating(name: str, size: int, edges: Sequence[Pair], layers: int, *, by_cx: bool = False) -> Source:
    """The alternating operator ansatz for the largest cut (Farhi et al., arXiv:1411.4028)."""
    circuit = Circuit(size)
    for qubit in range(size):
        circuit.H(qubit)
    for layer in range(layers):
        cost, mix = (sympy.Symbol(f"{word}_{layer}") for word in ("g", "b"))
        for a, b in edges:
            if by_cx:
                circuit.CX(a, b).Rz(cost, b).CX(a, b)
            else:
                circuit.ZZPhase(cost, a, b)
        for qubit in range(size):
            circuit.Rx(mix, qubit)
    return Source(name, circuit, {"cut": text_of(couplings("Z", edges, 0.5))})


def _layers(
    name: str, size: int, layers: int, *, axes: str, gate: str, pairs: Sequence[Pair], observables: dict[str, str]
) -> Source:
    """Turns of every qubit and a fixed gate on pairs, some layers of them, and turns at the end."""
    circuit, angle = Circuit(size), fresh("w")
    for layer in range(layers + 1):
        for qubit in range(size):
            for axis in axes:
                {"X": circuit.Rx, "Y": circuit.Ry, "Z": circuit.Rz}[axis](angle(), qubit)
        for a, b in pairs if layer < layers else ():
            {"CX": circuit.CX, "CZ": circuit.CZ}[gate](a, b)
    return Source(name, circuit, observables)


def _magnet(size: int) -> dict[str, str]:
    """The energy of an Ising chain in a transverse field."""
    return {"E": text_of(couplings("Z", line(range(size)), -1.0) | fields("X", range(size), -0.7))}


def _steps(size: int) -> list[Pair]:
    return [(qubit, qubit + 1) for qubit in range(size - 1)]


def _all_pairs(size: int) -> list[Pair]:
    return [(a, b) for a in range(size) for b in range(a + 1, size)]
