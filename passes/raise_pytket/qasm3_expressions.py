"""Expressions of OpenQASM 3 as expressions of SymPy."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping

import sympy
from openqasm3 import ast

from qffc.ir.diagnostics import QffcError, error, quoted
from qffc.passes.raise_pytket.held_numbers import power

Names = Mapping[str, object]
"""What each name means: a number, a symbol, or an array of symbols."""

_CONSTANTS: Mapping[str, sympy.Expr] = {
    "pi": sympy.pi,
    "π": sympy.pi,
    "tau": 2 * sympy.pi,
    "τ": 2 * sympy.pi,
    "euler": sympy.E,
    "ℇ": sympy.E,
}
_OPERATORS: Mapping[str, Callable[[sympy.Expr, sympy.Expr], sympy.Expr]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "**": power,
}
_FUNCTIONS: Mapping[str, Callable[[sympy.Expr], sympy.Expr]] = {
    "arccos": sympy.acos,
    "cos": sympy.cos,
    "exp": sympy.exp,
    "log": sympy.log,
    "sin": sympy.sin,
    "sqrt": sympy.sqrt,
    "tan": sympy.tan,
}
_MOST_NUMBERS = 100_000


def evaluate(expression: ast.Expression, names: Names) -> sympy.Expr:
    """Return the value of an expression.

    Raises:
        QffcError: for what is no number.
    """
    match expression:
        case ast.IntegerLiteral():
            return sympy.Integer(expression.value)
        case ast.FloatLiteral():
            return sympy.Float(expression.value)
        case ast.Identifier():
            return _named(expression.name, names)
        case ast.UnaryExpression() if expression.op.name == "-":
            return -evaluate(expression.expression, names)
        case ast.BinaryExpression():
            return _binary(expression, names)
        case ast.Cast():
            return converted(expression.type, evaluate(expression.argument, names), names)
        case ast.FunctionCall() if len(expression.arguments) == 1 and expression.name.name in _FUNCTIONS:
            return _FUNCTIONS[expression.name.name](evaluate(expression.arguments[0], names))
        case ast.FunctionCall():
            raise _refused(f"'{expression.name.name}(...)'", f"one of {', '.join(_FUNCTIONS)}, of one number")
        case ast.IndexExpression() if isinstance(expression.collection, ast.Identifier):
            return _entry(expression, names)
        case _:
            raise _refused(a_kind_of(expression))


def converted(kind: ast.ClassicalType | None, value: sympy.Expr, names: Names) -> sympy.Expr:
    """Return a value that a type holds as it is.

    Raises:
        QffcError: when the type would round it, or wrap it around.
    """
    match kind:
        case ast.FloatType():
            return value
        case ast.IntType() | ast.UintType():
            bits = None if kind.size is None else need_whole(kind.size, names)
            signed = isinstance(kind, ast.IntType)
            lowest = -sympy.oo if signed and bits is None else -(2 ** (bits - 1)) if signed and bits else 0
            highest = sympy.oo if bits is None else 2 ** (bits - signed) - 1
            if value.is_Integer and lowest <= value <= highest:
                return value
        case ast.AngleType():
            share = value / (2 * sympy.pi)
            steps = None if kind.size is None else share * 2 ** need_whole(kind.size, names)
            if (steps is None or steps.is_Integer) and (value.free_symbols or 0 <= share < 1):
                return value
    raise error(
        "value that its type does not hold",
        found=f"'{sympy.sstr(value, full_prec=False)}' as {type(kind).__name__.removesuffix('Type').lower()}",
        expected="a value that is not rounded, and within the range of the type",
        help="declare it as 'float', or write the value that is meant",
    )


def need_whole(expression: ast.Expression, names: Names) -> int:
    """Return the value of an expression that is a whole number.

    Raises:
        QffcError: for what is none.
    """
    value = evaluate(expression, names)
    if not value.is_Integer:
        raise _refused(f"'{value}'", "a whole number")
    return int(value)


def whole_numbers(given: object, names: Names, size: int | None = None) -> list[int]:
    """Return the numbers of an index, a range or a set.

    Args:
        given: as the parser has it.
        names: what names mean.
        size: of the register that is indexed, for ranges that are open.
    """
    if isinstance(given, list):
        return [number for part in given for number in whole_numbers(part, names, size)]
    if isinstance(given, ast.DiscreteSet):
        return whole_numbers(given.values, names, size)
    if not isinstance(given, ast.RangeDefinition):
        assert isinstance(given, ast.Expression)
        return [need_whole(given, names)]
    if size is None and (given.start is None or given.end is None):
        raise _refused("a range without an end", "a range with both ends")
    step = 1 if given.step is None else need_whole(given.step, names)
    start = 0 if given.start is None else need_whole(given.start, names)
    end = (size or 0) - 1 if given.end is None else need_whole(given.end, names)
    if step == 0 or abs(end - start) > _MOST_NUMBERS:
        raise _refused(f"a range from {start} to {end} in steps of {step}", f"at most {_MOST_NUMBERS:,} numbers")
    return list(range(start, end + (1 if step > 0 else -1), step))


def kind_of(node: object) -> str:
    """Return what the parser calls a part of a program, in words: a BreakStatement is a break statement."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(node).__name__).lower()


def a_kind_of(node: object) -> str:
    """Return it with its article.

    Example:
        >>> a_kind_of(ast.EndStatement())
        'an end statement'
    """
    kind = kind_of(node)
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _named(name: str, names: Names) -> sympy.Expr:
    value = names.get(name, _CONSTANTS.get(name))
    if not isinstance(value, sympy.Expr):
        raise _refused(f"'{name}'", f"one of {quoted([*names, *_CONSTANTS])}")
    return value


def _binary(expression: ast.BinaryExpression, names: Names) -> sympy.Expr:
    left, right = evaluate(expression.lhs, names), evaluate(expression.rhs, names)
    sign = expression.op.name
    if sign in _OPERATORS:
        return _OPERATORS[sign](left, right)
    if sign != "/" or right.is_zero:
        raise _refused(f"'{left} {sign} {right}'")
    if left.is_Integer and right.is_Integer and left % right:
        # Of whole numbers the language keeps the whole part, which no author of an angle means.
        raise _refused(f"'{left}/{right}', a quotient of whole numbers, which is cut", f"'{left}.0/{right}'")
    return left / right


def _entry(expression: ast.IndexExpression, names: Names) -> sympy.Expr:
    assert isinstance(expression.collection, ast.Identifier)
    name = expression.collection.name
    if not isinstance(names.get(name), sympy.IndexedBase):
        raise _refused(f"'{name}[...]'", "an entry of an array that is an input")
    places = whole_numbers(expression.index, names)
    return sympy.Symbol(f"{name}[{', '.join(map(str, places))}]")


def _refused(found: str, expected: str = "numbers, inputs, + - * / ** and functions of one number") -> QffcError:
    return error(
        "expression that is no angle",
        found=found,
        expected=expected,
        help="write the angle with inputs and numbers, or make the whole angle an input",
    )
