"""Values of a program as numbers of a finite field, at a point.

Sums, products, powers, lengths, inner and cross products are what they are. Everything else is free, drawn by its name
and its arguments: table entries, learned functions, cutoffs, ``exp``, ``tanh`` and so on. Angles are seen through
exp(i f) alone: of each term q m, with a rational q and a product m, exp(i m / n) is free and its power n q is taken, n
a common denominator. So what holds for the sum of two angles holds here, and rational multiples of pi are roots of
unity. Nothing is lost for a proof when functions that are free here depend on one another: an identity of free numbers
holds for all. By Ax's theorem (Ann. of Math. 93, 252, 1971) exp(i f) of functions that are independent over the
rationals, up to constants, do not depend on one another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from qffc.ir.evaluate import fading_sites
from qffc.ir.values import (
    Add,
    ChannelIndex,
    Component,
    Cross,
    Cutoff,
    Displacement,
    Dot,
    FrameVector,
    Function,
    Moment,
    Mul,
    Norm,
    Number,
    ParameterEntry,
    Pi,
    Position,
    Power,
    Radial,
    SpeciesOf,
    Unit,
    Value,
    split_coefficient,
)
from qffc.passes.equivariance.identities.points import Point, Unknown
from qffc.passes.equivariance.identities.terms import has_length_one, is_pi, may_vanish, positive_scale, terms_of

Vector = tuple[int, int, int]


@dataclass(frozen=True)
class Place:
    """Where values are taken: one end of a transform.

    Args:
        positions: of the sites, in their order.
        species: what stands for the species of each site; ghosts have none.
        moves: for each table its axes, and the index that each index is read at.
        ghosts: sites that no atom takes.
    """

    positions: tuple[Vector, ...]
    species: Mapping[str, str]
    moves: Mapping[str, tuple[tuple[int, Mapping[int, int]], ...]]
    ghosts: frozenset[str] = frozenset()


class FieldValues:
    """Values at one end of a transform, at one point.

    Args:
        sites: names of the sites, in order.
        point: the point.
        place: the end.
        denominators: a common denominator of the coefficients of angles, for each root that they are multiples of.
        moments: of the circuit, for readouts.
    """

    def __init__(
        self,
        sites: tuple[str, ...],
        point: Point,
        place: Place,
        denominators: Mapping[int, int],
        moments: Mapping[str, int] | None = None,
    ) -> None:
        self._site = {name: index for index, name in enumerate(sites)}
        self.point = point
        self._place = place
        self._denominators = denominators
        self._moments = moments
        self._known: dict[str, Any] = {}

    def with_moments(self, moments: Mapping[str, int]) -> FieldValues:
        """Return the same with moments of the circuit."""
        return FieldValues(tuple(self._site), self.point, self._place, self._denominators, moments)

    def number(self, value: Value) -> int:
        """Return a number."""
        found: int = self._of(value)
        return found

    def vector(self, value: Value) -> Vector:
        """Return a vector."""
        found: Vector = self._of(value)
        return found

    def phase(self, angle: Value, surd: int, factor: Fraction) -> int:
        """Return exp(i factor root(surd) angle)."""
        p, result = self.point.prime, 1
        if self.number(angle) == 0:
            return 1  # whatever its terms are
        for coefficient, term in terms_of(angle):
            result = result * self._phase_of_term(surd, coefficient * factor, term) % p
        return result

    def _phase_of_term(self, surd: int, coefficient: Fraction, term: Value) -> int:
        p = self.point.prime
        power = coefficient * self._denominators[surd]
        if power.denominator != 1:
            raise Unknown(f"a coefficient {coefficient} of an angle that was not foreseen")
        exponent = power.numerator
        if is_pi(term) and surd == 1:
            # exp(i pi / n) is a root of unity of order 2 n.
            step = self.point.order // (2 * self._denominators[surd])
            return pow(self.point.unity, exponent * step % self.point.order, p)
        size, sign = self.point.canonical(self.number(term))
        return 1 if size == 0 else pow(self.point.free(("turn", surd, size)), sign * exponent, p)

    def _of(self, value: Value) -> Any:
        if value.text not in self._known:
            self._known[value.text] = self._compute(value)
        return self._known[value.text]

    def _compute(self, value: Value) -> Any:
        p = self.point.prime
        match value:
            case Number(number):
                return self.point.rational(number)
            case Pi():
                return self.point.free("pi")
            case ParameterEntry() | Cutoff() | Radial():
                return self._free_function(value)
            case Position(site):
                return self._place.positions[self._site[site]]
            case Displacement(origin, site):
                return _minus(self._place.positions[self._site[site]], self._place.positions[self._site[origin]], p)
            case Moment(observable):
                if self._moments is None:
                    raise Unknown(f"{value} where no moments are")
                return self._moments[observable]
            case Add(terms):
                return _sum([self._of(term) for term in terms], p)
            case Mul(factors):
                return _product([self._of(factor) for factor in factors], p)
            case Power(base, exponent):
                power = self.number(base)
                return pow(self.point.inverse(power) if exponent < 0 else power, abs(exponent), p)
            case Function(name, argument):
                return self._function(name, argument)
            case Norm(vector):
                scale, rest = positive_scale(vector)
                return self.number(scale) * self._length(rest) % p
            case Unit(vector):
                rest = positive_scale(vector)[1]
                v = self.vector(rest)
                # A vector that is zero, such as that to a ghost, has the direction zero.
                if has_length_one(rest) or not any(v):
                    return v
                return _times(self._there(rest) * self.point.inverse(self._length(rest)) % p, v, p)
            case Dot(left, right):
                return dot(self.vector(left), self.vector(right), p)
            case Cross(left, right):
                return _cross(self.vector(left), self.vector(right), p)
            case Component(vector, axis):
                return self.vector(vector)["xyz".index(axis)]
            case FrameVector(x, y, z):
                return (self.number(x), self.number(y), self.number(z))
        raise Unknown(f"'{value}', a value of a kind that is not known here")

    def _length(self, vector: Value) -> int:
        v = self.vector(vector)
        if not has_length_one(vector):
            return self.point.root(dot(v, v, self.point.prime))
        _, body = split_coefficient(vector)
        return self._there(positive_scale(body.vector)[1]) if isinstance(body, Unit) else 1

    def _there(self, vector: Value) -> int:
        """The length of a direction: 1, or 0 where the vector is zero; a free number that stands for both."""
        v = self.vector(vector)
        if not any(v):
            return 0
        if has_length_one(vector):
            return self._length(vector)
        if not self.point.vanishing or not may_vanish(vector):
            return 1
        return self.point.free(("there", dot(v, v, self.point.prime)))

    def _free_function(self, value: ParameterEntry | Cutoff | Radial) -> int:
        if self._place.ghosts and self._place.ghosts.intersection(fading_sites(value)):
            return 0
        match value:
            case ParameterEntry():
                return self.point.free(("table", *self._entry(value)))
            case Cutoff(argument, radius):
                return self.point.free(("cutoff", radius, self.number(argument)))
            case Radial(table, argument):
                return self.point.free(("radial", *self._entry(table), self.number(argument)))

    def _function(self, name: str, argument: Value) -> int:
        p = self.point.prime
        if name in ("cos", "sin"):
            turn = self.phase(argument, 1, Fraction(1))
            back = self.point.inverse(turn)
            if name == "cos":
                return (turn + back) * self.point.inverse(2) % p
            return (turn - back) * self.point.inverse(2 * self.point.imaginary) % p
        number = self.number(argument)
        if name == "sqrt":
            return self.point.root(number)
        if name == "tanh":
            size, sign = self.point.canonical(number)
            return sign * self.point.free((name, size)) % p if size else 0
        return self.point.free((name, number))

    def _entry(self, entry: ParameterEntry) -> tuple[Any, ...]:
        """What stands for a table entry: the table, and its indices where they are read."""
        moved = dict(self._place.moves.get(entry.name, ()))
        found: list[Any] = [entry.name]
        for axis, index in enumerate(entry.indices):
            match index:
                case int():
                    found.append(moved.get(axis, {}).get(index, index))
                case SpeciesOf(site):
                    found.append(self._place.species[site])
                case ChannelIndex():
                    found.append("channel")
                case _:
                    raise Unknown(f"'{entry}', with an index that is not known here")
            if axis in moved and not isinstance(index, int):
                raise Unknown(f"'{entry}', whose index {index} moves")
        return tuple(found)


def dot(left: Vector, right: Vector, p: int) -> int:
    """Return an inner product."""
    return sum(a * b for a, b in zip(left, right, strict=True)) % p


def _minus(left: Vector, right: Vector, p: int) -> Vector:
    return ((left[0] - right[0]) % p, (left[1] - right[1]) % p, (left[2] - right[2]) % p)


def _times(number: int, vector: Vector, p: int) -> Vector:
    return (number * vector[0] % p, number * vector[1] % p, number * vector[2] % p)


def _cross(a: Vector, b: Vector, p: int) -> Vector:
    return ((a[1] * b[2] - a[2] * b[1]) % p, (a[2] * b[0] - a[0] * b[2]) % p, (a[0] * b[1] - a[1] * b[0]) % p)


def _sum(parts: list[Any], p: int) -> Any:
    if isinstance(parts[0], tuple):
        return tuple(sum(column) % p for column in zip(*parts, strict=True))
    return sum(parts) % p


def _product(parts: list[Any], p: int) -> Any:
    number, vector = 1, None
    for part in parts:
        if isinstance(part, tuple):
            vector = part
        else:
            number = number * part % p
    return number if vector is None else _times(number, vector, p)
