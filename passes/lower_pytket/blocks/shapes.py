"""What a block is made of, whatever its numbers are: one string, commuting strings, or anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product as pairs_of
from math import pi

from qffc.ir.diagnostics import InternalError
from qffc.ir.pauli import LETTERS, Letter
from qffc.passes.lower_pytket.blocks.fuse import Block
from qffc.passes.lower_pytket.blocks.items import Item
from qffc.passes.lower_pytket.turns import FLIPS, NO_TURN, Turn, after, inverse, turn_about_axis

Letters = tuple[Letter, Letter]


@dataclass(frozen=True)
class Strings:
    """A block of rotations about strings that commute, and nothing else.

    Args:
        parts: for each string, the operations that are rotations about it, each with the factor of its number.
    """

    parts: dict[Letters, tuple[tuple[int, float], ...]]


def strings_of(items: Sequence[Item], block: Block, pair: tuple[int, int]) -> Strings | None:
    """Return a block as commuting strings of a pair, if that is what it is.

    Example:
        >>> strings_of([Item((0, 1), 0)], (0,), (0, 1)).parts
        {('X', 'X'): ((0, 2.0),), ('Y', 'Y'): ((0, 2.0),), ('Z', 'Z'): ((0, 2.0),)}
    """
    parts: dict[Letters, tuple[tuple[int, float], ...]] = {}
    for number in block:
        item = items[number]
        if item.prepares or len(item.tracks) == 1:
            return None
        if item.is_exchange:
            found: list[tuple[Letters, float]] = [((letter, letter), 2.0) for letter in LETTERS]
        else:
            p, q = item.letters
            found = [((p, q) if item.tracks == pair else (q, p), 1.0)]
        for letters, factor in found:
            parts[letters] = (*parts.get(letters, ()), (number, factor))
    if any(len({letters[side] for letters in parts}) < len(parts) for side in (0, 1)):
        return None  # two of them differ in one letter alone, and do not commute
    return Strings(parts)


@cache
def frame_of(strings: tuple[Letters, ...]) -> tuple[Turn, tuple[int, ...]]:
    """Return a turn of the second qubit that gives it the letters of the first, and the signs that strings have then.

    Example:
        >>> frame_of((("X", "X"), ("Y", "Y")))
        ((1.0, 0.0, 0.0, 0.0), (1, 1))
    """
    for turn, images in _images():
        signs = tuple(images[q].get(p, 0) for p, q in strings)
        if all(signs):
            return turn, signs
    raise InternalError(f"strings that do not commute: {strings}")


@cache
def _images() -> list[tuple[Turn, dict[Letter, dict[Letter, int]]]]:
    """Turns that take axes to axes, and for each axis where it is taken, with a sign."""
    return [(turn, {axis: _image(turn, axis) for axis in LETTERS}) for turn in _CLIFFORDS]


def _image(turn: Turn, axis: Letter) -> dict[Letter, int]:
    _, *parts = after(turn, after(FLIPS[axis], inverse(turn)))
    return {letter: round(part) for letter, part in zip(LETTERS, parts, strict=True) if round(part)}


def _cliffords() -> list[Turn]:
    """Turns that take axes to axes, those about z first, which are free."""
    about_z = [NO_TURN, *(turn_about_axis("Z", angle) for angle in (pi / 2, pi, -pi / 2))]
    others = [NO_TURN, FLIPS["X"], *(turn_about_axis(p, s * pi / 2) for p, s in pairs_of("XY", (1, -1)))]  # type: ignore[arg-type]
    return [after(one, other) for one in others for other in about_z]


_CLIFFORDS = _cliffords()
