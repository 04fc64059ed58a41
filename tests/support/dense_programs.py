"""Small programs in which operations often meet: few values, rotations in pairs, couplings in three parts."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product
from random import Random

import numpy as np

from qffc.ir.declarations import EnergyReadout, Parameter, Qubit, Site
from qffc.ir.evaluate import Instance
from qffc.ir.observables import DotObservable, Observable, PauliObservable, ProductObservable, SumObservable
from qffc.ir.operation import Op
from qffc.ir.ops import Chirality, Exchange, PauliRotation, Relabel, Rotate, Singlet, Zero
from qffc.ir.pauli import LETTERS
from qffc.ir.program import Program
from qffc.ir.reference import statevector
from qffc.ir.values import Displacement, FrameVector, Moment, Number, ParameterEntry, Pi, add, norm, unit

J, K, PI = ParameterEntry("J"), ParameterEntry("K"), Pi()
R, S, BACK = Displacement("A", "B"), Displacement("B", "C"), Displacement("B", "A")
ZERO = Number(Fraction(0))
VECTORS = (
    R,
    -R,
    J * R,
    BACK,
    S,
    J * unit(S),
    2 * PI * unit(S),
    FrameVector(ZERO, ZERO, J),
    FrameVector(PI, ZERO, ZERO),
)
ANGLES = (J, -J, K, J + K, PI / 4, PI / 2, PI, J + PI / 4, norm(R) - norm(BACK))


def dense_program(seed: int) -> Program:
    """Return a program of three or four qubits; its energy sees one or two of its observables."""
    random = Random(seed)
    count = random.choice((3, 4))
    order = random.sample(range(count), count)
    ops: list[Op] = [Singlet(*order[:2])]
    ops += [Singlet(*order[2:])] if count == 4 and random.random() < 0.5 else [Zero(qubit) for qubit in order[2:]]
    for _ in range(random.randint(3, 10)):
        ops += _some(random, random.sample(range(count), 3))
    pairs = [(a, b) for a in range(count) for b in range(a)]
    observables: list[Observable] = [
        DotObservable(0, 1),
        PauliObservable(((0, "Z"), (1, "X"), (2, "Y"))),
        PauliObservable(((2, "Z"),)),
        SumObservable(tuple((Fraction(1), DotObservable(*pair)) for pair in pairs)),
    ]
    if count == 4:
        observables.append(ProductObservable((DotObservable(0, 1), DotObservable(2, 3))))
    seen = random.sample(range(len(observables)), random.choice((1, 1, 2)))
    return Program(
        name="dense",
        symmetry=(),
        scope="molecule",
        species=("H",),
        sites=tuple(Site(name, "H", "free") for name in "ABC"),
        parameters=(Parameter("J", ()), Parameter("K", ())),
        qubits=tuple(Qubit(f"q{k}") for k in range(count)),
        ops=tuple(ops),
        observables=tuple((f"m{k}", observable) for k, observable in enumerate(observables)),
        readout=EnergyReadout(add(*(Moment(f"m{k}") for k in seen))),
    )


def dense_instance(seed: int) -> Instance:
    """Return numbers for it."""
    rng = np.random.default_rng(seed)
    tables = {name: np.array(rng.normal()) for name in "JK"}
    return Instance(rng.normal(size=(3, 3)), np.zeros(3, dtype=int), tables)


def _some(random: Random, qubits: list[int]) -> list[Op]:
    kind = random.choice(("turns", "turns", "turns", "exchange", "exchange", "exchange", "other"))
    if kind == "exchange":
        return [Exchange(*qubits[:2], random.choice(ANGLES))]
    if kind == "turns":
        vector = random.choice(VECTORS)
        ops: list[Op] = [Rotate(qubit, vector) for qubit in qubits[: random.choice((1, 2, 2, 3))]]
        return [*ops[:1], Exchange(*random.sample(qubits, 2), K), *ops[1:]] if random.random() < 0.3 else ops
    angle = random.choice(ANGLES)
    kind = random.choice(("chirality", "parts", "string", "relabel"))
    if kind == "chirality":
        return [Chirality(*qubits, angle)]
    if kind == "parts":
        letters = random.sample(LETTERS, random.choice((2, 3, 3)))
        return [PauliRotation(tuple((qubit, letter) for qubit in qubits[:2]), angle) for letter in letters]
    if kind == "string":
        some = qubits[: random.choice((1, 1, 2, 3))]
        return [PauliRotation(tuple((qubit, random.choice(LETTERS)) for qubit in some), angle)]
    return [Relabel(tuple(zip(qubits[:2], qubits[1::-1], strict=True)))]


def unitary(word: list[Op], seed: int) -> np.ndarray:
    """The matrix of a word on four qubits, a column for each basis state."""
    qubits = tuple(Qubit(f"q{k}") for k in range(4))
    zeros = [Zero(k) for k in range(4)]
    columns = []
    for bits in product((0, 1), repeat=4):
        flips = [PauliRotation(((k, "X"),), Pi()) for k in range(4) if bits[k]]
        program = replace(dense_program(0), qubits=qubits, ops=(*zeros, *flips, *word))
        columns.append(1j ** sum(bits) * statevector(program, dense_instance(seed)))
    return np.array(columns).T
