"""Descriptions from what callers and files give: every entry of the kind that it should be, or refused by its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from qffc.importing.description import Description
from qffc.ir.diagnostics import QffcError, error, quoted
from qffc.ir.given_values import shown

_TABLES = ("sites", "observables", "angles", "rotations", "qubits")
_LISTS = ("symmetry", "parameters", "generators", "species")
_KNOWN = tuple(field.name for field in fields(Description))


def described(entries: Mapping[str, object], origin: str) -> Description:
    """Return the description that entries make.

    Args:
        entries: the arguments of :class:`~qffc.importing.description.Description` by name; lists for tuples.
        origin: what messages call their place.

    Raises:
        QffcError: for unknown entries, and for those of another kind.

    Example:
        >>> described({"sites": {"a": "H"}, "observables": {"E": "Z(q0)"}, "symmetry": ["rotation"]}, "here").symmetry
        ('rotation',)
    """
    given: dict[str, object] = {}
    for name, entry in entries.items():
        if name not in _KNOWN:
            raise _mistake(origin, f"unknown entry '{name}'", f"one of {quoted(_KNOWN)}")
        if entry is not None:
            given[name] = _fitting(name, entry, origin)
    return Description(**given)  # type: ignore[arg-type]  # all of the kinds that are looked for above


def _fitting(name: str, entry: object, origin: str) -> object:
    if name in _TABLES:
        if isinstance(entry, Mapping) and all(isinstance(part, str) for pair in entry.items() for part in pair):
            return dict(entry)
        raise _mistake(origin, f"{name} = {shown(entry)}", "a table of texts by name")
    if name in _LISTS:
        if isinstance(entry, list | tuple) and all(isinstance(part, str) for part in entry):
            return tuple(entry)
        raise _mistake(origin, f"{name} = {shown(entry)}", "a list of texts")
    if isinstance(entry, str):
        return entry
    raise _mistake(origin, f"{name} = {shown(entry)}", "a text")


def _mistake(origin: str, found: str, expected: str) -> QffcError:
    return error(
        "description of a circuit that does not fit",
        found=found,
        expected=expected,
        help="docs/howto-import.md shows descriptions",
        where=origin,
    )
