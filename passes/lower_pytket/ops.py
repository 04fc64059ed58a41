"""Operations of a kernel in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from qffc.ir.pauli import PauliString
from qffc.passes.lower_pytket.turns import NO_TURN, Turn


class NumericOp(NamedTuple):
    """An operation of the kernel in numbers.

    Args:
        kind: as in ``KernelOp``.
        qubits: of the program, or wires once :func:`on_wires` has named them.
        angle: in radians.
        vector: of a rotation, in radians.
        string: of a Pauli rotation.
        targets: of a relabel.
        frame: in which an exchange, of two qubits or collective, or a chirality is written; of a singlet, the turn
            that its second half starts with.
    """

    kind: str
    qubits: tuple[int, ...]
    angle: float = 0.0
    vector: tuple[float, float, float] = (0.0, 0.0, 0.0)
    string: PauliString = ()
    targets: tuple[int, ...] = ()
    frame: Turn = NO_TURN


def on_wires(ops: Sequence[NumericOp], qubits: int) -> list[NumericOp]:
    """Return operations on wires instead of qubits.

    Wires are named backwards from the end, where qubit and wire agree, which uses up relabels.
    """
    wires = list(range(qubits))
    placed: list[NumericOp] = []
    for op in reversed(ops):
        if op.kind == "relabel":
            moved = [wires[to] for to in op.targets]
            for source, end in zip(op.qubits, moved, strict=True):
                wires[source] = end
            continue
        ends = tuple([wires[qubit] for qubit in op.qubits])
        string = tuple([(wires[qubit], letter) for qubit, letter in op.string]) if op.string else ()
        # Much faster than _replace, and this is done for every gate of every circuit.
        placed.append(NumericOp(op.kind, ends, op.angle, op.vector, string, op.targets, op.frame))
    return placed[::-1]
