"""The JSON of certificates in older schemas as that of the present one; damage is left for the reader to find."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_SURVIVES = "survives: "
"""What the note of schema 1 began with where ``survives`` is a field now."""

_Entries = dict[str, Any]


def as_in_newest(data: _Entries, schema: int) -> _Entries:
    """Return a certificate of an older schema as one of the newest.

    Args:
        data: what it says, without its schema and checksum.
        schema: from 1 on.
    """
    for older in range(schema, len(_STEPS) + 1):
        data = _STEPS[older - 1](data)
    return data


def _from_schema_1(data: _Entries) -> _Entries:
    return {**_with_verdicts(data, _verdict_from_schema_1), "origin": None}


def _from_schema_2(data: _Entries) -> _Entries:
    """Drop the places in source files: a new check sees the text of the program alone."""
    return _with_verdicts(data, _verdict_without_places)


def _from_schema_3(data: _Entries) -> _Entries:
    """Up to here only rules proved anything."""
    return {**_with_verdicts(data, lambda verdict: {**verdict, "bits": None}), "rules_only": True}


def _from_schema_4(data: _Entries) -> _Entries:
    return {**_with_verdicts(data, lambda verdict: {**verdict, "witness": None}), "text": None}


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


_STEPS = (_from_schema_1, _from_schema_2, _from_schema_3, _from_schema_4)
"""What leads from each schema to the next one, in order."""
