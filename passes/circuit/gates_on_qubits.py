"""Many gates, each with a bit: which of them do not commute with another one, for all rotations by strings at once."""

from __future__ import annotations

from collections import defaultdict

from qffc.ir.operation import Op
from qffc.passes.circuit.commutation import bits_of, commute


class GatesOnQubits:
    """Gates that are appended, and found by what they do on their qubits.

    Example:
        >>> from qffc.ir.ops import Exchange, PauliRotation
        >>> from qffc.ir.values import ParameterEntry
        >>> J, gates = ParameterEntry("J"), GatesOnQubits()
        >>> [gates.append(op) for op in (PauliRotation(((0, "X"),), J), PauliRotation(((1, "Z"),), J), Exchange(0, 2, J))]
        [1, 2, 4]
        >>> gates.against(PauliRotation(((0, "Z"), (1, "Z")), J))
        5
    """

    def __init__(self) -> None:
        self._gates: list[Op] = []
        # Of each qubit, the rotations by strings with an x bit there, those with a z bit, and all other gates.
        self._x: defaultdict[int, int] = defaultdict(int)
        self._z: defaultdict[int, int] = defaultdict(int)
        self._other: defaultdict[int, int] = defaultdict(int)

    def append(self, op: Op) -> int:
        """Take one more gate, and return its bit."""
        bit = 1 << len(self._gates)
        self._gates.append(op)
        _, x, z = bits_of(op)
        for qubit in op.qubits:
            if x < 0:
                self._other[qubit] |= bit
                continue
            if x >> qubit & 1:
                self._x[qubit] |= bit
            if z >> qubit & 1:
                self._z[qubit] |= bit
        return bit

    def against(self, op: Op) -> int:
        """Return the gates that do not commute with another one, as far as rules say, one bit for each."""
        _, x, z = bits_of(op)
        found = unknown = 0
        for qubit in op.qubits:
            unknown |= self._other[qubit]
            if x < 0:
                unknown |= self._x[qubit] | self._z[qubit]
                continue
            if x >> qubit & 1:
                found ^= self._z[qubit]
            if z >> qubit & 1:
                found ^= self._x[qubit]
        while unknown:
            low = unknown & -unknown
            if not commute(op, self._gates[low.bit_length() - 1]):
                found |= low
            unknown ^= low
        return found

    def last_first(self, bits: int) -> list[Op]:
        """Return some of the gates, the last one that was appended first."""
        return [self._gates[number] for number in range(bits.bit_length() - 1, -1, -1) if bits >> number & 1]
