"""The pass ``canonicalize``: drops identities, fuses neighbours, folds SWAPs into names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from math import ceil
from typing import ClassVar

from qffc.ir.ops import Chirality, Exchange, Op, PauliRotation, Relabel, Rotate, Singlet, Zero
from qffc.ir.pauli import PauliString, PauliSum, dot_product, triple_product
from qffc.ir.program import Program
from qffc.ir.values import Add, FrameVector, Mul, Number, Pi, Value, add, mul, split_coefficient, substitute_sites
from qffc.passes.base import Pass, PassResult, Preserves
from qffc.passes.target import Target

_ZERO = Number(Fraction(0))


@dataclass(frozen=True)
class Canonicalize(Pass[None]):
    r"""Brings a program to a shorter form that means the same.

    Rewrites, repeated until nothing changes:

    - operations with an angle or a vector that is exactly zero go;
    - consecutive rotations of a qubit about one direction become one (``fuse``), exchanges, chiralities and Pauli
      rotations on the same qubits become one, also across operations that commute with them (``merge``);
    - angles that are exact multiples of pi are reduced: exchanges modulo pi/2, Pauli rotations modulo 2 pi;
    - exp(-i pi/4 (XX+YY+ZZ)) is SWAP, so exact multiples of pi/4 in the angle of an exchange turn into a relabel
      (``fold_swaps``), which leaves every exact angle between -pi/8 and pi/8;
    - relabels move to the end, where observables absorb them.

    Preserves the unitary up to a global phase and up to the absorbed relabel, hence the moments. Qubits keep their
    names and their sites: a site permutation acts on the qubits where the state was prepared. A certificate is bound
    to the text of a program, so it has to be made again afterwards. Cost: quadratic in the number of operations at
    worst, milliseconds for hundreds.

    Args:
        fuse: fuse rotations.
        merge: merge exchanges, chiralities and Pauli rotations.
        fold_swaps: turn SWAPs into names.

    Example:
        >>> from qffc.ir.parser import parse_program
        >>> from qffc.targets import target
        >>> program = parse_program('''qffc 1
        ... program tiny
        ... scope molecule
        ... species H
        ... site A: H free
        ... site B: H free
        ... parameter J
        ... parameter K
        ... qubit a: A
        ... qubit b: B
        ... qubit c
        ... singlet a, b
        ... zero c
        ... rotate a, J*r(A, B)
        ... rotate a, K*r(A, B)
        ... exchange b, c, 1/4*pi
        ... exchange a, b, J
        ... exchange a, b, J
        ... observable m = dot(b, c)
        ... energy moment(m)
        ... ''')
        >>> print("\n".join(Canonicalize().run(program, target("ideal")).program.text.split("\n")[-8:-1]))
        singlet a, b
        zero c
        rotate a, (J + K)*r(A, B)
        exchange a, c, 2*J
        <BLANKLINE>
        observable m = dot(b, c)
        energy moment(m)
    """

    fuse: bool = True
    merge: bool = True
    fold_swaps: bool = True
    name: ClassVar[str] = "canonicalize"
    preserves: ClassVar[Preserves] = "moments"

    def run(self, program: Program, target: Target) -> PassResult[None]:
        """Return the program in its shorter form."""
        ops = program.ops
        place = {qubit: qubit for qubit in range(len(program.qubits))}
        while True:
            shorter, moved = self._sweep(ops, len(program.qubits))
            place = {qubit: moved[now] for qubit, now in place.items()}
            if shorter == ops:
                break
            ops = shorter
        if ops == program.ops:
            return PassResult(program, None)
        observables = tuple((name, observable.relabelled(place)) for name, observable in program.observables)
        return PassResult(replace(program, ops=ops, observables=observables), None, changed=True)

    def _sweep(self, ops: tuple[Op, ...], qubits: int) -> tuple[tuple[Op, ...], dict[int, int]]:
        """One walk over the operations: the new ones, and the place where the state of each qubit ends."""
        place = {qubit: qubit for qubit in range(qubits)}
        done: list[Op] = []
        for op in ops:
            if isinstance(op, Relabel):
                place |= {to: place[source] for source, to in op.moves}
                continue
            moved = self._reduced(_on(op, place), place)
            if not _is_identity(moved):
                self._append(done, moved)
        return tuple(done), place

    def _reduced(self, op: Op, place: dict[int, int]) -> Op:
        if isinstance(op, PauliRotation):
            return replace(op, angle=_reduce(op.angle, Fraction(2))[0])
        if not isinstance(op, Exchange):
            return op
        if not self.fold_swaps:
            return replace(op, angle=_reduce(op.angle, Fraction(1, 2))[0])
        angle, swaps = _reduce(op.angle, Fraction(1, 4))
        if swaps % 2:
            swap = {op.a: op.b, op.b: op.a}
            for qubit, now in place.items():
                place[qubit] = swap.get(now, now)
        return replace(op, angle=angle)

    def _append(self, done: list[Op], op: Op) -> None:
        """Append an operation, or merge it into an earlier one that it can reach."""
        for index in range(len(done) - 1, -1, -1):
            merged = self._merged(done[index], op)
            if merged is not None:
                done[index : index + 1] = () if _is_identity(merged) else (merged,)
                return
            if not _commute(done[index], op):
                break
        done.append(op)

    def _merged(self, first: Op, second: Op) -> Op | None:
        match first, second:
            case (Rotate(), Rotate()) if self.fuse and first.qubit == second.qubit:
                return _fused(first, second)
            case (Exchange(), Exchange()) if self.merge and set(first.qubits) == set(second.qubits):
                return replace(first, angle=add(first.angle, second.angle))
            case (PauliRotation(), PauliRotation()) if self.merge and first.string == second.string:
                return replace(first, angle=add(first.angle, second.angle))
            case (Chirality(), Chirality()) if self.merge and set(first.qubits) == set(second.qubits):
                sign = 1 if second.qubits in _cycles(first.qubits) else -1
                return replace(first, angle=add(first.angle, second.angle * sign))
        return None


def _on(op: Op, place: dict[int, int]) -> Op:
    """The operation on the qubits where the states are."""
    match op:
        case Zero() | Rotate():
            return replace(op, qubit=place[op.qubit])
        case Singlet() | Exchange():
            return replace(op, a=place[op.a], b=place[op.b])
        case Chirality():
            return replace(op, a=place[op.a], b=place[op.b], c=place[op.c])
        case PauliRotation():
            return replace(op, string=tuple((place[qubit], letter) for qubit, letter in op.string))
    return op


def _reduce(angle: Value, period: Fraction) -> tuple[Value, int]:
    """Return the angle with its exact part in (-period/2, period/2] times pi, and how many periods went."""
    terms = _terms(angle)
    part = sum((c for c, body in map(split_coefficient, terms) if isinstance(body, Pi)), Fraction(0))
    periods = ceil(part / period - Fraction(1, 2))
    return (add(*terms, Pi() * (-periods * period)), periods) if periods else (angle, 0)


def _terms(angle: Value) -> tuple[Value, ...]:
    factor, body = split_coefficient(angle)
    return tuple(term * factor for term in body.terms) if isinstance(body, Add) else (angle,)


def _is_identity(op: Op) -> bool:
    value = op.value
    if value is None:
        return False
    _, direction = _direction(value) if value.law.rank else (value, value)
    return direction == _ZERO or (isinstance(direction, FrameVector) and set(direction.children) == {_ZERO})


def _fused(first: Rotate, second: Rotate) -> Rotate | None:
    (a, u), (b, v) = _parts(first.vector), _parts(second.vector)
    return replace(first, vector=mul(add(a, b), u)) if u == v else None


def _parts(vector: Value) -> tuple[Value, Value]:
    """Return a vector as a number and a direction; r(b, a) is -r(a, b)."""
    return _direction(substitute_sites(vector, {}))


def _direction(vector: Value) -> tuple[Value, Value]:
    if isinstance(vector, Mul):
        return mul(*vector.factors[:-1]), vector.factors[-1]
    if isinstance(vector, Add):
        parts = [_direction(term) for term in vector.terms]
        if len({direction for _, direction in parts}) == 1:
            return add(*(number for number, _ in parts)), parts[0][1]
    return Number(Fraction(1)), vector


def _commute(first: Op, second: Op) -> bool:
    if not set(first.qubits) & set(second.qubits):
        return True
    a, b = _unit_generator(first), _unit_generator(second)
    return a is not None and b is not None and _generators_commute(a, b)


def _unit_generator(op: Op) -> tuple[str, tuple[int, ...], PauliString] | None:
    """What decides whether operations commute whatever their angles are; None when only disjoint qubits do."""
    match op:
        case Exchange():
            return "exchange", (min(op.qubits), max(op.qubits)), ()
        case Chirality():
            return "chirality", op.qubits, ()
        case PauliRotation():
            return "pauli", (), op.string
    return None


@lru_cache(maxsize=4096)
def _generators_commute(
    first: tuple[str, tuple[int, ...], PauliString], second: tuple[str, tuple[int, ...], PauliString]
) -> bool:
    return _paulis(*first).commutator(_paulis(*second)).is_zero


def _paulis(kind: str, qubits: tuple[int, ...], string: PauliString) -> PauliSum:
    if kind == "pauli":
        return PauliSum.of({string: 1})
    return dot_product(*qubits) if kind == "exchange" else triple_product(*qubits)


def _cycles(qubits: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    a, b, c = qubits
    return (a, b, c), (b, c, a), (c, a, b)
