"""The comparison behind the identity test: responses of two programs, or of one before and after a transform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import ceil, lcm
from random import Random
from typing import Literal

from qffc.ir.declarations import has_features, readout_value
from qffc.ir.exchange_group import copy_count, count_text, exchange_orders
from qffc.ir.generators import Conserved
from qffc.ir.operation import Coupling
from qffc.ir.ops import Rotate
from qffc.ir.program import Program
from qffc.ir.values import Function, Moment, Norm, Unit, Value, walk
from qffc.passes.equivariance.identities.bound import Degrees, bits_of_point
from qffc.passes.equivariance.identities.field_values import FieldValues, Place, Vector
from qffc.passes.equivariance.identities.points import (
    LEAST_ORDER,
    NoRoot,
    Point,
    PrimeField,
    Roots,
    Unknown,
    random_field,
)
from qffc.passes.equivariance.identities.spectra import spectrum_of
from qffc.passes.equivariance.identities.states import moments_of
from qffc.passes.equivariance.identities.terms import (
    circular_functions,
    may_vanish,
    positive_scale,
    terms_of,
    turn_about_a_direction,
    turns_of,
)
from qffc.passes.equivariance.transforms import MIRROR
from qffc.passes.equivariance.verdict import IDENTITY, Transform

BITS = 80
"""The probability of an error is below 2 to minus this power."""
MOST_POINTS = 24
_MOST_QUBITS = 14
_MOST_COPIES = 150
_BUDGET = 4 * 10**9
"""Amplitudes times operations times rows."""
_MOST_ATTEMPTS = 40_000
_SEEN_OFTEN = 64
"""Points at which a root is always there before it counts as one that depends on others."""
_MOST_SIGNS = 4
_MOST_ROOTS = 3
"""Of moments: each halves the points that have all of them."""
_MOST_ORDER = 1 << 20
_BATCH, _BATCHES = 8, 32
"""Points of one prime that are tried where roots are taken of moments."""


@dataclass(frozen=True)
class Identity:
    """What exact arithmetic found.

    Args:
        outcome: ``equal``, ``different`` or ``unknown``.
        bits: the probability that ``equal`` is wrong is below 2 to minus this power.
        points: at which responses were compared.
        why: what keeps it from deciding; empty otherwise.
    """

    outcome: Literal["equal", "different", "unknown"]
    bits: int = 0
    points: int = 0
    why: str = ""

    def render(self) -> str:
        """Return a line for people.

        Example:
            >>> print(Identity("equal", 80, 4).render())
            responses are equal wherever both are finite, with an error below 2^-80 (4 points of finite fields)
        """
        if self.outcome == "unknown":
            return f"responses are not compared: {self.why}"
        if self.outcome == "different":
            return "responses differ, as functions of all that is free"
        return (
            f"responses are equal wherever both are finite, with an error below 2^-{self.bits} "
            f"({self.points} points of finite fields)"
        )


_Ends = tuple[Point, list[list[FieldValues]]]
"""A point, and the values at both ends of a transform, for each copy of the circuit."""


class Comparison:
    """The comparison of two programs, or of one, at the ends of a transform.

    Args:
        programs: before and after.
        transform: of the data.
        names: of observables whose moments are compared too.
        ghosts: sites that no atom takes.
        random: the source of points.
        vanishing: whether directions of vectors are taken as those of vectors that may be zero.
    """

    def __init__(
        self,
        programs: tuple[Program, Program],
        transform: Transform,
        names: tuple[str, ...],
        ghosts: frozenset[str],
        random: Random,
        vanishing: bool = False,
    ) -> None:
        self.vanishing = vanishing
        self.programs = programs
        self.transform = transform
        self.names = names
        self.ghosts = ghosts
        self.random = random
        for program in programs:
            _need_within_reach(program, transform)
        self.sites = tuple(site.name for site in programs[0].sites)
        self.denominators, self.turns, self.order = _denominators(programs)
        degrees = [Degrees(program, self.denominators, self.turns) for program in programs]
        sides = [(found, program, copy_count(program)) for found, program in zip(degrees, programs, strict=True)]
        self.degree = sum(
            copies * (found.moment + sum(found.of(value) for value in (*_read(program), *self._also_read(program))))
            for found, program, copies in sides
        )
        self.squares = sum(found.squares * copies for found, _, copies in sides)
        self.largest = max(found.largest for found in degrees)
        self.terms = sum(
            copies * (found.turns + sum(1 for value in _read(program) for _ in walk(value)))
            for found, program, copies in sides
        )
        roots = [sum(1 for value in _read(program) for _ in _roots_of_moments(value)) for program in programs]
        if max(roots) > _MOST_ROOTS:
            raise Unknown("the identity test: too many roots of moments")

    def run(self) -> Identity:
        """Return what comes out; raise Unknown where nothing does."""
        points = self._point(self._field(), Roots())
        count = self._points_needed(points[0])
        for _ in range(count - 1):
            points += self._point(self._field(), Roots())
        roots = [point.root_count for point, _ in points]
        try:
            found = list(self._responses([ends for _, ends in points]))
        except NoRoot:
            return self._with_roots_of_moments()
        if any(point.root_count > had for (point, _), had in zip(points, roots, strict=True)):
            # Roots of moments, too: whether one of them is always there is not known yet.
            return self._with_roots_of_moments()
        if any(before != after for before, after in found):
            return Identity("different", points=count)
        return Identity("equal", BITS, count)

    def _with_roots_of_moments(self) -> Identity:
        """The same where roots are taken of moments: of each prime several points, until one has all its roots."""
        done, count = 0, 1
        while done < count:
            chosen, roots = self._field(), Roots()
            kept: _Ends | None = None
            for _ in range(_BATCHES):
                for point in [self._point(chosen, roots) for _ in range(_BATCH)]:
                    try:
                        found = list(self._responses([ends for _, ends in point]))
                    except NoRoot:
                        continue
                    if any(before != after for before, after in found):
                        return Identity("different", points=done + 1)
                    kept = point[0]
                if kept is not None and not roots.open:
                    break
                if any(roots.there[place] > _SEEN_OFTEN for place in roots.open):
                    raise Unknown("the identity test: roots of moments that are of either sign")
            else:
                raise Unknown("the identity test: roots of moments that are functions of one another, or too many")
            assert kept is not None
            count, done = self._points_needed(kept), done + 1
        return Identity("equal", BITS, count)

    def _also_read(self, program: Program) -> list[Value]:
        """Values beside the readout that are compared."""
        return []

    def _points_needed(self, point: _Ends) -> int:
        drawn = point[0].drawn + self.terms
        bits = bits_of_point(self.degree, self.squares, point[0].root_count, drawn, self.largest, self.order)
        if bits < BITS / MOST_POINTS:
            raise Unknown(f"the identity test: a point of this program decides {max(0.0, bits):.1f} bits, too few")
        return ceil(BITS / bits)

    def _field(self) -> PrimeField:
        return random_field(self.random, self.order)

    def _point(self, chosen: PrimeField, roots: Roots) -> list[_Ends]:
        """A point where all values of operations are, at both ends; each end has one for each copy of the circuit.

        Where roots are always there, the same point with either sign of each.
        """
        values = [
            [op.value for op in program.ops if op.value is not None]
            + [part for value in _read(program) for part in _without_moments(value)]
            for program in self.programs
        ]
        kept: _Ends | None = None
        for _ in range(_MOST_ATTEMPTS):
            point = Point(chosen, self.random, roots, self.vanishing)
            try:
                ends = self._ends_with_values(point, values)
            except NoRoot:
                if any(a > _SEEN_OFTEN and not b for a, b in zip(roots.missing, roots.there, strict=True)):
                    raise Unknown("the identity test: a root that is never there") from None
            else:
                kept = (point, ends) if kept is None else kept
            # Roots of moments come later, and are counted in the same place.
            always = [place for place in roots.open if kept is None or place < kept[0].root_count]
            if kept is None or not all(roots.there[place] > _SEEN_OFTEN for place in always):
                continue
            if len(always) > _MOST_SIGNS:
                raise Unknown(f"the identity test: {len(always)} lengths or roots that are of either sign")
            try:
                return [kept, *(self._with_signs(kept[0], places, values) for places in _subsets(always))]
            except NoRoot:
                raise Unknown("the identity test: roots of what has roots of either sign in it") from None
        raise Unknown("the identity test: too many lengths and roots")

    def _with_signs(self, point: Point, places: frozenset[int], values: list[list[Value]]) -> _Ends:
        other = point.with_other_signs(places)
        ends = self._ends_with_values(other, values)
        if other.squares != point.squares:
            # It may be a square for one sign alone, and is never seen to be one.
            raise Unknown("the identity test: roots of what has roots of either sign in it")
        return other, ends

    def _ends_with_values(self, point: Point, values: list[list[Value]]) -> list[list[FieldValues]]:
        """The ends of the transform at a point, where values of each program are."""
        ends = self._ends(point)
        for end, own in zip(ends, values, strict=True):
            for copy in end:
                for value in own:
                    copy.number(value)
        return ends

    def _ends(self, point: Point) -> list[list[FieldValues]]:
        p, transform = point.prime, self.transform
        centre = next((site.name for site in self.programs[0].sites if site.role == "centre"), "")
        positions: list[Vector] = []
        for name in self.sites:
            owner = centre if name in self.ghosts else name
            x, y, z = (point.free(("position", owner, axis)) for axis in range(3))
            positions.append((x, y, z))
        taken = dict(transform.sites)
        moved = [positions[self.sites.index(taken.get(name, name))] for name in self.sites]
        moved = [_moved(r, transform, point) for r in moved]
        tables = {
            moves.parameter: tuple((axis, dict(moves.moves)) for axis in moves.axes or ())
            for moves in transform.entries
        }
        species = _species(self.programs[0], transform)
        ends = []
        for program, places, moves in zip(self.programs, (positions, moved), ({}, tables), strict=True):
            copies = [
                Place(tuple(_scaled(sign, places[k], p) for k in order), species, moves, self.ghosts)
                for sign, order in _copies(program)
            ]
            ends.append([FieldValues(self.sites, point, copy, self.denominators) for copy in copies])
        return ends

    def _responses(self, points: list[list[list[FieldValues]]]) -> Iterator[tuple[list[int], list[int]]]:
        """Responses before and after at each point."""
        sides = [[copy for ends in points for copy in ends[side]] for side in (0, 1)]
        if self.programs[0] is self.programs[1]:
            together = moments_of(self.programs[0], [*sides[0], *sides[1]], self.turns)
            moments = together[: len(sides[0])], together[len(sides[0]) :]
        else:
            one, other = (moments_of(p, side, self.turns) for p, side in zip(self.programs, sides, strict=True))
            moments = one, other
        before, after = iter(moments[0]), iter(moments[1])
        for ends in points:
            yield self._mean(0, ends[0], before), self._mean(1, ends[1], after)

    def _mean(self, side: int, copies: list[FieldValues], moments: Iterator[Mapping[str, int]]) -> list[int]:
        """The mean of the responses of copies, and of moments."""
        p = copies[0].point.prime
        numbers = [self._response(self.programs[side], copy, next(moments)) for copy in copies]
        scale = pow(len(copies), -1, p)
        return [sum(column) * scale % p for column in zip(*numbers, strict=True)]

    def _response(self, program: Program, copy: FieldValues, moments: Mapping[str, int]) -> list[int]:
        readout, p = program.readout, copy.point.prime
        more = [moments[name] for name in self.names]
        if has_features(readout):
            weight = copy.number(readout.weight)
            return [*more, *(weight * moments[name] % p for name in readout.features)]
        return [*more, copy.with_moments(moments).number(readout_value(readout))]


def has_directions(program: Program) -> bool:
    """Whether there are directions in a program of vectors that may be zero."""
    values = [*_read(program), *(op.value for op in program.ops if op.value is not None)]
    return any(
        isinstance(node, Unit) and may_vanish(positive_scale(node.vector)[1])
        for value in values
        for node in walk(value)
    )


def charge_of(program: Program, transform: Transform) -> Conserved | None:
    """Return the charge that a transform speaks of, which leaves all data alone."""
    titled = (item for item in program.generators if item.title == transform.internal)
    return next((item for item in titled if isinstance(item, Conserved)), None)


def _need_within_reach(program: Program, transform: Transform) -> None:
    if transform.internal is not None and charge_of(program, transform) is None:
        raise Unknown("the identity test: relabellings and Pauli strings that leave the data alone are not compared")
    if program.gathered is not None:
        raise Unknown("the identity test: sums over any number of neighbours are no one function")
    copies = copy_count(program)
    size = (1 << min(40, len(program.qubits))) * (len(program.ops) + 1) * copies * 16
    if len(program.qubits) > _MOST_QUBITS or copies > _MOST_COPIES or size > _BUDGET:
        raise Unknown(
            f"the identity test: {len(program.qubits)} qubits, {len(program.ops):,} operations and "
            f"{count_text(copies)} copies are too many"
        )


def _read(program: Program) -> list[Value]:
    readout = program.readout
    return [readout.weight] if has_features(readout) else [readout_value(readout)]


def _copies(program: Program) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The copies of the circuit: the sign of positions, and whose each site takes."""
    orders = (
        list(exchange_orders(program.sites)) if "exchange" in program.average else [tuple(range(len(program.sites)))]
    )
    for sign in (1, -1) if "inversion" in program.average else (1,):
        yield from ((sign, order) for order in orders)


def _roots_of_moments(value: Value) -> Iterator[Value]:
    """Lengths, directions and roots that depend on moments."""
    for node in walk(value):
        taken = isinstance(node, Norm | Unit) or (isinstance(node, Function) and node.name == "sqrt")
        if taken and any(isinstance(part, Moment) for part in walk(node)):
            yield node


def _subsets(places: Sequence[int]) -> Iterator[frozenset[int]]:
    """All sets of some of these places but the empty one."""
    for count in range(1, len(places) + 1):
        yield from map(frozenset, combinations(places, count))


def _without_moments(value: Value) -> Iterator[Value]:
    """The parts of a readout that depend on no moment, the largest ones."""
    if not any(isinstance(node, Moment) for node in walk(value)):
        yield value
    else:
        for child in value.children:
            yield from _without_moments(child)


def _moved(position: Vector, transform: Transform, point: Point) -> Vector:
    """A position after a transform: turned by any rotation unless the matrix is that of the inversion or none."""
    p, r = point.prime, position
    if transform.matrix == MIRROR.matrix:
        r = _scaled(-1, r, p)
    elif transform.matrix != IDENTITY:
        x, y, z = (sum(a * b for a, b in zip(row, r, strict=True)) % p for row in point.rotation())
        r = (x, y, z)
    if any(transform.shift):
        x, y, z = ((part + point.free(("shift", axis))) % p for axis, part in enumerate(r))
        r = (x, y, z)
    return r


def _scaled(sign: int, r: Vector, p: int) -> Vector:
    return (sign * r[0] % p, sign * r[1] % p, sign * r[2] % p)


def _species(program: Program, transform: Transform) -> dict[str, str]:
    """What stands for the species of each site."""
    found = {site.name: site.species or f"of {site.name}" for site in program.sites}
    named = {site.name: site.species for site in program.sites}
    moves = dict(transform.sites)
    for start in moves:
        cycle = [start]
        while moves.get(cycle[-1], start) != start:
            cycle.append(moves[cycle[-1]])
        one = next((named[name] for name in cycle if named[name]), None) or f"of {min(cycle)}"
        found.update(dict.fromkeys(cycle, one))
    return found


def ghosts_of(program: Program, transform: Transform) -> Iterator[frozenset[str]]:
    """Sets of sites that no atom may take: last slots of scope atom, none that trades places."""
    yield frozenset()
    if program.scope != "atom" or program.gathered is not None:
        return
    slots = [site.name for site in program.sites if site.role == "neighbour"]
    moved = [place for place, name in enumerate(slots) if name in dict(transform.sites)]
    for taken in range(max(moved, default=-1) + 1, len(slots)):
        yield frozenset(slots[taken:])


def _denominators(programs: Sequence[Program]) -> tuple[dict[int, int], int, int]:
    """Common denominators of coefficients of angles by root, and of vectors; the order of the roots of unity."""
    found, turns = {1: 1}, 1
    values = [value for program in programs for value in _read(program)]
    for op in [op for program in programs for op in program.ops]:
        if op.value is not None:
            values.append(op.value)
        straight = turn_about_a_direction(op.vector) if isinstance(op, Rotate) else None
        if straight is not None:
            found[1] = lcm(found[1], *((q / 2).denominator for q, _ in terms_of(straight[1])))
        elif isinstance(op, Rotate):
            turns = lcm(turns, *(coefficient.denominator for coefficient, _ in turns_of(op.vector)[1]))
        if isinstance(op, Coupling):
            spectrum = spectrum_of(op)
            parts = [(q * each).denominator for q, _ in terms_of(op.value) for each in spectrum.eigenvalues]
            found[spectrum.surd] = lcm(found.get(spectrum.surd, 1), *parts)
    for value in values:
        for argument in circular_functions(value):
            found[1] = lcm(found[1], *(coefficient.denominator for coefficient, _ in terms_of(argument)))
    order = lcm(LEAST_ORDER, 2 * found[1])
    if max(order, turns) > _MOST_ORDER:
        raise Unknown("the identity test: coefficients of angles with a large common denominator")
    return found, turns, order
