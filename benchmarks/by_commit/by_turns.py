"""Times of two actions by turns, so that both see the same machine."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

Action = Callable[[], object]
SHORTEST = 0.01
"""Seconds that each side takes in a round, by repeating what is shorter."""
MOST_ROUNDS = 40


def by_turns(ours: Action, peer: Action, seconds: float, fewest: int = 5, *, warm: bool = True) -> list[float]:
    """The time of the peer over ours, round by round.

    Args:
        ours: what qffc does.
        peer: what it is held beside.
        seconds: after which no round begins.
        fewest: rounds that are taken, however long they take.
        warm: whether each is called before, and short ones often in a round; not for what is done anew each time.
    """
    repeats = [_repeats(action) if warm else 1 for action in (ours, peer)]
    ratios: list[float] = []
    end = perf_counter() + seconds
    while len(ratios) < fewest or (len(ratios) < MOST_ROUNDS and perf_counter() < end):
        here, there = (_mean(action, count) for action, count in zip((ours, peer), repeats, strict=True))
        ratios.append(there / here)
    return ratios


def _repeats(action: Action) -> int:
    action()
    return max(1, round(SHORTEST / _mean(action, 1)))


def _mean(action: Action, count: int) -> float:
    start = perf_counter()
    for _ in range(count):
        action()
    return (perf_counter() - start) / count
