"""Operations on qubits and observables. Qubits are indices into ``Program.qubits``.

Conventions (sigma are Pauli matrices, angles in radians):

========================  =================================================================
``rotate q, v``           exp(-i/2 v . sigma_q)
``exchange a, b, t``      exp(-i t (XX + YY + ZZ))
``chirality a, b, c, t``  exp(-i t sigma_a . (sigma_b x sigma_c))
``pauli_rotation P, t``   exp(-i t/2 P)
``relabel a -> b, ...``   moves the state of qubit a to qubit b
========================  =================================================================

Couplings in a row may be marked ``unordered GROUP``: their order is left to the pass ``schedule-layers``. Until
it runs they are executed as they are written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from qffc.ir.diagnostics import Span, error
from qffc.ir.pauli import LETTERS, PauliString, PauliSum, dot_product, triple_product
from qffc.ir.values import AXES, Component, Value, as_value


@dataclass(frozen=True)
class Op:
    """Base of all operations."""

    span: Span | None = field(default=None, compare=False, repr=False, kw_only=True)

    @property
    def qubits(self) -> tuple[int, ...]:
        """The qubits that the operation acts on, in its own order."""
        raise TypeError(f"{type(self).__name__} names no qubits")

    @property
    def value(self) -> Value | None:
        """The symbolic value that drives the operation: an angle or a vector; None for fixed operations."""
        return None


@dataclass(frozen=True)
class Singlet(Op):
    """Prepares (|01> - |10>)/sqrt(2) on two fresh qubits."""

    a: int
    b: int

    @property
    def qubits(self) -> tuple[int, ...]:
        return (self.a, self.b)


@dataclass(frozen=True)
class Zero(Op):
    """Prepares |0> on a fresh qubit; not invariant under rotations."""

    qubit: int

    @property
    def qubits(self) -> tuple[int, ...]:
        return (self.qubit,)


@dataclass(frozen=True)
class Rotate(Op):
    """exp(-i/2 v . sigma) on one qubit, v a vector value (its length is the angle in radians)."""

    qubit: int
    vector: Value

    def __post_init__(self) -> None:
        if self.vector.law.rank != 1:
            raise error(
                "a scalar where a vector belongs",
                found=f"'{self.vector}' ({self.vector.law.name})",
                expected="a vector in 'rotate'",
                help="multiply it by a direction, for instance unit(r(a, b))",
                span=self.span,
            )

    @property
    def qubits(self) -> tuple[int, ...]:
        return (self.qubit,)

    @property
    def value(self) -> Value:
        return self.vector

    @property
    def generator(self) -> PauliSum:
        """G in exp(-i G): half the vector times sigma."""
        half = as_value(Fraction(1, 2))
        pairs = zip(LETTERS, AXES, strict=True)
        return PauliSum.of({((self.qubit, letter),): half * Component(self.vector, axis) for letter, axis in pairs})


@dataclass(frozen=True)
class Coupling(Op):
    """Base of the operations with an angle.

    Args:
        unordered: the group of couplings among which the author declares this one free in order; None when its place
            matters. The couplings of a group stand in a row.
    """

    unordered: str | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class Exchange(Coupling):
    """exp(-i t (XX + YY + ZZ)) on two qubits."""

    a: int
    b: int
    angle: Value

    def __post_init__(self) -> None:
        _need_angle(self.angle, "exchange", self.span)

    @property
    def qubits(self) -> tuple[int, ...]:
        return (self.a, self.b)

    @property
    def value(self) -> Value:
        return self.angle

    @property
    def generator(self) -> PauliSum:
        """G in exp(-i G)."""
        return dot_product(self.a, self.b).scaled(self.angle)


@dataclass(frozen=True)
class Chirality(Coupling):
    """exp(-i t sigma_a . (sigma_b x sigma_c)) on three qubits."""

    a: int
    b: int
    c: int
    angle: Value

    def __post_init__(self) -> None:
        _need_angle(self.angle, "chirality", self.span)

    @property
    def qubits(self) -> tuple[int, ...]:
        return (self.a, self.b, self.c)

    @property
    def value(self) -> Value:
        return self.angle

    @property
    def generator(self) -> PauliSum:
        """G in exp(-i G)."""
        return triple_product(self.a, self.b, self.c).scaled(self.angle)


@dataclass(frozen=True)
class PauliRotation(Coupling):
    """exp(-i t/2 P) for a Pauli string P; symmetric only by accident."""

    string: PauliString
    angle: Value

    def __post_init__(self) -> None:
        _need_angle(self.angle, "pauli_rotation", self.span)
        if not self.string or len({qubit for qubit, _ in self.string}) < len(self.string):
            raise error(
                "not a Pauli string",
                found=" ".join(f"{letter}({qubit})" for qubit, letter in self.string) or "no letter",
                expected="at least one letter X, Y or Z, each on a qubit of its own",
                help="name every qubit once",
                span=self.span,
            )
        object.__setattr__(self, "string", tuple(sorted(self.string)))

    @property
    def qubits(self) -> tuple[int, ...]:
        return tuple(qubit for qubit, _ in self.string)

    @property
    def value(self) -> Value:
        return self.angle

    @property
    def generator(self) -> PauliSum:
        """G in exp(-i G)."""
        return PauliSum.of({self.string: as_value(Fraction(1, 2)) * self.angle})


@dataclass(frozen=True)
class Relabel(Op):
    """Moves the state of each qubit ``source`` to ``target``; a permutation of the qubits that it names."""

    moves: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
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

    @property
    def qubits(self) -> tuple[int, ...]:
        return tuple(a for a, _ in self.moves)


Gate = Rotate | Exchange | Chirality | PauliRotation
"""Operations with a generator."""


def unordered_groups(ops: Sequence[Op]) -> list[tuple[int, str]]:
    """Return the place of the first coupling and the name of each run of unordered couplings."""
    runs: list[tuple[int, str]] = []
    latest: str | None = None
    for place, op in enumerate(ops):
        group = op.unordered if isinstance(op, Coupling) else None
        if group is not None and group != latest:
            runs.append((place, group))
        latest = group
    return runs


def _need_angle(angle: Value, user: str, span: Span | None) -> None:
    if angle.law.rank != 0:
        raise error(
            "a vector where a scalar belongs",
            found=f"'{angle}' ({angle.law.name})",
            expected=f"a number, the angle in radians, in '{user}'",
            help="take norm(...) or dot(...) of it",
            span=span,
        )
