"""Circuits as traces: words of operations that are equal when commuting neighbours trade places.

They are the elements of a trace monoid (Mazurkiewicz), also called a partially commutative monoid.
A word becomes a *Foata normal form*: every letter moves to the earliest level that the letters it depends on allow.

**Lemma** (Cartier and Foata). Two words are equal modulo commutation of independent letters exactly when their normal
forms are equal. Hypothesis: independent letters commute whatever their numbers are. :func:`independent` says so of
letters without a common qubit, of rotations of a qubit about one direction, of exchanges of one pair, and of
generators whose commutator is zero; preparations depend on all that touches their qubits. Letters that are declared
dependent although they commute only make the test stricter.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple

from qffc.ir.diagnostics import InternalError
from qffc.ir.operation import Coupling, Op
from qffc.ir.ops import operation
from qffc.ir.pauli import LETTERS, PauliSum
from qffc.ir.values import Mul, Unit, Value, split_coefficient


class Shape(NamedTuple):
    """A letter without its number: what decides on commutation.

    Args:
        kind: the word of the operation.
        qubits: in the first order that is the same operation.
        paulis: the letters of a Pauli string, in the order of the qubits.
        direction: of a rotation, a text that is equal for parallel vectors.
    """

    kind: str
    qubits: tuple[int, ...]
    paulis: str = ""
    direction: str = ""


@dataclass(frozen=True)
class Letter:
    """An operation in canonical form; equal letters are equal operations up to a global phase."""

    shape: Shape
    value: Value | None

    def moved(self, places: Mapping[int, int]) -> Letter:
        """Return the letter on other qubits."""
        shape = self.shape
        if all(places[qubit] == qubit for qubit in shape.qubits):
            return self
        return make_letter(
            shape.kind, [places[qubit] for qubit in shape.qubits], self.value, shape.paulis, shape.direction
        )

    def with_value(self, value: Value) -> Letter:
        """Return the letter with another number or vector in its place."""
        if self.shape.kind != "rotate":
            return Letter(self.shape, value)
        return make_letter("rotate", self.shape.qubits, value, direction=_direction(value))


Level = Counter[Letter]


def make_letter(kind: str, qubits: Sequence[int], value: Value | None, paulis: str = "", direction: str = "") -> Letter:
    """Return a letter in canonical form.

    Qubits that may trade places come in their first order (a singlet changes by a global sign alone); where that
    changes the sign of the angle, the value takes it.
    """
    order, sign = _first_order(kind, tuple(qubits), bool(paulis))
    if sign < 0 and value is not None:
        value = -value
    paulis = "".join(paulis[k] for k in order) if paulis else ""
    return Letter(Shape(kind, tuple(qubits[k] for k in order), paulis, direction), value)


@lru_cache(maxsize=1 << 14)
def _first_order(kind: str, qubits: tuple[int, ...], string: bool) -> tuple[tuple[int, ...], int]:
    if string:
        return tuple(sorted(range(len(qubits)), key=lambda k: qubits[k])), 1
    return operation(kind).declaration.first_order(qubits)


def letter_of(op: Op, value: Value | None) -> Letter:
    """Return the letter of an operation with another value in its place; a relabelling has none."""
    if op.moved:
        raise InternalError(f"no letter for {op.word}")
    direction = "" if value is None or op.declaration.vector is None else _direction(value)
    return make_letter(op.word, op.qubits, value, "".join(letter for _, letter in op.letters), direction)


def levels(word: Iterable[Letter]) -> list[int]:
    """Return the level of each letter of a word, from 1."""
    seen: dict[int, dict[Shape, int]] = defaultdict(dict)  # the highest level of each shape, in ascending order
    same: dict[Letter, int] = {}
    result = []
    for letter in word:
        level = same.get(letter, 0)
        for qubit in letter.shape.qubits:
            level = _highest(seen[qubit], letter.shape, level)
        level += 1
        result.append(level)
        same[letter] = level
        for qubit in letter.shape.qubits:
            _note(seen[qubit], letter.shape, level)
    return result


def _highest(line: dict[Shape, int], shape: Shape, least: int) -> int:
    """The highest level above ``least`` of a shape that another one depends on; ``least`` when there is none."""
    for other, level in reversed(line.items()):
        if level <= least:
            break
        if not independent(other, shape):
            return level
    return least


def _note(line: dict[Shape, int], shape: Shape, level: int) -> None:
    """Keep the highest level of a shape in its place."""
    level = max(level, line.pop(shape, 0))
    above = list(takewhile(lambda item: item[1] > level, reversed(line.items())))
    line[shape] = level
    for other, highest in reversed(above):
        del line[other]
        line[other] = highest


def normal_form(word: Sequence[Letter]) -> tuple[Level, ...]:
    """Return the levels of a word as multisets of letters."""
    depths = levels(word)
    form: tuple[Level, ...] = tuple(Counter() for _ in range(max(depths, default=0)))
    for letter, depth in zip(word, depths, strict=True):
        form[depth - 1][letter] += 1
    return form


def touched(word: Sequence[Letter], image: Sequence[Letter]) -> tuple[list[Letter], list[Letter]]:
    """Return what shares a qubit with a letter that differs, of two words of one length, in their order.

    The halves of a singlet count as one qubit. The words are equal modulo commutation exactly when these parts are: two
    words are equal when they are for any two letters that depend on each other, all others left out. Where neither of
    the two differs, they stand at the same places in both words; if one does, they share one of its qubits.

    Example:
        >>> word = [make_letter("singlet", (k, k + 1), None) for k in (0, 2, 4)]
        >>> [[letter.shape.qubits for letter in part] for part in touched(word, [*word[:2], word[0]])]
        [[(0, 1), (4, 5)], [(0, 1), (0, 1)]]
    """
    pairs = list(zip(word, image, strict=True))
    qubits = {qubit for ours, its in pairs if ours != its for letter in (ours, its) for qubit in letter.shape.qubits}
    for letter in (*word, *image):
        if letter.shape.kind == "singlet" and not qubits.isdisjoint(letter.shape.qubits):
            qubits.update(letter.shape.qubits)
    mine, other = ([each for each in part if not qubits.isdisjoint(each.shape.qubits)] for part in (word, image))
    return mine, other


@lru_cache(maxsize=1 << 18)
def independent(a: Shape, b: Shape) -> bool:
    """Whether operations of two shapes commute whatever their numbers are; False when no rule says so."""
    if not set(a.qubits) & set(b.qubits):
        return True
    if operation(a.kind).declaration.prepares or operation(b.kind).declaration.prepares:
        return False
    if a.kind == "rotate" or b.kind == "rotate":
        return a.kind == b.kind and a.direction == b.direction
    if a.kind == b.kind == "exchange":
        return a.qubits == b.qubits
    if a.paulis and b.paulis:
        letters = dict(zip(a.qubits, a.paulis, strict=True))
        return sum(letters.get(qubit, own) != own for qubit, own in zip(b.qubits, b.paulis, strict=True)) % 2 == 0
    places = {qubit: place for place, qubit in enumerate(sorted({*a.qubits, *b.qubits}))}
    return _commute(*(each._replace(qubits=tuple(places[qubit] for qubit in each.qubits)) for each in (a, b)))


@lru_cache(maxsize=1 << 12)
def _commute(a: Shape, b: Shape) -> bool:
    """Whether generators commute; those of couplings on other qubits in the same order are the same but for names."""
    return unit_generator(a).commutator(unit_generator(b)).is_zero


@lru_cache(maxsize=1 << 12)
def unit_generator(shape: Shape) -> PauliSum:
    """Return the generator of a coupling at the angle 1."""
    kind = operation(shape.kind)
    if not issubclass(kind, Coupling):
        raise InternalError(f"no generator of '{shape.kind}' without its value")
    letters = tuple(letter for name in shape.paulis for letter in LETTERS if letter == name)
    return kind.unit_generator(shape.qubits, letters)


def _direction(vector: Value) -> str:
    """Return a text that is equal only for vectors that are parallel: factors and normalization stripped."""
    body = split_coefficient(vector)[1]
    while isinstance(body, Mul | Unit):
        body = split_coefficient(body.vector if isinstance(body, Unit) else body.factors[-1])[1]
    return body.text
