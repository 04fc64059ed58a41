"""JSON and TOML from files, read strictly: one meaning for every key, finite numbers, few brackets within brackets."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from math import isfinite

MOST_LEVELS = 64
"""Brackets within brackets; nothing that qffc writes or reads has as many."""
_TOO_DEEP = f"more than {MOST_LEVELS} brackets within brackets"


def parse_json(text: str, *, finite: bool = True) -> object:
    """Return what a JSON text says.

    Args:
        text: of a file that somebody may have changed.
        finite: whether to refuse ``NaN`` and infinities.

    Raises:
        ValueError: when it is no JSON, names a key twice in one object, holds a number that is not
            finite, or more than :data:`MOST_LEVELS` brackets within brackets. The message is a reason for a diagnostic.

    Example:
        >>> parse_json('{"a": [1, 2.5]}')
        {'a': [1, 2.5]}
        >>> parse_json('{"a": 1, "a": 2}')
        Traceback (most recent call last):
        ValueError: the key 'a' is there twice
    """
    try:
        if finite:
            data = json.loads(text, parse_constant=_no_number, parse_float=_number, object_pairs_hook=_entries)
        else:
            data = json.loads(text, object_pairs_hook=_entries)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    _need_few_levels(data)
    return data


def parse_toml(text: str) -> dict[str, object]:
    """Return what a TOML text says; TOML itself allows no key twice.

    Args:
        text: of a file that somebody has written.

    Raises:
        ValueError: when it is no TOML, or holds more than :data:`MOST_LEVELS` brackets or names within others.

    Example:
        >>> parse_toml("depth = 2")
        {'depth': 2}
    """
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    _need_few_levels(data)
    return data


def _entries(pairs: list[tuple[str, object]]) -> dict[str, object]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key '{twice}' is there twice")
    return entries


def _number(text: str) -> float:
    number = float(text)
    return number if isfinite(number) else _no_number(text)


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


def _need_few_levels(data: object) -> None:
    level = _brackets([data])
    for _ in range(MOST_LEVELS):
        if not level:
            return
        level = _brackets(inner for entry in level for inner in (entry.values() if isinstance(entry, dict) else entry))
    if level:
        raise ValueError(_TOO_DEEP)


def _brackets(entries: Iterable[object]) -> list[dict[str, object] | list[object]]:
    return [entry for entry in entries if isinstance(entry, dict | list)]
