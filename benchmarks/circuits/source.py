"""A circuit of pytket with what is measured of it, the program that qffc makes of it, and the point it is bound at."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count

import numpy as np
import sympy
from numpy.typing import NDArray
from pytket.circuit import Circuit, OpType

import qffc as qf
from qffc.ir.evaluate import Evaluator, Instance
from qffc.ir.program import Program
from qffc.ir.text.parser import parse_program
from qffc.passes.circuit.split_program import Split, split_program
from qffc.passes.lower_pytket.turns import euler_angles, turn_about
from qffc.passes.measurement.settings import MeasurementPlan, measurement_plan

Pair = tuple[int, int]
Terms = Mapping[str, float]
"""Weights of Pauli strings, ``{"Z(q0) Z(q1)": 0.5}``."""

_ANGLES = (0.1, 0.9)
"""Half turns between which symbols are bound: nothing is special there, and every gate stays."""


@dataclass(frozen=True, eq=False)
class Source:
    """A circuit, before anybody has compiled it.

    Args:
        name: the row of the table.
        circuit: with symbols in half turns, each a trainable parameter; without measurements.
        observables: what is measured, over ``q0``, ``q1``, ..., by name.
        sites: atoms, where something is encoded.
        rotations: symbols in radians, three by three, and the vector that they turn about.
        text: the program, where it is not what the import makes of the circuit.
    """

    name: str
    circuit: Circuit
    observables: Mapping[str, str]
    sites: Mapping[str, str] = field(default_factory=lambda: {"h": "H free"})
    rotations: Mapping[str, str] = field(default_factory=dict)
    text: str = ""

    def read(self) -> Program:
        """Return the program, made anew."""
        if self.text:
            return parse_program(self.text)
        return qf.from_pytket(
            self.circuit,
            sites=self.sites,
            observables=self.observables,
            rotations=self.rotations,
            energy=" + ".join(f"moment({name})" for name in self.observables),
            symmetry=(),
            name=self.name.replace("-", "_"),
        )

    @cached_property
    def program(self) -> Program:
        return self.read()

    @cached_property
    def split(self) -> Split:
        return split_program(self.program)

    @property
    def plan(self) -> MeasurementPlan:
        """The settings that peers measure: strings that agree qubit by qubit are read together."""
        return measurement_plan(self.split.observables, self.split.qubit_count)

    def point(self, number: int = 0) -> Instance:
        """Return positions and parameters: of each number its own, and the same in every run."""
        random = np.random.default_rng((zlib.crc32(self.name.encode()), number))
        values = {each.name: np.asarray(random.uniform(*_ANGLES)) for each in self.program.parameters}
        positions = random.normal(size=(len(self.sites), 3))
        return Instance(positions, np.zeros(len(self.sites), int), values)

    def numbers(self, point: Instance) -> dict[sympy.Symbol, float]:
        """Return what the symbols of the circuit are at a point."""
        found = {sympy.Symbol(name): float(value) for name, value in point.parameters.items()}
        evaluate = Evaluator(self.program, point, np)
        vectors = {str(value): value for value in self.split.vectors}
        for names, text in self.rotations.items():
            # Euler angles come in the order of a product of matrices, symbols in that in which they act.
            angles = reversed(euler_angles(turn_about(tuple(np.asarray(evaluate(vectors[text])).tolist()))))
            found |= {sympy.Symbol(name.strip()): angle for name, angle in zip(names.split(","), angles, strict=True)}
        return found

    def bound(self, point: Instance) -> Circuit:
        """Return the circuit with numbers, as it was written."""
        circuit = self.circuit.copy()
        circuit.symbol_substitution(self.numbers(point))
        return circuit


def fresh(prefix: str) -> Callable[[], sympy.Symbol]:
    """Return what gives the symbols prefix_0, prefix_1, ..., one at each call."""
    numbers = count()
    return lambda: sympy.Symbol(f"{prefix}_{next(numbers)}")


def text_of(terms: Terms) -> str:
    """Return a weighted sum of strings as the text of an observable."""
    return " + ".join(f"{weight:g}*{string}" for string, weight in terms.items())


def string_of(letters: Mapping[int, str]) -> str:
    """Return a Pauli string as text: {0: "X", 2: "Z"} is ``X(q0) Z(q2)``."""
    return " ".join(f"{letter}(q{qubit})" for qubit, letter in sorted(letters.items()))


def couplings(letters: str, pairs: Iterable[Pair], weight: float = 1.0) -> dict[str, float]:
    """Return one letter twice on each pair, for each of the letters."""
    return {string_of({a: letter, b: letter}): weight for letter in letters for a, b in pairs}


def fields(letter: str, qubits: Iterable[int], weight: float = 1.0) -> dict[str, float]:
    """Return one letter on each qubit."""
    return {string_of({qubit: letter}): weight for qubit in qubits}


def each_z(qubits: Sequence[int]) -> dict[str, str]:
    """Return an observable for each qubit, and one for each two that follow each other."""
    singles = {f"z{qubit}": f"Z(q{qubit})" for qubit in qubits}
    return singles | {f"zz{a}": f"Z(q{a}) Z(q{b})" for a, b in zip(qubits, qubits[1:], strict=False)}


def pauli_gadget(circuit: Circuit, letters: Mapping[int, str], angle: sympy.Expr | float) -> None:
    """Add the rotation by a Pauli string as textbooks write it: a ladder of CX, an Rz and the ladder back.

    Args:
        circuit: where it is added.
        letters: of the string, by qubit.
        angle: half turns.
    """
    for before in (True, False):
        if not before:
            _ladder(circuit, sorted(letters), angle)
        for qubit, letter in sorted(letters.items()):
            if letter == "X":
                circuit.H(qubit)
            elif letter == "Y":
                circuit.add_gate(OpType.V if before else OpType.Vdg, [qubit])


def _ladder(circuit: Circuit, qubits: Sequence[int], angle: sympy.Expr | float) -> None:
    rungs = list(zip(qubits, qubits[1:], strict=False))
    for rung in rungs:
        circuit.CX(*rung)
    circuit.Rz(angle, qubits[-1])
    for rung in reversed(rungs):
        circuit.CX(*rung)


def line(qubits: Sequence[int]) -> list[Pair]:
    """Return neighbours in a row, in the order of a brick wall: even ones, then odd ones."""
    pairs = list(zip(qubits, qubits[1:], strict=False))
    return pairs[0::2] + pairs[1::2]


def ring(size: int) -> list[Pair]:
    """Return neighbours around a ring."""
    return [(qubit, (qubit + 1) % size) for qubit in range(size)]


def close(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the largest difference."""
    return float(np.abs(one - other).max(initial=0.0))
