"""One line for what holds much: what a person wants to see of it at a prompt, in a message or in a log."""

from __future__ import annotations


def short_repr(thing: object, *parts: str) -> str:
    """Return the representation of an object by its class and a few words.

    Args:
        thing: the object.
        parts: what matters of it; an empty one is left out.

    Example:
        >>> short_repr(object(), "'pair'", "", "3 qubits")
        "<object 'pair', 3 qubits>"
    """
    return f"<{type(thing).__name__} {', '.join(part for part in parts if part)}>"


def counted(number: int, what: str, many: str | None = None) -> str:
    """Return a number of things in words.

    Example:
        >>> counted(1, "qubit"), counted(1200, "operation"), counted(2, "geometry", "geometries")
        ('1 qubit', '1,200 operations', '2 geometries')
    """
    return f"{number:,} {what if number == 1 else many or what + 's'}"


def shortened(text: str, limit: int = 120) -> str:
    """Return a text with its end left out where it is long.

    Example:
        >>> shortened("a rotation about x", 10)
        'a rotat...'
    """
    return text if len(text) <= limit else text[: limit - 3] + "..."
