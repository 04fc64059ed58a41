"""Observables: inner products of spins, Pauli strings, products of commuting factors and weighted sums."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import prod

from qffc.ir.diagnostics import error
from qffc.ir.pauli import PauliString, PauliSum, dot_product


@dataclass(frozen=True)
class Observable:
    """Base of all observables."""

    @cached_property
    def paulis(self) -> PauliSum:
        """The observable as a sum of Pauli strings with rational coefficients."""
        return self._paulis()

    @property
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

    def _paulis(self) -> PauliSum:
        raise TypeError(f"{type(self).__name__} has no Pauli form")

    def relabelled(self, qubits: dict[int, int]) -> Observable:
        """Return the observable with its qubits renamed; names that are not in ``qubits`` stay."""
        raise TypeError(f"{type(self).__name__} cannot be relabelled")


@dataclass(frozen=True)
class DotObservable(Observable):
    """sigma_a . sigma_b = XX + YY + ZZ; symmetric in its qubits, which are kept sorted."""

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

    @property
    def qubits(self) -> tuple[int, ...]:
        return (self.a, self.b)

    @property
    def strings(self) -> int:
        return 3

    def _paulis(self) -> PauliSum:
        return dot_product(self.a, self.b)

    def relabelled(self, qubits: dict[int, int]) -> Observable:
        return DotObservable(qubits.get(self.a, self.a), qubits.get(self.b, self.b))


@dataclass(frozen=True)
class PauliObservable(Observable):
    """A Pauli string."""

    string: PauliString

    def __post_init__(self) -> None:
        if len({qubit for qubit, _ in self.string}) < len(self.string) or not self.string:
            raise error(
                "not a Pauli string",
                found=" ".join(f"{letter}({qubit})" for qubit, letter in self.string) or "no letter",
                expected="at least one letter X, Y or Z, each on a qubit of its own",
                help="name every qubit once",
            )
        object.__setattr__(self, "string", tuple(sorted(self.string)))

    @property
    def qubits(self) -> tuple[int, ...]:
        return tuple(qubit for qubit, _ in self.string)

    @property
    def strings(self) -> int:
        return 1

    def _paulis(self) -> PauliSum:
        return PauliSum.of({self.string: 1})

    def relabelled(self, qubits: dict[int, int]) -> Observable:
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

    def _paulis(self) -> PauliSum:
        result = self.factors[0].paulis
        for factor in self.factors[1:]:
            result = result * factor.paulis
        return result

    def relabelled(self, qubits: dict[int, int]) -> Observable:
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

    def _paulis(self) -> PauliSum:
        return PauliSum.total(term.paulis.scaled(weight) for weight, term in self.terms)

    def relabelled(self, qubits: dict[int, int]) -> Observable:
        return SumObservable(tuple((weight, term.relabelled(qubits)) for weight, term in self.terms))
