"""Words with the first rotations of each singlet on one half.

**Lemma.** A singlet is invariant, (U x U)|S> = |S> for every rotation U, so rotations of one half that nothing
precedes are rotations of the other half by negated angles, in reversed order and before its own. Words that are equal
after that make one state.

Hypotheses, and where they are checked: only rotations of one qubit move, and only those before any other operation on
their half of the singlet (:func:`_first_turns`); two of them are one only about one direction, whatever their numbers
(:func:`_union`); and one goes only when its vector or angle is zero as it is written, never because its parts are.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from qffc.ir.values import Value, add, is_zero, mul
from qffc.passes.circuit.trace import Letter, make_letter
from qffc.passes.circuit.turns import parts


def singlet_form(letters: Sequence[Letter]) -> list[Letter]:
    """Return the word with the first rotations of both halves of each singlet on the half with the smaller number.

    Neighbouring rotations about one direction become one there, and rotations by nothing go.

    Example:
        >>> from qffc.ir.values import Displacement
        >>> r = Displacement("a", "b")
        >>> word = [make_letter("singlet", (0, 1), None), make_letter("rotate", (1,), r)]
        >>> [(letter.shape.qubits, str(letter.value)) for letter in singlet_form(word)]
        [((0, 1), 'None'), ((0,), '-1*r(a, b)')]
    """
    first = _first_turns(letters)
    gone = {place for places in first.values() for place in places}
    result: list[Letter] = []
    for place, letter in enumerate(letters):
        if place not in gone:
            result.append(letter)
        if letter.shape.kind == "singlet":
            result += _gathered(letters, first, *letter.shape.qubits)
    return result


def without_first_turns(letters: Sequence[Letter]) -> tuple[Letter, ...]:
    """Return the word without the rotations that :func:`singlet_form` may move."""
    gone = {place for places in _first_turns(letters).values() for place in places}
    return tuple(letter for place, letter in enumerate(letters) if place not in gone)


def _first_turns(letters: Sequence[Letter]) -> dict[int, list[int]]:
    """Of each qubit of a singlet, the places of its rotations before the first other operation on it."""
    found: dict[int, list[int]] = {}
    closed: set[int] = set()
    for place, letter in enumerate(letters):
        shape = letter.shape
        if shape.kind == "singlet":
            found |= {qubit: [] for qubit in shape.qubits}
        elif _is_turn(letter) and shape.qubits[0] in found and shape.qubits[0] not in closed:
            found[shape.qubits[0]].append(place)
        else:
            closed.update(shape.qubits)
    return found


def _is_turn(letter: Letter) -> bool:
    return letter.shape.kind == "rotate" or (letter.shape.kind == "pauli_rotation" and len(letter.shape.qubits) == 1)


def _gathered(letters: Sequence[Letter], first: dict[int, list[int]], to: int, source: int) -> list[Letter]:
    moved = [_turn(to, letters[place], -1) for place in reversed(first[source])]
    result: list[Letter] = []
    for letter in (*moved, *(_turn(to, letters[place], 1) for place in first[to])):
        union = _union(result[-1], letter) if result else None
        if union is None:
            result.append(letter)
        else:
            result.pop()
            if union.value is None or not is_zero(union.value):
                result.append(union)
    return result


def _turn(qubit: int, letter: Letter, sign: int) -> Letter:
    assert letter.value is not None  # rotations have one
    value = letter.value * sign
    if letter.shape.kind == "rotate":
        value = _collected(value)
    on = make_letter(letter.shape.kind, (qubit,), value, letter.shape.paulis)
    return on.with_value(value)


def _union(first: Letter, second: Letter) -> Letter | None:
    """Two rotations of one qubit as one; None when their directions differ."""
    assert first.value is not None
    assert second.value is not None
    if (first.shape.kind, first.shape.paulis) != (second.shape.kind, second.shape.paulis):
        return None
    if first.shape.kind == "rotate":
        (a, u), (b, v) = parts(first.value), parts(second.value)
        return first.with_value(_collected(mul(add(a, b), u))) if u == v else None
    return first.with_value(add(first.value, second.value))


@lru_cache(maxsize=1 << 14)
def _collected(vector: Value) -> Value:
    return mul(*parts(vector))
