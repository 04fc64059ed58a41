"""Lines of the text format to trees; what does not fit the grammar becomes a diagnostic with a place."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fractions import Fraction
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal, NoReturn, TypeVar

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from qffc.ir.diagnostics import QffcError, Span, error, quoted
from qffc.ir.text.operation_grammar import lark_rules, usages

_Built = TypeVar("_Built")
Node = Tree[Token]
MAXIMUM_DEPTH = 64
"""Brackets within brackets that a line may have."""

USAGE: dict[str, str] = {
    "qffc": "qffc VERSION",
    "program": "program NAME",
    "symmetry": "symmetry GENERATOR, ...",
    "scope": "scope molecule | scope pair | scope atom",
    "species": "species ELEMENT, ...",
    "channels": "channels COUNT",
    "average": "average exchange, inversion",
    "site": "site NAME: ELEMENT|any centre|neighbour|free|gathered [molecule NAME]",
    "parameter": "parameter NAME: AXIS, ... [radial BASIS SIZE cutoff RADIUS | over scalars|vectors] [default NUMBER] "
    "[frozen]",
    "qubit": "qubit NAME[: SITE]",
    "generator": "generator NAME: sites SITE -> SITE, ...; qubits QUBIT -> QUBIT, ...; "
    "entries TABLE [axes AXIS, ...:] INDEX -> INDEX, ...; paulis X(QUBIT) ...",
    "conserved": "conserved NAME = WEIGHT*X(QUBIT) ... + ... | conserved spin",
    **usages(),
    "observable": "observable NAME = dot(QUBIT, QUBIT) | X(QUBIT) ... | WEIGHT*OBSERVABLE + ...",
    "energy": "energy VALUE",
    "atomic": "atomic weight VALUE features OBSERVABLE, ... [by species] "
    "[messages ROUNDS radial BASIS SIZE cutoff RADIUS] "
    "[rounds COUNT vectors COUNT radial BASIS SIZE cutoff RADIUS] head WIDTH, ... silu|tanh | head linear",
}
"""The words that start a line, in the order of the text, and how each line is written."""

_FIRST_WORD = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)")
_WORDS = {"NAME": "a name", "PROGRAM_NAME": "a name", "NUMBER": "a number", "$END": "the end of the line"}
_VALUE = {"NAME", "NUMBER", "LPAR", "MINUS"}
_OPERATORS = {"PLUS", "MINUS", "STAR", "SLASH"}


@dataclass(frozen=True)
class Line:
    """One line of a text, for the places in its diagnostics."""

    file: str
    number: int
    source: str

    def span(self, node: Node | Token | None = None) -> Span:
        """Return the place of a part of the line, or of all of it without its comment."""
        if node is None:
            text = self.source.partition("#")[0].rstrip()
            return self._span(len(text) - len(text.lstrip()) + 1, len(text) + 1)
        place = node if isinstance(node, Token) else node.meta
        return self._span(place.column or 1, place.end_column)

    def end(self) -> Span:
        """Return the place just behind the last word."""
        column = len(self.source.partition("#")[0].rstrip()) + 1
        return self._span(column, column + 1)

    def _span(self, column: int, end: int | None) -> Span:
        return Span(self.file, self.number, column, end, self.source)


def parse_line(line: Line, start: Literal["line", "value"]) -> Node:
    """Return the tree of a line, or of a single value.

    Raises:
        QffcError: when the line does not fit the grammar.
    """
    _check_depth(line)
    try:
        return _tree(line.source, start)
    except UnexpectedInput as problem:
        raise _syntax_error(line, problem, start) from None


@lru_cache(maxsize=1 << 12)
def _tree(source: str, start: str) -> Node:
    """A tree, which nobody changes; many lines of a long circuit come again."""
    return _grammar().parse(source, start=start)


def number_of(token: Token, line: Line) -> Fraction:
    """Return the exact value of a number token."""
    _, _, exponent = token.lower().partition("e")
    if len(token) > 400 or (exponent and abs(int(exponent)) > 400):
        raise error(
            "number out of range",
            found=f"'{token[:24]}{'...' if len(token) > 24 else ''}'",
            expected="at most 400 digits and an exponent between -400 and 400",
            help="choose units in which the number is of ordinary size",
            span=line.span(token),
        )
    return _fraction(str(token))


@lru_cache(maxsize=1 << 10)
def _fraction(digits: str) -> Fraction:
    return Fraction(digits)


def whole_number_of(token: Token, line: Line) -> int:
    """Return the value of a number token that must be an integer."""
    value = number_of(token, line)
    if value.denominator != 1:
        raise error(
            "a fraction where a whole number belongs",
            found=f"'{token}'",
            expected="a whole number",
            help="write it without a decimal point",
            span=line.span(token),
        )
    return int(value)


def quoting(build: Callable[[], _Built], node: Node, line: Line) -> _Built:
    """Return what is built; a mistake quotes the text, because the constructors know qubits by number only."""
    try:
        return build()
    except QffcError as problem:
        if "vector" in problem.diagnostic.title:
            raise
        found = f"'{line.source[node.meta.start_pos : node.meta.end_pos]}'"
        raise QffcError(replace(problem.diagnostic, found=found, span=line.span(node))) from None


def unknown(kind: str, token: Token, valid: tuple[str, ...], line: Line) -> NoReturn:
    """Refuse a word that is none of those that are valid."""
    raise error(
        f"unknown {kind}",
        found=f"'{token}'",
        expected=f"one of {quoted(valid)}" if valid else f"a declared {kind}; the program declares none",
        help=f"declare the {kind}, or correct the name" if kind == "qubit" else "correct the word",
        span=line.span(token),
    )


@cache
def _grammar() -> Lark:
    text = files("qffc.ir.text").joinpath("program.lark").read_text(encoding="utf-8") + lark_rules()
    return Lark(text, parser="lalr", start=["line", "value"], propagate_positions=True, maybe_placeholders=False)


def _check_depth(line: Line) -> None:
    depth = 0
    for column, character in enumerate(line.source, start=1):
        if character == "#":
            return
        depth += (character in "([") - (character in ")]")
        if depth > MAXIMUM_DEPTH:
            raise error(
                "brackets nested too deeply",
                found=f"more than {MAXIMUM_DEPTH} open brackets",
                expected=f"at most {MAXIMUM_DEPTH}",
                help="write the value flatter",
                span=Span(line.file, line.number, column, column + 1, line.source),
            )


def _syntax_error(line: Line, problem: UnexpectedInput, start: str) -> QffcError:
    match = _FIRST_WORD.match(line.source)
    word = match.group(1) if match else ""
    span = _place(line, problem)
    found = _found(problem)
    if start == "line" and word not in USAGE:
        close = get_close_matches(word, USAGE, n=1)
        return error(
            "unknown start of a line",
            found=f"'{word}'" if word else found,
            expected=f"one of {quoted(USAGE)}",
            help=f"write '{close[0]}' if that is meant"
            if close
            else "start the line with one of these words, or with '#' for a comment",
            span=line.span() if match is None else Span(line.file, line.number, *_columns(match), line.source),
        )
    usage = f"write: {USAGE[word]}" if start == "line" else "write a value such as 2*J[Z(a)]*norm(r(a, b))"
    if isinstance(problem, UnexpectedCharacters):
        return error(
            "strange character",
            found=found,
            expected="names, numbers, brackets and + - * / ^",
            help=usage,
            span=span,
        )
    unclosed = found == "the end of the line" and "RPAR" in _terminals(problem)
    return error(
        "the value does not end here" if start == "value" and "$END" in _terminals(problem) else "syntax error",
        found=found,
        expected=_expected(_terminals(problem)),
        help="close the bracket" if unclosed else usage,
        span=span,
    )


def _columns(match: re.Match[str]) -> tuple[int, int]:
    return match.start(1) + 1, match.end(1) + 1


def _place(line: Line, problem: UnexpectedInput) -> Span:
    if isinstance(problem, UnexpectedToken) and problem.token.type != "$END":
        return line.span(problem.token)
    if isinstance(problem, UnexpectedCharacters):
        return Span(line.file, line.number, problem.column, problem.column + 1, line.source)
    return line.end()


def _found(problem: UnexpectedInput) -> str:
    if isinstance(problem, UnexpectedToken) and problem.token.type != "$END":
        return f"'{problem.token}'"
    if isinstance(problem, UnexpectedCharacters):
        return repr(problem.char)
    return "the end of the line"


def _terminals(problem: UnexpectedInput) -> set[str]:
    if isinstance(problem, UnexpectedToken):
        return set(problem.accepts or problem.expected)
    return set()


def _expected(terminals: set[str]) -> str:
    left, choices = set(terminals), []
    if left >= _VALUE:
        left -= _VALUE
        choices.append("a value")
    if left >= _OPERATORS:
        left -= _OPERATORS | {"CIRCUMFLEX"}
        choices.append("an operator")
    punctuation = {t.name: str(t.pattern.value) for t in _grammar().terminals if t.pattern.type == "str"}
    for name in sorted(left):
        if name in _WORDS:
            choices.append(_WORDS[name])
        else:
            choices.append(f"'{punctuation.get(name, name.lower())}'")
    return " or ".join(sorted(choices))
