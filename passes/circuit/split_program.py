"""The split of a program into its classical and its quantum part, which every lowering shares.

The quantum kernel sees only *slots*: numbers that the angle program computes. An angle is affine in slots with exact
coefficients; a rotation takes a vector slot times an exact factor. Equal values share one slot.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from qffc.ir.diagnostics import InternalError
from qffc.ir.observables import Observable
from qffc.ir.ops import Chirality, Exchange, Op, PauliRotation, Relabel, Rotate, Singlet, Zero
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


@dataclass(frozen=True)
class KernelOp:
    """An operation of the kernel.

    Args:
        kind: the word of the text format: ``singlet``, ``zero``, ``rotate``, ``exchange``, ``chirality``,
            ``pauli_rotation`` or ``relabel``.
        qubits: in the order of the operation; for ``relabel`` the sources.
        angle: of ``exchange``, ``chirality`` and ``pauli_rotation``.
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
    """Return the angle values and the kernel of a program."""
    scalars: dict[Value, int] = {}
    vectors: dict[Value, int] = {}
    ops = tuple(_kernel_op(op, scalars, vectors) for op in program.ops)
    return Split(program, tuple(scalars), tuple(vectors), ops)


def _kernel_op(op: Op, scalars: dict[Value, int], vectors: dict[Value, int]) -> KernelOp:
    match op:
        case Singlet():
            return KernelOp("singlet", op.qubits)
        case Zero():
            return KernelOp("zero", op.qubits)
        case Rotate():
            factor, body = split_coefficient(op.vector)
            return KernelOp("rotate", op.qubits, vector=(factor, vectors.setdefault(body, len(vectors))))
        case Exchange():
            return KernelOp("exchange", op.qubits, angle=_affine(op.angle, scalars))
        case Chirality():
            return KernelOp("chirality", op.qubits, angle=_affine(op.angle, scalars))
        case PauliRotation():
            return KernelOp("pauli_rotation", op.qubits, angle=_affine(op.angle, scalars), string=op.string)
        case Relabel():
            return KernelOp("relabel", op.qubits, targets=tuple(target for _, target in op.moves))
    raise InternalError(f"the split does not know {type(op).__name__}")


def _affine(angle: Value, scalars: dict[Value, int]) -> Affine:
    constant = pi_multiple = Fraction(0)
    terms: list[tuple[Fraction, int]] = []
    for term in angle.terms if isinstance(angle, Add) else (angle,):
        coefficient, body = split_coefficient(term)
        if body.text == "1":
            constant += coefficient
        elif isinstance(body, Pi):
            pi_multiple += coefficient
        elif coefficient:
            terms.append((coefficient, scalars.setdefault(body, len(scalars))))
    return Affine(constant, pi_multiple, tuple(terms))


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
