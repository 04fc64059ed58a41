"""Circuits that measure the settings of a plan, and their folds: two-qubit gates that are undone and done again.

G G^-1 G does what the gate G does, with three times its noise. Folding every two-qubit gate also triples the layers in
which qubits wait, so noise of gates and memory grows by the same factor, exactly. Turns of one qubit stay as they are:
their noise is a two-hundredth. The full gate is repeated and not its third thrice, which
would be the same state, too: on hardware the error of a gate grows with its angle. Barriers keep compilers from taking
folds out again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import error
from qffc.passes.measurement.settings import Setting

if TYPE_CHECKING:
    from pytket.circuit import Circuit, Op

    from qffc.passes.lower_pytket.kernel import PytketKernel


def measured_circuits(
    kernel: PytketKernel, slots: NDArray[np.float64], settings: Sequence[Setting]
) -> tuple[Circuit, ...]:
    """Return the circuits of many bindings for each setting: all settings of the first binding come first.

    Args:
        kernel: of the program.
        slots: (circuits, slot_count), radians.
        settings: what is measured, with their folds.
    """
    columns = {setting: kernel.bind_many(slots, setting) for setting in dict.fromkeys(each.plain for each in settings)}
    ordered = [columns[setting.plain] for setting in settings]
    return tuple(
        folded(column[row], setting.folds)
        for row in range(len(slots))
        for column, setting in zip(ordered, settings, strict=True)
    )


def folded(circuit: Circuit, folds: int) -> Circuit:
    """Return the circuit with each two-qubit gate undone and done again.

    Args:
        circuit: of gates and measurements.
        folds: how many times.

    Raises:
        QffcError: when the inverse of a gate is another kind of gate.

    Example:
        >>> from pytket.circuit import Circuit
        >>> [str(command) for command in folded(Circuit(2).ZZPhase(0.2, 0, 1), 1) if "Barrier" not in str(command)]
        ['ZZPhase(0.2) q[0], q[1];', 'ZZPhase(3.8) q[0], q[1];', 'ZZPhase(0.2) q[0], q[1];']
    """
    if not folds:
        return circuit
    from pytket.circuit import Circuit, OpType

    made = Circuit()
    for qubit in circuit.qubits:
        made.add_qubit(qubit)
    for bit in circuit.bits:
        made.add_bit(bit)
    made.add_phase(circuit.phase)
    for command in circuit.get_commands():
        if command.op.type == OpType.Barrier:
            made.add_barrier(command.args)
            continue
        made.add_gate(command.op, command.args)
        if len(command.qubits) == 2 and not command.bits:
            back = _inverse(command.op)
            for each in (back, command.op) * folds:
                made.add_barrier(command.qubits)
                made.add_gate(each, command.args)
    return made


def _inverse(op: Op) -> Op:
    from pytket.circuit import Op, OpType

    if op.type == OpType.ZZMax:
        return Op.create(OpType.ZZPhase, -0.5)
    back = op.dagger
    if back.type != op.type:
        raise error(
            "gate that cannot be undone by its own kind",
            found=f"{op.type.name}, whose inverse is {back.type.name}",
            expected="gates whose inverse is the same kind of gate, such as TK2, ZZPhase, CX or CZ",
            help="leave out the extrapolation, or choose another target",
        )
    return back
