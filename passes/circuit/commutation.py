"""Which operations commute, alone or a few together, and with which observables: exact, whatever the angles are.

On top of the letters of ``trace.py``: rotations about an axis of the laboratory are Pauli rotations, and a
coupling that keeps the spin commutes with equal rotations of all its qubits taken together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from fractions import Fraction
from functools import lru_cache

from qffc.ir.diagnostics import InternalError
from qffc.ir.operation import Coupling, Op
from qffc.ir.ops import PauliRotation, Rotate
from qffc.ir.pauli import (
    LETTERS,
    Letter,
    PauliString,
    PauliSum,
    Term,
    anticommuting,
    product_of_strings,
    spin_component,
    string_bits,
)
from qffc.ir.values import Number
from qffc.passes.circuit.free_order import group_of
from qffc.passes.circuit.trace import Shape, independent, letter_of, unit_generator
from qffc.passes.circuit.turns import axis_rotation, is_turn, on_qubit, parts


def shape_of(op: Op) -> Shape:
    """Return what decides on commutation: an operation without its number."""
    # Kept with the operation, of which it is asked time and again: a table would have to hash it with its value.
    known: Shape | None = op.__dict__.get("_shape")
    if known is None:
        known = op.__dict__["_shape"] = _shape_of(op)
    return known


def _shape_of(op: Op) -> Shape:
    if not isinstance(op, Rotate):
        return letter_of(op, op.value).shape
    about_axis = axis_rotation(op)
    return shape_of(about_axis) if about_axis is not None else letter_of(op, parts(op.vector)[1]).shape


def bits_of(op: Op) -> tuple[int, int, int]:
    """Return the qubits of an operation, one bit for each, and the x and z bits of the string that it rotates about.

    What rotates about no Pauli string has -1 for these.

    Example:
        >>> from qffc.ir.values import ParameterEntry
        >>> bits_of(PauliRotation(((0, "Z"), (2, "Y")), ParameterEntry("J")))
        (5, 4, 5)
    """
    known: tuple[int, int, int] | None = op.__dict__.get("_bits")  # kept with the operation, as its shape
    if known is None:
        known = op.__dict__["_bits"] = _bits_of(op)
    return known


def _bits_of(op: Op) -> tuple[int, int, int]:
    if isinstance(op, PauliRotation):
        x, z = string_bits(op.string)
        return x | z, x, z
    about_axis = axis_rotation(op) if isinstance(op, Rotate) else None
    return (sum(1 << qubit for qubit in op.qubits), -1, -1) if about_axis is None else bits_of(about_axis)


def commute(first: Op, second: Op) -> bool:
    """Whether two operations commute whatever their numbers are; False when no rule says so.

    Example:
        >>> from qffc.ir.ops import Exchange
        >>> from qffc.ir.values import ParameterEntry
        >>> J = ParameterEntry("J")
        >>> commute(Exchange(0, 1, J), PauliRotation(((0, "Z"), (1, "Z")), J))
        True
        >>> commute(Exchange(0, 1, J), PauliRotation(((0, "Z"),), J))
        False
    """
    mask, x, z = bits_of(first)
    other_mask, other_x, other_z = bits_of(second)
    if not mask & other_mask:
        return True
    if x >= 0 and other_x >= 0:
        return not (x & other_z ^ z & other_x).bit_count() & 1
    return independent(shape_of(first), shape_of(second))


def turns_together(op: Op) -> bool:
    """Whether an operation commutes with equal rotations of all its qubits: a coupling that commutes with their spin.

    Example:
        >>> from qffc.ir.ops import Exchange
        >>> from qffc.ir.values import ParameterEntry
        >>> turns_together(Exchange(0, 1, ParameterEntry("J")))
        True
    """
    known: bool | None = op.__dict__.get("_together")
    if known is None:
        known = op.__dict__["_together"] = _turns_together(op)
    return known


def _turns_together(op: Op) -> bool:
    if not isinstance(op, Coupling) or isinstance(op, PauliRotation) or len(op.qubits) < 2:
        return False  # no string commutes with the spin about all three axes
    return _keeps_spin(shape_of(op)._replace(qubits=tuple(range(len(op.qubits)))))


@lru_cache(maxsize=1 << 10)
def _keeps_spin(shape: Shape) -> bool:
    unit = unit_generator(shape)
    return all(spin_component(shape.qubits, letter).commutator(unit).is_zero for letter in LETTERS)


def reach(op: Op, word: Sequence[Op]) -> Iterator[int]:
    """Yield the places in a word that an operation can be moved up to, starting from the front of the word.

    What is free in order is passed one by one, so that the operation passes in any order, see ``free_order.py``.
    The word may be read in either direction of time: operations that follow, or operations that precede, backwards.
    Its length comes last, if the operation passes it as a whole.

    Example:
        >>> from qffc.ir.ops import Exchange
        >>> from qffc.ir.values import Displacement, ParameterEntry
        >>> J, v = ParameterEntry("J"), Displacement("A", "B")
        >>> list(reach(Exchange(0, 1, J), [Rotate(0, v), Rotate(2, v), Rotate(1, v), Exchange(1, 2, J)]))
        [0, 1, 3]
    """
    taken: set[int] = set()
    for place, other in enumerate(word):
        if place in taken:
            continue
        yield place
        if commute(op, other):
            continue
        partners = _partners(op, place, word, taken)
        if not partners:
            return
        taken.update(partners)
    yield len(word)


def all_commute(op: Op, others: Sequence[Op]) -> bool:
    """Whether an operation commutes with each of some others."""
    mask, x, z = bits_of(op)
    for other in others:
        other_mask, other_x, other_z = bits_of(other)
        if mask & other_mask:
            if x >= 0 and other_x >= 0:
                if (x & other_z ^ z & other_x).bit_count() & 1:
                    return False
            elif not independent(shape_of(op), shape_of(other)):
                return False
    return True


def passes(op: Op, word: Sequence[Op]) -> bool:
    """Whether an operation commutes with a word."""
    return all_commute(op, word) or passes_together(op, word)


def passes_together(op: Op, word: Sequence[Op]) -> bool:
    """Whether an operation commutes with a word some of which it commutes with only together."""
    return turns_together(op) and any(place == len(word) for place in reach(op, word))


def _partners(op: Op, place: int, word: Sequence[Op], taken: Set[int]) -> list[int]:
    """Where the other qubits of an operation turn like the one at ``place``, if all of these can be moved up to it."""
    turn = word[place]
    if not turns_together(op) or not is_turn(turn) or group_of(turn) is not None:
        return []
    others = (qubit for qubit in op.qubits if qubit not in turn.qubits)
    found = [_first(on_qubit(turn, qubit), word, place + 1, taken) for qubit in others]
    return [partner for partner in found if partner is not None] if None not in found else []


def _first(op: Op, word: Sequence[Op], start: int, taken: Set[int]) -> int | None:
    """The first place of an operation equal to ``op``, if it can be moved up to ``start``; taken ones do not count."""
    for place in (place for place in range(start, len(word)) if place not in taken):
        if same_turn(word[place], op) and group_of(word[place]) is None:
            return place
        if not commute(word[place], op):
            return None
    return None


def same_turn(first: Op, second: Op) -> bool:
    """Whether two operations are one rotation of one qubit."""
    return first.qubits == second.qubits and is_turn(first) and is_turn(second) and spelling(first) == spelling(second)


def spelling(op: Op) -> tuple[str, str, str]:
    """Return what a rotation of one qubit is, whichever qubit it is."""
    # Kept with the operation: a table would have to hash it with its value.
    known: tuple[str, str, str] | None = op.__dict__.get("_spelled")
    if known is None:
        known = op.__dict__["_spelled"] = _spelling(op)
    return known


def _spelling(op: Op) -> tuple[str, str, str]:
    if isinstance(op, PauliRotation):
        return op.string[0][1], op.angle.text, ""
    if not isinstance(op, Rotate):
        raise InternalError(f"{type(op).__name__} rotates no single qubit")
    about_axis = axis_rotation(op)
    if about_axis is not None:
        return spelling(about_axis)
    number, direction = parts(op.vector)
    return "", number.text, direction.text


def commutes_with_observable(op: Op, paulis: PauliSum) -> bool:
    """Whether an operation commutes with an observable, whatever its number is.

    Example:
        >>> from qffc.ir.observables import DotObservable, SumObservable
        >>> from qffc.ir.ops import Exchange
        >>> from qffc.ir.values import ParameterEntry
        >>> total = SumObservable(tuple((Fraction(1), DotObservable(*pair)) for pair in ((0, 1), (0, 2), (1, 2))))
        >>> commutes_with_observable(Exchange(0, 1, ParameterEntry("J")), total.paulis)
        True
    """
    mask, x, z = bits_of(op)
    if not mask & paulis.mask:
        return True
    if x >= 0:
        # Kept with the observable: layer after layer has the same strings, and pass after pass asks.
        known: dict[tuple[int, int], bool] = paulis.__dict__.setdefault("_commuting", {})
        found = known.get((x, z))
        if found is None:
            found = known[x, z] = not any((x & its_z ^ z & its_x).bit_count() & 1 for its_x, its_z in paulis.bits)
        return found
    shape = shape_of(op)
    return shape.kind != "rotate" and _commute_exactly(unit_generator(shape), paulis)


def ends_alone(ops: Sequence[Op]) -> list[int]:
    """Return the places of the rotations of one qubit that commute with each operation after them, in order.

    Example:
        >>> from qffc.ir.values import ParameterEntry
        >>> J = ParameterEntry("J")
        >>> ends_alone([PauliRotation(((0, letter),), J) for letter in "XZZ"])
        [1, 2]
    """
    found: list[int] = []
    # Of what follows: the qubits with X or Y, with Z or Y, with X or Z, and with what rotates about no string.
    xs = zs = others = either = 0
    for place in range(len(ops) - 1, -1, -1):
        op = ops[place]
        mask, x, z = bits_of(op)
        if x < 0 and isinstance(op, Rotate) or x >= 0 and not mask & mask - 1:
            by_rules = x < 0 or mask & others
            against = not all_commute(op, ops[place + 1 :]) if by_rules else x & z & either | x & ~z & zs | z & ~x & xs
            if not against:
                found.append(place)
        if x < 0:
            others |= mask
        else:
            xs, zs, either = xs | x, zs | z, either | x ^ z
    return found[::-1]


def commutes_with_spin(qubits: int, letter: Letter, paulis: PauliSum) -> bool:
    """Whether an observable commutes with the sum of one Pauli letter over qubits, given by one bit for each.

    Example:
        >>> from qffc.ir.observables import DotObservable
        >>> pair = DotObservable(0, 1).paulis
        >>> commutes_with_spin(0b11, "Z", pair), commutes_with_spin(0b01, "Z", pair)
        (True, False)
    """
    # Kept with the observable, as above.
    known: dict[tuple[int, Letter], bool] = paulis.__dict__.setdefault("_keeping_spin", {})
    found = known.get((qubits, letter))
    if found is None:
        found = known[qubits, letter] = _commutes_with_spin(qubits, letter, paulis)
    return found


def _commutes_with_spin(qubits: int, letter: Letter, paulis: PauliSum) -> bool:
    if not qubits & paulis.mask:
        return True
    (own_x, own_z), following = string_bits(((0, letter),)), _FOLLOWING[letter]
    products: defaultdict[tuple[int, int], list[Fraction]] = defaultdict(list)
    for term, (x, z) in zip(paulis.terms, paulis.bits, strict=True):
        for qubit, other in term[0]:
            if other != letter and qubits >> qubit & 1:
                weight = _weight(term)  # the product is i or -i times another string
                products[x ^ own_x << qubit, z ^ own_z << qubit].append(weight if other == following else -weight)
    return all(len(weights) > 1 and not sum(weights) for weights in products.values())


_FOLLOWING: Mapping[Letter, Letter] = {"X": "Y", "Y": "Z", "Z": "X"}
"""Of each letter that with which its product is i times the third."""


@lru_cache(maxsize=1 << 14)
def _commute_exactly(first: PauliSum, second: PauliSum) -> bool:
    """Whether the commutator of two sums with rational coefficients is zero."""
    if min(len(first.terms), len(second.terms)) <= 1:  # products of one string with others are all different
        return not any((x & its_z ^ z & its_x).bit_count() & 1 for x, z in first.bits for its_x, its_z in second.bits)
    total: defaultdict[PauliString, Fraction] = defaultdict(Fraction)
    for left, right in anticommuting(first, second):
        phase, string = product_of_strings(left[0], right[0])
        total[string] += (2 - phase) * _weight(left) * _weight(right)  # their product is i or -i times a string
    return not any(total.values())


def _weight(term: Term) -> Fraction:
    real = term[1][0]
    if not isinstance(real, Number):
        raise InternalError(f"an observable with the coefficient {real}")
    return real.value
