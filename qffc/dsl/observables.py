"""What is measured: inner products of spins, Pauli strings, and their sums and products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from qffc.dsl.numbers import exact
from qffc.ir.declarations import Qubit, Site
from qffc.ir.diagnostics import error
from qffc.ir.exchange_group import exchanges
from qffc.ir.observables import Observable, ProductObservable, SumObservable
from qffc.ir.values import Numeric

Swap = dict[int, int]
"""What exchanging two like atoms does to the qubits that carry them."""


@dataclass(frozen=True)
class Measured:
    """An observable in the author's hands: ``+``, ``-``, ``*`` with numbers and with observables on other qubits.

    Example:
        >>> import qffc as qf
        >>> @qf.ansatz
        ... def lithium_hydride(a):
        ...     lithium, hydrogen = a.centre("Li"), a.neighbour("H")
        ...     upper, lower = a.twins(hydrogen)
        ...     return a.energy(2 * a.dot(upper, lower) - a.pauli("ZZ", upper, lower))
        >>> print(lithium_hydride.program.text.splitlines()[-2])
        observable m0 = 2*dot(H_upper, H_lower) + -1*Z(H_upper) Z(H_lower)
    """

    __array_ufunc__ = None  # numbers of NumPy on the left leave the arithmetic to the operators here

    observable: Observable
    home: object = field(repr=False, compare=False)
    name: str | None = None

    def named(self, name: str) -> Measured:
        """Return the observable with a name for the program."""
        return replace(self, name=name)

    def __add__(self, other: Measured) -> Measured:
        return Measured(SumObservable((*terms(self.observable), *terms(_same_home(self, other).observable))), self.home)

    def __sub__(self, other: Measured) -> Measured:
        return self + -1 * other

    def __neg__(self) -> Measured:
        return -1 * self

    def __mul__(self, other: Measured | Numeric) -> Measured:
        if isinstance(other, Measured):
            return Measured(ProductObservable((self.observable, _same_home(self, other).observable)), self.home)
        factor = exact(other)
        return Measured(
            SumObservable(tuple((factor * weight, term) for weight, term in terms(self.observable))), self.home
        )

    def __rmul__(self, other: Numeric) -> Measured:
        return self * other


def terms(observable: Observable) -> tuple[tuple[Fraction, Observable], ...]:
    """Return an observable as weighted terms, none of them a sum."""
    if not isinstance(observable, SumObservable):
        return ((Fraction(1), observable),)
    return tuple((weight * inner, term) for weight, part in observable.terms for inner, term in terms(part))


def swaps_of_like_atoms(sites: Sequence[Site], qubits: Sequence[Qubit]) -> tuple[Swap, ...]:
    """Return exchanges that generate all those of like atoms and molecules; qubits are matched in their order."""
    carried: dict[str, list[int]] = {site.name: [] for site in sites}
    for index, qubit in enumerate(qubits):
        if qubit.site is not None:
            carried[qubit.site].append(index)
    swaps = []
    for exchange in exchanges(sites):
        pairs = [(carried[a], carried[b]) for a, b in exchange.moves]
        if any(left for left, _ in pairs) and all(len(left) == len(right) for left, right in pairs):
            swaps.append({a: b for left, right in pairs for a, b in zip(left, right, strict=True)})
    return tuple(swaps)


def tied(measured: Sequence[Measured], swaps: Sequence[Swap]) -> list[Measured]:
    """Replace each observable by the sum over what like atoms can make of it, each such sum once."""
    seen: set[object] = set()
    result = []
    for item in measured:
        if item.observable.paulis in seen:
            continue
        orbit = _orbit(item.observable, swaps)
        seen.update(member.paulis for member in orbit)
        summed = SumObservable(tuple(term for member in orbit for term in terms(member)))
        result.append(item if len(orbit) == 1 else replace(item, observable=summed))
    return result


def _orbit(observable: Observable, swaps: Sequence[Swap]) -> list[Observable]:
    orbit = [observable]
    known = {observable.paulis}
    for member in orbit:  # grows while it is read
        for swap in swaps:
            image = member.relabelled(swap)
            if image.paulis not in known:
                known.add(image.paulis)
                orbit.append(image)
    return orbit


def _same_home(left: Measured, right: object) -> Measured:
    if isinstance(right, Measured) and right.home is left.home:
        return right
    raise error(
        "observables that do not belong together",
        found="one that another function measured" if isinstance(right, Measured) else repr(right),
        expected="two observables of one ansatz",
        help="build both with 'a.dot' or 'a.pauli' of the same 'a'",
    )
