"""The split of a program into its classical and its quantum part, which every lowering shares.

The quantum kernel sees only *slots*: numbers that the angle program computes. An angle is affine in slots with exact
coefficients; a rotation takes a vector slot times an exact factor. Equal values share one slot:
common subexpression elimination.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import pi
from typing import NamedTuple

from qffc.ir.kept import cached_property
from qffc.ir.observables import Observable
from qffc.ir.operation import Op
from qffc.ir.pauli import PauliString
from qffc.ir.program import Program
from qffc.ir.short_repr import counted, short_repr
from qffc.ir.values import Add, Mul, Pi, Value, split_coefficient


@dataclass(frozen=True)
class Affine:
    """An angle in radians: ``constant + pi_multiple * pi + sum of coefficient * slot``."""

    constant: Fraction
    pi_multiple: Fraction
    terms: tuple[tuple[Fraction, int], ...]

    @cached_property
    def offset(self) -> float:
        """What does not depend on slots, in radians."""
        return float(self.constant) + float(self.pi_multiple) * pi

    @cached_property
    def weights(self) -> tuple[tuple[float, int], ...]:
        """The coefficients of slots as floating-point numbers."""
        return tuple((float(coefficient), slot) for coefficient, slot in self.terms)


@dataclass(frozen=True)
class KernelOp:
    """An operation of the kernel.

    Args:
        kind: the word of the text format, of an operation that is made of no others.
        qubits: in the order of the operation; for ``relabel`` the sources.
        angle: of ``exchange``, ``chirality``, ``collective`` and ``pauli_rotation``.
        vector: factor and vector slot of ``rotate``.
        string: of ``pauli_rotation``.
        targets: of ``relabel``.
    """

    kind: str
    qubits: tuple[int, ...]
    angle: Affine | None = None
    vector: tuple[Fraction, int] | None = None
    string: PauliString = ()
    targets: tuple[int, ...] = ()


@dataclass(frozen=True)
class Split:
    """The classical values and the quantum kernel of a program.

    The flat slot array of one circuit is the scalars, in order, then x, y, z of each vector, in order: its length is
    ``slot_count``.

    Args:
        program: where it comes from.
        scalars: the value of each scalar slot.
        vectors: the value of each vector slot.
        ops: the kernel, in order.
        quiet: scalar slots that are zero in most bindings: nothing is arranged for other values of them.
    """

    program: Program
    scalars: tuple[Value, ...]
    vectors: tuple[Value, ...]
    ops: tuple[KernelOp, ...]
    quiet: frozenset[int] = frozenset()

    def __repr__(self) -> str:
        return short_repr(
            self, f"of '{self.program.name}'", counted(self.slot_count, "slot"), counted(len(self.ops), "operation")
        )

    @property
    def slot_count(self) -> int:
        """The length of the flat slot array."""
        return len(self.scalars) + 3 * len(self.vectors)

    @property
    def qubit_count(self) -> int:
        """The number of qubits."""
        return len(self.program.qubits)

    @property
    def observables(self) -> tuple[Observable, ...]:
        """The observables, in the order of the moments."""
        return tuple(observable for _, observable in self.program.observables)

    def vector_offset(self, slot: int) -> int:
        """The place of a vector slot's x in the flat slot array."""
        return len(self.scalars) + 3 * slot


def split_program(program: Program) -> Split:
    """Return the angle values and the kernel of a program, the same one each time."""
    # Kept with the program: passes are checked by it, settings are planned by it, and circuits are written by it.
    known: Split | None = program.__dict__.get("_split")
    if known is None:
        known = program.__dict__["_split"] = _split(program)
    return known


def _split(program: Program) -> Split:
    scalars: dict[Value, int] = {}
    vectors: dict[Value, int] = {}
    angles: dict[int, Affine] = {}  # of values by their identity: many operations have the very same one
    parts = [part for op in program.ops for part in op.parts()]
    ops = tuple([_kernel_op(part, scalars, vectors, angles) for part in parts])
    return Split(program, tuple(scalars), tuple(vectors), ops)


def _kernel_op(op: Op, scalars: dict[Value, int], vectors: dict[Value, int], angles: dict[int, Affine]) -> KernelOp:
    said, value = op.declaration, op.value
    if value is None:
        return KernelOp(said.word, op.qubits, targets=tuple([target for _, target in op.moved]))
    if said.angle is not None:
        angle = angles.get(id(value))
        if angle is None:
            angle = angles[id(value)] = _affine(value, scalars)
        return KernelOp(said.word, op.qubits, angle, string=op.letters)
    factor, body = split_coefficient(value)
    return KernelOp(said.word, op.qubits, vector=(factor, vectors.setdefault(body, len(vectors))))


class _Parts(NamedTuple):
    """A value as a constant, a multiple of pi, and others with their coefficients, exact and as numbers."""

    constant: Fraction
    pi_multiple: Fraction
    terms: tuple[tuple[Fraction, Value], ...]
    offset: float
    weights: tuple[float, ...]


def _affine(angle: Value, scalars: dict[Value, int]) -> Affine:
    # Kept with the value, which is that of many operations, and of program after program.
    known: _Parts | None = angle.__dict__.get("_parts")
    if known is None:
        known = angle.__dict__["_parts"] = _parts(angle)
    terms, weights = [], []
    for (coefficient, body), weight in zip(known.terms, known.weights, strict=True):
        slot = scalars.setdefault(body, len(scalars))
        terms.append((coefficient, slot))
        weights.append((weight, slot))
    found = object.__new__(Affine)  # in a fraction of the time
    own = found.__dict__
    own["constant"], own["pi_multiple"], own["terms"] = known.constant, known.pi_multiple, tuple(terms)
    own["offset"], own["weights"] = known.offset, tuple(weights)
    return found


_NONE = Fraction(0)


def _parts(angle: Value) -> _Parts:
    constant = pi_multiple = _NONE
    terms: list[tuple[Fraction, Value]] = []
    for term in angle.terms if isinstance(angle, Add) else (angle,):
        coefficient, body = split_coefficient(term)
        if body.text == "1":
            constant += coefficient
        elif isinstance(body, Pi):
            pi_multiple += coefficient
        elif coefficient:
            terms.append((coefficient, body))
    weights = tuple([float(coefficient) for coefficient, _ in terms])
    offset = 0.0 if constant is _NONE is pi_multiple else Affine(constant, pi_multiple, ()).offset
    return _Parts(constant, pi_multiple, tuple(terms), offset, weights)


def length_and_direction(value: Value) -> tuple[Value | None, Value]:
    """Return the numbers of a product, or None, and its vector.

    Example:
        >>> from qffc.ir import parse_value
        >>> length_and_direction(parse_value("2 * norm(r(a, b)) * r(a, b)"))
        (<Mul 2*norm(r(a, b))>, <Displacement r(a, b)>)
    """
    if not isinstance(value, Mul):
        return None, value
    numbers = tuple(factor for factor in value.factors if factor.law.rank == 0)
    (vector,) = (factor for factor in value.factors if factor.law.rank == 1)
    return (numbers[0] if len(numbers) == 1 else Mul(numbers)), vector
