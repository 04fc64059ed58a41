"""Random values of known symmetry: of one like site, or of all of them alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from qffc.ir.declarations import Basis, Parameter
from qffc.ir.values import (
    Displacement,
    Number,
    ParameterEntry,
    Pi,
    Position,
    Radial,
    SpeciesOf,
    Value,
    add,
    cross,
    cutoff,
    dot,
    function,
    mul,
    norm,
    power,
    substitute_sites,
    unit,
)

PARAMETERS = (
    Parameter("w", (6,)),
    Parameter("J", ("species", "species")),
    Parameter("g", ("species",)),
    Parameter("f", ("species", 2), basis=Basis("bessel", 3, Fraction(6))),
    Parameter("h", (), basis=Basis("chebyshev", 3, Fraction(7))),
)


@dataclass(frozen=True)
class Scene:
    """Which sites there are, and the values that they offer.

    Args:
        random: the source of choices.
        like: names of the sites that trade places.
        others: names of the sites that stay; the first is the centre.
        even: vectors are axial and numbers even, so that inversion changes nothing.
        absolute: displacements are written as differences of positions.
    """

    random: Random
    like: tuple[str, ...]
    others: tuple[str, ...]
    even: bool = False
    absolute: bool = False

    def displacement(self, origin: str, site: str) -> Value:
        """Return the vector between two sites."""
        return Position(site) - Position(origin) if self.absolute else Displacement(origin, site)

    def mean(self) -> Value:
        """Return the vector from the centre to all like sites, added up."""
        return add(*(self.displacement(self.others[0], site) for site in self.like))

    def number(self, site: str, depth: int = 2) -> Value:
        """Return an invariant that belongs to one like site; other like sites enter it all alike."""
        pick, origin = self.random, self._origin(site)
        leaves: list[Callable[[], Value]] = [
            lambda: ParameterEntry("w", (pick.randrange(6),)),
            lambda: ParameterEntry("J", (SpeciesOf(origin), SpeciesOf(site))),
            lambda: ParameterEntry("g", (SpeciesOf(site),)),
            lambda: Radial(ParameterEntry("f", (SpeciesOf(site), pick.randrange(2))), self._distance(site)),
            lambda: Radial(ParameterEntry("h"), self._distance(site)),
            lambda: mul(ParameterEntry("w", (pick.randrange(6),)), self._distance(site)),
        ]
        inner: list[Callable[[], Value]] = [
            lambda: add(self.number(site, depth - 1), self.number(site, depth - 1)),
            lambda: mul(self.number(site, depth - 1), self.number(site, depth - 1)),
            lambda: power(self.number(site, depth - 1), 2),
            lambda: function(pick.choice(("sin", "cos", "tanh")), self.number(site, depth - 1)),
            lambda: cutoff(self._distance(site), Fraction(8)),
            lambda: mul(
                ParameterEntry("w", (pick.randrange(6),)), dot(self.polar(site, depth - 1), self.polar(site, depth - 1))
            ),
        ]
        return pick.choice(leaves if depth <= 0 or pick.random() < 0.5 else inner)()

    def polar(self, site: str, depth: int = 1) -> Value:
        """Return a polar vector that belongs to one like site."""
        pick, plain = self.random, self.displacement(self._origin(site), site)
        choices = [plain, plain, unit(plain)]
        if depth > 0:
            choices += [mul(self.number(site, 1), unit(plain)), mul(self.number(site, 1), plain)]
        if depth > 0 and self.others:
            choices.append(add(plain, mul(self.number(site, 0), self.mean())))
            choices += [self.displacement(other, site) for other in self.others[1:]]
        return pick.choice(choices)

    def vector(self, site: str) -> Value:
        """Return a vector that belongs to one like site and may drive its rotations."""
        if not self.others:
            return self.polar(site, 2)
        axial = [cross(self.polar(site), self.mean())]
        axial += [cross(self.polar(site, 0), self.displacement(other, site)) for other in self.others[1:]]
        if self.even:
            return mul(self.number(site, 1), self.random.choice(axial))
        if self.random.random() < 0.15:
            return self.random.choice(axial)
        return self.polar(site, 2)

    def common(self, depth: int = 1) -> Value:
        """Return an invariant that sees all like sites alike."""
        pick = self.random
        if depth == 0 or pick.random() < 0.4:
            return pick.choice(
                (
                    ParameterEntry("w", (pick.randrange(6),)),
                    ParameterEntry("J", (SpeciesOf(self.like[0]), SpeciesOf(self.like[-1]))),
                    mul(Number(Fraction(pick.randrange(1, 8), 16)), Pi()),
                )
            )
        return self.total(self.number(self.like[0], 1))

    def total(self, number: Value) -> Value:
        """Return the sum of a number of the first like site over its images on all of them."""
        return add(*(self.image(number, site) for site in self.like))

    def image(self, value: Value, site: str) -> Value:
        """Return a value of the first like site as it is for another one."""
        first = self.like[0]
        return value if site == first else substitute_sites(value, {first: site, site: first})

    def _origin(self, site: str) -> str:
        return self.others[0] if self.others else next(other for other in self.like if other != site)

    def _distance(self, site: str) -> Value:
        return norm(self.displacement(self._origin(site), site))
