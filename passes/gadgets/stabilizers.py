"""What a prepared state does not tell apart: strings that it is an eigenstate of, and shorter spellings of others.

With S|psi> = |psi> for a Pauli string S that commutes with P, the rotation by P and the one by P S do the same to
|psi>. So the first rotations of a circuit lose letters, those of a double excitation of a reference state become one,
and strings of the group itself are phases. A string stays in the group as long as it commutes with all that comes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from qffc.ir.operation import Coupling, Op
from qffc.ir.ops import Singlet, Zero, operation
from qffc.ir.pauli import LETTERS
from qffc.passes.gadgets.paulis import Pauli, product

_ALL_OF = 8
"""Independent strings of a group all of whose elements are tried: 256."""


@dataclass(frozen=True)
class Stabilizers:
    """A group of commuting Pauli strings that a state is an eigenstate of with the eigenvalue 1.

    Args:
        strings: that generate it, independent of one another.
    """

    strings: tuple[Pauli, ...] = ()

    @staticmethod
    def prepared(ops: Iterable[Op]) -> Stabilizers:
        """Return the group of the prepared state.

        Example:
            >>> [string.string for string in Stabilizers.prepared([Zero(1)]).strings]
            [((1, 'Z'),)]
        """
        found: list[Pauli] = []
        for op in ops:
            match op:
                case Zero(qubit):
                    found.append(Pauli.of(((qubit, "Z"),)))
                case Singlet(a, b):
                    found += [Pauli.of(tuple(sorted(((a, p), (b, p))))).negated for p in (LETTERS[0], LETTERS[2])]
        return Stabilizers(tuple(found))

    def commuting(self, string: Pauli) -> Stabilizers:
        """Return the part of the group that commutes with a string: what is left after a rotation by it."""
        against = [own for own in self.strings if not own.commutes(string)]
        if not against:
            return self
        first, *others = against
        kept = [own for own in self.strings if own.commutes(string)]
        return Stabilizers((*kept, *(product(first, other) for other in others)))

    def after(self, op: Op) -> Stabilizers:
        """Return what is left of the group after an operation by any number."""
        group = self
        for string in generator_strings(op):
            group = group.commuting(string)
        return group

    def turned_by(self, string: Pauli, quarters: int) -> Stabilizers:
        """Return the group of the state after exp(-i pi/4 quarters P)."""
        return Stabilizers(tuple(own.turned_by(string, quarters) for own in self.strings))

    def shortest(self, string: Pauli) -> Pauli:
        """Return the same string to the state with the fewest letters, the first of these; no letter for a phase.

        Where the group is large, the shortest that two of its strings at a time lead to.

        Example:
            >>> Stabilizers.prepared([Zero(0), Zero(1)]).shortest(Pauli.of(((0, "Y"), (1, "Z")))).string
            ((0, 'Y'),)
        """
        near = [own for own in self.strings if own.commutes(string)]
        against = [own for own in self.strings if not own.commutes(string)]
        near += [product(against[0], other) for other in against[1:]]
        near = [own for own in near if own.support & string.support or len(near) <= _ALL_OF]
        return _of_all(string, near) if len(near) <= _ALL_OF else _of_steps(string, near)


def generator_strings(op: Op) -> tuple[Pauli, ...]:
    """Return the strings in the generator of a gate; none of any other operation.

    Example:
        >>> from qffc.ir.ops import Exchange
        >>> from qffc.ir.values import as_value
        >>> len(generator_strings(Exchange(0, 1, as_value(1))))
        3
    """
    if op.declaration.vector is not None:
        (qubit,) = op.qubits
        return Pauli(1 << qubit, 0), Pauli(0, 1 << qubit), Pauli(1 << qubit, 1 << qubit)
    if op.letters:
        return (Pauli.of(op.letters),)
    return _of_coupling(op.word, op.qubits) if isinstance(op, Coupling) else ()


@lru_cache(maxsize=1 << 12)
def _of_coupling(word: str, qubits: tuple[int, ...]) -> tuple[Pauli, ...]:
    kind = operation(word)
    assert issubclass(kind, Coupling)
    return tuple(Pauli.of(string) for string, _ in kind.unit_generator(qubits).terms)


def _key(string: Pauli) -> tuple[int, int, int]:
    # Of as many letters, the one with the fewest X and Y first: rotations about z are virtual.
    return string.weight, string.x.bit_count(), string.x << 64 | string.z


def _of_all(string: Pauli, group: list[Pauli]) -> Pauli:
    best, best_key = string, _key(string)
    for count in range(1, 1 << len(group)):
        string = product(string, group[(count & -count).bit_length() - 1])  # by a Gray code
        key = _key(string)
        if key < best_key:
            best, best_key = string, key
    return best


def _of_steps(string: Pauli, group: list[Pauli]) -> Pauli:
    steps = [*group, *(product(a, b) for place, a in enumerate(group) for b in group[:place])]
    while True:
        found = min((product(string, step) for step in steps), key=_key)
        if _key(found) >= _key(string):
            return string
        string = found
