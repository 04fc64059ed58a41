"""Rotations in a row that are one operation of the IR: couplings, and turns about a vector.

Rotations by XX, YY and ZZ of two qubits commute; with equal angles they are ``exchange``. Three rotations whose angles
the author says to be those of a turn about a vector are ``rotate``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qffc.ir.diagnostics import error
from qffc.ir.ops import Exchange, Rotate
from qffc.ir.pauli import PauliString
from qffc.ir.values import ParameterEntry, Value, walk
from qffc.passes.raise_pytket.steps import Step

Three = tuple[Value, Value, Value]
"""The angles of a turn, in the order in which they act."""
_ELSEWHERE, _NOT_IN_A_ROW = "three rotations, and the angles elsewhere, too", "not three rotations in a row"


def with_exchanges(steps: Sequence[Step]) -> list[Step]:
    """Return gates that do the same, with three rotations by XX, YY and ZZ at one angle t as the exchange of t/2.

    Example:
        >>> from qffc.passes.raise_pytket.steps import rotation
        >>> t = ParameterEntry("t")
        >>> with_exchanges([rotation({0: letter, 1: letter}, t) for letter in "YXZ"])[0].op.text(("a", "b"))
        'exchange a, b, 1/2*t'
    """
    left: list[Step | None] = [part for step in steps for part in _apart(step)]
    for place, step in enumerate(left):
        places = None if step is None else _three_of_a_pair(left, place)
        if places is None or step is None:
            continue
        ((a, _), (b, _)), angle = step.turns[0]
        for other in places:
            left[other] = None
        left[place] = Step(op=Exchange(a, b, angle / 2), passable=False)
    return [step for step in left if step is not None]


def _apart(step: Step) -> list[Step]:
    """The rotations of a gate that is an exchange by a quarter turn, each alone; the gate itself for others."""
    parts = [Step((turn,)) for turn in step.turns]
    if step.op is not None or len(parts) != 3 or not all(_is_like(part) for part in parts):
        return [step]
    return parts if _three_of_a_pair(parts, 0) is not None else [step]


def _three_of_a_pair(steps: Sequence[Step | None], place: int) -> list[int] | None:
    """Where the three rotations of an exchange are, the first at a place; nothing on their qubits is between them."""
    first = steps[place]
    assert first is not None
    if not _is_like(first):
        return None
    places, letters = [place], {first.turns[0].string[0][1]}
    for later in range(place + 1, len(steps)):
        step = steps[later]
        if step is None or not step.qubits & first.qubits:
            continue
        same = _is_like(step) and step.qubits == first.qubits and step.turns[0].angle == first.turns[0].angle
        if not same or step.turns[0].string[0][1] in letters:
            return None
        places.append(later)
        letters.add(step.turns[0].string[0][1])
        if len(places) == 3:
            return places
    return None


def _is_like(step: Step) -> bool:
    """Whether a gate is one rotation by XX, YY or ZZ."""
    if step.op is not None or len(step.turns) != 1:
        return False
    string: PauliString = step.turns[0].string
    return len(string) == 2 and string[0][1] == string[1][1]


def with_rotations(steps: Sequence[Step], vectors: Mapping[Three, Value], names: Mapping[Three, str]) -> list[Step]:
    """Return the gates with turns about vectors in the place of the three rotations that they are said to be.

    Args:
        steps: the gates.
        vectors: by three angles, the vector v of the turn exp(-i/2 v . sigma) that rotations by these angles, in
            this order and in a row on a qubit, are.
        names: what messages call the three angles.

    Raises:
        QffcError: when one of the angles is found elsewhere, or three of them nowhere.
    """
    if not vectors:
        return list(steps)
    done: list[Step | None] = list(steps)
    starts = {three[0]: three for three in vectors}
    rows: dict[int, list[int]] = {}  # for each qubit, the places of the rotations so far that begin one of the turns
    found = set()
    for place, step in enumerate(steps):
        angle = step.turns[0].angle if len(step.turns) == 1 and len(step.qubits) == 1 else None
        for qubit in step.qubits:
            row = rows.get(qubit, [])
            # Two turns about one axis are one turn: three angles would not reach every turn.
            goes_on = (
                bool(row)
                and angle == starts[steps[row[0]].turns[0].angle][len(row)]
                and step.turns[0].string != steps[row[-1]].turns[0].string
            )
            rows[qubit] = [*row, place] if goes_on else [place] if angle in starts else []
            if len(rows[qubit]) < 3:
                continue
            three = starts[steps[rows[qubit][0]].turns[0].angle]
            for part in rows.pop(qubit):
                done[part] = None
            done[place] = Step(op=Rotate(qubit, vectors[three]), passable=False)
            found.add(three)
    left = [step for step in done if step is not None]
    _need_all(left, vectors, names, found)
    return left


def _need_all(
    steps: Sequence[Step], vectors: Mapping[Three, Value], names: Mapping[Three, str], found: set[Three]
) -> None:
    left = {
        part for step in steps for turn in step.turns for part in walk(turn.angle) if isinstance(part, ParameterEntry)
    }
    for three in vectors:
        if three in found and not left & set(three):
            continue
        raise error(
            "angles that are no turn about a vector",
            found=f"{names[three]}: " + (_ELSEWHERE if three in found else _NOT_IN_A_ROW),
            expected="rotations by these three angles, in this order, in a row on one qubit, and nowhere else; each "
            "about another axis than the one before",
            help="name the angles in the order in which the rotations act: 'rz(a); ry(b); rz(c)' is 'a, b, c'",
        )
