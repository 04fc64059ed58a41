"""Compiled functions of a process, shared by all models of one program: the second one starts without compiling.

A model holds the functions that it has used. Those that no model holds any more stay while they are among the latest.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

Function = Callable[..., Any]

_LATEST = 16
_latest: OrderedDict[Hashable, Function] = OrderedDict()
_alive: WeakValueDictionary[Hashable, Function] = WeakValueDictionary()
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
        found = _alive.get(key)
    made = make() if found is None else found
    with _lock:
        kept = _alive.setdefault(key, made)
        _latest[key] = kept
        _latest.move_to_end(key)
        while len(_latest) > _LATEST:
            _latest.popitem(last=False)
    return kept


def forget_functions() -> None:
    """Forget all of them, after a change of what they were made of; models keep theirs."""
    with _lock:
        _latest.clear()
        _alive.clear()
