"""Frozen dataclasses to plain data and back, exactly and strictly: the JSON form of certificates and the like."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping
from dataclasses import Field, fields, is_dataclass
from functools import cache
from math import isfinite
from types import MappingProxyType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from qffc.ir.diagnostics import InternalError, QffcError, error, quoted

T = TypeVar("T")

IN_MEMORY: Mapping[str, bool] = MappingProxyType({"written": False})
"""The ``metadata`` of a field that is neither written nor read: it has its default when the record comes back."""

ADDED_LATER: Mapping[str, bool] = MappingProxyType({"later": True})
"""The ``metadata`` of a field that earlier documents lack: it has its default when such a document is read."""


@cache
def hints_of(kind: type[object]) -> Mapping[str, Any]:
    """Return the types of the fields of a class, which Python works out from text each time it is asked."""
    return get_type_hints(kind)


def to_plain(record: object) -> dict[str, object]:
    """Return a dataclass as nested dictionaries and lists, without the fields that are kept in memory alone."""
    if not is_dataclass(record) or isinstance(record, type):
        raise InternalError(f"{record!r} is no dataclass instance")
    return {field.name: _plain(getattr(record, field.name)) for field in _written(type(record))}


def from_plain(kind: type[T], data: object, path: str = "certificate") -> T:
    """Return the dataclass that :func:`to_plain` was given.

    Args:
        kind: the dataclass.
        data: nested dictionaries and lists.
        path: how messages name it.

    Raises:
        QffcError: when an entry is missing, unknown or of another type.
    """
    result: T = _decode(kind, data, path)
    return result


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return to_plain(value)
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    return [_plain(entry) for entry in value] if isinstance(value, tuple | list) else value


def _written(kind: type[Any]) -> list[Field[Any]]:
    return [field for field in fields(kind) if field.metadata.get("written", True)]


def _decode(kind: Any, data: Any, path: str) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if is_dataclass(kind) and isinstance(kind, type):
        return _decode_record(kind, data, path)
    if origin is tuple:
        return _decode_tuple(arguments, data, path)
    if origin is Literal:
        if not isinstance(data, str) or data not in arguments:
            raise _mismatch(path, data, "one of " + quoted(arguments))
        return data
    if origin in (Union, types.UnionType):
        (inner,) = (argument for argument in arguments if argument is not type(None))
        return None if data is None else _decode(inner, data, path)
    if kind is float and isinstance(data, int | float) and not isinstance(data, bool):
        return _decode_float(data, path)
    if not isinstance(data, kind) or isinstance(data, bool) != (kind is bool):
        raise _mismatch(path, data, f"a value of type {kind.__name__}")
    return data


def _decode_float(data: float, path: str) -> float:
    try:
        number = float(data)
    except OverflowError:
        number = float("inf")
    if not isfinite(number):
        raise _mismatch(path, data, "a finite number")
    return number


def _decode_record(kind: type[Any], data: Any, path: str) -> Any:
    names = [field.name for field in _written(kind)]
    if not isinstance(data, dict):
        raise _mismatch(path, data, f"an object with the keys {quoted(names)}")
    unknown = [key for key in data if key not in names]
    later = {field.name for field in _written(kind) if field.metadata.get("later", False)}
    missing = [name for name in names if name not in data and name not in later]
    if unknown or missing:
        found = f"unknown {quoted(unknown)}" if unknown else f"missing {quoted(missing)}"
        raise _refusal(path, found, f"the keys {quoted(names)}")
    hints = hints_of(kind)  # type: ignore[arg-type]  # classes have hashes
    return kind(**{name: _decode(hints[name], data[name], f"{path}.{name}") for name in names if name in data})


def _decode_tuple(arguments: tuple[Any, ...], data: Any, path: str) -> tuple[Any, ...]:
    if not isinstance(data, list):
        raise _mismatch(path, data, "a list")
    if arguments[-1] is Ellipsis:
        arguments = (arguments[0],) * len(data)
    if len(arguments) != len(data):
        raise _refusal(path, f"{len(data)} entries", f"{len(arguments)} entries")
    pairs = enumerate(zip(arguments, data, strict=True))
    return tuple(_decode(kind, entry, f"{path}[{index}]") for index, (kind, entry) in pairs)


def _mismatch(path: str, data: object, expected: str) -> QffcError:
    text = repr(data)
    return _refusal(path, text if len(text) <= 60 else text[:57] + "...", expected)


def _refusal(path: str, found: str, expected: str) -> QffcError:
    return error(
        f"{re.split(r'[.[]', path)[0]} that cannot be read",
        found=found,
        expected=expected,
        help="write it again with qffc",
        where=path,
    )
