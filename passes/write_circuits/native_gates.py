"""Circuits of native gates as plain tuples, for formats that qffc writes itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pytket.circuit import Circuit, OpType

from qffc.ir.diagnostics import QffcError, error, quoted
from qffc.passes.lower_pytket.turns import nearest_zero


class NativeGate(NamedTuple):
    """A gate or a measurement.

    Args:
        type: of pytket.
        angles: in half-turns, from -1 to 1: pytket gives a small negative angle as one just below 4. Whole turns are a
            phase of the whole state.
        qubits: by number.
        bit: of a measurement, by number in the order of all bits.
    """

    type: OpType
    angles: tuple[float, ...]
    qubits: tuple[int, ...]
    bit: int = 0


def native_gates(circuit: Circuit, known: Sequence[OpType], format_name: str) -> Iterator[NativeGate]:
    """Yield the gates and measurements of a circuit in order; barriers are left out.

    Args:
        circuit: whose measurements come last, as of :func:`qffc.passes.lower_pytket.files.measured_in_order`.
        known: gates that the format has.
        format_name: what messages call it.

    Raises:
        QffcError: for another gate, an angle without a number, a gate after a measurement.
    """
    places = {qubit: place for place, qubit in enumerate(circuit.qubits)}
    bits = {bit: place for place, bit in enumerate(circuit.bits)}
    measured: set[int] = set()
    for command in circuit.get_commands():
        op, qubits = command.op, tuple(places[qubit] for qubit in command.qubits)
        if op.type == OpType.Barrier:
            continue
        if op.type != OpType.Measure and op.type not in known:
            raise _unknown(op.type.name, known, format_name)
        if measured & {*qubits}:
            raise _refused(
                f"{op.type.name} after a measurement of q[{qubits[0]}]",
                "one measurement of a qubit, and nothing after it",
                "measure at the end",
            )
        if op.type == OpType.Measure:
            measured |= {*qubits}
            yield NativeGate(op.type, (), qubits, bits[command.bits[0]])
            continue
        if command.free_symbols():
            raise _refused(str(command), "numbers", "substitute the symbols first")
        yield NativeGate(op.type, tuple(nearest_zero(float(a), 2.0)[0] for a in op.params), qubits)


def _unknown(name: str, known: Sequence[OpType], format_name: str) -> QffcError:
    advice = "lower for a target whose two_qubit is 'ZZPhase'" if name == "TK2" else "compile to native gates first"
    return error(
        "gate that the format does not have",
        found=f"{name} in a circuit that is to be {format_name}",
        expected=f"{quoted(each.name for each in known)}, Measure",
        help=advice,
    )


def _refused(found: str, expected: str, help: str) -> QffcError:
    return error("circuit that cannot be written", found=found, expected=expected, help=help)
