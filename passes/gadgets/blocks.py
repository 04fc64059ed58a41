"""How many two-qubit gates a circuit takes: what can be brought together on one pair of qubits is one gate.

An estimate for comparing spellings of one circuit, before any number is bound: operations join the latest gate that
they can be moved to, past all that they commute with, and that acts on their qubits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from qffc.ir.operation import Op
from qffc.ir.ops import Chirality, Collective, FourSpin, PauliRotation
from qffc.passes.gadgets.paulis import Pauli
from qffc.passes.gadgets.stabilizers import generator_strings

_OF_KIND: dict[type[Op], int] = {Chirality: 4, FourSpin: 30}
_OF_MEMBERS = {2: 1, 3: 4, 4: 12, 5: 40, 6: 60}


@dataclass
class _Block:
    """A gate: its qubits, its price in two-qubit gates, and what is in it."""

    qubits: int
    price: int
    strings: list[Pauli] = field(default_factory=list)
    prepares: bool = False


def two_qubit_gates(ops: Iterable[Op]) -> int:
    """Return how many two-qubit gates operations on wires take.

    A string of k > 2 letters takes 2 k - 3, a chirality 4; a singlet is one, with all that joins it.

    Example:
        >>> from qffc.ir.ops import Exchange, PauliRotation, Singlet
        >>> from qffc.ir.values import ParameterEntry
        >>> J = ParameterEntry("J")
        >>> zz, far = (PauliRotation(((0, "Z"), (k, "Z")), J) for k in (1, 2))
        >>> two_qubit_gates([zz, far, zz]), two_qubit_gates([Singlet(0, 1), Exchange(0, 1, J)])
        (2, 1)
    """
    blocks: list[_Block] = []
    for op in ops:
        mask = 0
        for qubit in op.qubits:
            mask |= 1 << qubit
        if op.prepares:
            if len(op.qubits) > 1:
                blocks.append(_Block(mask, 1, prepares=True))
            continue
        strings = (Pauli.of(op.string),) if isinstance(op, PauliRotation) else generator_strings(op)
        _add(blocks, mask, strings, _price(op))
    return sum(block.price for block in blocks)


def _add(blocks: list[_Block], mask: int, strings: tuple[Pauli, ...], price: int) -> None:
    for block in reversed(blocks):
        if not block.qubits & mask:
            continue
        if not mask & ~block.qubits and price <= 1 and (block.price == 1 or not price):
            block.strings.extend(string for string in strings if string not in block.strings)
            return
        if block.prepares or _clash(block.strings, strings):
            break
    if price:
        blocks.append(_Block(mask, price, list(strings)))


def _clash(some: list[Pauli], others: tuple[Pauli, ...]) -> bool:
    """Whether two strings anticommute; a loop without calls, since it is run for every operation of every spelling."""
    for x, z, _ in others:
        for own_x, own_z, _ in some:
            if ((x & own_z).bit_count() + (z & own_x).bit_count()) & 1:
                return True
    return False


def _price(op: Op) -> int:
    """Two-qubit gates that an operation takes alone."""
    count = len(op.qubits)
    if isinstance(op, PauliRotation):
        return 2 * count - 3 if count > 1 else 0
    if isinstance(op, Collective):
        return _OF_MEMBERS[len(op.members)]
    return _OF_KIND.get(type(op), 2 * count - 3 if count > 1 else 0)
