"""Angles of OpenQASM 2, read with the precedence of mathematics, and written with all brackets and plain names.

pytket binds powers weaker than sums, and takes names such as ``E`` for numbers. So each name is written as a fresh
one, which gets its own back when the circuit is made.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping

import sympy

from qffc.ir.diagnostics import QffcError, error
from qffc.passes.raise_pytket.held_numbers import need_held, power

_NAME = r"[^\W\d]\w*(?:\[\d+(?:,\s*\d+)*\])?"
"""Of a symbol, the names of entries of arrays included."""
_TOKEN = re.compile(
    rf"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>{_NAME})|(?P<sign>\*\*|[-+*/^()]))"
)
_LONGEST_SHOWN = 60
_OPERATORS: Mapping[type[ast.operator], Callable[[sympy.Expr, sympy.Expr], sympy.Expr]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: power,
}
_FUNCTIONS: Mapping[str, Callable[[sympy.Expr], sympy.Expr]] = {
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": sympy.tan,
    "exp": sympy.exp,
    "ln": sympy.log,
    "log": sympy.log,
    "sqrt": sympy.sqrt,
}
_WORDS: Mapping[type, str] = {sympy.sin: "sin", sympy.cos: "cos", sympy.tan: "tan", sympy.log: "ln"}
"""The functions of pytket's grammar."""


class PlainNames:
    """Fresh names for symbols.

    Args:
        text: in which none of them occurs.

    Example:
        >>> names = PlainNames("rx(E) q[0];")
        >>> names.fresh("E"), names.fresh("theta"), names.fresh("E"), names.meanings
        ('n0', 'n1', 'n0', {n0: E, n1: theta})
    """

    def __init__(self, text: str) -> None:
        self._prefix = "n"
        while re.search(rf"\b{self._prefix}\d", text):
            self._prefix += "n"
        self._names: dict[sympy.Expr, str] = {}

    def fresh(self, name: str) -> str:
        """Return the fresh name of a symbol."""
        return self.of(sympy.Symbol(name))

    def of(self, meaning: sympy.Expr) -> str:
        """Return the name that stands for a symbol, or for a number that pytket does not write."""
        return self._names.setdefault(meaning, f"{self._prefix}{len(self._names)}")

    @property
    def meanings(self) -> dict[sympy.Symbol, sympy.Expr]:
        """What each of them stands for."""
        return {sympy.Symbol(name): meaning for meaning, name in self._names.items()}


def rewritten(text: str, names: PlainNames) -> str:
    """Return an angle as pytket reads it.

    Raises:
        QffcError: for what is no angle.

    Example:
        >>> rewritten("-a + E^2/3", PlainNames(""))
        '(((-(1))*n0)+((1/3)*(n1**2)))'
    """
    return _written(need_held(expression(text)), names)


def expression(text: str) -> sympy.Expr:
    """Return the expression that an angle is.

    Example:
        >>> expression("-a**2 + pi/2*lambda")
        -a**2 + pi*lambda/2
    """
    tokens, symbols = _tokens(text)
    try:
        return _value(ast.parse(" ".join(tokens), mode="eval").body, symbols, text)
    except (SyntaxError, RecursionError, MemoryError):
        raise _no_angle(_shown(text)) from None


def _tokens(text: str) -> tuple[list[str], dict[str, sympy.Symbol]]:
    """The parts of an angle in Python, each symbol by a name that is no word of it."""
    tokens: list[str] = []
    symbols: dict[str, sympy.Symbol] = {}
    place, text = 0, text.rstrip()
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise _no_angle(_shown(text))
        place = found.end()
        name = found["name"]
        if name is None:
            tokens.append("**" if found["sign"] == "^" else found["number"] or found["sign"])
        elif name == "nan":  # the one name that pytket does not substitute
            raise _no_angle(_shown(text))
        elif text[place:].lstrip().startswith("("):
            tokens.append(f"f_{name}")
        else:
            tokens.append(f"s_{len(symbols)}")
            symbols[tokens[-1]] = sympy.pi if name == "pi" else sympy.Symbol(name)
    return tokens, symbols


def _value(node: ast.expr, symbols: Mapping[str, sympy.Symbol], text: str) -> sympy.Expr:
    match node:
        case ast.Constant(value=int(number)):
            return sympy.Integer(number)
        case ast.Constant(value=float(number)):
            return sympy.Float(number)
        case ast.Name():
            return symbols[node.id]
        case ast.UnaryOp():
            value = _value(node.operand, symbols, text)
            return -value if isinstance(node.op, ast.USub) else value
        case ast.BinOp():
            left, right = _value(node.left, symbols, text), _value(node.right, symbols, text)
            if isinstance(node.op, ast.Div) and right.is_zero:
                raise _no_angle(f"{_shown(text)}, which divides by zero")
            return _OPERATORS[type(node.op)](left, right)
        case ast.Call(func=ast.Name(id=name), args=[argument]) if name[2:] in _FUNCTIONS:
            return _FUNCTIONS[name[2:]](_value(argument, symbols, text))
        case ast.Call(func=ast.Name(id=name)):
            raise _no_angle(f"'{name[2:]}(...)' in {_shown(text)}")
        case _:
            raise _no_angle(_shown(text))


def _written(value: sympy.Expr, names: PlainNames) -> str:
    match value:
        case sympy.Symbol():
            return names.fresh(value.name)
        case sympy.Number() if value < 0:
            return f"(-({_written(-value, names)}))"  # pytket drops the brackets of (-2)
        case sympy.Rational():
            return str(value.p) if value.q == 1 else f"({value.p}/{value.q})"
        case sympy.Float():
            return repr(float(value))
    if value == sympy.pi:
        return "pi"
    if not value.args:
        return names.of(value)
    if isinstance(value, sympy.exp):
        return f"({names.of(sympy.E)}**{_written(value.args[0], names)})"
    children = [_written(child, names) for child in value.args]
    for kind, sign in ((sympy.Add, "+"), (sympy.Mul, "*"), (sympy.Pow, "**")):
        if isinstance(value, kind):
            return f"({sign.join(children)})"
    return f"{_WORDS[type(value)]}({children[0]})"


def _shown(text: str) -> str:
    text = text.strip()
    return f"'{text}'" if len(text) <= _LONGEST_SHOWN else f"'{text[:_LONGEST_SHOWN]}...'"


def _no_angle(found: str) -> QffcError:
    return error(
        "expression that is no angle",
        found=found,
        expected=f"names, numbers, + - * / ^ and the functions {', '.join(_FUNCTIONS)}",
        help="give the whole angle a symbol of its own in the circuit, and say what that symbol stands for",
    )
