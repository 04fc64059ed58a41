"""Trees of the grammar that speak of qubits to their numbers, Pauli letters and observables."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import cast

from lark import Token

from qffc.ir.diagnostics import error
from qffc.ir.observables import (
    Observable,
    PauliObservable,
    ProductObservable,
    SumObservable,
    make_observable,
    named_observables,
)
from qffc.ir.pauli import LETTERS, Letter
from qffc.ir.text.syntax import Line, Node, quoting, unknown
from qffc.ir.text.value_parser import rational, subtrees, tokens

Numbers = Mapping[str, int]
"""The number of each declared qubit by name."""


def build_observable(node: Node, line: Line, numbers: Numbers) -> Observable:
    """Return the observable of a ``weighted_sum`` tree."""
    terms: list[tuple[Fraction | None, Observable]] = []
    for child in subtrees(node):
        if child.data == "minus_weighted":
            weight, term = _weighted(subtrees(child)[0], line, numbers)
            terms.append((Fraction(-1) if weight is None else -weight, term))
        else:
            terms.append(_weighted(child, line, numbers))
    if len(terms) == 1 and terms[0][0] is None:
        return terms[0][1]
    return SumObservable(tuple((Fraction(1) if weight is None else weight, term) for weight, term in terms))


def qubit_number(token: Token, line: Line, numbers: Numbers) -> int:
    """Return the number of a qubit that is named."""
    number = numbers.get(str(token))
    if number is None:
        unknown("qubit", token, tuple(numbers), line)
    return number


def pauli_letter(node: Node, line: Line, numbers: Numbers) -> tuple[int, Letter]:
    """Return a Pauli letter with the number of its qubit."""
    letter, *qubits = tokens(node)
    if letter in LETTERS and len(qubits) == 1:
        return qubit_number(qubits[0], line, numbers), cast(Letter, str(letter))
    raise error(
        "not a Pauli letter",
        found=f"'{line.source[node.meta.start_pos : node.meta.end_pos]}'",
        expected="'X(qubit)', 'Y(qubit)' or 'Z(qubit)'",
        help="write a Pauli string as letters with a space between them: 'X(a) Y(b)'",
        span=line.span(node),
    )


def _weighted(node: Node, line: Line, numbers: Numbers) -> tuple[Fraction | None, Observable]:
    weight = None
    factors = []
    for child in subtrees(node):
        if child.data in ("rational", "minus_rational"):
            weight = rational(child, line)
        elif child.data == "weighted_sum":
            factors.append(build_observable(child, line, numbers))
        else:
            factors.append(_spins(child, line, numbers))
    if len(factors) == 1:
        return weight, factors[0]
    return weight, quoting(lambda: ProductObservable(tuple(factors)), node, line)


def _spins(node: Node, line: Line, numbers: Numbers) -> Observable:
    parts = subtrees(node)
    word, *on = tokens(parts[0])
    if len(parts) > 1 or word in LETTERS:
        string = tuple(pauli_letter(part, line, numbers) for part in parts)
        return quoting(lambda: PauliObservable(string), node, line)
    known = named_observables()
    if known.get(str(word)) != len(on):
        forms = ", ".join(f"'{name}({', '.join(['qubit'] * count)})'" for name, count in known.items())
        raise error(
            "not an observable",
            found=f"'{line.source[node.meta.start_pos : node.meta.end_pos]}'",
            expected=f"{forms}, or a Pauli string of 'X(qubit)', 'Y(qubit)', 'Z(qubit)'",
            help="write a weighted sum as '1/2*dot(a, b) + 2*X(a) Y(b)'",
            span=line.span(node),
        )
    qubits = [qubit_number(token, line, numbers) for token in on]
    return quoting(lambda: make_observable(str(word), qubits), node, line)
