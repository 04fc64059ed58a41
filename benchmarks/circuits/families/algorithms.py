"""Textbook algorithms: Fourier transforms, searches, sums, most of them with fixed angles; graph states."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from random import Random

from pytket.circuit import Circuit

from benchmarks.circuits.source import Pair, Source, each_z, fresh, line, ring, string_of, text_of


def sources() -> Iterator[Source]:
    yield Source("qft-4", _fourier(_turned(4), 4), each_z(range(4)))
    yield Source("qft-6", _fourier(_ghz(6), 6), each_z(range(6)))
    yield Source("qft-8", _fourier(_cluster(8), 8), each_z(range(8)))
    yield _search()
    yield _sum()
    yield _toffolis()
    yield _graph_state("graph-ring-8", 8, ring(8))
    yield _graph_state("graph-grid-9", 9, _grid(3))
    yield _read_graph("graph-random-10", 10)


def _fourier(circuit: Circuit, size: int) -> Circuit:
    """Add the transform: controlled phases of pi, pi/2, pi/4, ..., and the qubits in reverse."""
    for target in range(size):
        circuit.H(target)
        for control in range(target + 1, size):
            circuit.CU1(1 / 2 ** (control - target), control, target)
    for qubit in range(size // 2):
        circuit.SWAP(qubit, size - 1 - qubit)
    return circuit


def _turned(size: int) -> Circuit:
    circuit, angle = Circuit(size), fresh("x")
    for qubit in range(size):
        circuit.Ry(angle(), qubit)
    for a, b in line(range(size)):
        circuit.CX(a, b)
    for qubit in range(size):
        circuit.Rx(angle(), qubit)
    return circuit


def _ghz(size: int) -> Circuit:
    circuit = Circuit(size).H(0)
    for qubit in range(1, size):
        circuit.CX(qubit - 1, qubit)
    return circuit


def _cluster(size: int) -> Circuit:
    circuit, angle = Circuit(size), fresh("x")
    for qubit in range(size):
        circuit.H(qubit).Rz(angle(), qubit)
    for a, b in line(range(size)):
        circuit.CZ(a, b)
    for qubit in range(size):
        circuit.Rx(0.3, qubit)
    return circuit


def _search() -> Source:
    """Two rounds of Grover's search among 8, with one qubit of work: the phase of 101, then the mean."""
    circuit = Circuit(4)
    for qubit in range(3):
        circuit.H(qubit)
    for _ in range(2):
        circuit.X(1)
        _phase_of_ones(circuit)
        circuit.X(1)
        for qubit in range(3):
            circuit.H(qubit).X(qubit)
        _phase_of_ones(circuit)
        for qubit in range(3):
            circuit.X(qubit).H(qubit)
    return Source("grover-4", circuit, each_z(range(3)))


def _phase_of_ones(circuit: Circuit) -> None:
    circuit.CCX(0, 1, 3).CZ(3, 2).CCX(0, 1, 3)


def _sum() -> Source:
    """The sum of two numbers of two bits by ripples of the carry (Cuccaro et al., quant-ph/0410184), turned inputs.

    Qubit 0 is the carry that comes in, 1 and 3 are one number, 2 and 4 the other, 5 is the carry that goes out.
    """
    circuit, angle = Circuit(6), fresh("x")
    for qubit in range(1, 5):
        circuit.Ry(angle(), qubit)
    steps = ((0, 2, 1), (1, 4, 3))
    for carry, b, a in steps:
        circuit.CX(a, b).CX(a, carry).CCX(carry, b, a)
    circuit.CX(3, 5)
    for carry, b, a in reversed(steps):
        circuit.CCX(carry, b, a).CX(a, carry).CX(carry, b)
    return Source("adder-6", circuit, each_z((2, 4, 5)))


def _toffolis() -> Source:
    """A chain of Toffoli gates between layers of turns."""
    circuit, angle = Circuit(5), fresh("w")
    for _ in range(2):
        for qubit in range(5):
            circuit.Ry(angle(), qubit)
        for first in range(3):
            circuit.CCX(first, first + 1, first + 2)
    return Source("toffolis-5", circuit, each_z(range(5)))


def _graph_state(name: str, size: int, edges: Sequence[Pair]) -> Source:
    """A graph state whose stabilizers are measured; nothing is open."""
    circuit, observables = _entangled(size, edges), {}
    for qubit in range(size):
        around = {other for edge in edges for other in edge if qubit in edge and other != qubit}
        observables[f"s{qubit}"] = string_of({qubit: "X"} | dict.fromkeys(around, "Z"))
    return Source(name, circuit, observables)


def _read_graph(name: str, size: int) -> Source:
    """A random graph state, each qubit measured along an axis of its own."""
    random = Random(name)
    edges = [(a, b) for b in range(size) for a in range(b) if random.random() < 0.3]
    circuit, angle = _entangled(size, edges), fresh("w")
    for qubit in range(size):
        circuit.Rz(angle(), qubit).Rx(angle(), qubit)
    strings = {string_of({a: "Z", b: "Z"}): 1.0 for a, b in edges}
    return Source(name, circuit, {"E": text_of(strings)})


def _entangled(size: int, edges: Iterable[Pair]) -> Circuit:
    circuit = Circuit(size)
    for qubit in range(size):
        circuit.H(qubit)
    for a, b in edges:
        circuit.CZ(a, b)
    return circuit


def _grid(side: int) -> list[Pair]:
    rows = [(side * y + x, side * y + x + 1) for y in range(side) for x in range(side - 1)]
    return rows + [(side * y + x, side * y + side + x) for y in range(side - 1) for x in range(side)]
