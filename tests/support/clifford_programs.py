"""Random programs of Pauli rotations and Clifford gates, with operations of other kinds between them now and then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from random import Random

from dense_programs import J, K, R, dense_program

from qffc.ir.declarations import EnergyReadout, Qubit
from qffc.ir.observables import DotObservable, Observable, PauliObservable, SumObservable
from qffc.ir.operation import Op
from qffc.ir.ops import Exchange, FourSpin, PauliRotation, Relabel, Rotate, Singlet, Zero
from qffc.ir.pauli import LETTERS, PauliString
from qffc.ir.program import Program
from qffc.ir.values import Moment, Pi, add

CLIFFORD_ANGLES = (Pi() / 2, -Pi() / 2, Pi())
ANGLES = (J, -K, J + K, Pi() / 2 + J, Pi() * Fraction(1, 8))


def word(text: str) -> PauliString:
    """Return the string that has these letters on the qubits 0, 1, ...; a dot for none.

    Example:
        >>> word("X.Z")
        ((0, 'X'), (2, 'Z'))
    """
    letters = {letter: letter for letter in LETTERS}
    return tuple((q, letters[letter]) for q, letter in enumerate(text) if letter != ".")


def circuit(ops: Sequence[Op], qubits: int, *observables: Observable) -> Program:
    """Return a program of operations on |0>; its energy is the sum of all moments."""
    names = [f"m{k}" for k in range(len(observables))]
    return replace(
        dense_program(0),
        qubits=tuple(Qubit(f"q{k}") for k in range(qubits)),
        ops=(*map(Zero, range(qubits)), *ops),
        observables=tuple(zip(names, observables, strict=True)),
        readout=EnergyReadout(add(*map(Moment, names))),
    )


def cx(control: int, target: int) -> list[Op]:
    """Return a CX as rotations."""
    turn = Pi() / 2
    both = tuple(sorted(((control, LETTERS[2]), (target, LETTERS[0]))))
    return [
        PauliRotation(((control, "Z"),), -turn),
        PauliRotation(((target, "X"),), -turn),
        PauliRotation(both, turn),
    ]


def clifford_program(seed: int, qubits: int = 4, length: int = 12) -> Program:
    """Return a program; one in three of |0> and rotations alone, so that its end is free."""
    random = Random(seed)
    pure = seed % 3 == 0
    ops = [_op(random, qubits, pure=pure) for _ in range(length)]
    first, second, third = (PauliObservable(_string(random, qubits)) for _ in range(3))
    both = SumObservable(((Fraction(1, 2), second), (Fraction(-1), third)))
    program = circuit(ops, qubits, first, both, *((DotObservable(0, 1),) if seed % 2 else ()))
    singlets = (Singlet(0, 2), *map(Zero, (1, *range(3, qubits))))
    return program if pure else program.with_ops((*singlets, *ops))


def _op(random: Random, qubits: int, *, pure: bool) -> Op:
    kind = random.random()
    if kind < 0.5:
        pair = random.sample(range(qubits), 2)
        string = tuple((q, random.choice(LETTERS)) for q in pair[: random.choice((1, 2, 2))])
        return PauliRotation(string, random.choice(CLIFFORD_ANGLES))
    if kind < 0.85 or pure:
        return PauliRotation(_string(random, qubits), random.choice(ANGLES))
    a, b, c, d = random.sample(range(qubits), 4)
    others = [Rotate(a, J * R), Exchange(a, b, K), Relabel(((a, b), (b, c), (c, a))), FourSpin(a, b, c, d, J)]
    return random.choice(others)


def _string(random: Random, qubits: int) -> PauliString:
    return tuple((q, random.choice(LETTERS)) for q in sorted(random.sample(range(qubits), random.randint(1, qubits))))
