"""The line of an atomic readout and the parts of it: from their parse tree to the readout."""

from __future__ import annotations

from dataclasses import replace

from lark import Token

from qffc.ir.declarations import ACTIVATIONS, BASES, AtomicReadout, Basis, Messages, Rounds
from qffc.ir.diagnostics import QffcError, error
from qffc.ir.text.syntax import Line, Node, unknown, whole_number_of
from qffc.ir.text.value_parser import build_value, rational, subtrees, tokens

LINEAR = "linear"
"""The word for a head without hidden layers."""


def build_atomic(node: Node, line: Line) -> AtomicReadout:
    """Return the readout of a line ``atomic``."""
    weight, *rest = subtrees(node)
    parts = {part.data: tokens(part) for part in rest}
    features = tuple(str(token) for token in parts.get("names", ()))
    hidden = tuple(whole_number_of(token, line) for token in parts.get("widths", ()))
    passed = next((_messages(part, line) for part in rest if part.data == "messages"), None)
    again = next((_rounds(part, line) for part in rest if part.data == "rounds"), None)
    value, apart = build_value(weight, line), "by_species" in parts
    readout = AtomicReadout(value, features, hidden, by_species=apart, messages=passed, rounds=again)
    word = tokens(node)[-1]
    if (word == LINEAR) == bool(hidden):
        raise _unfit_head(word, line, hidden)
    match str(word):
        case "silu" | "linear":
            return readout
        case "tanh":
            return replace(readout, activation="tanh")
    unknown("activation", word, ACTIVATIONS, line)


def _rounds(node: Node, line: Line) -> Rounds:
    _, count, _, vectors = tokens(node)
    basis = build_basis(subtrees(node)[0], line)
    return Rounds(whole_number_of(count, line), whole_number_of(vectors, line), basis)


def _messages(node: Node, line: Line) -> Messages:
    return Messages(whole_number_of(tokens(node)[1], line), build_basis(subtrees(node)[0], line))


def build_basis(node: Node, line: Line) -> Basis:
    """Return the radial basis of a part ``radial KIND SIZE cutoff RADIUS``."""
    _, kind, size, _ = tokens(node)
    cutoff = rational(subtrees(node)[0], line)
    match str(kind):
        case "bessel":
            return Basis("bessel", whole_number_of(size, line), cutoff)
        case "chebyshev":
            return Basis("chebyshev", whole_number_of(size, line), cutoff)
    unknown("radial basis", kind, BASES, line)


def _unfit_head(word: Token, line: Line, hidden: tuple[int, ...]) -> QffcError:
    return error(
        "head that is neither linear nor a network",
        found=f"'{word}' after {len(hidden)} layers" if hidden else f"'{word}' without a layer before it",
        expected="the widths of the hidden layers and an activation, or 'linear' alone",
        help="write for instance 'head 16, 16 silu', or 'head linear'",
        span=line.span(word),
    )
