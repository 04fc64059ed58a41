"""How likely it is that a random point shows no difference although there is one.

A difference of two responses is a rational function F of free numbers and of k roots, each of an expression in what
came before it. By Schwartz (J. ACM 27, 701, 1980) and Zippel (EUROSAM 79, 216, 1979) a polynomial of degree D, no zero
function, vanishes at a share of at most D / p of the points of a field of p elements. F = A + B s with s^2 = N is no
zero function exactly when A^2 - N B^2 is none, whose degree is twice that of F and that of N. So a share of at most
2^k (D + sum of degrees of N) / p of all points has zeros of F above it. All roots are there at a share of at least
2^-(k+1) of the points: characters of expressions that are independent modulo squares are uncorrelated up to their
degree over root(p), by Weil. Numbers that are drawn by what they stand for must not be confused: an accident is a zero
of a difference of two arguments, and adds as many terms as there are pairs. A prime may divide all coefficients of F;
few of so many primes can.

Degrees are upper bounds, counted along the evaluation: numerator and denominator together.
"""

from __future__ import annotations

from fractions import Fraction
from math import log2

from qffc.ir.operation import Coupling
from qffc.ir.ops import Rotate
from qffc.ir.program import Program
from qffc.ir.values import (
    Add,
    Component,
    Cross,
    Displacement,
    Dot,
    FrameVector,
    Function,
    Moment,
    Mul,
    Norm,
    Number,
    Position,
    Power,
    Unit,
    Value,
)
from qffc.passes.equivariance.identities.denominators import Denominators
from qffc.passes.equivariance.identities.points import PRIME_BITS
from qffc.passes.equivariance.identities.spectra import spectrum_of
from qffc.passes.equivariance.identities.terms import is_pi, positive_scale, terms_of, turn_about_a_direction, turns_of

POSITION = 8
"""Degree of a coordinate that was turned by a random quaternion and shifted."""


class Degrees:
    """Degrees of values, of operations and of the response of a program.

    Args:
        program: without sums over neighbours.
        denominators: of it, and of what it is compared with.
    """

    def __init__(self, program: Program, denominators: Denominators) -> None:
        self._denominators = denominators
        self._known: dict[str, int] = {}
        self.squares = 0
        """Of all expressions under roots together."""
        self.turns = 0
        """How many terms angles and vectors have; for each a number is drawn."""
        self.moment = 2 * sum(self._of_operation(op) for op in program.ops)

    @property
    def largest(self) -> int:
        """The largest degree of a value so far, arguments of free functions among them."""
        return max(self._known.values(), default=1)

    def of(self, value: Value) -> int:
        """Return the degree of a number, or of each component of a vector."""
        if value.text not in self._known:
            self._known[value.text] = self._compute(value)
        return self._known[value.text]

    def _compute(self, value: Value) -> int:
        match value:
            case Number(number):
                # Primes that divide coefficients are counted by degrees, too.
                return (number.numerator.bit_length() + number.denominator.bit_length()) // 32
            case Position():
                return POSITION
            case Displacement():
                return 2 * POSITION
            case Moment():
                return self.moment
            case Add(parts) | Mul(parts):
                return sum(self.of(part) for part in parts)
            case FrameVector():
                return max(self.of(part) for part in value.children)
            case Power(base, exponent):
                return abs(exponent) * self.of(base)
            case Norm(vector):
                scale, rest = positive_scale(vector)
                self.squares += 6 * self.of(rest)
                return self.of(scale) + 1
            case Unit(vector):
                rest = positive_scale(vector)[1]
                self.squares += 6 * self.of(rest)
                return self.of(rest) + 2
            case Dot(left, right):
                return 3 * (self.of(left) + self.of(right))
            case Cross(left, right):
                return 2 * (self.of(left) + self.of(right))
            case Component(vector, _):
                return self.of(vector)
            case Function(name, argument):
                degree = self.of(argument)
                if name in ("cos", "sin"):
                    return 2 * self._phase(argument, 1, Fraction(1))
                self.squares += degree if name == "sqrt" else 0
                return 1
        for child in value.children:
            self.of(child)
        return 1

    def _of_operation(self, op: object) -> int:
        match op:
            case Rotate(_, vector) if (straight := turn_about_a_direction(vector)) is not None:
                return self.of(straight[0]) + 2 * self._phase(straight[1], 1, Fraction(1, 2))
            case Rotate(_, vector):
                body, terms = turns_of(vector)
                found = self.of(body)
                self.turns += len(terms)
                for coefficient, term in terms:
                    along = 2 * self.of(term) + 6 * self.of(body)
                    found += int(abs(coefficient) * self._denominators.turns) * (2 * along + 4) + self.of(term)
                return found
            case Coupling():
                spectrum = spectrum_of(op)
                return 2 * self._phase(op.value, spectrum.surd, max(map(abs, spectrum.eigenvalues)))
        return 0

    def _phase(self, angle: Value, surd: int, factor: Fraction) -> int:
        """The degree of exp(i factor angle): a power for each term, and none for roots of unity."""
        found = 0
        self.turns += len(terms_of(angle))
        for coefficient, term in terms_of(angle):
            self.of(term)
            if not (is_pi(term) and surd == 1):
                found += int(abs(coefficient * factor) * self._denominators.angles[surd])
        return found


def bits_of_point(degree: int, squares: int, roots: int, drawn: int, largest: int, order: int) -> float:
    """Return -log2 of the probability that a point, at a random prime, shows no difference where there is one.

    Args:
        degree: of the difference.
        squares: degrees of all expressions under roots together.
        roots: how many there are.
        drawn: how many numbers were drawn by what they stand for.
        largest: the largest degree of an argument.
        order: of the roots of unity: primes are 1 modulo it.

    Example:
        >>> round(bits_of_point(1000, 0, 0, 10, 10, 24), 1)
        28.4
    """
    if squares * 2.0**roots > 2.0 ** (PRIME_BITS / 2 - 2):
        return 0.0  # Weil's bound says nothing of how often roots are there
    span = 2.0 ** (PRIME_BITS - 1)
    zeros = 2.0 ** (2 * roots + 1) * (degree + squares + drawn * drawn * (2 * largest + squares)) / span
    # A coefficient has less than 64 bits for each unit of the degree; a prime of so many bits divides few such numbers.
    primes = span / (PRIME_BITS * order)
    unlucky = 64.0 * (1 + degree + squares) / (PRIME_BITS - 1) / primes
    return -log2(zeros + unlucky)
