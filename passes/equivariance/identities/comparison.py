"""The comparison behind the identity test: responses of two programs, or of one before and after a transform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import ceil
from random import Random

from qffc.ir.declarations import has_features, readout_value
from qffc.ir.exchange_group import copy_count, count_text
from qffc.ir.program import Program
from qffc.ir.values import Value, walk
from qffc.passes.equivariance.identities.bound import Degrees, bits_of_point
from qffc.passes.equivariance.identities.denominators import denominators_of
from qffc.passes.equivariance.identities.ends import ends_at
from qffc.passes.equivariance.identities.field_values import FieldValues
from qffc.passes.equivariance.identities.identity import BITS, Identity
from qffc.passes.equivariance.identities.points import NoRoot, Point, PrimeField, Roots, Unknown, random_field
from qffc.passes.equivariance.identities.readouts import read_values, roots_of_moments, without_moments
from qffc.passes.equivariance.identities.states import moments_of
from qffc.passes.equivariance.verdict import Transform

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
_MOST_TRIES = 256
"""Points of one prime where roots are taken of moments."""

Ends = list[list[FieldValues]]
"""The values at both ends of a transform, for each copy of the circuit."""
_Ends = tuple[Point, Ends]
"""A point, and the values there."""


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
        if not self._knows(transform):
            raise Unknown(
                "the identity test: relabellings and Pauli strings that leave the data alone are not compared"
            )
        for program in programs:
            _need_within_reach(program)
        self.denominators = denominators_of(programs)
        degrees = [Degrees(program, self.denominators) for program in programs]
        sides = [(found, program, copy_count(program)) for found, program in zip(degrees, programs, strict=True)]
        self.degree = sum(
            copies * (found.moment + sum(map(found.of, [*read_values(program), *self._more_values(program)])))
            for found, program, copies in sides
        )
        self.squares = sum(found.squares * copies for found, _, copies in sides)
        self.largest = max(found.largest for found in degrees)
        self.terms = sum(
            copies * (found.turns + sum(1 for value in read_values(program) for _ in walk(value)))
            for found, program, copies in sides
        )
        roots = [sum(1 for value in read_values(program) for _ in roots_of_moments(value)) for program in programs]
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
            for _ in range(_MOST_TRIES):
                point, *more = self._point(chosen, roots)
                if more:
                    # They may be squares for one sign alone.
                    raise Unknown("the identity test: roots of moments beside roots of either sign")
                try:
                    ((before, after),) = self._responses([point[1]])
                except NoRoot:
                    continue
                if before != after:
                    return Identity("different", points=done + 1)
                kept = point
                if not roots.open:
                    break
                if any(roots.there[place] > _SEEN_OFTEN for place in roots.open):
                    raise Unknown("the identity test: roots of moments that are of either sign")
            if kept is None or roots.open:
                raise Unknown("the identity test: roots of moments that are functions of one another, or too many")
            count, done = self._points_needed(kept), done + 1
        return Identity("equal", BITS, count)

    def _knows(self, transform: Transform) -> bool:
        """Whether it compares what a transform speaks of."""
        return transform.internal is None

    def _more_values(self, program: Program) -> list[Value]:
        """Values beside the readout that are compared."""
        return []

    def _points_needed(self, point: _Ends) -> int:
        drawn = point[0].drawn + self.terms
        order = self.denominators.order
        bits = bits_of_point(self.degree, self.squares, point[0].root_count, drawn, self.largest, order)
        if bits < BITS / MOST_POINTS:
            raise Unknown(f"the identity test: a point of this program decides {max(0.0, bits):.1f} bits, too few")
        return ceil(BITS / bits)

    def _field(self) -> PrimeField:
        return random_field(self.random, self.denominators.order)

    def _point(self, chosen: PrimeField, roots: Roots) -> list[_Ends]:
        """A point where all values of operations are, at both ends; each end has one for each copy of the circuit.

        Where roots are always there, the same point with either sign of each.
        """
        values = [
            [op.value for op in program.ops if op.value is not None]
            + [part for value in read_values(program) for part in without_moments(value)]
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

    def _ends_with_values(self, point: Point, values: list[list[Value]]) -> Ends:
        """The ends of the transform at a point, where values of each program are."""
        ends = ends_at(point, self.programs, self.transform, self.ghosts, self.denominators.angles)
        for end, own in zip(ends, values, strict=True):
            for copy in end:
                for value in own:
                    copy.number(value)
        return ends

    def _responses(self, points: list[Ends]) -> Iterator[tuple[list[int], list[int]]]:
        """Responses before and after at each point."""
        sides = [[copy for ends in points for copy in ends[side]] for side in (0, 1)]
        turns = self.denominators.turns
        if self.programs[0] is self.programs[1]:
            # Both ends at once: NumPy takes hardly longer for more rows.
            together = moments_of(self.programs[0], [*sides[0], *sides[1]], turns)
            found = [together[: len(sides[0])], together[len(sides[0]) :]]
        else:
            found = [moments_of(program, side, turns) for program, side in zip(self.programs, sides, strict=True)]
        before, after = map(iter, found)
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


def _need_within_reach(program: Program) -> None:
    if program.gathered is not None:
        raise Unknown("the identity test: sums over any number of neighbours are no one function")
    copies = copy_count(program)
    size = (1 << min(40, len(program.qubits))) * (len(program.ops) + 1) * copies * 16
    if len(program.qubits) > _MOST_QUBITS or copies > _MOST_COPIES or size > _BUDGET:
        raise Unknown(
            f"the identity test: {len(program.qubits)} qubits, {len(program.ops):,} operations and "
            f"{count_text(copies)} copies are too many"
        )


def _subsets(places: Sequence[int]) -> Iterator[frozenset[int]]:
    """All sets of some of these places but the empty one."""
    for count in range(1, len(places) + 1):
        yield from map(frozenset, combinations(places, count))
