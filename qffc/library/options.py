"""Options of library programs: checked against the signature of the builder, and read from text."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

import numpy as np

from qffc.ir.diagnostics import QffcError, error, quoted
from qffc.ir.plain_numbers import exact_number, whole_number

_BOOLEANS = {"true": True, "false": False}


def check_options(
    program: str, options: Mapping[str, object], signature: Mapping[str, inspect.Parameter]
) -> dict[str, object]:
    """Return the options with numbers of NumPy as those of Python.

    Raises:
        QffcError: for an unknown option, or for a value that is not of the type in the signature.
    """
    checked = {name: _plain(value) for name, value in options.items()}
    for name, value in checked.items():
        option = _need_option(program, name, signature)
        kind = option.annotation
        # No values at all make sense where they are the default, as for a head without hidden layers.
        if not (_fits(value, kind) or (value == () == option.default)):
            raise _bad_value(program, name, repr(value), kind)
    return checked


def parse_options(program: str, text: str, signature: Mapping[str, inspect.Parameter]) -> dict[str, object]:
    """Return options written as ``depth=6,tied=true``; a part without ``=`` belongs to the value before it.

    Example:
        >>> def builder(species: tuple[str, ...] = ("O", "H"), depth: int = 3) -> None: ...
        >>> parse_options("pair", "species=C,H,depth=2", inspect.signature(builder, eval_str=True).parameters)
        {'species': ('C', 'H'), 'depth': 2}
    """
    entries: list[list[str]] = []
    for part in text.split(",") if text else []:
        name, equals, value = part.partition("=")
        if equals:
            entries.append([name.strip(), value.strip()])
        elif entries:
            entries[-1][1] += f",{part.strip()}"
        else:
            raise error(
                "option without a value",
                found=f"'{part}'",
                expected="name=value, separated by commas",
                help=f"the options of '{program}' are {_spell_options(signature)}",
            )
    options: dict[str, object] = {}
    for name, value in entries:
        kind = _need_option(program, name, signature).annotation
        if name in options:
            raise error(
                "option given twice", found=f"'{name}'", expected="each option once", help=f"drop one '{name}=...'"
            )
        try:
            options[name] = () if value == "" and signature[name].default == () else _parse(value, kind)
        except (ValueError, KeyError):
            raise _bad_value(program, name, f"'{value}'", kind) from None
    return check_options(program, options, signature)


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    if isinstance(value, np.bool_):
        return bool(value)
    if not isinstance(value, np.generic | np.ndarray):
        return value
    whole, number = whole_number(value), exact_number(value)
    return value if number is None else float(number) if whole is None else whole


def _parse(text: str, kind: Any) -> object:
    if kind is bool:
        return _BOOLEANS[text.lower()]
    if kind in (int, float):
        return kind(text)
    if get_origin(kind) is tuple:
        return tuple(_parse(part, get_args(kind)[0]) for part in text.split(","))
    return text


def _fits(value: object, kind: Any) -> bool:
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if get_origin(kind) is tuple:
        return isinstance(value, tuple) and len(value) > 0 and all(_fits(item, get_args(kind)[0]) for item in value)
    if isinstance(value, bool) or kind is bool:
        return isinstance(value, bool) and kind is bool
    return isinstance(value, int | float) if kind is float else isinstance(value, kind)


def _need_option(program: str, name: str, signature: Mapping[str, inspect.Parameter]) -> inspect.Parameter:
    if name in signature:
        return signature[name]
    raise error(
        "unknown option",
        found=f"'{name}'",
        expected=f"one of {quoted(signature)}" if signature else f"no option: '{program}' has none",
        help=f"the options of '{program}' are {_spell_options(signature)}" if signature else "leave the options out",
    )


def _bad_value(program: str, name: str, found: str, kind: Any) -> QffcError:
    if get_origin(kind) is Literal:
        expected = f"one of {quoted(get_args(kind))}"
    elif get_origin(kind) is tuple:
        expected = f"{get_args(kind)[0].__name__} values, such as {name}=" + (
            "32,32" if get_args(kind)[0] is int else "O,H"
        )
    else:
        expected = {bool: "true or false", int: "an integer", float: "a number"}.get(kind, "a text")
    return error(
        "value of an option",
        found=f"{name}={found}",
        expected=expected,
        help="correct the value, or leave the option out",
        where=f"library program '{program}'",
    )


def _spell_options(signature: Mapping[str, inspect.Parameter]) -> str:
    return ", ".join(
        name if option.default is option.empty else f"{name}={written(option.default)}"
        for name, option in signature.items()
    )


def written(value: object) -> str:
    """Return the value of an option as a reference spells it.

    Example:
        >>> written(("C", "H")), written(False)
        ('C,H', 'false')
    """
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
