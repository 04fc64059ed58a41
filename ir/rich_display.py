"""How notebooks show what qffc gives: the package names who draws, and each class asks here.

Nothing that draws is known here, and nothing of it is loaded before a notebook asks.
"""

from __future__ import annotations

import sys
from importlib import import_module

_PACKAGE = __name__.partition(".")[0]
_RENDERER = "SHOWN_BY"
"""Name in the package, of the module whose ``html_of`` draws."""


def html_of(thing: object) -> str | None:
    """Return what a notebook shows of an object, or None where only its line of text is there.

    Assigned as ``_repr_html_`` in a class, it is the method that notebooks look for.

    Args:
        thing: of a class that the renderer of the package knows.

    Example:
        >>> from qffc.library import load
        >>> "<svg" in load("sivqlm-lih", depth=1)._repr_html_()
        True
    """
    place = getattr(sys.modules.get(_PACKAGE), _RENDERER, None)
    if place is None:
        return None
    drawn = import_module(place).html_of(thing)
    return drawn if isinstance(drawn, str) else None
