"""Conserved charges: every operation commutes with a sum of Pauli strings S, exactly.

**Lemma.** If S commutes with every operation and the prepared state is an eigenstate of it, then so is the final
state, with the same eigenvalue; if S commutes with what the readout sees, the readout cannot tell the states exp(-i
angle S) psi apart. With S the sum of Z this is conservation of magnetization, a U(1) symmetry.

Operations that fail alone may hold together: exp(-i G) exp(-i H) is exp(-i (G + H)) when G and H commute. So
operations on one set of qubits are taken as one, and only their sum has to commute with S, when each is independent of
the others and of all that stands between them (:func:`_operations`). That is how an XX and a YY by one angle conserve
the sum of Z. The other hypotheses: commutators with rational coefficients and a symbol for each angle; the prepared
state by ``prepared_state.charge_residual``; operators that the readout sees by ``seen_operators``, one for an energy
that is linear.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from qffc.ir.generators import Conserved
from qffc.ir.operation import Gate
from qffc.ir.pauli import PauliSum
from qffc.ir.program import Program
from qffc.passes.circuit.prepared_state import charge_residual
from qffc.passes.circuit.seen_operators import seen_operators
from qffc.passes.circuit.trace import Shape, independent
from qffc.passes.circuit.wires import flatten
from qffc.passes.equivariance.finding import Finding, Rule
from qffc.passes.equivariance.renaming.words import Word, make_word
from qffc.passes.equivariance.verdict import Failure, Transform, op_reference

CHARGE = Rule(
    "commutes with the charge",
    "the charge commutes with operations and readout; the prepared state is an eigenstate",
)


def check_conserved(program: Program, item: Conserved) -> Finding:
    """Prove by exact commutators."""
    words = f"how far the state is from an eigenstate of {item.name}, and the readout from commuting with it"
    return Finding(item.title, CHARGE, Transform(words, internal=item.title), charge_failure(program, item))


def charge_failure(program: Program, item: Conserved) -> Failure | None:
    """Return the first place where the proof stops, or None when the charge is conserved."""
    charge = item.charge.paulis
    word = make_word(program, ())
    text = charge_residual(charge, word.letters)
    if text is not None:
        return Failure(text)
    failure = _operations(program, charge, word)
    if failure is not None:
        return failure
    for name, operator in seen_operators(program):
        left = charge.commutator(operator)
        if not left.is_zero:
            return Failure(f"{name} does not commute with the charge: [S, O] = {left}")
    return None


@dataclass
class _Block:
    """Operations on one set of qubits whose commutators with the charge have not added up to zero yet.

    Args:
        qubits: sorted.
        members: of each shape, the first operation and what its commutator leaves.
        total: the sum of the commutators.
    """

    qubits: tuple[int, ...]
    members: dict[Shape, tuple[int, PauliSum]] = field(default_factory=dict)
    total: PauliSum = PauliSum(())


def _operations(program: Program, charge: PauliSum, word: Word) -> Failure | None:
    gates = {step.place: step.op for step in flatten(program).steps if isinstance(step.op, Gate)}
    waiting: dict[int, _Block] = {}  # by the index of the operation that it begins with
    on_qubit: dict[int, set[int]] = defaultdict(set)
    for index, letter in zip(word.indices, word.letters, strict=True):
        op, shape = gates.get(index), letter.shape
        if op is None:
            continue
        near = sorted({start for qubit in shape.qubits for start in on_qubit[qubit]})
        for start in near:
            for earlier, (other, left) in waiting[start].members.items():
                if not independent(earlier, shape):
                    return _stuck(program, other, left)
        left = charge.commutator(op.generator)
        if left.is_zero:
            continue
        start = next((start for start in near if waiting[start].qubits == shape.qubits), index)
        block = waiting.setdefault(start, _Block(shape.qubits))
        block.members.setdefault(shape, (index, left))
        block.total += left
        for qubit in shape.qubits:
            on_qubit[qubit].add(start)
        if block.total.is_zero:
            del waiting[start]
            for qubit in shape.qubits:
                on_qubit[qubit].remove(start)
    for block in waiting.values():
        return _stuck(program, *next(iter(block.members.values())))
    return None


def _stuck(program: Program, index: int, left: PauliSum) -> Failure:
    return Failure(f"[S, G] = {left}", op_reference(program, index))
