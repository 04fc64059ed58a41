"""Along which axis of the laboratory each gate is written: turns between gates about z are virtual, others are not.

A gate exp(-i/2 (a XX + b YY + c ZZ)) between turns may be written with any of its three axes along z. What decides is
how many of the turns then take z to z. It is chosen once, at numbers without special values; numbers for which it does
not fit cost turns, and are right all the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from qffc.ir.pauli import LETTERS, Letter
from qffc.passes.lower_pytket.blocks.parts import Part
from qffc.passes.lower_pytket.turn_arrays import Turns
from qffc.passes.lower_pytket.turns import Turn, after

_SWEEPS = 4
_PARALLEL = 1 - 1e-9
_MEETS_ITSELF = tuple(tuple(row == column for column in range(3)) for row in range(3))

Meets = tuple[tuple[bool, ...], ...]
"""[k][l]: whether a turn takes axis k of what is before it to axis l of what comes after, either way round."""


def choose_axes(parts: Sequence[Part], bases: Sequence[Letter | None] | None, ends: Sequence[int]) -> tuple[int, ...]:
    """Return the axis of each part that is to be along z; that of a turn counts for nothing.

    Args:
        parts: of circuits, of which the first counts.
        bases: what each qubit is measured in; None when nothing is measured, and all end in the laboratory.
        ends: the qubit that each track is at the end.
    """
    axes = [max(part.axis, 0) if part.axis >= 0 else 2 for part in parts]
    links, borders = _links(parts, bases, ends)
    free = [number for number, part in enumerate(parts) if len(part.tracks) == 2 and part.axis < 0]
    for _ in range(_SWEEPS):
        before = list(axes)
        for number in free:
            met = [(meets, axes[other]) for other, meets in links[number]] + borders[number]
            gains = [sum([meets[axis][end] for meets, end in met]) for axis in range(3)]
            best = max(gains)
            if gains[axes[number]] < best:
                axes[number] = gains.index(best)
        if axes == before:
            break
    return tuple(axes)


def _links(
    parts: Sequence[Part], bases: Sequence[Letter | None] | None, ends: Sequence[int]
) -> tuple[list[list[tuple[int, Meets]]], list[list[tuple[Meets, int]]]]:
    """For each gate its neighbours on wires, with the turns between; and what it begins or ends with, with its axis."""
    links: list[list[tuple[int, Meets]]] = [[] for _ in parts]
    borders: list[list[tuple[Meets, int]]] = [[] for _ in parts]
    last: dict[int, tuple[int, Turn]] = {}
    for number, part in enumerate(parts):
        if len(part.tracks) == 1:
            (track,) = part.tracks
            if track in last:
                gate, turn = last[track]
                last[track] = gate, after(_first(part.cartan.after[0]), turn)
            continue
        for side, track in enumerate(part.tracks):
            if part.fresh:
                borders[number].append((_MEETS_ITSELF, LETTERS.index("Z")))
            if track in last:
                gate, turn = last[track]
                if part.axis < 0 or parts[gate].axis < 0:  # else nobody asks
                    meets = _meets(after(_first(part.cartan.before[side]), turn))
                    links[gate].append((number, meets))
                    links[number].append((gate, tuple(zip(*meets, strict=True))))
            last[track] = number, _first(part.cartan.after[side])
    for track, (gate, turn) in last.items():
        letter = "Z" if bases is None else bases[ends[track]]
        if letter is not None and parts[gate].axis < 0:
            borders[gate].append((_meets(turn), LETTERS.index(letter)))
    return links, borders


def _first(turns: Turns) -> Turn:
    """The turn of the first circuit."""
    w, x, y, z = turns[0].tolist()
    return w, x, y, z


def _meets(turn: Turn) -> Meets:
    """Which axes a turn takes to which."""
    w, x, y, z = turn
    images = (
        (w * w + x * x - y * y - z * z, 2 * (x * y + w * z), 2 * (x * z - w * y)),
        (2 * (x * y - w * z), w * w - x * x + y * y - z * z, 2 * (y * z + w * x)),
        (2 * (x * z + w * y), 2 * (y * z - w * x), w * w - x * x - y * y + z * z),
    )
    return tuple([tuple([abs(part) > _PARALLEL for part in image]) for image in images])
