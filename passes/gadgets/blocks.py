"""How many two-qubit gates a circuit takes: what can be brought together on one pair of qubits is one gate.

An estimate for comparing spellings of one circuit, before any number is bound: operations join the latest gate that
they can be moved to, past all that they commute with, and that acts on their qubits.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from qffc.ir.operation import Op
from qffc.ir.ops import Chirality, Collective, FourSpin, PauliRotation
from qffc.passes.gadgets.paulis import Pauli
from qffc.passes.gadgets.stabilizers import generator_strings

_OF_KIND: dict[type[Op], int] = {Chirality: 4, FourSpin: 30}
_OF_MEMBERS = {2: 1, 3: 4, 4: 12, 5: 40, 6: 60}


class _Form(NamedTuple):
    """What counts of an operation.

    Args:
        qubits: a bit for each.
        price: two-qubit gates that it takes alone.
        strings: of its generator.
        prepares: whether it is a preparation.
    """

    qubits: int
    price: int
    strings: tuple[Pauli, ...]
    prepares: bool


_Block = tuple[int, int, list[Pauli], bool]
"""A gate: its qubits, its price in two-qubit gates, the strings in it, and whether it is a preparation."""


class Gates:
    """Two-qubit gates that operations on wires take, one after the other.

    A string of k > 2 letters takes 2 k - 3, a chirality 4; a singlet is one, with all that joins it.

    Args:
        ops: the first operations.

    Example:
        >>> from qffc.ir.ops import PauliRotation
        >>> from qffc.ir.values import ParameterEntry
        >>> zz, far = (PauliRotation(((0, "Z"), (k, "Z")), ParameterEntry("J")) for k in (1, 2))
        >>> gates = Gates([zz, far])
        >>> gates.count, gates.count_with([zz]), gates.count_with([far, zz, far])
        (2, 2, 2)
    """

    def __init__(self, ops: Iterable[Op] = ()) -> None:
        self._blocks: list[_Block] = []
        self.count = 0
        self._append(ops, None)

    def count_with(self, ops: Iterable[Op], most: int | None = None) -> int:
        """Return how many there are with more operations; where they are more than a limit, some number above it."""
        other = Gates()
        other._blocks = [(qubits, price, list(strings), prepares) for qubits, price, strings, prepares in self._blocks]
        other.count = self.count
        other._append(ops, most)
        return other.count

    def _append(self, ops: Iterable[Op], most: int | None) -> None:
        for op in ops:
            # Kept with the operation, which is in many spellings: a table would have to hash it with its value.
            form: _Form | None = op.__dict__.get("_form")
            if form is None:
                form = op.__dict__["_form"] = _form(op)
            if not form.prepares:
                self.count += _add(self._blocks, form)
            elif form.price:
                self._blocks.append((form.qubits, 1, [], True))
                self.count += 1
            if most is not None and self.count > most:
                return


def two_qubit_gates(ops: Iterable[Op]) -> int:
    """Return how many two-qubit gates operations on wires take, see :class:`Gates`.

    Example:
        >>> from qffc.ir.ops import Exchange, PauliRotation, Singlet
        >>> from qffc.ir.values import ParameterEntry
        >>> J = ParameterEntry("J")
        >>> zz, far = (PauliRotation(((0, "Z"), (k, "Z")), J) for k in (1, 2))
        >>> two_qubit_gates([zz, far, zz]), two_qubit_gates([Singlet(0, 1), Exchange(0, 1, J)])
        (2, 1)
    """
    return Gates(ops).count


def gates_about(strings: Iterable[tuple[int, int]]) -> int:
    """Return how many two-qubit gates rotations about strings take, given by their x and z bits.

    Example:
        >>> gates_about([(0, 0b11), (0, 0b110), (0, 0b11), (0b1, 0)])
        2
    """
    blocks: list[_Block] = []
    return sum(
        _add(blocks, _Form(x | z, max(0, 2 * (x | z).bit_count() - 3), (Pauli(x, z),), prepares=False))
        for x, z in strings
    )


def _form(op: Op) -> _Form:
    mask = sum(1 << qubit for qubit in op.qubits)
    if op.prepares:
        return _Form(mask, int(len(op.qubits) > 1), (), prepares=True)
    return _Form(mask, _price(op), generator_strings(op), prepares=False)


def _add(blocks: list[_Block], form: _Form) -> int:
    """Let an operation join a gate, or become one; how many two-qubit gates that adds."""
    mask, price, strings, _ = form
    for block in reversed(blocks):
        qubits, own_price, own_strings, prepares = block
        if not qubits & mask:
            continue
        if not mask & ~qubits and price <= 1 and (own_price == 1 or not price):
            own_strings.extend(string for string in strings if string not in own_strings)
            return 0
        if prepares or _clash(own_strings, strings):
            break
    if price:
        blocks.append((mask, price, list(strings), False))
    return price


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
