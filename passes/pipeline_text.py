"""Pipelines written as text: ``check-equivariance,canonicalize{fuse=false}``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from fractions import Fraction
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin

from qffc.ir.diagnostics import QffcError, error, quoted
from qffc.ir.given_values import not_a
from qffc.passes.base import Pass
from qffc.passes.pass_file import PassPlace, pass_in
from qffc.passes.plain_data import hints_of
from qffc.passes.registry import built_in_names, load_pass, pass_names

Made = TypeVar("Made", bound=Pass[Any])
"""A kind of pass, and one of it."""

_STEP = re.compile(r"\s*([A-Za-z0-9_-]+|[^{},]+?\.py:\w*)\s*(?:\{([^{}]*)\})?\s*(,|$)")
_READERS: dict[object, Callable[[str], object]] = {int: int, float: float, Fraction: Fraction, str: str}


def parse_pipeline(text: str, *, files: bool = False) -> tuple[Pass[object], ...]:
    """Return the passes that a text names, in order, with their options.

    Options are the fields of the pass; ``-`` and ``_`` mean the same in their names. Several values of one option
    are separated by ``+``.

    Args:
        text: names separated by commas, options in braces.
        files: whether ``FILE.py:CLASS`` means a class in a Python file, which is run. Only for what a user has typed: a
            text out of a document may come from anybody.

    Raises:
        QffcError: for an unknown pass or option, or a value that does not fit; it lists the valid ones.

    Example:
        >>> parse_pipeline("canonicalize{fuse=false}")
        (Canonicalize(fuse=False, merge=True, fold_swaps=True),)
    """
    steps = tuple(_steps(text))
    if {name for name, _ in steps}.issubset(built_in_names()):
        return _built_in(steps)
    return tuple(_build(_kind(name, files), options) for name, options in steps)


@lru_cache(maxsize=1 << 6)
def _built_in(steps: tuple[tuple[str, str], ...]) -> tuple[Pass[object], ...]:
    """The passes of qffc by name and options, which mean the same for ever: each compilation takes those of a level."""
    return tuple(_build(load_pass(name), options) for name, options in steps)


def check_recorded(text: str) -> None:
    """Refuse a text that is no pipeline, or gives a pass of qffc options that it does not have.

    Passes of others need not be there: what they did is done.

    Raises:
        QffcError: says what does not fit.

    Example:
        >>> check_recorded("canonicalize,a-pass-of-others{often=2}")
    """
    for name, options in _steps(text):
        if name in built_in_names():
            _build(load_pass(name), options)


def parse_pass(text: str, kind: type[Made]) -> Made:
    """Return a pass of a class from the text that :func:`format_pass` makes of it; it need not be registered.

    Args:
        text: the name of the pass, and its options in braces.
        kind: the class of the pass.

    Raises:
        QffcError: when the text is not one pass of that name, or an option or a value does not fit.

    Example:
        >>> parse_pass("canonicalize{fuse=false}", type(parse_pipeline("canonicalize")[0]))
        Canonicalize(fuse=False, merge=True, fold_swaps=True)
    """
    steps = list(_steps(text))
    if [name for name, _ in steps] != [kind.name]:
        raise error("pass of another name", found=f"'{text}'", expected=f"'{kind.name}'", help="correct the name")
    return _build(kind, steps[0][1])


def steps_of(pipeline: str | Sequence[str | Pass[object]]) -> tuple[Pass[object], ...]:
    """Return the passes of a pipeline that is a text, or a list of texts and passes.

    Args:
        pipeline: as :func:`parse_pipeline` reads it, files among the names; or texts and passes, those of the user
            among them.

    Raises:
        QffcError: for what is neither.

    Example:
        >>> steps_of(["canonicalize", parse_pipeline("light-cone")[0]])
        (Canonicalize(fuse=True, merge=True, fold_swaps=True), LightCone(observables=True, qubits=True))
    """
    if isinstance(pipeline, str):
        return parse_pipeline(pipeline, files=True)
    listed = pipeline if isinstance(pipeline, list | tuple) else [pipeline]
    steps: list[Pass[object]] = []
    for step in listed:
        if not isinstance(step, str | Pass):
            raise not_a(
                "a pass",
                step,
                f"a text such as 'canonicalize{{fuse=false}}', or an object of a class that derives from "
                f"{Pass.__module__}.Pass; the passes are {quoted(pass_names())}",
                "docs/howto-pass.md shows a pass of one's own",
            )
        steps += parse_pipeline(step, files=True) if isinstance(step, str) else [step]
    return tuple(steps)


def format_pass(step: Pass[object]) -> str:
    """Return the text of a pass, options at their defaults left out.

    Example:
        >>> format_pass(parse_pipeline("canonicalize{fold_swaps=false,merge=true}")[0])
        'canonicalize{fold-swaps=false}'
    """
    given = [(f.name, getattr(step, f.name)) for f in _options(type(step)) if getattr(step, f.name) != f.default]
    options = ",".join(f"{_kebab(name)}={spelt(value)}" for name, value in given)
    return f"{step.name}{{{options}}}" if options else step.name


def _steps(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    more = bool(text.strip())
    while more:
        match = _STEP.match(text, position)
        if match is None:
            raise error(
                "pipeline that cannot be read",
                found=f"'{text[position:]}' in '{text}'",
                expected="passes separated by commas, such as 'canonicalize{fuse=false},lower-pytket'",
                help=f"the passes are {quoted(pass_names())}; FILE.py:CLASS is one in a file of yours",
            )
        yield match[1], match[2] or ""
        position = match.end()
        more = match[3] == ","


def _kind(name: str, files: bool) -> type[Pass[object]]:
    place = PassPlace.of(name)
    if place is None:
        return load_pass(name)
    if not files:
        raise error(
            "Python file in a pipeline that is read from a document",
            found=f"'{name}'",
            expected=f"the name of a pass, one of {quoted(pass_names())}",
            help="files are run only where you name them: qffc compile --passes, qf.compile(program, pipeline=...)",
        )
    return pass_in(place)


def _build(kind: type[Made], options: str) -> Made:
    name = kind.name
    hints = hints_of(kind)
    known = {field.name: hints[field.name] for field in _options(kind)}
    values: dict[str, object] = {}
    for entry in filter(None, (part.strip() for part in options.split(","))):
        key, separator, spelling = (part.strip() for part in entry.partition("="))
        field = key.replace("-", "_")
        if field in values:
            raise error(
                "option given twice",
                found=f"'{entry}' for '{name}', after another value of it",
                expected="each option once",
                help="leave one out",
            )
        if field not in known or not separator:
            raise error(
                "unknown option of a pass",
                found=f"'{entry}' for '{name}'",
                expected=f"name=value with one of {quoted(map(_kebab, known))}" if known else "no options",
                help="correct the option, or leave it out",
            )
        values[field] = _read(known[field], spelling, f"{name}{{{entry}}}")
    return kind(**values)


def _read(kind: object, spelling: str, where: str) -> object:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        if spelling == "none" and NoneType in arguments:
            return None
        return _read(next(part for part in arguments if part is not NoneType), spelling, where)
    if origin is tuple:
        return tuple(_read(arguments[0], part.strip(), where) for part in spelling.split("+"))
    if kind is bool or origin is Literal:
        choices = (False, True) if kind is bool else arguments
        for choice in choices:
            if spelt(choice) == spelling:
                return choice
        raise _unfit(spelling, f"one of {quoted(map(spelt, choices))}", where)
    reader = _READERS.get(kind)
    if reader is None:
        raise _unfit(spelling, "nothing: this option cannot be given as text", where)
    try:
        return reader(spelling)
    except (ValueError, ZeroDivisionError) as caught:
        raise _unfit(spelling, f"a value of type {getattr(kind, '__name__', kind)}", where) from caught


def _unfit(spelling: str, expected: str, where: str) -> QffcError:
    return error(
        "value that does not fit its option",
        found=f"'{spelling}' in '{where}'",
        expected=expected,
        help="correct the value",
    )


def _options(kind: type[Pass[object]]) -> tuple[Any, ...]:
    return tuple(field for field in fields(cast(Any, kind)) if field.init)


def _kebab(name: str) -> str:
    return name.replace("_", "-")


def spelt(value: object) -> str:
    """Return how a pipeline spells the value of an option.

    Example:
        >>> spelt(True), spelt(("a", "b"))
        ('true', 'a+b')
    """
    if isinstance(value, tuple):
        return "+".join(map(spelt, value))
    return str(value).lower() if isinstance(value, bool | NoneType) else str(value)
