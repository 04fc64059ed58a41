"""Chains of spins in time: products of Trotter, of the first and the second order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy
from pytket.circuit import Circuit

from benchmarks.circuits.source import Pair, Source, couplings, each_z, fields, line, text_of


def sources() -> Iterator[Source]:
    yield _heisenberg("xxx-6", 6, "XYZ", 2)
    yield _heisenberg("xxx-8-second", 8, "XYZ", 1, second=True)
    yield _heisenberg("xxz-6", 6, "XYZ", 2, anisotropic=True)
    yield _heisenberg("xy-8", 8, "XY", 2)
    yield _ising("tfim-8", 8, line(range(8)), 2)
    yield _ising("tfim-10-second", 10, line(range(10)), 2, second=True)


def _heisenberg(
    name: str, size: int, letters: str, steps: int, *, second: bool = False, anisotropic: bool = False
) -> Source:
    """Couplings of neighbours by two or three letters, from the state of Neel."""
    circuit, pairs, j = Circuit(size), line(range(size)), sympy.Symbol("j")
    strengths = {"X": j, "Y": j, "Z": sympy.Symbol("d") if anisotropic else j}
    for qubit in range(0, size, 2):
        circuit.X(qubit)
    even, odd = pairs[: size // 2], pairs[size // 2 :]
    for _ in range(steps):
        for part, share in ((even, 0.5), (odd, 1), (even, 0.5)) if second else ((pairs, 1),):
            _couple(circuit, part, {letter: strengths[letter] * share for letter in letters})
    return Source(name, circuit, {"E": text_of(couplings(letters, pairs)), "m": text_of(fields("Z", range(size)))})


def _couple(circuit: Circuit, pairs: Sequence[Pair], strengths: dict[str, sympy.Expr]) -> None:
    for a, b in pairs:
        for letter, strength in strengths.items():
            {"X": circuit.XXPhase, "Y": circuit.YYPhase, "Z": circuit.ZZPhase}[letter](strength, a, b)


def _ising(name: str, size: int, pairs: Sequence[Pair], steps: int, *, second: bool = False) -> Source:
    """An Ising chain in a transverse field."""
    circuit, j, h = Circuit(size), sympy.Symbol("j"), sympy.Symbol("h")
    for _ in range(steps):
        for qubit in range(size) if second else ():
            circuit.Rx(h / 2, qubit)
        for a, b in pairs:
            circuit.ZZPhase(j, a, b)
        for qubit in range(size):
            circuit.Rx(h / 2 if second else h, qubit)
    observables = each_z(range(size)) if second else {"E": text_of(couplings("Z", pairs) | fields("X", range(size)))}
    return Source(name, circuit, observables)
