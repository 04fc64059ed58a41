"""The table of observables: inner products of spins, Pauli strings, products of commuting factors and weighted sums.

An observable is one class: its qubits, its text, its Pauli strings. One that is written as a word with qubits in
brackets declares the word (:class:`NamedObservable`); text, measurement, symmetry and simulation follow.
:data:`OBSERVABLES` lists them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from math import prod
from typing import ClassVar

from qffc.ir.diagnostics import error
from qffc.ir.kept import cached_property
from qffc.ir.pauli import PauliString, PauliSum, dot_product, need_string, spell_string


@dataclass(frozen=True)
class Observable:
    """Base of all observables."""

    @cached_property
    def paulis(self) -> PauliSum:
        """The observable as a sum of Pauli strings with rational coefficients."""
        return self._paulis()

    @cached_property
    def qubits(self) -> tuple[int, ...]:
        """The qubits that the observable is written on, sorted."""
        return tuple(sorted({qubit for part in self.parts for qubit in part.qubits}))

    @property
    def strings(self) -> int:
        """How many Pauli strings there are when it is multiplied out, before like ones are collected."""
        return sum(part.strings for part in self.parts)

    @property
    def parts(self) -> tuple[Observable, ...]:
        """The observables that it is made of."""
        return ()

    def text(self, names: Sequence[str]) -> str:
        """Return the observable in the text format; ``names`` are the names of the qubits."""
        raise TypeError(f"{type(self).__name__} has no text")

    def _paulis(self) -> PauliSum:
        raise TypeError(f"{type(self).__name__} has no Pauli form")

    def relabelled(self, qubits: Mapping[int, int]) -> Observable:
        """Return the observable with its qubits renamed; names that are not in ``qubits`` stay.

        Where none changes it is the very same one, which keeps the sum of Pauli strings that it has built.
        """
        moves = any(qubits.get(qubit, qubit) != qubit for qubit in self.qubits)
        return self._relabelled(qubits) if moves else self

    def _relabelled(self, qubits: Mapping[int, int]) -> Observable:
        raise TypeError(f"{type(self).__name__} cannot be relabelled")


@dataclass(frozen=True)
class NamedObservable(Observable):
    """Base of the observables that are written as a word with qubits in brackets, such as ``dot(a, b)``."""

    word: ClassVar[str]
    formula: ClassVar[str]

    @property
    def qubits(self) -> tuple[int, ...]:
        return tuple(getattr(self, each.name) for each in fields(self))

    @property
    def strings(self) -> int:
        return len(self.paulis.terms)

    @classmethod
    def size(cls) -> int:
        """Return how many qubits it is written on."""
        return len(fields(cls))

    def text(self, names: Sequence[str]) -> str:
        return f"{self.word}({', '.join(names[qubit] for qubit in self.qubits)})"

    def _relabelled(self, qubits: Mapping[int, int]) -> Observable:
        return type(self)(*(qubits.get(qubit, qubit) for qubit in self.qubits))


@dataclass(frozen=True)
class DotObservable(NamedObservable):
    """sigma_a . sigma_b = XX + YY + ZZ; symmetric in its qubits, which are kept sorted."""

    word: ClassVar[str] = "dot"
    formula: ClassVar[str] = "sigma_a . sigma_b"
    a: int
    b: int

    def __post_init__(self) -> None:
        if self.a == self.b:
            raise error(
                "dot of a qubit with itself",
                found=f"qubit {self.a} twice",
                expected="two different qubits",
                help="sigma . sigma on one qubit is the constant 3: leave it out",
            )
        a, b = sorted((self.a, self.b))
        object.__setattr__(self, "a", a)
        object.__setattr__(self, "b", b)

    def _paulis(self) -> PauliSum:
        return dot_product(self.a, self.b)


@dataclass(frozen=True)
class PauliObservable(Observable):
    """A Pauli string."""

    string: PauliString

    def __post_init__(self) -> None:
        object.__setattr__(self, "string", need_string(self.string))

    @property
    def qubits(self) -> tuple[int, ...]:
        return tuple(qubit for qubit, _ in self.string)

    @property
    def strings(self) -> int:
        return 1

    def text(self, names: Sequence[str]) -> str:
        return spell_string(self.string, names)

    def _paulis(self) -> PauliSum:
        return PauliSum.single(self.string)

    def _relabelled(self, qubits: Mapping[int, int]) -> Observable:
        return PauliObservable(tuple((qubits.get(qubit, qubit), letter) for qubit, letter in self.string))


@dataclass(frozen=True)
class ProductObservable(Observable):
    """A product of at least two factors on disjoint qubits, kept sorted."""

    factors: tuple[Observable, ...]

    def __post_init__(self) -> None:
        qubits = [qubit for factor in self.factors for qubit in factor.qubits]
        if len(self.factors) < 2 or len(set(qubits)) < len(qubits):
            raise error(
                "product of observables that share a qubit",
                found=f"qubits {sorted(qubits)}",
                expected="at least two factors, no qubit in two of them",
                help="such a product need not be Hermitian; write it as a weighted sum of Pauli strings",
            )
        object.__setattr__(self, "factors", tuple(sorted(self.factors, key=lambda factor: factor.qubits)))

    @property
    def strings(self) -> int:
        return prod(factor.strings for factor in self.factors)

    @property
    def parts(self) -> tuple[Observable, ...]:
        return self.factors

    def text(self, names: Sequence[str]) -> str:
        return "*".join(_in_brackets(factor, names) for factor in self.factors)

    def _paulis(self) -> PauliSum:
        result = self.factors[0].paulis
        for factor in self.factors[1:]:
            result = result * factor.paulis
        return result

    def _relabelled(self, qubits: Mapping[int, int]) -> Observable:
        return ProductObservable(tuple(factor.relabelled(qubits) for factor in self.factors))


@dataclass(frozen=True)
class SumObservable(Observable):
    """A weighted sum of observables, in the order written; weights are exact."""

    terms: tuple[tuple[Fraction, Observable], ...]

    def __post_init__(self) -> None:
        if not self.terms:
            raise error("empty sum of observables", found="no term", expected="at least one", help="add a dot(a, b)")

    @property
    def parts(self) -> tuple[Observable, ...]:
        return tuple(term for _, term in self.terms)

    def text(self, names: Sequence[str]) -> str:
        return " + ".join(f"{weight}*{_in_brackets(term, names)}" for weight, term in self.terms)

    def _paulis(self) -> PauliSum:
        return PauliSum.weighted((weight, term.paulis) for weight, term in self.terms)

    def _relabelled(self, qubits: Mapping[int, int]) -> Observable:
        return SumObservable(tuple((weight, term.relabelled(qubits)) for weight, term in self.terms))


OBSERVABLES: tuple[type[Observable], ...] = (DotObservable, PauliObservable, ProductObservable, SumObservable)
"""Every observable."""

_BY_WORD = {kind.word: kind for kind in OBSERVABLES if issubclass(kind, NamedObservable)}


def named_observables() -> Mapping[str, int]:
    """Return the words that are written with qubits in brackets, and how many qubits each takes.

    Example:
        >>> dict(named_observables())
        {'dot': 2}
    """
    return {word: kind.size() for word, kind in _BY_WORD.items()}


def make_observable(word: str, qubits: Sequence[int]) -> Observable:
    """Return the observable of a word on qubits."""
    return _BY_WORD[word](*qubits)


def _in_brackets(observable: Observable, names: Sequence[str]) -> str:
    text = observable.text(names)
    return f"({text})" if isinstance(observable, SumObservable | ProductObservable) else text
