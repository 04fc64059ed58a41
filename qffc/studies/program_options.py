"""References to programs with options set or varied: ``lib:ring:qubits=4,6,8,depth=2..5``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from math import prod

from qffc.ir.diagnostics import error
from qffc.library.catalogue import PREFIX

_RANGE = re.compile(r"(?P<first>[0-9]{1,18})\.\.(?P<last>[0-9]{1,18})(\.\.(?P<step>[1-9][0-9]{0,17}))?")
_NUMBER = re.compile(r"\s*[0-9]{1,18}\s*")
MOST_MEMBERS = 10_000
"""Programs of a family; each is built."""
_PYTHON = re.compile(r"(?P<base>.+\.py:[^:]+)(?::(?P<options>.*))?")


@dataclass(frozen=True)
class Member:
    """One program of a family.

    Args:
        reference: names it.
        options: the options that vary in the family, with their values here.
    """

    reference: str
    options: tuple[tuple[str, int], ...]


def with_options(reference: str, options: Mapping[str, object]) -> str:
    """Return a reference with these options in the place of what it said about them.

    Raises:
        QffcError: when the reference is of a kind that has no options.

    Example:
        >>> with_options("lib:pair:species=O,H,depth=2", {"depth": 3, "damped": True})
        'lib:pair:species=O,H,depth=3,damped=true'
    """
    if not options:
        return reference
    base, text = _parts(reference)
    entries = _entries(text) | {name: _spell(value) for name, value in options.items()}
    return f"{base}:{','.join(f'{name}={value}' for name, value in entries.items())}"


def is_family(reference: str) -> bool:
    """Return whether a reference names several programs: whole numbers in a list or a range as an option."""
    if not _has_options(reference):
        return False
    return any(_numbers(value) is not None for value in _entries(_parts(reference)[1]).values())


def members_of(reference: str) -> tuple[Member, ...]:
    """Return the programs that a reference names: every combination, the last option fastest.

    Args:
        reference: options may be ranges, both ends included, ``4..12`` or ``4..12..2`` with a step, or lists ``4,6,8``.

    Example:
        >>> [member.reference for member in members_of("lib:ring:qubits=4..8..2,depth=2")]
        ['lib:ring:qubits=4,depth=2', 'lib:ring:qubits=6,depth=2', 'lib:ring:qubits=8,depth=2']
    """
    if not is_family(reference):
        return (Member(reference, ()),)
    varied = {name: numbers for name, text in _entries(_parts(reference)[1]).items() if (numbers := _numbers(text))}
    _need_few(reference, prod(map(len, varied.values())))
    combinations = [tuple(zip(varied, values, strict=True)) for values in product(*varied.values())]
    return tuple(Member(with_options(reference, dict(each)), each) for each in combinations)


def _numbers(text: str) -> tuple[int, ...] | None:
    """The whole numbers of a list or a range; None for anything else, a single number included."""
    span = _RANGE.fullmatch(text)
    if span is None:
        parts = text.split(",")
        return tuple(map(int, parts)) if len(parts) > 1 and all(map(_NUMBER.fullmatch, parts)) else None
    first, last, step = int(span["first"]), int(span["last"]), int(span["step"] or 1)
    if first <= last:
        _need_few(text, len(range(first, last + 1, step)))
        return tuple(range(first, last + 1, step))
    raise error(
        "range that is empty",
        found=f"'{text}'",
        expected="FIRST..LAST or FIRST..LAST..STEP, both ends included",
        help=f"write {last}..{first}",
    )


def _need_few(text: str, members: int) -> None:
    if members > MOST_MEMBERS:
        raise error(
            "family of too many programs",
            found=f"'{text}': {members:,}",
            expected=f"at most {MOST_MEMBERS:,}",
            help="take a shorter range, or a step: FIRST..LAST..STEP",
        )


def _has_options(reference: str) -> bool:
    return reference.startswith(PREFIX) or _PYTHON.fullmatch(reference) is not None


def _parts(reference: str) -> tuple[str, str]:
    if reference.startswith(PREFIX):
        name, _, text = reference.removeprefix(PREFIX).partition(":")
        return PREFIX + name, text
    python = _PYTHON.fullmatch(reference)
    if python is not None:
        return python["base"], python["options"] or ""
    raise error(
        "program without options",
        found=f"'{reference}'",
        expected=f"{PREFIX}NAME or FILE.py:NAME, whose options can be varied",
        help="leave the options of the program out, or name an ansatz",
    )


def _entries(text: str) -> dict[str, str]:
    """Options by name as texts; a part without ``=`` belongs to the value before it."""
    entries: dict[str, str] = {}
    for part in text.split(",") if text else []:
        name, equals, value = part.partition("=")
        if equals:
            entries[name.strip()] = value.strip()
        elif entries:
            last = next(reversed(entries))
            entries[last] += f",{part.strip()}"
        else:  # the reader of the reference says what is wrong with it
            entries[part] = ""
    return entries


def _spell(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
