"""Points of finite fields at which programs are evaluated: all that is free is drawn once, by what it stands for.

A response is a rational function of free numbers: coordinates, table entries, and functions that nothing is known of,
such as learned ones. What such a function returns is drawn by its name and its argument, the number in the field, so
that equal arguments have equal values whatever their spelling. Numbers that are drawn at once are the same before and
after a transform, for both are evaluated at one point.

Roots are algebraic: the square of ``norm(v)`` is a number of the field, and half of those have no root there. Points
where one is missing are drawn again. A root whose square is, up to a constant, the square of another expression would
be one of two functions, and a point shows one of them alone; so for each root both must have been seen: points where it
is there, and points where it is not, among those that have all earlier roots. Then no constant times the square of a
rational function of what came before is under the root, the roots generate a field, one tower of quadratic extensions,
and a function that is not zero in it has a norm that is no zero function (see :mod:`.bound`). A root that is always
there, such as the length of ``vector(a, 0, 0)``, is one of two functions, and each point is taken with either; then no
other root may depend on it, for it would be a root of one of two functions.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Any

from flint import fmpz

PRIME_BITS = 50
"""Products modulo smaller numbers are exact in doubles and 64 bits: see :mod:`.modular`."""


class NoRoot(Exception):
    """A number without a root at this point: another point must be drawn."""


class Unknown(Exception):
    """Something that is no algebraic function of what is free; its text says what."""


@dataclass(frozen=True)
class PrimeField:
    """A prime with a root of unity.

    Args:
        prime: see :func:`random_prime`.
        order: of the root, a multiple of :data:`LEAST_ORDER`.
        unity: the root, which stands for exp(2 pi i / order).
    """

    prime: int
    order: int
    unity: int


LEAST_ORDER = 24
"""Divides the order of the roots of unity: among those of order 24 are i, and the roots of 2 and 3 as sums of two."""
SURDS = {2: 8, 3: 12}
"""Numbers d with root(d) = z + 1/z, z a root of unity of this order, exp(2 pi i / order)."""


def random_field(random: Random, order: int) -> PrimeField:
    """Return the field of a random prime with roots of unity of an order.

    Example:
        >>> field = random_field(Random(0), 24)
        >>> field.prime % 24, field.prime.bit_length(), pow(field.unity, 24, field.prime)
        (1, 50, 1)
    """
    low, high = 1 << (PRIME_BITS - 1), 1 << PRIME_BITS
    while True:
        prime = random.randrange(low // order, high // order) * order + 1
        if prime > low and fmpz(prime).is_prime():
            return PrimeField(prime, order, _root_of_unity(prime, order, random))


def _root_of_unity(prime: int, order: int, random: Random) -> int:
    """An element of exactly this order."""
    factors = [int(q) for q, _ in fmpz(order).factor()]
    while True:  # a share of these powers have it, as of all roots of unity of the order
        found = pow(random.randrange(2, prime), (prime - 1) // order, prime)
        if all(pow(found, order // q, prime) != 1 for q in factors):
            return found


@dataclass
class Roots:
    """What was seen of the roots at the points of one prime: how often each was there, and how often not."""

    there: list[int] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)

    def note(self, place: int, exists: bool) -> None:
        """Count a root, the first one has place 0."""
        for counts in (self.there, self.missing):
            counts.extend([0] * (place + 1 - len(counts)))
        (self.there if exists else self.missing)[place] += 1

    @property
    def open(self) -> list[int]:
        """Places of roots that were always there."""
        return [place for place, count in enumerate(self.missing) if not count]


class Point:
    """A point of the field of a prime.

    Args:
        given: the field.
        random: draws what is free.
        roots: where roots are noted.
        vanishing: directions are multiplied with a free number each: a vector that is zero has the direction zero, and
            what holds for all numbers holds for 0 and for 1.
    """

    def __init__(self, given: PrimeField, random: Random, roots: Roots, vanishing: bool = False) -> None:
        self.vanishing = vanishing
        self.prime, self.order, self.unity = given.prime, given.order, given.unity
        self._random = random
        self._seen = roots
        self._drawn: dict[Hashable, int] = {}
        self._roots: dict[int, int] = {}
        self._base: tuple[list[tuple[int, int]], frozenset[int]] = ([], frozenset())
        self.kept: dict[Hashable, Any] = {}
        """What others computed of this point, by what it is."""
        self.imaginary = pow(self.unity, self.order // 4, self.prime)

    @property
    def drawn(self) -> int:
        """How many numbers were drawn."""
        return len(self._drawn) + len(self._roots)

    @property
    def squares(self) -> list[int]:
        """What roots were taken of, in order."""
        return list(self._roots)

    @property
    def root_count(self) -> int:
        """How many roots were taken."""
        return len(self._roots)

    def with_other_signs(self, places: frozenset[int]) -> Point:
        """Return this point with the other sign of some roots, by their place; what is free stays."""
        other = Point(PrimeField(self.prime, self.order, self.unity), self._random, Roots(), self.vanishing)
        other._drawn = self._drawn
        other._base = (list(self._roots.items()), places)
        return other

    def free(self, key: Hashable) -> int:
        """Return the number, not 0, that stands for a key."""
        if key not in self._drawn:
            self._drawn[key] = self._random.randrange(1, self.prime)
        return self._drawn[key]

    def canonical(self, number: int) -> tuple[int, int]:
        """Return a number or its negative, whichever is smaller, and the sign."""
        other = self.prime - number
        return (number, 1) if number <= other else (other, -1)

    def inverse(self, number: int) -> int:
        """Return the inverse of a number.

        Raises:
            Unknown: for 0, which nothing is here by accident.
        """
        if number % self.prime == 0:
            raise Unknown("the identity test: a quotient by zero")
        return pow(number, -1, self.prime)

    def rational(self, number: Fraction) -> int:
        """Return a rational number."""
        return number.numerator * self.inverse(number.denominator) % self.prime

    def root(self, square: int) -> int:
        """Return the root of a number, of either sign, and the same one each time.

        Raises:
            NoRoot: when the number has none here.
        """
        if square == 0:
            return 0
        if square not in self._roots:
            exists = pow(square, (self.prime - 1) // 2, self.prime) == 1
            self._seen.note(len(self._roots), exists)
            if not exists:
                raise NoRoot
            root = int(fmpz(square).sqrtmod(self.prime))
            self._roots[square] = self._signed(min(root, self.prime - root), len(self._roots))
        return self._roots[square]

    def _signed(self, root: int, place: int) -> int:
        """A root with a random sign; at a point with other signs that of the point, or the other one."""
        known, turned = self._base
        first = known[place][1] if place < len(known) else root
        own = first if first in (root, self.prime - root) else root
        keep = self._random.random() < 0.5 if place >= len(known) else place not in turned
        return own if keep else self.prime - own

    def surd(self, number: int) -> int | None:
        """Return the root of a whole number, as it goes with the roots of unity; None where this is not known here."""
        if number == 1:
            return 1
        if number not in SURDS:
            return None
        step = pow(self.unity, self.order // SURDS[number], self.prime)
        return (step + pow(step, -1, self.prime)) % self.prime

    def rotation(self) -> tuple[tuple[int, int, int], ...]:
        """Return a rotation matrix, from a quaternion: every rotation but a few has rational entries near it."""
        a, b, c, d = (self.free(("quaternion", k)) for k in range(4))
        scale = self.inverse(a * a + b * b + c * c + d * d)
        rows = (
            (a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)),
            (2 * (b * c + a * d), a * a - b * b + c * c - d * d, 2 * (c * d - a * b)),
            (2 * (b * d - a * c), 2 * (c * d + a * b), a * a - b * b - c * c + d * d),
        )
        return tuple((x * scale % self.prime, y * scale % self.prime, z * scale % self.prime) for x, y, z in rows)
