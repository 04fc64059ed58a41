"""What long computations tell of their way: which step, and how many of how many are done.

Nothing is shown here, and nothing is slower when nobody listens; ``qffc.progress_line`` listens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

Listener = Callable[[str, int, int | None], None]
"""Takes what is done, how many are done, and of how many, where that is known."""
Item = TypeVar("Item")

_listeners: list[Listener] = []


def tell(what: str, done: int = 0, of: int | None = None) -> None:
    """Tell what is done now.

    Args:
        what: a step, or what is counted, such as ``circuits:``; no text when a step is over.
        done: how many are.
        of: how many there are; None for a step that is not counted.
    """
    if _listeners:
        _listeners[-1](what, done, of)


def told(what: str, items: Sequence[Item]) -> Iterator[Item]:
    """Yield items, and tell before each how many are done.

    Example:
        >>> with listening(lambda *now: print(now)):
        ...     doubled = [2 * number for number in told("numbers:", (3, 4))]
        ('numbers:', 0, 2)
        ('numbers:', 1, 2)
        ('', 0, None)
        >>> doubled
        [6, 8]
    """
    for done, item in enumerate(items):
        tell(what, done, len(items))
        yield item
    tell("")


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Give a listener all that is told meanwhile; an earlier one hears nothing."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
