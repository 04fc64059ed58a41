"""Native circuits in the gates of ``qelib1.inc`` alone, exactly: for what does not know Quantinuum's header."""

from __future__ import annotations

from collections.abc import Sequence

from pytket.circuit import Circuit, OpType, Qubit

_TINY = 1e-15


def in_qelib1(circuit: Circuit) -> Circuit:
    """Return a circuit of native gates with ``u3``, ``rz``, ``ry``, ``h`` and ``cx`` instead, up to a global phase.

    PhasedX is one ``u3``, ZZPhase two ``cx``, TK2 three, or two where it is a rotation by XX. Registers,
    barriers and measurements stay.

    Args:
        circuit: of PhasedX, Rz, ZZPhase, ZZMax, TK2, barriers and measurements; other gates stay as they are.

    Example:
        >>> for command in in_qelib1(Circuit(2).PhasedX(0.5, 0.25, 0).ZZPhase(0.3, 0, 1)):
        ...     print(command)
        U3(0.5, 1.75, 0.25) q[0];
        CX q[0], q[1];
        Rz(0.3) q[1];
        CX q[0], q[1];
    """
    made = Circuit()
    for qubit in circuit.qubits:
        made.add_qubit(qubit)
    for bit in circuit.bits:
        made.add_bit(bit)
    for command in circuit.get_commands():
        op, args = command.op, command.args
        match op.type:
            case OpType.Barrier:
                made.add_barrier(args)
            case OpType.PhasedX:
                angle, axis = op.params
                made.add_gate(OpType.U3, [angle, axis - 0.5, 0.5 - axis], args)
            case OpType.ZZPhase | OpType.ZZMax:
                angle = op.params[0] if op.type == OpType.ZZPhase else 0.5
                made.add_gate(OpType.CX, args).add_gate(OpType.Rz, angle, args[1:]).add_gate(OpType.CX, args)
            case OpType.TK2:
                _write_tk2(made, tuple(float(angle) for angle in op.params), command.qubits)
            case _:
                made.add_gate(op, args)
    return made


def _write_tk2(made: Circuit, angles: Sequence[float], qubits: Sequence[Qubit]) -> None:
    """Write exp(-i pi/2 (x XX + y YY + z ZZ)), the angles in half-turns: Vatan and Williams, quant-ph/0308006."""
    x, y, z = angles
    a, b = qubits
    if abs(y) < _TINY and abs(z) < _TINY:
        made.H(a).H(b).CX(a, b).Rz(x, b).CX(a, b).H(a).H(b)
        return
    made.Rz(-0.5, b).CX(b, a).Rz(0.5 + z, a).Ry(-0.5 - x, b)
    made.CX(a, b).Ry(0.5 + y, b).CX(b, a).Rz(0.5, a)
