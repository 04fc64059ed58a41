"""Electrons: excitations of coupled clusters as Pauli gadgets, random gadgets, hopping, Givens rotations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from random import Random

import sympy
from pytket.circuit import Circuit, PauliExpBox
from pytket.pauli import Pauli

from benchmarks.circuits.source import Pair, Source, couplings, fields, fresh, line, pauli_gadget, string_of, text_of

_LETTERS = {"X": Pauli.X, "Y": Pauli.Y, "Z": Pauli.Z}


def sources() -> Iterator[Source]:
    yield _clusters("ucc-double-4", 4, singles=[], doubles=[(0, 1, 2, 3)])
    yield _clusters("ucc-4", 4, singles=[(0, 2), (1, 3)], doubles=[(0, 1, 2, 3)])
    yield _clusters("ucc-6", 6, singles=[(0, 2), (1, 3), (0, 4), (1, 5)], doubles=[(0, 1, 2, 3), (0, 1, 4, 5)])
    yield _clusters("ucc-double-8", 8, singles=[(1, 4)], doubles=[(0, 1, 4, 5), (2, 3, 6, 7)])
    yield _gadgets("gadgets-4", 4, 8, boxes=False)
    yield _gadgets("gadgets-6", 6, 10, boxes=True)
    yield _gadgets("gadgets-8", 8, 12, boxes=False)
    yield _hubbard("hubbard-4", 2, 2)
    yield _hubbard("hubbard-8", 4, 1)
    yield _spinless("hopping-chain-6", 6, 2)
    yield _givens("givens-6", 6, 3)
    yield _givens("givens-8", 8, 4)


def _clusters(name: str, size: int, *, singles: Sequence[Pair], doubles: Sequence[tuple[int, int, int, int]]) -> Source:
    """Unitary coupled clusters by Jordan and Wigner, one step of Trotter, each string a ladder of CX."""
    circuit, angle = Circuit(size), fresh("t")
    excited = [*(single[:1] for single in singles), *(double[:2] for double in doubles)]
    for qubit in sorted({qubit for group in excited for qubit in group}):
        circuit.X(qubit)
    for a, b in singles:
        between, here = dict.fromkeys(range(a + 1, b), "Z"), angle()
        pauli_gadget(circuit, {a: "X", b: "Y"} | between, here)
        pauli_gadget(circuit, {a: "Y", b: "X"} | between, -here)
    for qubits in doubles:
        a, b, c, d = qubits
        between, here = dict.fromkeys([*range(a + 1, b), *range(c + 1, d)], "Z"), angle()
        for letters in product("XY", repeat=4):
            ys = letters.count("Y")
            if ys % 2:
                # Those of (X + iY)(X + iY)(X - iY)(X - iY) that the adjoint does not have.
                sign = 1 if (letters[:2].count("Y") + (ys == 3)) % 2 else -1
                pauli_gadget(circuit, dict(zip(qubits, letters, strict=True)) | between, sign * here / 4)
    return Source(name, circuit, {"E": text_of(_molecule(size))})


def _molecule(size: int) -> dict[str, float]:
    """Strings such as molecules of few orbitals have: occupations, pairs of them, exchanges of four."""
    strings = fields("Z", range(size), 0.17)
    strings |= {string_of({a: "Z", b: "Z"}): 0.05 * (1 + b - a) for a, b in combinations(range(size), 2)}
    for first in range(0, size - 3, 2):
        for letters, sign in (("XXYY", -1), ("XYYX", 1), ("YXXY", 1), ("YYXX", -1)):
            strings[string_of(dict(zip(range(first, first + 4), letters, strict=True)))] = sign * 0.045
    return strings


def _gadgets(name: str, size: int, count: int, *, boxes: bool) -> Source:
    """Rotations by random strings of two to five letters."""
    random, circuit, angle = Random(name), Circuit(size), fresh("t")
    for qubit in range(size):
        circuit.H(qubit)
    for _ in range(count):
        qubits = sorted(random.sample(range(size), random.randint(2, min(5, size))))
        letters = {qubit: random.choice("XYZ") for qubit in qubits}
        if boxes:
            circuit.add_gate(PauliExpBox([_LETTERS[letter] for letter in letters.values()], angle()), qubits)
        else:
            pauli_gadget(circuit, letters, angle())
    return Source(name, circuit, {"E": text_of(couplings("Z", line(range(size))) | fields("X", range(size), 0.5))})


def _hubbard(name: str, places: int, steps: int) -> Source:
    """The Hubbard chain by Jordan and Wigner, spins up first, in steps of Trotter at half filling."""
    circuit, size = Circuit(2 * places), 2 * places
    hops = line(range(places)) + line(range(places, size))
    pairs = [(place, place + places) for place in range(places)]
    for place in range(0, places, 2):
        circuit.X(place).X(size - 1 - place)
    for step in range(steps):
        hop, repulsion = (sympy.Symbol(f"{word}_{step}") for word in ("h", "u"))
        for a, b in hops:
            circuit.XXPhase(hop, a, b).YYPhase(hop, a, b)
        for a, b in pairs:
            circuit.ZZPhase(repulsion, a, b).Rz(-repulsion, a).Rz(-repulsion, b)
    strings = couplings("XY", hops, -0.5) | couplings("Z", pairs, 1.0) | fields("Z", range(size), -1.0)
    return Source(name, circuit, {"E": text_of(strings)})


def _spinless(name: str, places: int, steps: int) -> Source:
    """Particles without spin that hop and repel each other along a chain."""
    circuit, pairs = Circuit(places), line(range(places))
    for place in range(0, places, 2):
        circuit.X(place)
    for step in range(steps):
        hop, repulsion = (sympy.Symbol(f"{word}_{step}") for word in ("h", "v"))
        for a, b in pairs:
            pauli_gadget(circuit, {a: "X", b: "X"}, hop)
            pauli_gadget(circuit, {a: "Y", b: "Y"}, hop)
            pauli_gadget(circuit, {a: "Z", b: "Z"}, repulsion)
    return Source(name, circuit, {"E": text_of(couplings("Z", pairs) | fields("Z", range(places), 0.3))})


def _givens(name: str, size: int, filled: int) -> Source:
    """A determinant by Givens rotations of neighbours, each of two CX and a controlled turn between them."""
    circuit, angle = Circuit(size), fresh("t")
    for qubit in range(filled):
        circuit.X(qubit)
    for layer in range(filled):
        for a in range(layer % 2, size - 1, 2):
            circuit.CX(a + 1, a).CRy(angle(), a, a + 1).CX(a + 1, a).Rz(angle(), a + 1)
    strings: Mapping[str, float] = couplings("XY", line(range(size)), 0.5) | fields("Z", range(size), 0.2)
    return Source(name, circuit, {"E": text_of(strings)})
