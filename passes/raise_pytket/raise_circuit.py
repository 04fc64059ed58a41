"""A pytket circuit to operations of the IR, exact up to a global phase; what has no place there is refused by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from pytket.circuit import Circuit, Op, OpType, Qubit

from qffc.ir.diagnostics import QffcError, error
from qffc.ir.operation import Op as Operation
from qffc.ir.ops import PauliRotation, Relabel, Zero
from qffc.ir.values import Value
from qffc.passes.raise_pytket.angles import Angles
from qffc.passes.raise_pytket.couplings import Three, with_exchanges, with_rotations
from qffc.passes.raise_pytket.fold_cliffords import folded
from qffc.passes.raise_pytket.gates import MOST_CONTROLLED, is_known, steps_of
from qffc.passes.raise_pytket.singlets import with_singlets
from qffc.passes.raise_pytket.steps import Step, Turn

_WITHOUT_EFFECT = frozenset((OpType.Barrier, OpType.Phase, OpType.noop))
_WRITTEN_OUT = frozenset(
    (
        OpType.CircBox,
        OpType.ConjugationBox,
        OpType.CustomGate,
        OpType.PauliExpCommutingSetBox,
        OpType.PauliExpPairBox,
    )
)
"""Boxes whose circuit has the gates and the symbols that their author gave."""
_LONG = re.compile(r"(?<![\w.])\d{17,}(?![\d.e])")
_DEEPEST = 64
"""Boxes within boxes."""
_NO_UNITARY: Mapping[OpType, tuple[str, str]] = {
    OpType.Reset: ("a reset", "import the part of the circuit that is a product of gates"),
    OpType.Collapse: ("a collapse", "import the part of the circuit that is a product of gates"),
    OpType.Conditional: (
        "a gate under a classical condition",
        "import the circuit of one outcome, without it",
    ),
}
"""What each is, and what to do about it."""


@dataclass(frozen=True)
class Raised:
    """What a circuit is in the IR.

    Args:
        ops: the operations, preparations first.
        gates: how many gates the circuit has, those inside of boxes counted each.
        measurements: how many final measurements were left out.
    """

    ops: tuple[Operation, ...]
    gates: int
    measurements: int


def raise_circuit(
    circuit: Circuit,
    values: Mapping[str, Value],
    vectors: Mapping[Three, Value] | None = None,
    names: Mapping[Three, str] | None = None,
) -> Raised:
    """Return the operations of a circuit that starts with all its qubits in |0>.

    Qubits are numbered as pytket orders them. Measurements at the end are left out.

    Args:
        circuit: of gates of the table, and boxes of them.
        values: what each symbol stands for.
        vectors: turns about vectors, by their three angles.
        names: what messages call these.

    Raises:
        QffcError: for what is no gate, and for gates that have no exact form in the IR.

    Example:
        >>> from qffc.ir.values import ParameterEntry
        >>> from sympy import Symbol, pi
        >>> theta = Symbol("theta")
        >>> circuit = Circuit(2).CX(0, 1).Rx(2 * theta / pi, 0).CX(0, 1).measure_all()
        >>> raised = raise_circuit(circuit, {"theta": ParameterEntry("theta")})
        >>> [op.text(("a", "b")) for op in raised.ops]
        ['zero a', 'zero b', 'pauli_rotation X(a) X(b), 2*theta']
    """
    numbers = {qubit: number for number, qubit in enumerate(circuit.qubits)}
    angles, measured = Angles(values), set[Qubit]()
    steps: list[Step] = []
    gates = 0
    for op, qubits in _gates(circuit, circuit.qubits):
        late = next((qubit for qubit in qubits if qubit in measured), None) if measured else None
        if late is not None:
            raise _no_gates(
                op,
                qubits,
                f"a gate after the measurement of {late}",
                "leave the measurement out: what is read, an observable says",
            )
        if op.type == OpType.Measure:
            measured.update(qubits)
            continue
        steps += _steps(op, qubits, angles, [numbers[qubit] for qubit in qubits])
        gates += 1
    steps = with_rotations(steps, vectors or {}, names or {})
    steps = with_exchanges(folded(with_singlets(steps, len(numbers))))
    ops = [*_operations(steps, len(numbers)), *_wires(circuit, numbers)]
    return Raised(tuple(ops), gates, len(measured))


def _gates(circuit: Circuit, qubits: Sequence[Qubit], depth: int = 0) -> Iterator[tuple[Op, list[Qubit]]]:
    """The gates of a circuit on these qubits, boxes written out."""
    place = dict(zip(circuit.qubits, qubits, strict=True))
    for command in circuit.get_commands():
        op, on = command.op, [place[qubit] for qubit in command.qubits]
        if op.type in _WITHOUT_EFFECT:
            continue
        if op.type not in _WRITTEN_OUT or depth > _DEEPEST:
            yield op, on
            continue
        inner = op.get_circuit()  # type: ignore[attr-defined]  # boxes have it
        yield from _gates(inner, on, depth + 1)
        # Wires that a circuit ends on in another order are a permutation after its gates.
        for swap in _swaps(inner):
            yield Op.create(OpType.SWAP), [on[index] for index in swap]


def _swaps(circuit: Circuit) -> list[tuple[int, int]]:
    """The exchanges, one after the other, that the implicit permutation of a circuit is."""
    index = {qubit: number for number, qubit in enumerate(circuit.qubits)}
    goes = {index[a]: index[b] for a, b in circuit.implicit_qubit_permutation().items()}
    found = []
    for start in sorted(goes):
        while goes[start] != start:
            end = goes[start]
            found.append((start, end))
            goes[start], goes[end] = goes[end], end
    return found


def _steps(op: Op, qubits: Sequence[Qubit], angles: Angles, on: Sequence[int]) -> list[Step]:
    kind = op.type
    if kind == OpType.PauliExpBox:
        letters = [pauli.name for pauli in op.get_paulis()]  # type: ignore[attr-defined]  # this box has them
        string = tuple(sorted((qubit, letter) for qubit, letter in zip(on, letters, strict=True) if letter != "I"))
        turn = Turn(string, angles.angle(op.get_phase()))  # type: ignore[attr-defined]
        return [Step((turn,))] if string else []
    if kind in _NO_UNITARY:
        raise _no_gates(op, qubits, *_NO_UNITARY[kind])
    if not is_known(kind):
        raise error(
            "gate without an exact form",
            found=f"{op.type.name}, which is no gate with angles that qffc knows",
            expected="Clifford gates, rotations, couplings, and boxes of these",
            help="write it as gates; a matrix of numbers has no exact angles",
            where=_place(op, qubits),
        )
    long = _LONG.search(str(op))
    if long is not None:  # pytket ends the process when it is asked for such a number
        raise error(
            "number that is too large",
            found=f"'{long[0]}' in an angle",
            expected="numbers up to 2^53",
            help="write the angle with smaller numbers",
            where=_place(op, qubits),
        )
    try:
        params = op.params
        if params:
            periods = _periods(kind, len(params))
            steps = steps_of(kind, [angles.angle(*each) for each in zip(params, periods, strict=True)], on)
        else:
            steps = _without_angles(kind, tuple(on))
    except QffcError as problem:
        raise QffcError(replace(problem.diagnostic, where=_place(op, qubits))) from None
    if steps is None:
        raise error(
            "gate with many controls",
            found=f"a gate on {len(on)} qubits",
            expected=f"at most {MOST_CONTROLLED}: there are twice as many rotations for each more",
            help="write it with gates on fewer qubits",
            where=_place(op, qubits),
        )
    return steps


@lru_cache(maxsize=1 << 12)
def _without_angles(kind: OpType, on: tuple[int, ...]) -> list[Step] | None:
    """What a fixed gate is made of; the same few come again and again."""
    return steps_of(kind, (), on)


@cache
def _periods(kind: OpType, angles: int) -> tuple[int, ...]:
    """To how many half turns pytket keeps each angle of a gate: it adds them to numbers below zero."""
    if not angles:
        return ()
    return tuple(round(float(kept) + 0.5) for kept in Op.create(kind, [-0.5] * angles).params)


def _operations(steps: Sequence[Step], qubits: int) -> Iterator[Operation]:
    prepared = {qubit for step in steps if step.op is not None and step.op.prepares for qubit in step.op.qubits}
    yield from (Zero(qubit) for qubit in range(qubits) if qubit not in prepared)
    for step in steps:
        if step.op is not None:
            yield step.op
        else:
            yield from (PauliRotation(turn.string, turn.angle) for turn in step.turns)


def _wires(circuit: Circuit, numbers: Mapping[Qubit, int]) -> list[Operation]:
    moves = {numbers[a]: numbers[b] for a, b in circuit.implicit_qubit_permutation().items()}
    moved = tuple((a, b) for a, b in sorted(moves.items()) if a != b)
    return [Relabel(moved)] if moved else []


def _place(op: Op, qubits: Sequence[Qubit]) -> str:
    return f"{op.type.name} on {', '.join(str(qubit) for qubit in qubits)}"


def _no_gates(op: Op, qubits: Sequence[Qubit], found: str, help: str) -> QffcError:
    return error(
        "circuit that is more than gates",
        found=found,
        expected="gates, and measurements at the end",
        help=help,
        where=_place(op, qubits),
    )
