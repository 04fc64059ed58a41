"""Exact sparse Pauli algebra with symbolic coefficients.

A :class:`PauliSum` maps Pauli strings to coefficients ``a + i b`` where ``a`` and ``b`` are symbolic values; products
and commutators are exact, and nothing dense is ever built.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from qffc.ir.values import Number, Numeric, Value, add, as_value, mul

Letter = Literal["X", "Y", "Z"]
LETTERS: tuple[Letter, ...] = ("X", "Y", "Z")
PauliString = tuple[tuple[int, Letter], ...]
"""Qubit and letter, sorted by qubit, one letter a qubit; the empty string is the identity."""

_ZERO = Number(Fraction(0))


def product_of_strings(left: PauliString, right: PauliString) -> tuple[int, PauliString]:
    """Return (k, string) with left * right = i^k string.

    Example:
        >>> product_of_strings(((0, "X"),), ((0, "Y"),))
        (1, ((0, 'Z'),))
    """
    phase = 0
    letters: dict[int, Letter] = dict(left)
    for qubit, letter in right:
        other = letters.get(qubit)
        if other is None:
            letters[qubit] = letter
        elif other == letter:
            del letters[qubit]
        else:
            a, b = LETTERS.index(other), LETTERS.index(letter)
            phase += 1 if (b - a) % 3 == 1 else 3
            letters[qubit] = LETTERS[3 - a - b]
    return phase % 4, tuple(sorted(letters.items()))


@dataclass(frozen=True)
class PauliSum:
    """A weighted sum of Pauli strings; terms with both parts zero are dropped on construction.

    Args:
        terms: pairs (string, (real part, imaginary part)), sorted by string.
    """

    terms: tuple[tuple[PauliString, tuple[Value, Value]], ...]

    @staticmethod
    def of(entries: Mapping[PauliString, Value | Numeric]) -> PauliSum:
        """Return the sum with real coefficients.

        Example:
            >>> print(PauliSum.of({((0, "X"), (1, "X")): 2}))
            2 X(0) X(1)
        """
        return _collect((string, (as_value(value), _ZERO)) for string, value in entries.items())

    @property
    def is_zero(self) -> bool:
        """Whether no term is left."""
        return not self.terms

    @property
    def qubits(self) -> tuple[int, ...]:
        """The qubits that the sum acts on, sorted."""
        return tuple(sorted({qubit for string, _ in self.terms for qubit, _ in string}))

    def __add__(self, other: PauliSum) -> PauliSum:
        return _collect((*self.terms, *other.terms))

    def __sub__(self, other: PauliSum) -> PauliSum:
        return self + other.scaled(-1)

    def scaled(self, factor: Value | Numeric, *, imaginary: bool = False) -> PauliSum:
        """Return the sum times a real number, or times i and that number."""
        scale = as_value(factor)
        if imaginary:
            return _collect((s, (mul(as_value(-1), scale, im), mul(scale, re))) for s, (re, im) in self.terms)
        return _collect((s, (mul(scale, re), mul(scale, im))) for s, (re, im) in self.terms)

    def __mul__(self, other: PauliSum) -> PauliSum:
        entries = []
        for left, (a, b) in self.terms:
            for right, (c, d) in other.terms:
                phase, string = product_of_strings(left, right)
                real, imaginary = add(mul(a, c), -mul(b, d)), add(mul(a, d), mul(b, c))
                for _ in range(phase):
                    real, imaginary = -imaginary, real
                entries.append((string, (real, imaginary)))
        return _collect(entries)

    def commutator(self, other: PauliSum) -> PauliSum:
        """Return [self, other]."""
        return self * other - other * self

    def relabelled(self, qubits: Mapping[int, int]) -> PauliSum:
        """Return the sum with qubits renamed."""
        return _collect(
            (tuple(sorted((qubits.get(qubit, qubit), letter) for qubit, letter in string)), parts)
            for string, parts in self.terms
        )

    def __str__(self) -> str:
        if not self.terms:
            return "0"
        return " + ".join(f"{_spell_coefficient(*parts)}{_spell_string(s)}".strip() for s, parts in self.terms)


def spin_component(qubits: Iterable[int], letter: Letter) -> PauliSum:
    """Return J_a = 1/2 sum of one Pauli letter over qubits: the generator of rotations about that axis."""
    return PauliSum.of({((qubit, letter),): Fraction(1, 2) for qubit in qubits})


def dot_product(a: int, b: int) -> PauliSum:
    """Return sigma_a . sigma_b = XX + YY + ZZ."""
    return PauliSum.of({tuple(sorted(((a, letter), (b, letter)))): 1 for letter in LETTERS})


def triple_product(a: int, b: int, c: int) -> PauliSum:
    """Return sigma_a . (sigma_b x sigma_c)."""
    entries: dict[PauliString, int] = {}
    for i, j, k, sign in ((0, 1, 2, 1), (1, 2, 0, 1), (2, 0, 1, 1), (0, 2, 1, -1), (2, 1, 0, -1), (1, 0, 2, -1)):
        entries[tuple(sorted(((a, LETTERS[i]), (b, LETTERS[j]), (c, LETTERS[k]))))] = sign
    return PauliSum.of(entries)


def _collect(entries: Iterable[tuple[PauliString, tuple[Value, Value]]]) -> PauliSum:
    parts: dict[PauliString, tuple[Value, Value]] = {}
    for string, (real, imaginary) in entries:
        old = parts.get(string, (_ZERO, _ZERO))
        parts[string] = (add(old[0], real), add(old[1], imaginary))
    kept = {string: pair for string, pair in parts.items() if pair != (_ZERO, _ZERO)}
    return PauliSum(tuple(sorted(kept.items(), key=lambda item: item[0])))


def _spell_string(string: PauliString) -> str:
    return " ".join(f"{letter}({qubit})" for qubit, letter in string) or "1"


def _spell_coefficient(real: Value, imaginary: Value) -> str:
    if imaginary == _ZERO:
        return "" if real == Number(Fraction(1)) else f"{_wrap(real)} "
    if real == _ZERO:
        return f"i*{_wrap(imaginary)} "
    return f"({real} + i*{_wrap(imaginary)}) "


def _wrap(value: Value) -> str:
    return f"({value})" if " + " in value.text else value.text
