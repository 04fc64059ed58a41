"""Sizes of arrays that change from call to call: few of them, because JAX compiles for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_GROWTH = 1.1
"""Arrays have sizes of a geometric series; at most a tenth is filled up."""

_SMALLEST = 16


def size_of_series(needed: int) -> int:
    """Return the first size of the series that is large enough; a single row stays one, for it stands for all.

    Args:
        needed: rows that there are.

    Example:
        >>> [size_of_series(needed) for needed in (0, 1, 2, 17, 100)]
        [0, 1, 16, 18, 107]
    """
    size = needed if needed <= 1 else _SMALLEST
    while size < needed:
        size = int(np.ceil(_GROWTH * size))
    return size


def sizes_of_lists(needed: Sequence[int], atoms: int, neighbours: int | None) -> tuple[int, ...]:
    """Return sizes of the arrays of one list of neighbours; those that cannot grow are as large as they must be.

    Args:
        needed: rows that there are in each array.
        atoms: in the list.
        neighbours: pairs of an atom and a neighbour, each pair both ways; None in a cell, where they have no end.

    Example:
        >>> sizes_of_lists((9, 40), atoms=9, neighbours=40), sizes_of_lists((9, 72), atoms=9, neighbours=72)
        ((9, 43), (9, 72))
    """
    complete = neighbours is not None and neighbours == atoms * (atoms - 1)
    return tuple(size if complete or size == atoms else size_of_series(size) for size in needed)


@dataclass(frozen=True)
class SizeSteps:
    """Sizes of several arrays that grow together, so that there are few combinations of them.

    Which sizes are chosen depends on what is needed alone, not on what was needed before: sums over an array that is
    filled up may differ in the last digit when its size does.

    Args:
        usual: the size of each array in a usual case.

    Example:
        >>> steps = SizeSteps((100, 20))
        >>> steps.fitting((97, 20)), steps.fitting((104, 12)), steps.fitting((50, 11))
        ((100, 20), (110, 22), (52, 11))
    """

    usual: tuple[int, ...]

    def fitting(self, needed: Sequence[int]) -> tuple[int, ...]:
        """Return the sizes of the first step in which everything has room."""
        ratios = [want / has for want, has in zip(needed, self.usual, strict=True) if want]
        step = int(np.floor(np.log(max(ratios, default=1.0)) / np.log(_GROWTH)))
        while not all(want <= has for want, has in zip(needed, self._at(step), strict=True)):
            step += 1
        return self._at(step)

    def _at(self, step: int) -> tuple[int, ...]:
        # A hair less, so that rounding makes no row of nothing.
        return tuple(int(np.ceil(size * _GROWTH**step - 1e-9)) for size in self.usual)
