"""How an operation joins those before it: it merges with one that it can be moved up to, or comes last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import TypeGuard

from qffc.ir.operation import Coupling, Op
from qffc.ir.ops import Exchange, PauliRotation, Rotate
from qffc.ir.values import add, as_value, mul
from qffc.passes.circuit.commutation import all_commute, bits_of, commute, reach, same_turn, turns_together
from qffc.passes.circuit.free_order import group_of
from qffc.passes.circuit.turns import is_turn, on_qubit, parts
from qffc.passes.simplify.normal_form import is_identity


class Word:
    """Operations in order, each in its one spelling, to which others are appended, or merged into them.

    Args:
        fuse: fuse rotations about vectors.
        merge: merge couplings.

    Example:
        >>> from qffc.ir.values import ParameterEntry
        >>> word = Word(fuse=True, merge=True)
        >>> for qubits, name in (((0, 1), "J"), ((2, 3), "J"), ((0, 1), "K")):
        ...     word.append(Exchange(*qubits, ParameterEntry(name)))
        >>> word.ops[0].value, len(word.ops)
        (<Add J + K>, 2)
    """

    def __init__(self, *, fuse: bool, merge: bool) -> None:
        self.ops: list[Op] = []
        self._masks: list[int] = []  # the qubits of each, one bit for each: most are passed by looking at no more
        self._fuse, self._merge = fuse, merge

    def append(self, op: Op) -> None:
        """Append an operation in its one spelling, or merge it into one of the others."""
        wanted = self._fuse if isinstance(op, Rotate) else self._merge
        if wanted and (self._join_turns(op) if is_turn(op) else self._join(op) or self._join_coupling(op)):
            return
        self.ops.append(op)
        self._masks.append(bits_of(op)[0])

    def _join(self, op: Op) -> bool:
        mask = bits_of(op)[0]
        if mask not in self._masks:
            return False
        for index in self._string_reach(op) if isinstance(op, PauliRotation) else self._reach(op):
            union = merged(self.ops[index], op)
            if union is not None:
                self._put({index: union}, set())
                return True
        return False

    def _reach(self, op: Op) -> Iterator[int]:
        """The places on its qubits that an operation can be moved back to."""
        for place in reach(op, self.ops[::-1]):
            index = len(self.ops) - 1 - place
            if index >= 0 and self.ops[index].qubits == op.qubits:
                yield index

    def _string_reach(self, op: PauliRotation) -> Iterator[int]:
        """The same of a rotation by a string, which passes nothing together with others."""
        mask = bits_of(op)[0]
        for index in range(len(self.ops) - 1, -1, -1):
            if not self._masks[index] & mask:
                continue
            if self._masks[index] == mask:
                yield index
            if not commute(op, self.ops[index]):
                return

    def _join_turns(self, op: Op) -> bool:
        """Merge a rotation, or equal rotations of the qubits of an exchange, on whose other side they find partners."""
        pending = {op.qubits[0]: op}
        mask = 1 << op.qubits[0]  # of the qubits in it
        unions: dict[int, Op] = {}
        moving: set[int] = set()
        for index in range(len(self.ops) - 1, -1, -1):
            if not self._masks[index] & mask:
                continue
            other = self.ops[index]
            met = [pending[qubit] for qubit in other.qubits if qubit in pending]
            union = merged(other, met[0])
            if union is not None:
                unions[index] = union
                (qubit,) = other.qubits
                del pending[qubit]
                mask ^= 1 << qubit
                if not pending:
                    self._put(unions, moving)
                    return True
            elif not all_commute(other, met):
                if not turns_together(other):
                    return False
                missing = [qubit for qubit in other.qubits if qubit not in pending]
                partners = self._partners(index, op, missing, moving, unions)
                if partners is None:
                    return False
                moving |= partners
                pending |= {self.ops[partner].qubits[0]: self.ops[partner] for partner in partners}
                mask = sum(1 << qubit for qubit in pending)
        return False

    def _partners(
        self, index: int, turn: Op, qubits: list[int], moving: set[int], unions: dict[int, Op]
    ) -> set[int] | None:
        """Where ``qubits`` turn like ``turn`` after a coupling, if these rotations can be moved up to it."""
        found = set()
        for qubit in qubits:
            own = on_qubit(turn, qubit)
            for place in (place for place in range(index + 1, len(self.ops)) if place not in moving):
                other = self.ops[place]
                if place not in unions and same_turn(other, own) and group_of(other) is None:
                    found.add(place)
                    break
                if qubit in other.qubits and (place in unions or not commute(other, own)):
                    return None
            else:
                return None
        return found

    def _join_coupling(self, op: Op) -> bool:
        """Make an exchange of XX, YY and ZZ by one angle, if they can meet where one of them is."""
        if not isinstance(op, PauliRotation) or not _is_coupling_part(op):
            return False
        mask = bits_of(op)[0]
        if self._masks.count(mask) < 2:  # of a long word most acts elsewhere
            return False
        on_pair = [place for place, other in enumerate(self._masks) if other == mask]
        word = [*self.ops, op]
        same = ((place, word[place]) for place in (*on_pair, len(self.ops)))
        nearest = {part.string: place for place, part in same if _is_same_but_for_letters(part, op)}
        places = sorted(nearest.values())
        for meeting in places if len(places) == 3 else ():
            if all(_can_move(word, place, meeting) for place in places):
                a, b = op.qubits
                whole = Exchange(a, b, as_value(Fraction(1, 2)) * op.angle, unordered=op.unordered, span=op.span)
                self.ops.append(op)
                self._masks.append(mask)
                self._put({meeting: whole}, {place for place in places if place != meeting})
                return True
        return False

    def _put(self, changed: dict[int, Op], dropped: set[int]) -> None:
        """Replace and drop operations on the same qubits; what became an identity goes."""
        gone = set(dropped)
        for index, op in changed.items():
            if is_identity(op):
                gone.add(index)
            elif index not in dropped:
                self.ops[index] = op
        for index in sorted(gone, reverse=True):
            del self.ops[index], self._masks[index]


def merged(first: Op, second: Op) -> Op | None:
    """Return two neighbouring operations as one; None when they differ in more than their numbers."""
    if type(first) is not type(second) or first.qubits != second.qubits:
        return None
    if isinstance(first, Rotate) and isinstance(second, Rotate):
        (a, u), (b, v) = parts(first.vector), parts(second.vector)
        return replace(first, vector=mul(add(a, b), u)) if u == v else None
    if not isinstance(first, Coupling) or not isinstance(second, Coupling):
        return None
    # Couplings of two groups stay apart: a merged one could be moved among those of the first group.
    alike = first.letters == second.letters and first.unordered == second.unordered
    return first.with_value(add(first.value, second.value)) if alike else None


def _can_move(word: list[Op], place: int, to: int) -> bool:
    between = range(min(place, to) + 1, max(place, to))
    return all(commute(word[place], word[k]) for k in between)


def _is_coupling_part(op: Op) -> bool:
    return isinstance(op, PauliRotation) and len(op.string) == 2 and op.string[0][1] == op.string[1][1]


def _is_same_but_for_letters(first: Op, second: PauliRotation) -> TypeGuard[PauliRotation]:
    """Whether an operation is XX, YY or ZZ of the pair and by the angle of another one."""
    if first.qubits != second.qubits or not isinstance(first, PauliRotation) or not _is_coupling_part(first):
        return False
    return first.unordered == second.unordered and first.angle == second.angle
