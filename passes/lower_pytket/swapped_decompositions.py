"""Two-qubit gates made of iSWAPs and of XXPhase, in fewer gates than pytket makes of them.

An iSWAP is a ZZMax and a SWAP. So U is three iSWAPs where U SWAP is three ZZMax: three SWAPs and the fourth cancel.
pytket goes by way of CX and needs six.
"""

from __future__ import annotations

from collections.abc import Callable

from pytket.circuit import Circuit, Op, OpType, Qubit
from pytket.passes import AutoRebase

from qffc.passes.lower_pytket.routing import Angles, angles_of, worth

_TO_ZZ_MAX = AutoRebase({OpType.ZZMax, OpType.TK1})
_ZERO = 1e-11
"""Half-turns below this are no gate."""
_SWAP = 0.5
"""Half-turns of each angle of the TK2 that is a SWAP."""


def in_iswaps(circuit: Circuit) -> Circuit:
    """Return the circuit with every TK2 and ZZPhase as iSWAPs and turns of single qubits; phases aside.

    Example:
        >>> in_iswaps(Circuit(2).TK2(0.2, 0.2, 0.2, 0, 1)).n_gates_of_type(OpType.ISWAPMax)
        3
    """
    return _rewritten(circuit, _iswaps)


def in_xx_phases(circuit: Circuit) -> Circuit:
    """Return the circuit with every TK2 and ZZPhase as XXPhase and turns of single qubits.

    Example:
        >>> in_xx_phases(Circuit(2).ZZPhase(0.2, 0, 1)).n_gates_of_type(OpType.XXPhase)
        1
    """
    return _rewritten(circuit, _xx_phases)


def _rewritten(circuit: Circuit, write: Callable[[Circuit, Qubit, Qubit, Angles], None]) -> Circuit:
    """The circuit with every two-qubit gate written by a function."""
    made = Circuit()
    for qubit in circuit.qubits:
        made.add_qubit(qubit)
    for bit in circuit.bits:
        made.add_bit(bit)
    for command in circuit:
        angles = angles_of(command.op)
        if len(command.qubits) == 2 and angles is not None:
            a, b = command.qubits
            write(made, a, b, angles)
        else:
            made.add_gate(command.op, command.args)
    return made


def _xx_phases(made: Circuit, a: Qubit, b: Qubit, angles: Angles) -> None:
    x, y, z = angles
    if abs(x) > _ZERO:
        made.XXPhase(x, a, b)
    if abs(y) > _ZERO:
        made.Rz(-0.5, a).Rz(-0.5, b).XXPhase(y, a, b).Rz(0.5, a).Rz(0.5, b)
    if abs(z) > _ZERO:
        made.H(a).H(b).XXPhase(z, a, b).H(a).H(b)


def _iswaps(made: Circuit, a: Qubit, b: Qubit, angles: Angles) -> None:
    if worth(Op.create(OpType.TK2, list(angles))) == 1:
        made.TK2(*angles, a, b)  # two iSWAPs, which pytket finds
        return
    # An odd number trades the wires: pytket counts, for it has its own idea of which angles are zero.
    gate = _in_zz_max(angles)
    if not _is_odd(gate):
        _as_iswaps(made, gate, (a, b))
        return
    swapped = _in_zz_max((angles[0] + _SWAP, angles[1] + _SWAP, angles[2] + _SWAP))
    if _is_odd(swapped):
        _as_iswaps(made, swapped, (b, a))
    else:
        _as_iswaps(made, swapped, (a, b))
        _as_iswaps(made, _idle_zz_max(), (b, a))


def _is_odd(pair: Circuit) -> bool:
    return pair.n_gates_of_type(OpType.ZZMax) % 2 == 1


def _in_zz_max(angles: Angles) -> Circuit:
    """A TK2 in as few ZZMax as there can be."""
    pair = Circuit(2).TK2(*angles, 0, 1)
    _TO_ZZ_MAX.apply(pair)
    return pair


def _idle_zz_max() -> Circuit:
    """Three ZZMax and turns that do nothing together: exp(-i pi/4 YZ) twice, of which one is backwards."""
    pair = Circuit(2).add_gate(OpType.ZZMax, [0, 1]).Rx(0.5, 0).add_gate(OpType.ZZMax, [0, 1]).Z(0).Z(1)
    return pair.Rx(0.5, 0).add_gate(OpType.ZZMax, [0, 1]).Rx(-0.5, 0)


def _as_iswaps(made: Circuit, pair: Circuit, ends: tuple[Qubit, Qubit]) -> None:
    """Write a circuit of two qubits, which end at the given places, with an iSWAP and a SWAP for each ZZMax."""
    wires = list(ends[::-1] if _is_odd(pair) else ends)
    for command in pair:
        places = [wires[qubit.index[0]] for qubit in command.qubits]
        if command.op.type == OpType.ZZMax:
            made.add_gate(OpType.ISWAPMax, places)
            wires.reverse()
        else:
            made.add_gate(command.op, places)
