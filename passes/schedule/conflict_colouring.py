"""Colourings of conflict graphs: things that cannot share a layer get different colours, by search.

For what is no simple graph of couplings: couplings of three qubits, or orbits that have to stay together. Finding the
fewest colours is hard in general; the search is exact on small instances and stops at a budget on others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

CHOICES_PER_NODE = 20
"""What the search makes at most for one number of colours."""


def conflict_colouring(conflicts: Sequence[frozenset[int]], limit: int) -> tuple[int, ...] | None:
    """Return a colour below the limit for each node, or None when there is none or the budget ran out.

    The node with the fewest colours left goes first (Brelaz 1979), and choices are taken back that lead nowhere. Nodes
    that none has been told apart from yet differ only in name, so a new colour is tried once.

    Args:
        conflicts: of each node, the nodes that need another colour; symmetric.
        limit: number of colours.

    Example:
        >>> triangle = [frozenset({1, 2}), frozenset({0, 2}), frozenset({0, 1})]
        >>> conflict_colouring(triangle, 3)
        (0, 1, 2)
        >>> conflict_colouring(triangle, 2) is None
        True
    """
    search = _Search(conflicts)
    budget = CHOICES_PER_NODE * len(conflicts)
    # Of each choice on the way: the node, and the colours that are still to be tried for it.
    trail: list[tuple[int, list[int]]] = []
    while len(trail) < len(conflicts):
        node = search.tightest()
        options = [colour for colour in range(min(search.used + 1, limit)) if colour not in search.seen[node]]
        trail.append((node, options[::-1]))
        while trail and not trail[-1][1]:
            search.unset(trail.pop()[0])
        budget -= 1
        if not trail or budget < 0:
            return None
        node, options = trail[-1]
        search.set(node, options.pop())
    return tuple(search.colours)


def fewest_colours(
    conflicts: Sequence[frozenset[int]], bound: int, known: Sequence[int] | None = None
) -> tuple[int, ...]:
    """Return a colouring with as few colours as the search finds.

    Args:
        conflicts: of each node, the nodes that need another colour; symmetric.
        bound: fewer colours than this are not tried.
        known: a colouring to improve on.

    Example:
        >>> fewest_colours([frozenset({1}), frozenset({0, 2}), frozenset({1})], 1)
        (1, 0, 1)
    """
    best = tuple(known) if known is not None else conflict_colouring(conflicts, len(conflicts))
    assert best is not None  # with a colour for each node nothing has to be taken back
    for limit in range(bound, 1 + max(best, default=-1)):
        better = conflict_colouring(conflicts, limit)
        if better is not None:
            return better
    return best


class _Search:
    """A colouring in the making: the colours, and how often each node sees each colour among its conflicts."""

    def __init__(self, conflicts: Sequence[frozenset[int]]) -> None:
        self._conflicts = conflicts
        self._open = dict.fromkeys(range(len(conflicts)))
        self.colours = [-1] * len(conflicts)
        self.seen: list[Counter[int]] = [Counter() for _ in conflicts]

    @property
    def used(self) -> int:
        return 1 + max(self.colours)

    def tightest(self) -> int:
        """Of the nodes without a colour the one that sees most colours, then that with most conflicts."""
        return max(self._open, key=lambda node: (len(self.seen[node]), len(self._conflicts[node]), -node))

    def set(self, node: int, colour: int) -> None:
        self.unset(node)
        self.colours[node] = colour
        del self._open[node]
        for other in self._conflicts[node]:
            self.seen[other][colour] += 1

    def unset(self, node: int) -> None:
        colour = self.colours[node]
        if colour < 0:
            return
        self.colours[node] = -1
        self._open[node] = None
        for other in self._conflicts[node]:
            self.seen[other][colour] -= 1
            if not self.seen[other][colour]:
                del self.seen[other][colour]
