"""Circuits of pytket from the native angles of many bindings, as fast as pytket takes gates.

What takes the time is pytket taking gates one by one. Measured in microseconds a gate: a method with numbers and qubit
numbers 2.3 to 3.8, the same with qubit objects a fifth less, a gate object that is made once 1.1. So a gate that is the
same in all circuits, such as an exchange whose angle is a trained parameter, is made once. Dearer were symbols that are
substituted (20), ``Circuit.from_dict`` (8) and replacing the gates of a copy by name (7).
"""

from __future__ import annotations

from typing import NamedTuple

from pytket.circuit import Circuit, Op, OpType, Qubit

from qffc.passes.lower_pytket.gate_columns import Column, NativeBatch

_TYPES = {"TK2": OpType.TK2, "PhasedX": OpType.PhasedX, "Rz": OpType.Rz, "ZZPhase": OpType.ZZPhase}


class _Gate(NamedTuple):
    """A gate on its wires: an object, or the columns of its angles."""

    op: Op | None
    kind: str
    angles: tuple[int, ...]
    qubits: list[Qubit]


class BatchCircuits:
    """Writes the circuits of a batch.

    Args:
        batch: the native angles.
        measured: qubits that are measured into bits 0, 1, ... at the end.
        in_order: as :func:`qffc.passes.lower_pytket.files.measured_in_order` makes them.
    """

    def __init__(self, batch: NativeBatch, measured: tuple[int, ...] = (), *, in_order: bool = False) -> None:
        self._batch = batch
        self._measured, self._in_order = measured, in_order
        self._qubits = [Qubit(qubit) for qubit in range(len(batch.ends))]
        self._patterns: dict[bytes, list[_Gate]] = {}
        self._ops = self._constant_ops()

    def circuit(self, row: int) -> Circuit:
        """Return one circuit."""
        pattern = self._batch.swaps[row].tobytes()
        if pattern not in self._patterns:
            self._patterns[pattern] = self._gates(row)
        circuit = Circuit(len(self._qubits), len(self._measured))
        add, rz, phased_x = circuit.add_gate, circuit.Rz, circuit.PhasedX
        angles = self._batch.angles[row].tolist()
        for op, kind, columns, qubits in self._patterns[pattern]:
            if op is not None:
                add(op, qubits)
                continue
            first = angles[columns[0]]
            if first != first:  # NaN: left out
                continue
            if kind == "Rz":
                rz(first, qubits[0])
            elif kind == "PhasedX":
                phased_x(first, angles[columns[1]], qubits[0])
            elif kind == "TK2":
                circuit.TK2(first, angles[columns[1]], angles[columns[2]], *qubits)
            else:
                circuit.ZZPhase(first, *qubits)
        if self._in_order and self._measured:
            circuit.add_barrier(self._qubits)
        for bit, qubit in enumerate(self._measured):
            circuit.Measure(qubit, bit)
        return circuit

    def _constant_ops(self) -> list[Op | None]:
        """Of each column a gate object, if all circuits have the same gate there."""
        if len(self._batch.angles) < 2:  # of one circuit, numbers are as quick
            return [None] * len(self._batch.columns)
        first = self._batch.angles[0]
        same = (self._batch.angles == first).all(axis=0).tolist()  # never for NaN
        numbers = first.tolist()
        made: dict[tuple[object, ...], Op] = {}

        def constant(column: Column) -> Op | None:
            if not all(same[angle] for angle in column.angles):
                return None
            values = [numbers[angle] for angle in column.angles]
            key = (column.kind, *values)
            if key not in made:
                made[key] = Op.create(_TYPES[column.kind], values)
            return made[key]

        return [constant(column) for column in self._batch.columns]

    def _gates(self, row: int) -> list[_Gate]:
        """The gates on their wires, which are named backwards from the end, where qubit and wire agree."""
        swaps = self._batch.swaps[row].tolist()
        wires = list(self._batch.ends)
        found = []
        for column, op in zip(reversed(self._batch.columns), reversed(self._ops), strict=True):
            if column.swap is not None and swaps[column.swap]:
                a, b = column.tracks
                wires[a], wires[b] = wires[b], wires[a]
            found.append(_Gate(op, column.kind, column.angles, [self._qubits[wires[track]] for track in column.tracks]))
        return found[::-1]
