"""Trees of the grammar to symbolic values, built with the constructors that keep them canonical."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Literal

from lark import Token

from qffc.ir.diagnostics import InternalError, QffcError, error, quoted
from qffc.ir.text.syntax import Line, Node, number_of, whole_number_of
from qffc.ir.values import (
    AXES,
    FUNCTIONS,
    CarriedNumber,
    CarriedVector,
    ChannelIndex,
    Component,
    Displacement,
    FrameVector,
    Index,
    Moment,
    Number,
    ParameterEntry,
    Pi,
    Position,
    Radial,
    RoundIndex,
    SpeciesOf,
    Value,
    add,
    cross,
    cutoff,
    dot,
    function,
    gather,
    mul,
    norm,
    power,
    unit,
)
from qffc.ir.verification.names import RESERVED

ARGUMENTS: dict[str, tuple[str, ...]] = {
    **{name: ("number",) for name in FUNCTIONS},
    "component": ("vector", "axis"),
    "cross": ("vector", "vector"),
    "cutoff": ("number", "radius"),
    "dot": ("vector", "vector"),
    "moment": ("observable",),
    "norm": ("vector",),
    "r": ("site", "site"),
    "radial": ("table", "number"),
    "scalars": ("table", "site"),
    "sum": ("site", "value"),
    "unit": ("vector",),
    "vector": ("number", "number", "number"),
    "vectors": ("table", "site"),
    "x": ("site",),
}
"""The functions of the text format and what they take."""

_MINUS_ONE = Number(Fraction(-1))
_VECTOR_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "cross": cross,
    "dot": dot,
    "norm": norm,
    "unit": unit,
    "vector": FrameVector,
}


def build_value(node: Node, line: Line) -> Value:
    """Return the value of a tree.

    Raises:
        QffcError: when the value breaks a law; it points at the part that does.
    """
    try:
        value = _build(node, line)
        value.text  # noqa: B018  # spelled here, so that a number too long to spell is refused here
    except QffcError as problem:
        if problem.diagnostic.span is not None:
            raise
        raise QffcError(replace(problem.diagnostic, span=line.span(node))) from None
    except (OverflowError, ValueError):
        raise error(
            "number out of range",
            found=f"'{line.source[node.meta.start_pos : node.meta.end_pos]}'",
            expected="numbers of at most 4300 digits",
            help="take smaller powers",
            span=line.span(node),
        ) from None
    return value


def rational(node: Node, line: Line) -> Fraction:
    """Return the number of a ``rational`` tree."""
    numbers = [number_of(token, line) for token in tokens(node)]
    if len(numbers) == 2 and numbers[1] == 0:
        raise _division_by_zero(node, line)
    size = numbers[0] / numbers[1] if len(numbers) == 2 else numbers[0]
    return -size if node.data == "minus_rational" else size


def tokens(node: Node) -> list[Token]:
    """Return the children of a tree that are tokens."""
    return [child for child in node.children if isinstance(child, Token)]


def subtrees(node: Node) -> list[Node]:
    """Return the children of a tree that are trees."""
    return [child for child in node.children if not isinstance(child, Token)]


def _build(node: Node, line: Line) -> Value:
    match node.data:
        case "number":
            return Number(number_of(tokens(node)[0], line))
        case "name":
            return _name(tokens(node)[0], line)
        case "entry":
            return _entry(node, line)
        case "call":
            return _call(node, line)
        case "negate":
            return _negate(node, line)
        case "sum":
            return add(*(_signed(child, line) for child in subtrees(node)))
        case "product":
            return mul(*(_factor(child, line) for child in subtrees(node)))
        case "power" | "inverse_power":
            exponent = whole_number_of(tokens(node)[0], line)
            if exponent > 9999:
                raise _exponent_too_large(node, line)
            return power(build_value(subtrees(node)[0], line), exponent if node.data == "power" else -exponent)
    raise InternalError(f"the parser does not know '{node.data}'")


def _signed(node: Node, line: Line) -> Value:
    if node.data == "plus":
        return build_value(subtrees(node)[0], line)
    if node.data == "minus":
        return mul(_MINUS_ONE, build_value(subtrees(node)[0], line))
    return build_value(node, line)


def _factor(node: Node, line: Line) -> Value:
    if node.data == "times":
        return build_value(subtrees(node)[0], line)
    if node.data != "over":
        return build_value(node, line)
    divisor = build_value(subtrees(node)[0], line)
    if divisor == Number(Fraction(0)):
        raise _division_by_zero(subtrees(node)[0], line)
    return power(divisor, -1)


def _negate(node: Node, line: Line) -> Value:
    sign = 1
    while node.data == "negate":
        sign, node = -sign, subtrees(node)[0]
    return mul(Number(Fraction(sign)), build_value(node, line))


def _name(token: Token, line: Line) -> Value:
    if token == "pi":
        return Pi()
    if token in RESERVED and (token in ARGUMENTS or token in ("Z", "channel")):
        usage = {
            "Z": "an index of a parameter: 'J[Z(site)]'",
            "channel": "an index of a parameter: 'J[channel]'",
        }
        raise error(
            "a word of the format where a parameter belongs",
            found=f"'{token}'",
            expected=usage[token] if token in usage else f"arguments: '{_usage(token)}'",
            help="give it what it takes, or rename the parameter",
            span=line.span(token),
        )
    return ParameterEntry(str(token))


def _entry(node: Node, line: Line) -> ParameterEntry:
    return ParameterEntry(str(tokens(node)[0]), tuple(_index(child, line) for child in subtrees(node)))


def _index(node: Node, line: Line) -> Index:
    first, *rest = tokens(node)
    if first.type == "NUMBER":
        return whole_number_of(first, line)
    if rest and first == "Z":
        return SpeciesOf(str(rest[0]))
    if not rest and first == "channel":
        return ChannelIndex()
    if not rest and first == "round":
        return RoundIndex()
    raise error(
        "not an index",
        found=f"'{first}({rest[0]})'" if rest else f"'{first}'",
        expected="a whole number from 0, 'Z(site)', 'channel' or 'round'",
        help=f"write 'Z({first})' for the species of site '{first}'" if not rest else "write 'Z(site)'",
        span=line.span(node),
    )


def _call(node: Node, line: Line) -> Value:
    token, arguments = tokens(node)[0], subtrees(node)
    name = str(token)
    if name not in ARGUMENTS:
        raise error(
            "unknown function",
            found=f"'{name}'",
            expected=f"one of {quoted(sorted(ARGUMENTS))}",
            help="write 'Z(site)' only as the index of a parameter" if name == "Z" else "build it from these functions",
            span=line.span(token),
        )
    if len(arguments) != len(ARGUMENTS[name]):
        raise error(
            "wrong number of arguments",
            found=f"{len(arguments)} in '{name}'",
            expected=f"{len(ARGUMENTS[name])}: {_usage(name)}",
            help="give each argument once, separated by commas",
            span=line.span(node),
        )
    match name:
        case "x":
            return Position(_plain(arguments[0], name, "the name of a site", line))
        case "r":
            origin, site = (_plain(argument, name, "the name of a site", line) for argument in arguments)
            return Displacement(origin, site)
        case "moment":
            return Moment(_plain(arguments[0], name, "the name of an observable", line))
        case "component":
            return Component(build_value(arguments[0], line), _axis(arguments[1], line))
        case "cutoff":
            return cutoff(build_value(arguments[0], line), _radius(arguments[1], line))
        case "radial":
            return Radial(_table(arguments[0], name, line), build_value(arguments[1], line))
        case "sum":
            return gather(
                _plain(arguments[0], name, "the name of a gathered site", line), build_value(arguments[1], line)
            )
        case "scalars" | "vectors":
            kind = CarriedNumber if name == "scalars" else CarriedVector
            return kind(_table(arguments[0], name, line), _plain(arguments[1], name, "the name of a site", line))
    built = [build_value(argument, line) for argument in arguments]
    return _VECTOR_FUNCTIONS[name](*built) if name in _VECTOR_FUNCTIONS else function(name, built[0])


def _usage(name: str) -> str:
    return f"{name}({', '.join(ARGUMENTS[name])})"


def _plain(node: Node, function: str, wanted: str, line: Line) -> str:
    if node.data == "name":
        return str(tokens(node)[0])
    raise error(
        "a value where a name belongs",
        found=f"'{line.source[node.meta.start_pos : node.meta.end_pos]}' in '{function}'",
        expected=wanted,
        help=f"write: {_usage(function)}",
        span=line.span(node),
    )


def _axis(node: Node, line: Line) -> Literal["x", "y", "z"]:
    axis = _plain(node, "component", "'x', 'y' or 'z'", line)
    if axis in AXES:
        return axis
    raise error(
        "unknown axis",
        found=f"'{axis}'",
        expected="'x', 'y' or 'z'",
        help="components break rotation symmetry; to keep it, use dot(u, v)",
        span=line.span(node),
    )


def _radius(node: Node, line: Line) -> Fraction:
    radius = build_value(node, line)
    if isinstance(radius, Number):
        return radius.value
    raise error(
        "cutoff radius that is no number",
        found=f"'{radius}'",
        expected="a plain number, in Angstrom",
        help="a cutoff is fixed when the program is written: write for instance 'cutoff(norm(r(a, b)), 5)'",
        span=line.span(node),
    )


def _table(node: Node, user: str, line: Line) -> ParameterEntry:
    if node.data in ("name", "entry"):
        table = build_value(node, line)
        if isinstance(table, ParameterEntry):
            return table
    wanted = "that has a radial basis" if user == "radial" else f"over {user}"
    raise error(
        "radial function without a table" if user == "radial" else "what is carried without a table",
        found=f"'{line.source[node.meta.start_pos : node.meta.end_pos]}'",
        expected=f"an entry of a parameter {wanted}, such as 'f[Z(a)]'",
        help=f"write: {_usage(user)}",
        span=line.span(node),
    )


def _division_by_zero(node: Node, line: Line) -> QffcError:
    return error(
        "division by zero",
        found=f"'{line.source[node.meta.start_pos : node.meta.end_pos]}', which divides by 0"
        if node.data in ("rational", "minus_rational")
        else f"'{line.source[node.meta.start_pos : node.meta.end_pos]}', which is 0",
        expected="a divisor other than 0",
        help="correct the divisor",
        span=line.span(node),
    )


def _exponent_too_large(node: Node, line: Line) -> QffcError:
    return error(
        "exponent too large",
        found=f"'{line.source[node.meta.start_pos : node.meta.end_pos]}'",
        expected="an exponent of at most 9999",
        help="take a smaller power",
        span=line.span(node),
    )
