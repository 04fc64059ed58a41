"""Pareto fronts, and who survives: non-dominated sorting and crowding distance as in NSGA-II.

Deb, Pratap, Agarwal and Meyarivan, IEEE Transactions on Evolutionary Computation 6, 182 (2002).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

Point = tuple[float, ...]


def dominates(a: Point, b: Point) -> bool:
    """Whether a point is nowhere larger than another one, and somewhere smaller.

    Example:
        >>> dominates((1, 2), (1, 3)), dominates((1, 2), (2, 1)), dominates((1, 2), (1, 2))
        (True, False, False)
    """
    return all(x <= y for x, y in zip(a, b, strict=True)) and a != b


def fronts(points: Sequence[Point]) -> list[list[int]]:
    """Return the points by number: those that none dominates, those that only these dominate, and so on.

    Example:
        >>> fronts([(1, 3), (3, 1), (2, 4), (4, 4)])
        [[0, 1], [2], [3]]
    """
    left = list(range(len(points)))
    found = []
    while left:
        first = [k for k in left if not any(dominates(points[other], points[k]) for other in left)]
        found.append(first)
        left = [k for k in left if k not in first]
    return found


def crowding(points: Sequence[Point]) -> list[float]:
    """Return how far apart the neighbours of each point of a front are, over all objectives; ends are infinitely far.

    Example:
        >>> crowding([(0, 4), (1, 2), (4, 0)])
        [inf, 2.0, inf]
    """
    distances = [0.0] * len(points)
    for values in zip(*points, strict=True):
        order = sorted(range(len(points)), key=lambda k: (values[k], k))
        low, high = values[order[0]], values[order[-1]]
        distances[order[0]] = distances[order[-1]] = inf
        if high > low:
            for before, here, after in zip(order, order[1:], order[2:], strict=False):
                distances[here] += (values[after] - values[before]) / (high - low)
    return distances


def survivors(points: Sequence[Point], count: int) -> list[int]:
    """Return the points that go on, best first: front by front, the last one by crowding distance.

    Example:
        >>> survivors([(4, 4), (1, 3), (3, 1)], 2)
        [1, 2]
    """
    chosen: list[int] = []
    for front in fronts(points):
        distances = dict(zip(front, crowding([points[k] for k in front]), strict=True))
        chosen += sorted(front, key=lambda k: (-distances[k], k))
        if len(chosen) >= count:
            break
    return chosen[:count]
