"""A second evaluator of values, in extended precision; it shares nothing with qffc.

Exact where mathematics is, NaN outside of what a function is defined for, and NaN wherever a NaN enters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from second_forms import depends
from second_text import Node, Text

LONG = np.longdouble
Number = np.floating
GHOST = ""
"""What stands at a site that no atom takes."""

_SNAP = 16 * float(np.finfo(float).eps)
_SHORT = 1e-12
"""Angstrom; a sum of vectors or a cross product that is shorter is the zero vector, to a direction."""
_NEAR = 1e-6
"""Angstrom; below that a Bessel function is what it is there."""


@dataclass(frozen=True)
class Point:
    """What one circuit is evaluated at.

    Args:
        positions: (sites, 3), Angstrom.
        elements: of each site; :data:`GHOST` of a ghost.
        tables: numbers of every parameter, in the shape that it is declared with.
        channel: which copy of the circuit.
    """

    positions: np.ndarray
    elements: tuple[str, ...]
    tables: Mapping[str, np.ndarray]
    channel: int = 0


@dataclass
class Values:
    """The values of one program at one point, each computed once."""

    program: Text
    point: Point
    moments: Mapping[str, Number] = field(default_factory=dict)
    real: type = LONG

    def __post_init__(self) -> None:
        self._places = {site.name: index for index, site in enumerate(self.program.sites)}
        self._known: dict[Node, np.ndarray] = {}
        self._positions = self.point.positions.astype(self.real)
        self._ghosts = {
            site.name
            for site, element in zip(self.program.sites, self.point.elements, strict=True)
            if element == GHOST and self.program.scope == "atom"
        }

    def __call__(self, node: Node) -> np.ndarray:
        """Return a number or three components."""
        if node not in self._known:
            self._known[node] = getattr(self, f"_{node[0]}")(*node[1:])
        return self._known[node]

    def _number(self, number: Fraction) -> Number:
        return self.real(str(number.numerator)) / self.real(str(number.denominator))

    def _pi(self) -> Number:
        return self.real("3.14159265358979323846264338327950288")

    def _x(self, site: str) -> np.ndarray:
        return self._positions[self._places[site]]

    def _r(self, origin: str, site: str) -> np.ndarray:
        return self._x(site) - self._x(origin)

    def _moment(self, name: str) -> Number:
        return self.real(self.moments[name])

    def _entry(self, name: str, indices: tuple) -> Number:
        if any(index[1] in self._ghosts for index in indices if isinstance(index, tuple)):
            return self.real(0)
        return self.real(self._row(name, indices))

    def _row(self, name: str, indices: tuple) -> np.ndarray:
        def number(index: object) -> int:
            if index == "channel":
                return self.point.channel
            if isinstance(index, tuple):
                return self.program.species.index(self.point.elements[self._places[index[1]]])
            assert isinstance(index, int)
            return index

        return np.asarray(self.point.tables[name], dtype=self.real)[tuple(number(index) for index in indices)]

    def _add(self, *terms: Node) -> np.ndarray:
        return sum((self(term) for term in terms[1:]), self(terms[0]))

    def _mul(self, *factors: Node) -> np.ndarray:
        total = self(factors[0])
        for factor in factors[1:]:
            total = total * self(factor)
        return total

    def _power(self, base: Node, exponent: int) -> Number:
        return self(base) ** self.real(exponent)

    def _dot(self, left: Node, right: Node) -> Number:
        u, v = self(left), self(right)
        return u[0] * v[0] + u[1] * v[1] + u[2] * v[2]

    def _cross(self, left: Node, right: Node) -> np.ndarray:
        return np.cross(self(left), self(right))

    def _component(self, vector: Node, axis: str) -> Number:
        return self(vector)["xyz".index(axis)]

    def _vector(self, *parts: Node) -> np.ndarray:
        return np.array([self(part) for part in parts], dtype=self.real)

    def _norm(self, vector: Node) -> Number:
        v = self(vector)
        largest = np.abs(v).max()
        if not (np.isfinite(largest) and largest > 0):
            return largest
        return largest * np.sqrt(((v / largest) ** 2).sum())

    def _unit(self, vector: Node) -> np.ndarray:
        v, length = self(vector), self._norm(vector)
        if np.isnan(length):
            return v * length
        small = length < _SHORT if _is_made(vector) else float(length) ** 2 == 0
        return np.zeros(3, self.real) if small else v / length

    def _function(self, name: str, argument: Node) -> Number:
        a = self(argument)
        if name == "acos":
            if abs(abs(a) - 1) <= _SNAP:
                return self.real(0) if a > 0 else self._pi()
            return np.arccos(a)
        return getattr(np, name)(a)

    def _cutoff(self, argument: Node, radius: Fraction) -> Number:
        if self._faded(argument):
            return self.real(0)
        return _step(self(argument), self._number(radius))

    def _radial(self, table: Node, argument: Node) -> Number:
        _, name, indices = table
        species = {index[1] for index in indices if isinstance(index, tuple)}
        if species & self._ghosts or self._faded(argument):
            return self.real(0)
        basis = self.program.tables[name].basis
        assert basis is not None
        kind, size, cutoff = basis
        d, radius, row = self(argument), self._number(cutoff), self._row(name, indices)
        if np.isnan(d):
            return d
        if kind == "chebyshev":
            t = 2 * d / radius - 1
            found = [d * 0 + 1, t]
            while len(found) < size:
                found.append(2 * t * found[-1] - found[-2])
            return _step(d, radius) * sum(row[k] * found[k] for k in range(size))
        d_safe = max(d, self.real(_NEAR))
        waves = sum(row[k] * np.sin((k + 1) * self._pi() / radius * d_safe) for k in range(size))
        return _step(d, radius) * np.sqrt(2 / radius) * waves / d_safe

    def _faded(self, argument: Node) -> bool:
        return bool(self._ghosts and self._ghosts & depends(argument))


def _step(d: Number, radius: Number) -> Number:
    if np.isnan(d):
        return d
    if d >= radius:
        return d.dtype.type(0)
    x = d / radius
    return 1 - 28 * x**6 + 48 * x**7 - 21 * x**8


def _is_made(vector: Node) -> bool:
    """Whether a vector is a sum or a cross product, whatever stands in front of it."""
    while vector[0] == "mul":
        vector = vector[-1]
    return vector[0] in ("add", "cross")
