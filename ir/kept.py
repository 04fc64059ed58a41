"""Properties that are worked out once, without the lock that Python put around them until 3.12.

What they say follows from frozen objects: two threads that ask at once work out the same.
"""

from __future__ import annotations

import functools
from typing import Any, Self, TypeVar, overload

Kept = TypeVar("Kept", covariant=True)


class cached_property(functools.cached_property[Kept]):  # in its place
    """``functools.cached_property`` as it is from Python 3.12 on.

    Example:
        >>> class Word:
        ...     text = "spin"
        ...
        ...     @cached_property
        ...     def size(self) -> int:
        ...         print("counted")
        ...         return len(self.text)
        >>> word = Word()
        >>> word.size, word.size
        counted
        (4, 4)
    """

    @overload
    def __get__(self, instance: None, owner: type[Any] | None = None) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type[Any] | None = None) -> Kept: ...
    def __get__(self, instance: object | None, owner: type[Any] | None = None) -> Any:
        if instance is None:
            return self
        value = instance.__dict__[self.attrname] = self.func(instance)  # type: ignore[index]  # it has its name
        return value
