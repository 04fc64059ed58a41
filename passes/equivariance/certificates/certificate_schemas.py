"""The JSON of certificates in older schemas as that of the present one; damage is left for the reader to find."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_SURVIVES = "survives: "
"""What the note of schema 1 began with where ``survives`` is a field now."""

_Entries = dict[str, Any]


def from_schema_1(data: _Entries) -> _Entries:
    """Add what certificates of schema 1 do not say."""
    return {**_with_verdicts(data, _verdict_from_schema_1), "origin": None}


def from_schema_3(data: _Entries) -> _Entries:
    """Add what certificates up to schema 3 do not say: only rules proved anything."""
    return {**_with_verdicts(data, lambda verdict: {**verdict, "bits": None}), "rules_only": True}


def without_places(data: _Entries) -> _Entries:
    """Drop the places in source files that schemas 1 and 2 had: a new check sees the text of the program alone."""
    return _with_verdicts(data, _verdict_without_places)


def _with_verdicts(data: _Entries, change: Callable[[_Entries], _Entries]) -> _Entries:
    verdicts = data.get("verdicts")
    if not isinstance(verdicts, list):
        return data
    return {**data, "verdicts": [change(entry) if isinstance(entry, dict) else entry for entry in verdicts]}


def _verdict_without_places(data: _Entries) -> _Entries:
    failure = data.get("failure")
    if not isinstance(failure, dict):
        return data
    places = {name: failure[name] for name in ("op", "image") if isinstance(failure.get(name), dict)}
    bare = {name: {key: part for key, part in op.items() if key != "where"} for name, op in places.items()}
    return {**data, "failure": {**failure, **bare}}


def _verdict_from_schema_1(data: _Entries) -> _Entries:
    parts = str(data.get("note")).split("; ")
    survives = [part.removeprefix(_SURVIVES) for part in parts if part.startswith(_SURVIVES)]
    if survives:
        data = {**data, "note": "; ".join(part for part in parts if not part.startswith(_SURVIVES))}
    if isinstance(data.get("failure"), dict):
        data = {**data, "failure": {"line": None, **data["failure"]}}
    example = data.get("counterexample")
    if isinstance(example, dict) and isinstance(example.get("transform"), dict):
        data = {**data, "counterexample": {**example, "transform": _transform_from_schema_1(example["transform"])}}
    return {**data, "survives": survives, "carried": None}


def _transform_from_schema_1(data: _Entries) -> _Entries:
    swap = data.get("swap")
    sites = [swap, swap[::-1]] if isinstance(swap, list) else []
    rest = {key: part for key, part in data.items() if key != "swap"}
    return {**rest, "sites": sites, "entries": [], "internal": None}
