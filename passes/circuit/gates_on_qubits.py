"""Many gates, each with a bit: which of them do not commute with another one, for all rotations by strings at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from qffc.ir.operation import Op
from qffc.passes.circuit.commutation import bits_of, commute


class StringsOnQubits:
    """Pauli strings by what they have on each qubit.

    Example:
        >>> strings = StringsOnQubits()
        >>> for bit, (x, z) in ((1, (0b01, 0)), (2, (0b11, 0)), (4, (0, 0b10))):
        ...     strings.add(bit, x, z, (0, 1))
        >>> strings.against(0, 0b01, (0,))  # Z of the first qubit
        3
    """

    def __init__(self) -> None:
        # Of each qubit, the strings with X or Y there, and those with Z or Y.
        self._x: defaultdict[int, int] = defaultdict(int)
        self._z: defaultdict[int, int] = defaultdict(int)

    def add(self, bit: int, x: int, z: int, qubits: Sequence[int]) -> None:
        """Take one more string, with a bit of its own, given by its x and z bits, and the qubits that it acts on."""
        for qubit in qubits:
            if x >> qubit & 1:
                self._x[qubit] |= bit
            if z >> qubit & 1:
                self._z[qubit] |= bit

    def against(self, x: int, z: int, qubits: Sequence[int]) -> int:
        """Return the strings that do not commute with another one, given in the same way."""
        found = 0
        for qubit in qubits:
            if x >> qubit & 1:
                found ^= self._z[qubit]
            if z >> qubit & 1:
                found ^= self._x[qubit]
        return found

    def on(self, qubits: Sequence[int]) -> int:
        """Return the strings that act on some of these qubits."""
        found = 0
        for qubit in qubits:
            found |= self._x[qubit] | self._z[qubit]
        return found


class GatesOnQubits:
    """Gates that are appended, and found by what they do on their qubits.

    Example:
        >>> from qffc.ir.ops import Exchange, PauliRotation
        >>> from qffc.ir.values import ParameterEntry
        >>> J, gates = ParameterEntry("J"), GatesOnQubits()
        >>> [
        ...     gates.append(op)
        ...     for op in (PauliRotation(((0, "X"),), J), PauliRotation(((1, "Z"),), J), Exchange(0, 2, J))
        ... ]
        [1, 2, 4]
        >>> gates.against(PauliRotation(((0, "Z"), (1, "Z")), J))
        5
    """

    def __init__(self) -> None:
        self._gates: list[Op] = []
        self._strings = StringsOnQubits()
        self._others: defaultdict[int, int] = defaultdict(int)  # of each qubit, what is no rotation by a string

    def append(self, op: Op) -> int:
        """Take one more gate, and return its bit."""
        bit = 1 << len(self._gates)
        self._gates.append(op)
        _, x, z = bits_of(op)
        if x >= 0:
            self._strings.add(bit, x, z, op.qubits)
            return bit
        for qubit in op.qubits:
            self._others[qubit] |= bit
        return bit

    def against(self, op: Op) -> int:
        """Return the gates that do not commute with another one, as far as rules say, one bit for each."""
        _, x, z = bits_of(op)
        found = self._strings.against(x, z, op.qubits) if x >= 0 else 0
        unknown = 0 if x >= 0 else self._strings.on(op.qubits)
        for qubit in op.qubits:
            unknown |= self._others[qubit]
        while unknown:
            low = unknown & -unknown
            if not commute(op, self._gates[low.bit_length() - 1]):
                found |= low
            unknown ^= low
        return found

    def last_first(self, bits: int) -> list[Op]:
        """Return some of the gates, the last one that was appended first."""
        return [self._gates[number] for number in range(bits.bit_length() - 1, -1, -1) if bits >> number & 1]
