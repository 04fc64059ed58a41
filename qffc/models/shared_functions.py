"""Compiled functions of a process, shared by all models of one program: the second one starts without compiling."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any

Function = Callable[..., Any]

_MOST = 64
"""Functions that are held; the ones that were used longest ago go first."""
_functions: OrderedDict[Hashable, Function] = OrderedDict()
_lock = Lock()


def shared_function(key: Hashable, make: Callable[[], Function]) -> Function:
    """Return the function of a key, made when there is none.

    Args:
        key: all that the function depends on besides its arguments.
        make: makes it. Threads that ask at once may each make one; one of these is kept.

    Example:
        >>> shared_function(("an example", 2), lambda: lambda x: 2 * x)(21)
        42
        >>> shared_function(("an example", 2), lambda: None)(21)
        42
    """
    with _lock:
        found = _functions.get(key)
        if found is not None:
            _functions.move_to_end(key)
    if found is None:
        made = make()
        with _lock:
            found = _functions.setdefault(key, made)
            _functions.move_to_end(key)
            while len(_functions) > _MOST:
                _functions.popitem(last=False)
    return found


def forget_functions() -> None:
    """Forget all of them, after a change of what they were made of."""
    with _lock:
        _functions.clear()
