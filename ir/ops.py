"""The table of operations: each one class, with all that the rest of qffc has to know of it.

Qubits are indices into ``Program.qubits``; sigma are Pauli matrices, angles are in radians. ``FORMAT.md`` shows the
table. Passes, lowerings and tests go through :data:`OPERATIONS`: an operation that is listed is parsed, printed,
proven, lowered, differentiated, generated and tested. One that no lowering knows by itself says which others it is made
of (:meth:`~qffc.ir.operation.Op.parts`).

Couplings in a row may be marked ``unordered GROUP``: their order is left to the pass ``schedule-layers``. Until
it runs they are executed as they are written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from qffc.ir.diagnostics import Span, error
from qffc.ir.operation import ALL_AXES, Coupling, Declaration, Gate, Moves, Op
from qffc.ir.pauli import LETTERS, Letter, PauliString, PauliSum, dot_product, need_string, triple_product
from qffc.ir.values import AXES, Component, Value, as_value


@dataclass(frozen=True)
class Singlet(Op):
    """Prepares (|01> - |10>)/sqrt(2) on two fresh qubits."""

    declaration: ClassVar = Declaration(
        "singlet",
        qubits=("a", "b"),
        unitary="prepares (|01> - |10>)/sqrt(2)",
        meaning="no turn of all spins changes it",
        prepares=True,
        invariant_about=ALL_AXES,
        exchanged="even",
    )
    a: int
    b: int


@dataclass(frozen=True)
class Zero(Op):
    """Prepares |0> on a fresh qubit; not invariant under rotations."""

    declaration: ClassVar = Declaration(
        "zero",
        qubits=("qubit",),
        unitary="prepares |0>",
        meaning="turned by all rotations but those about z",
        symbol="0",
        prepares=True,
        invariant_about=(2,),
    )
    qubit: int


@dataclass(frozen=True)
class Rotate(Gate):
    """exp(-i/2 v . sigma) on one qubit, v a vector value (its length is the angle in radians)."""

    declaration: ClassVar = Declaration(
        "rotate",
        qubits=("qubit",),
        vector="vector",
        unitary="exp(-i/2 v . sigma_a)",
        meaning="turns the spin about v by the angle |v|",
        symbol="R",
    )
    qubit: int
    vector: Value

    @property
    def generator(self) -> PauliSum:
        """G in exp(-i G): half the vector times sigma."""
        half = as_value(Fraction(1, 2))
        pairs = zip(LETTERS, AXES, strict=True)
        return PauliSum.of({((self.qubit, letter),): half * Component(self.vector, axis) for letter, axis in pairs})


@dataclass(frozen=True)
class Exchange(Coupling):
    """exp(-i t (XX + YY + ZZ)) on two qubits."""

    declaration: ClassVar = Declaration(
        "exchange",
        qubits=("a", "b"),
        angle="angle",
        unitary="exp(-i t sigma_a . sigma_b)",
        meaning="the Heisenberg coupling; t = pi/4 swaps the qubits, t = pi/2 is a phase",
        symbol="•",
        exchanged="even",
        period=Fraction(1, 2),
    )
    a: int
    b: int
    angle: Value

    @classmethod
    def unit_generator(cls, qubits: Sequence[int], letters: Sequence[Letter] = ()) -> PauliSum:
        a, b = qubits
        return dot_product(a, b)


@dataclass(frozen=True)
class Chirality(Coupling):
    """exp(-i t sigma_a . (sigma_b x sigma_c)) on three qubits."""

    declaration: ClassVar = Declaration(
        "chirality",
        qubits=("a", "b", "c"),
        angle="angle",
        unitary="exp(-i t sigma_a . (sigma_b x sigma_c))",
        meaning="the scalar spin chirality; its sign changes when two of the qubits trade places",
        symbol="χ",
        exchanged="odd",
    )
    a: int
    b: int
    c: int
    angle: Value

    @classmethod
    def unit_generator(cls, qubits: Sequence[int], letters: Sequence[Letter] = ()) -> PauliSum:
        a, b, c = qubits
        return triple_product(a, b, c)


@dataclass(frozen=True)
class PauliRotation(Coupling):
    """exp(-i t/2 P) for a Pauli string P; symmetric only by accident."""

    declaration: ClassVar = Declaration(
        "pauli_rotation",
        string="string",
        angle="angle",
        unitary="exp(-i t/2 P)",
        meaning="P a Pauli string, which turns with no molecule",
        symbol="P",
        period=Fraction(2),
    )
    string: PauliString
    angle: Value

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "string", need_string(self.string, self.span))

    @classmethod
    def unit_generator(cls, qubits: Sequence[int], letters: Sequence[Letter] = ()) -> PauliSum:
        return PauliSum.of({tuple(zip(qubits, letters, strict=True)): Fraction(1, 2)})


@dataclass(frozen=True)
class Relabel(Op):
    """Moves the state of each qubit ``source`` to ``target``; a permutation of the qubits that it names."""

    declaration: ClassVar = Declaration(
        "relabel",
        moves="moves",
        unitary="moves the state of a to b",
        meaning="a permutation of the qubits that it names; takes no gate",
        symbol="↷",
    )
    moves: Moves

    def __post_init__(self) -> None:
        super().__post_init__()
        sources, targets = [a for a, _ in self.moves], [b for _, b in self.moves]
        if not self.moves or len(set(sources)) < len(sources) or sorted(sources) != sorted(targets):
            raise error(
                "relabel is no permutation",
                found=", ".join(f"{a} -> {b}" for a, b in self.moves) + " (qubits by number)"
                if self.moves
                else "no move",
                expected="every qubit once on the left and once on the right",
                help="write every move of the cycle: 'a -> b, b -> a' swaps two qubits",
                span=self.span,
            )
        object.__setattr__(self, "moves", tuple(sorted(self.moves)))


OPERATIONS: tuple[type[Op], ...] = (Singlet, Zero, Rotate, Exchange, Chirality, PauliRotation, Relabel)
"""Every operation, in the order of the pages."""

COMPOSITE: tuple[type[Op], ...] = tuple(kind for kind in OPERATIONS if kind.parts is not Op.parts)
"""Those that are made of others."""

_BY_WORD = {op.declaration.word: op for op in OPERATIONS}


def operation(word: str) -> type[Op]:
    """Return the operation that a word of the text format stands for.

    Example:
        >>> operation("exchange").__name__
        'Exchange'
    """
    return _BY_WORD[word]


def make_op(
    word: str,
    qubits: Sequence[int] = (),
    value: Value | None = None,
    *,
    string: PauliString = (),
    moves: Moves = (),
    unordered: str | None = None,
    span: Span | None = None,
) -> Op:
    """Return an operation from its operands, whichever of them it has.

    Example:
        >>> make_op("exchange", (0, 1), as_value(0)) == Exchange(0, 1, as_value(0))
        True
    """
    kind = operation(word)
    said = kind.declaration
    fields: dict[str, Any] = dict(zip(said.qubits, qubits, strict=True))
    for name, given in ((said.string, string), (said.moves, moves), (said.angle or said.vector, value)):
        if name is not None:
            fields[name] = given
    if unordered is not None:
        fields["unordered"] = unordered
    return kind(**fields, span=span)


def unordered_groups(ops: Sequence[Op]) -> list[tuple[int, str]]:
    """Return the place of the first coupling and the name of each run of unordered couplings."""
    runs: list[tuple[int, str]] = []
    latest: str | None = None
    for place, op in enumerate(ops):
        if op.group is not None and op.group != latest:
            runs.append((place, op.group))
        latest = op.group
    return runs
