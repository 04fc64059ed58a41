"""Random programs with every operation and the angles where formulas like to break."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest

from qffc.ir.declarations import EnergyReadout, Parameter, Qubit, Site
from qffc.ir.evaluate import Instance
from qffc.ir.observables import DotObservable, PauliObservable
from qffc.ir.operation import Op
from qffc.ir.ops import COMPOSITE, Chirality, Exchange, PauliRotation, Relabel, Rotate, Singlet, Zero, make_op
from qffc.ir.program import Program
from qffc.ir.values import Displacement, FrameVector, Moment, Number, ParameterEntry, Pi, Value, as_value, unit

J, K = ParameterEntry("J"), ParameterEntry("K")
TURNS = [Fraction(k, 8) for k in (0, 1, -1, 2, -2, 3, 4, 8, -8, 16)]


@dataclass(frozen=True)
class Example:
    """A program and the numbers to evaluate it at."""

    program: Program
    instance: Instance


def _angle(rng: np.random.Generator) -> Value:
    turn = Pi() * TURNS[rng.integers(len(TURNS))]
    plain = [turn, turn, J, K, J + turn, -J, 2 * J - K, as_value(0.3), as_value(0)]
    return plain[rng.integers(len(plain))]


def _vector(rng: np.random.Generator) -> Value:
    r, s = Displacement("A", "B"), Displacement("B", "C")
    turn = Pi() * TURNS[rng.integers(len(TURNS))]
    zero = Number(Fraction(0))
    vectors = [r, -r, J * r, K * unit(s), -K * unit(s), Displacement("B", "A"), 0 * r, J * r + K * s]
    axes = [FrameVector(turn, zero, zero), FrameVector(zero, turn, zero), FrameVector(zero, zero, turn)]
    return [*vectors, *axes][rng.integers(len(vectors) + 3)]


def _op(rng: np.random.Generator, qubits: int) -> Op:
    a, b, c = map(int, rng.permutation(qubits)[:3])
    fitting = [each.declaration for each in COMPOSITE if each.declaration.counts[0] <= qubits]
    kind = rng.integers(10 + len(fitting))
    if kind < 3:
        return Rotate(int(rng.integers(min(2, qubits))), _vector(rng))
    if kind < 7:
        return Exchange(a, b, _angle(rng))
    if kind == 7:
        return Chirality(a, b, c, _angle(rng))
    if kind == 8:
        weight = int(rng.integers(1, qubits + 1))
        letters = "XYZ" if rng.integers(2) else "ZZZ"
        string = tuple((int(q), letters[rng.integers(3)]) for q in rng.permutation(qubits)[:weight])
        return PauliRotation(string, _angle(rng))  # type: ignore[arg-type]  # letters of a Pauli string
    if kind > 9:
        said = fitting[kind - 10]
        size = rng.choice([size for size in said.counts if size <= min(qubits, 4)])  # larger sets have no circuit
        return make_op(said.word, tuple(map(int, rng.permutation(qubits)[:size])), _angle(rng))
    return Relabel(((a, b), (b, c), (c, a)) if rng.integers(2) else ((a, b), (b, a)))


def make_example(seed: int, qubits: int = 4, length: int = 14) -> Example:
    """Return a random program that prepares singlets and one or two zeros."""
    rng = np.random.default_rng(seed)
    pairs = (qubits - 1) // 2
    preparation: list[Op] = [Singlet(2 * k + 1, 2 * k) for k in range(pairs)]
    preparation += [Zero(q) for q in range(2 * pairs, qubits)]
    program = Program(
        name="example",
        symmetry=(),
        scope="molecule",
        species=("H",),
        sites=tuple(Site(name, "H", "free") for name in "ABC"),
        parameters=(Parameter("J", ()), Parameter("K", ())),
        qubits=tuple(Qubit(f"q{k}", "ABC"[k] if k < 3 else None) for k in range(qubits)),
        ops=(*preparation, *(_op(rng, qubits) for _ in range(length))),
        observables=(
            ("dot", DotObservable(0, 1)),
            ("far", DotObservable(0, qubits - 1)),
            ("string", PauliObservable(((0, "Z"), (1, "X"), (2, "Y")))),
            ("one", PauliObservable(((2, "X"),))),
        ),
        readout=EnergyReadout(Moment("dot")),
    )
    values = {"J": np.array(rng.normal()), "K": np.array(rng.normal())}
    return Example(program, Instance(rng.normal(size=(3, 3)), np.zeros(3, dtype=int), values))


@pytest.fixture
def example() -> Callable[..., Example]:
    return make_example
