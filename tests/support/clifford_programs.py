"""Random programs of Pauli rotations and Clifford gates, with operations of other kinds between them now and then."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from random import Random

from dense_programs import J, K, R, dense_program

from qffc.ir.declarations import Qubit
from qffc.ir.observables import DotObservable, PauliObservable, SumObservable
from qffc.ir.operation import Op
from qffc.ir.ops import Exchange, FourSpin, PauliRotation, Relabel, Rotate, Singlet, Zero
from qffc.ir.pauli import LETTERS, PauliString
from qffc.ir.program import Program
from qffc.ir.values import Pi


def clifford_program(seed: int, qubits: int = 4, length: int = 12) -> Program:
    """Return a program; one in three of pairs of |0> and rotations alone, so that its end is free."""
    random = Random(seed)
    pure = seed % 3 == 0
    preparation: list[Op] = [Zero(q) for q in range(qubits)] if pure else [Singlet(0, 2), *map(Zero, [1, *range(3, qubits)])]
    ops = [_op(random, qubits, pure=pure) for _ in range(length)]
    return replace(
        dense_program(0),
        qubits=tuple(Qubit(f"q{k}", "ABC"[k] if k < 3 else None) for k in range(qubits)),
        ops=(*preparation, *ops),
        observables=(
            ("m", PauliObservable(_string(random, qubits))),
            ("k", SumObservable(((Fraction(1, 2), PauliObservable(_string(random, qubits))), (Fraction(-1), PauliObservable(_string(random, qubits)))))),
            *((("d", DotObservable(0, 1)),) if seed % 2 else ()),
        ),
        readout=replace(dense_program(0).readout, value=_energy(seed)),
    )


def _energy(seed: int):
    from qffc.ir.values import Moment

    return Moment("m") + Moment("k") * Moment("k") + (Moment("d") if seed % 2 else 0)


def _op(random: Random, qubits: int, *, pure: bool) -> Op:
    kind = random.random()
    if kind < 0.5:
        pair = random.sample(range(qubits), 2)
        string = tuple((q, random.choice(LETTERS)) for q in pair[: random.choice((1, 2, 2))])
        return PauliRotation(string, random.choice((Pi() / 2, -Pi() / 2, Pi())))
    if kind < 0.85 or pure:
        return PauliRotation(_string(random, qubits), random.choice((J, -K, J + K, Pi() / 2 + J, Pi() * Fraction(1, 8))))
    a, b, c, d = random.sample(range(qubits), 4)
    others = [Rotate(a, J * R), Exchange(a, b, K), Relabel(((a, b), (b, c), (c, a))), FourSpin(a, b, c, d, J)]
    return random.choice(others)


def _string(random: Random, qubits: int) -> PauliString:
    return tuple((q, random.choice(LETTERS)) for q in sorted(random.sample(range(qubits), random.randint(1, qubits))))
