"""Couplings as polynomials of their generators: exp(-i t G) by the eigenvalues of G, all multiples of one root."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import prod
from typing import Any

import numpy as np
from flint import fmpz

from qffc.ir.diagnostics import InternalError
from qffc.ir.operation import Coupling
from qffc.ir.pauli import Letter, PauliString, PauliSum
from qffc.ir.reference import dense
from qffc.ir.values import Number


@dataclass(frozen=True)
class Spectrum:
    """What exp(-i t G) is made of.

    Args:
        surd: a square-free number d; eigenvalues are multiples of its root.
        eigenvalues: over the root of d, all different.
        powers: of G from 0 on, one fewer than there are eigenvalues is enough; Pauli strings on places 0, 1, ... with
            coefficients.
    """

    surd: int
    eigenvalues: tuple[Fraction, ...]
    powers: tuple[dict[PauliString, Fraction], ...]


def spectrum_of(op: Coupling) -> Spectrum:
    """Return the spectrum of a coupling with its qubits in their order.

    Example:
        >>> from qffc.ir import Chirality, Exchange
        >>> from qffc.ir.values import Pi
        >>> spectrum = spectrum_of(Exchange(0, 1, Pi()))
        >>> spectrum.surd, [str(each) for each in spectrum.eigenvalues]
        (1, ['-3', '1'])
        >>> spectrum_of(Chirality(0, 1, 2, Pi())).surd
        3
    """
    kind: Any = type(op)  # of classes with a hash, which mypy does not see
    return _spectrum(kind, len(op.qubits), tuple(letter for _, letter in op.letters))


@cache
def _spectrum(kind: type[Coupling], count: int, letters: tuple[Letter, ...]) -> Spectrum:
    generator = kind.unit_generator(range(count), letters)
    if len(generator.terms) == 1:
        # The square of one string is 1, however many qubits it has.
        ((_, (weight, _)),) = generator.terms
        size = _rational(weight)
        return Spectrum(1, (-size, size), (_entries(_one()), _entries(generator)))
    values = np.linalg.eigvalsh(dense(generator, tuple(range(count))))
    squares = {Fraction(float(value * value)).limit_denominator(1000) for value in values}
    surd = next((_square_free(square) for square in sorted(squares) if square), 1)
    if any(_square_free(square * surd) != 1 for square in squares if square):
        raise InternalError(f"eigenvalues of {kind.__name__} are multiples of different roots")
    root = float(np.sqrt(surd))
    found = sorted({Fraction(float(value) / root).limit_denominator(1000) for value in values})
    powers = [_one()]
    while len(powers) < len(found):
        powers.append(powers[-1] * generator)
    spectrum = Spectrum(surd, tuple(found), tuple(_entries(power) for power in powers))
    _confirm(kind, generator, spectrum)
    return spectrum


def _confirm(kind: type[Coupling], generator: PauliSum, spectrum: Spectrum) -> None:
    """Eigenvalues were read off doubles; that their polynomial is zero is exact."""
    rest = _one()
    squares = {value * value * spectrum.surd for value in spectrum.eigenvalues if value}
    symmetric = spectrum.surd != 1
    if symmetric and {-value for value in spectrum.eigenvalues} != set(spectrum.eigenvalues):
        raise InternalError(f"eigenvalues of {kind.__name__} do not come in pairs")
    if symmetric:
        for square in squares:
            rest = rest * (generator * generator - _one().scaled(square))
        rest = rest * generator if 0 in spectrum.eigenvalues else rest
    else:
        for value in spectrum.eigenvalues:
            rest = rest * (generator - _one().scaled(value))
    if not rest.is_zero:
        raise InternalError(f"eigenvalues of {kind.__name__} are others than {spectrum.eigenvalues}")


def _one() -> PauliSum:
    return PauliSum.of({(): 1})


def _entries(paulis: PauliSum) -> dict[PauliString, Fraction]:
    return {string: _rational(real) for string, (real, _) in paulis.terms}


def _rational(value: object) -> Fraction:
    if not isinstance(value, Number):
        raise InternalError(f"a coefficient without a number: {value}")
    return value.value


def _square_free(number: Fraction) -> int:
    """The square-free number whose root is that of this one, up to a rational factor."""
    factors = fmpz(number.numerator * number.denominator).factor()
    return prod(int(prime) for prime, power in factors if power % 2)
