"""The operations of a kernel on one or two qubits each, and which of them may trade places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import pi
from typing import NamedTuple

from qffc.ir.pauli import LETTERS, Letter, string_bits
from qffc.passes.circuit.split_program import KernelOp, Split
from qffc.passes.circuit.turns import parts
from qffc.passes.measurement.settings import Setting

KNOWN = frozenset(("zero", "singlet", "rotate", "exchange", "pauli_rotation", "relabel"))
"""What blocks are made of; how many gates the others take depends on their angles."""


class Item(NamedTuple):
    """An operation.

    Args:
        tracks: one or two, qubits that keep their number when relabels rename them.
        op: the operation of the kernel that gives its number; None when that is always the same.
        letters: of a Pauli rotation, one for each track.
        angle: in radians, of what has no operation.
        direction: of a rotation about a vector: a text that is equal only for vectors that are parallel.
        prepares: whether it is a singlet.
    """

    tracks: tuple[int, ...]
    op: int | None
    letters: tuple[Letter, ...] = ()
    angle: float = 0.0
    direction: str = ""
    prepares: bool = False

    @property
    def bits(self) -> tuple[int, int]:
        """The x and z bits of the string that it rotates about; none where there is no string."""
        return string_bits(tuple(zip(self.tracks, self.letters, strict=False)))

    @property
    def is_exchange(self) -> bool:
        """Whether it is an exchange of its tracks."""
        return len(self.tracks) == 2 and not self.letters and not self.prepares


def items_of(split: Split, setting: Setting | None) -> tuple[list[Item], tuple[int, ...]]:
    """Return the operations, and the track that each qubit is at the end.

    A rotation of more than two letters is one of two between rotations by pi/2.

    Args:
        split: a kernel of :data:`KNOWN` operations.
        setting: what is measured at the end; the turns of Bell pairs are operations, too.

    Example:
        >>> from qffc.library import load
        >>> from qffc.passes.circuit.split_program import split_program
        >>> items, ends = items_of(split_program(load("sivqlm-lih", depth=1)), None)
        >>> [item.tracks for item in items], ends
        ([(0, 1), (0,), (1,), (0, 1), (0,), (1,)], (0, 1))
    """
    tracks = list(range(split.qubit_count))
    items: list[Item] = []
    for index, op in enumerate(split.ops):
        on = tuple(tracks[qubit] for qubit in op.qubits)
        if op.kind == "relabel":
            for target, track in zip(op.targets, on, strict=True):
                tracks[target] = track
        elif op.kind == "pauli_rotation":
            items += _rotation([(tracks[qubit], letter) for qubit, letter in op.string], index, 0.0)
        elif op.kind != "zero":
            items.append(Item(on, index, direction=_direction(op, split), prepares=op.kind == "singlet"))
    for string in setting.turns if setting is not None else ():
        items += _rotation([(tracks[qubit], letter) for qubit, letter in string], None, pi / 2)
    return items, tuple(tracks)


def _rotation(string: Sequence[tuple[int, Letter]], op: int | None, angle: float) -> Iterator[Item]:
    if len(string) <= 2:
        yield Item(tuple(track for track, _ in string), op, tuple(letter for _, letter in string), angle)
        return
    # With K = exp(-i pi/4 P S) and S T = i Q:  K exp(-i/2 angle T R) K^dagger = exp(-i/2 angle P Q R).
    (a, p), (b, q), *others = string
    index = LETTERS.index(q)
    s, t = LETTERS[(index + 1) % 3], LETTERS[(index + 2) % 3]
    yield Item((a, b), None, (p, s), -pi / 2)
    yield from _rotation([(b, t), *others], op, angle)
    yield Item((a, b), None, (p, s), pi / 2)


def _direction(op: KernelOp, split: Split) -> str:
    return "" if op.vector is None else parts(split.vectors[op.vector[1]])[1].text


def commute(first: Item, second: Item) -> bool:
    """Whether two operations commute whatever their numbers are.

    Example:
        >>> commute(Item((0, 1), 0), Item((1, 0), 1, ("Z", "Z"))), commute(Item((0, 1), 0), Item((0,), 1, ("Z",)))
        (True, False)
    """
    shared = [track for track in first.tracks if track in second.tracks]
    if not shared:
        return True
    if first.prepares or second.prepares:
        return False
    if first.letters and second.letters:
        differ = (first.letters[first.tracks.index(t)] != second.letters[second.tracks.index(t)] for t in shared)
        return sum(differ) % 2 == 0
    if first.direction or second.direction:
        return first.direction == second.direction
    if first.is_exchange and second.is_exchange:
        return len(shared) == 2
    letters = first.letters or second.letters
    return len(shared) == 2 and letters[0] == letters[1]
