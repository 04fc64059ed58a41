"""How an operation joins those before it: it merges with one that it can be moved up to, or comes last."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TypeGuard

from qffc.ir.operation import Coupling, Op
from qffc.ir.ops import Exchange, PauliRotation, Rotate
from qffc.ir.values import add, as_value, mul
from qffc.passes.circuit.commutation import bits_of, commute, reach, same_turn, turns_together
from qffc.passes.circuit.free_order import group_of
from qffc.passes.circuit.turns import is_turn, on_qubit, parts
from qffc.passes.simplify.normal_form import is_identity


def append(done: list[Op], op: Op, *, fuse: bool, merge: bool) -> None:
    """Append an operation in its one spelling to others, or merge it into them.

    Args:
        done: operations in order; changed in place.
        op: what comes after them.
        fuse: fuse rotations about vectors.
        merge: merge couplings.

    Example:
        >>> from qffc.ir.values import ParameterEntry
        >>> done: list[Op] = [Exchange(0, 1, ParameterEntry("J")), Exchange(2, 3, ParameterEntry("J"))]
        >>> append(done, Exchange(0, 1, ParameterEntry("K")), fuse=True, merge=True)
        >>> done[0].value, len(done)
        (<Add J + K>, 2)
    """
    wanted = fuse if isinstance(op, Rotate) else merge
    if wanted and (_join_turns(done, op) if is_turn(op) else _join(done, op) or _join_coupling(done, op)):
        return
    done.append(op)


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
    alike = (first.letters, first.group) == (second.letters, second.group)
    return first.with_value(add(first.value, second.value)) if alike else None


def _join(done: list[Op], op: Op) -> bool:
    if not any(other.qubits == op.qubits for other in done):
        return False
    for place in reach(op, done[::-1]):
        index = len(done) - 1 - place
        if index < 0 or done[index].qubits != op.qubits:
            continue
        union = merged(done[index], op)
        if union is not None:
            _put(done, {index: union}, set())
            return True
    return False


def _join_turns(done: list[Op], op: Op) -> bool:
    """Merge a rotation, or equal rotations of the qubits of an exchange, on whose other side they find partners."""
    pending = {op.qubits[0]: op}
    mask = 1 << op.qubits[0]  # of the qubits in it
    unions: dict[int, Op] = {}
    moving: set[int] = set()
    for index in range(len(done) - 1, -1, -1):
        other = done[index]
        if not bits_of(other)[0] & mask:
            continue
        met = [qubit for qubit in other.qubits if qubit in pending]
        union = merged(other, pending[met[0]])
        if union is not None:
            unions[index] = union
            del pending[met[0]]
            mask ^= 1 << met[0]
            if not pending:
                _put(done, unions, moving)
                return True
        elif not all(commute(other, pending[qubit]) for qubit in met):
            missing = [qubit for qubit in other.qubits if qubit not in pending]
            partners = _partners(done, index, op, missing, moving, unions)
            if partners is None:
                return False
            moving |= partners
            pending |= {done[partner].qubits[0]: done[partner] for partner in partners}
            mask = sum(1 << qubit for qubit in pending)
    return False


def _partners(
    done: list[Op], index: int, turn: Op, qubits: list[int], moving: set[int], unions: dict[int, Op]
) -> set[int] | None:
    """Where ``qubits`` turn like ``turn`` after a coupling, if these rotations can be moved up to it."""
    if not turns_together(done[index]):
        return None
    found = set()
    for qubit in qubits:
        own = on_qubit(turn, qubit)
        for place in (place for place in range(index + 1, len(done)) if place not in moving):
            if place not in unions and same_turn(done[place], own) and group_of(done[place]) is None:
                found.add(place)
                break
            if qubit in done[place].qubits and (place in unions or not commute(done[place], own)):
                return None
        else:
            return None
    return found


def _join_coupling(done: list[Op], op: Op) -> bool:
    """Make an exchange of XX, YY and ZZ by one angle, if they can meet where one of them is."""
    if not isinstance(op, PauliRotation) or not _is_coupling_part(op):
        return False
    pair = op.qubits
    on_pair = [place for place, part in enumerate(done) if part.qubits == pair]  # of a long word most acts elsewhere
    if len(on_pair) < 2:
        return False
    word = [*done, op]
    same = ((place, word[place]) for place in (*on_pair, len(done)))
    nearest = {part.string: place for place, part in same if _is_same_but_for_letters(part, op)}
    places = sorted(nearest.values())
    for meeting in places if len(places) == 3 else ():
        if all(_can_move(word, place, meeting) for place in places):
            a, b = op.qubits
            whole = Exchange(a, b, as_value(Fraction(1, 2)) * op.angle, unordered=op.unordered, span=op.span)
            done.append(op)
            _put(done, {meeting: whole}, {place for place in places if place != meeting})
            return True
    return False


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


def _put(done: list[Op], changed: dict[int, Op], dropped: set[int]) -> None:
    """Replace and drop operations; what became an identity goes."""
    gone = set(dropped)
    for index, op in changed.items():
        if is_identity(op):
            gone.add(index)
        elif index not in dropped:
            done[index] = op
    for index in sorted(gone, reverse=True):
        del done[index]
