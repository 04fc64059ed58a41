"""Symbolic values in numbers: one evaluator for NumPy and for any module with its interface, such as ``jax.numpy``.

Where atoms meet or lie on a line every value stays finite: lengths, directions, ``acos`` at -1 and 1 and ``sqrt`` at 0
are guarded in value and derivative, and a direction of length zero is the zero vector. Quotients and ``log`` are not
guarded: they are infinite where mathematics says so. No guard depends on how large a number is: a short vector has its
direction and a small number its root. Only sums and cross products of vectors count as zero below 1e-12 Angstrom, for
what is left there is rounding. What is no number stays none: guards are written so that NaN fails them.

A ghost is a site that no atom takes. It is given the position of the centre and the species :data:`GHOST`, and what
:func:`fading_sites` says is zero. So it acts as an atom beyond every cutoff: vectors from the centre to it are zero and
so is every learned function of its distance, while all else still turns and moves with the molecule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

import numpy as np

from qffc.ir.declarations import Basis
from qffc.ir.diagnostics import InternalError
from qffc.ir.program import Program
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
    Index,
    Moment,
    Mul,
    Norm,
    Number,
    ParameterEntry,
    Pi,
    Position,
    Power,
    Radial,
    RoundIndex,
    SpeciesOf,
    Unit,
    Value,
    walk,
)
from qffc.ir.values.dependence import sites_that_matter

Array = Any
"""An array of the module that computes: NumPy's, or a traced one."""

GHOST = -1
"""The species of a site that no atom takes."""

_ROUNDING = 1e-24
"""Squared lengths (Angstrom^2) below which a sum or a cross product of vectors of an Angstrom is rounding alone."""


@dataclass(frozen=True)
class Instance:
    """What one circuit is evaluated at.

    Args:
        positions: (sites, 3), Angstrom, in the order of the sites of the program.
        species: (sites,), indices into the species of the program, or :data:`GHOST` at the position of the centre; None
            where no site is named and ghosts are seen to elsewhere.
        parameters: arrays by name, of the shapes that the program declares.
        channel: which copy of the circuit.
        moments: expectation values by observable; only readouts need them.
    """

    positions: Array
    species: Array
    parameters: Mapping[str, Array]
    channel: Array | int = 0
    moments: Mapping[str, Array] | None = None


class Evaluator:
    """Evaluates values of one program at one instance; common parts are computed once.

    Args:
        program: the program that declares what the values name.
        instance: the numbers.
        xp: the array module, NumPy by default.
        known: values by text that were computed elsewhere.
    """

    def __init__(
        self, program: Program, instance: Instance, xp: Any = np, known: Mapping[str, Array] | None = None
    ) -> None:
        self._program = program
        self._instance = instance
        self._xp = xp
        self._site_index = {site.name: index for index, site in enumerate(program.sites)}
        self._known: dict[str, Array] = dict(known or {})
        self._bases: dict[tuple[str, Basis], Array] = {}
        self._has_ghosts = program.scope == "atom" and instance.species is not None
        self._groups: list[Array] = []
        self._places: dict[str, tuple[int, int]] = {}

    def prepare(self, values: Iterable[Value]) -> None:
        """Read the table entries of many values, and sum their radial functions, in one step for each table.

        The values come out the same without it; a compiled evaluator has far fewer operations with it.
        """
        nodes = {node.text: node for value in values for node in walk(value)}
        entries: dict[_Pattern, list[ParameterEntry]] = {}
        radials: dict[tuple[_Pattern, str], list[Radial]] = {}
        for node in nodes.values():
            if isinstance(node, ParameterEntry):
                entries.setdefault(_pattern(node), []).append(node)
            if isinstance(node, Radial):
                radials.setdefault((_pattern(node.table), node.argument.text), []).append(node)
        for group in entries.values():
            self._keep([entry.text for entry in group], self._faded(group[0], self._rows(group)))
        for members in radials.values():
            basis = self._basis(members[0].argument, self._radial_basis_of(members[0]))
            sums = self._xp.sum(self._rows([node.table for node in members]) * basis[None, :], axis=1)
            self._keep([node.text for node in members], self._faded(members[0], sums))

    def __call__(self, value: Value) -> Array:
        """Return the number () or vector (3,) of a value."""
        text = value.text
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = self._prepared(value) if text in self._places else self._compute(value)
        return known

    def stacked(self, values: Sequence[Value]) -> Array:
        """Return numbers side by side, (values,): what was prepared together is taken together, not one by one."""
        taken: dict[int, list[int]] = {}
        alone = []
        for index, value in enumerate(values):
            if value.text in self._places:
                taken.setdefault(self._places[value.text][0], []).append(index)
            else:
                alone.append(index)
        parts, order = [], []
        for group, indices in taken.items():
            rows = np.array([self._places[values[index].text][1] for index in indices])
            whole = self._groups[group]
            parts.append(whole if np.array_equal(rows, np.arange(len(whole))) else whole[rows])
            order += indices
        if alone:
            zero = self._xp.zeros((), self._instance.positions.dtype)
            parts.append(self._xp.stack([zero + self(values[index]) for index in alone]))
            order += alone
        together = parts[0] if len(parts) == 1 else self._xp.concatenate(parts)
        return together if order == sorted(order) else together[np.argsort(np.array(order))]

    def _keep(self, texts: Sequence[str], numbers: Array) -> None:
        """Numbers (texts,) that were computed together; each is taken out when it is asked for alone."""
        self._places.update((text, (len(self._groups), place)) for place, text in enumerate(texts))
        self._groups.append(numbers)

    def _prepared(self, value: Value) -> Array:
        group, place = self._places[value.text]
        return self._groups[group][place]

    def _compute(self, value: Value) -> Array:
        xp = self._xp
        match value:
            case Number():
                return float(value.value)
            case Pi():
                return float(np.pi)
            case ParameterEntry():
                return self._faded(value, self._entry(value))
            case Position(site):
                return self._instance.positions[self._site_index[site]]
            case Displacement(origin, site):
                positions = self._instance.positions
                return positions[self._site_index[site]] - positions[self._site_index[origin]]
            case Moment(observable):
                if self._instance.moments is None:
                    raise InternalError(f"no moments given for {value}")
                return self._instance.moments[observable]
            case Add(terms):
                return _fold(xp.add, [self(term) for term in terms])
            case Mul(factors):
                return _fold(xp.multiply, [self(factor) for factor in factors])
            case Power(base, exponent):
                number = self(base)
                # Python refuses to divide by 0; arrays have an infinite quotient.
                return (np.float64(number) if isinstance(number, float) else number) ** exponent
            case Function(name, argument):
                return _function(name, self(argument), xp)
            case Norm(vector):
                v = self(vector)
                return length(v, xp, _zero_below(vector, v, xp))
            case Unit(vector):
                v = self(vector)
                return v / _safe_norm(v, xp, _zero_below(vector, v, xp))
            case Dot(left, right):
                return xp.sum(self(left) * self(right))
            case Cross(left, right):
                return xp.cross(self(left), self(right))
            case Component(vector, axis):
                return self(vector)["xyz".index(axis)]
            case FrameVector():
                zero = xp.zeros_like(self._instance.positions[0, 0])
                return xp.stack([zero + self(part) for part in value.children])
            case Cutoff(argument, radius):
                return self._faded(value, smooth_cutoff(self(argument), float(radius), xp))
            case Radial(table, argument):
                sums = xp.sum(self._entry(table) * self._basis(argument, self._radial_basis_of(value)))
                return self._faded(value, sums)
            case _:
                raise InternalError(f"the evaluator does not know {type(value).__name__}")

    def _faded(self, value: Value, numbers: Array) -> Array:
        """Numbers of a value, zero where a ghost enters."""
        if self._has_ghosts:
            for site in fading_sites(value):
                numbers = self._xp.where(self._instance.species[self._site_index[site]] != GHOST, numbers, 0.0)
        return numbers

    def _entry(self, entry: ParameterEntry) -> Array:
        table = self._instance.parameters[entry.name]
        return table[tuple([self._index(index) for index in entry.indices])]

    def _rows(self, entries: Sequence[ParameterEntry]) -> Array:
        """Entries of one pattern, stacked: their plain indices become arrays, the others are the same for all."""
        table = self._instance.parameters[entries[0].name]
        if not entries[0].indices:
            return self._xp.stack([table])
        columns = zip(*(entry.indices for entry in entries), strict=True)
        return table[
            tuple(
                np.array(column)
                if isinstance(column[0], int)
                else self._xp.broadcast_to(self._xp.asarray(self._index(column[0])), (len(column),))
                for column in columns
            )
        ]

    def _radial_basis_of(self, radial: Radial) -> Basis:
        basis = self._program.parameter(radial.table.name).basis
        if basis is None:
            raise InternalError(f"{radial.table} has no basis")
        return basis

    def _index(self, index: Index) -> Array | int:
        match index:
            case SpeciesOf(site):
                return self._instance.species[self._site_index[site]]
            case ChannelIndex():
                return self._instance.channel
            case int():
                return index
            case RoundIndex():
                raise InternalError("the index of a round in a program that is not written out")
            case _:
                assert_never(index)

    def _basis(self, argument: Value, basis: Basis) -> Array:
        key = (argument.text, basis)
        if key not in self._bases:
            self._bases[key] = radial_basis(self(argument), basis, self._xp)
        return self._bases[key]


_Pattern = tuple[str, tuple[Index | None, ...]]


def _pattern(entry: ParameterEntry) -> _Pattern:
    """The table and its indices with None in place of plain numbers."""
    return entry.name, tuple(None if isinstance(index, int) else index for index in entry.indices)


def fading_sites(value: Value) -> tuple[str, ...]:
    """Return the sites that make a value zero when no atom takes one of them.

    A table entry fades with the sites of its species; a learned function and a cutoff fade with those that their
    distance depends on, whatever else is named on the way.

    Example:
        >>> from qffc.ir import parse_value
        >>> fading_sites(parse_value("cutoff(norm(r(c, a)), 5)")), fading_sites(parse_value("J[0, Z(a)]"))
        (('a', 'c'), ('a',))
        >>> fading_sites(parse_value("cutoff(norm(r(a, g) + r(g, b)), 5)"))
        ('a', 'b')
    """
    match value:
        case ParameterEntry():
            return tuple(dict.fromkeys(index.site for index in value.indices if isinstance(index, SpeciesOf)))
        case Cutoff(argument, _):
            return sites_that_matter(argument)
        case Radial(table, argument):
            return tuple(dict.fromkeys((*sites_that_matter(argument), *fading_sites(table))))
    return ()


def radial_basis(distance: Array, basis: Basis, xp: Any = np) -> Array:
    """Return the basis functions at a distance, cutoff included: Chebyshev polynomials or a Bessel radial basis.

    The latter, with the polynomial envelope, is that of DimeNet (Gasteiger et al., arXiv:2003.03123).

    Args:
        distance: (), Angstrom.
        basis: kind, size and cutoff.
        xp: the array module.

    Returns:
        (size,), dimensionless for ``chebyshev``, Angstrom^(-3/2) times the Bessel normalization for ``bessel``.
    """
    radius = float(basis.cutoff)
    envelope = smooth_cutoff(distance, radius, xp)
    if basis.kind == "chebyshev":
        t = 2.0 * distance / radius - 1.0
        rows = [t * 0.0 + 1.0, t]
        while len(rows) < basis.size:
            rows.append(2.0 * t * rows[-1] - rows[-2])
        return envelope * xp.stack(rows[: basis.size])
    small = 1e-6
    safe = xp.where(distance < small, small, distance)
    orders = np.arange(1, basis.size + 1) * (np.pi / radius)
    orders = xp.asarray(orders, dtype=xp.asarray(safe).dtype)
    return envelope * float(np.sqrt(2.0 / radius)) * xp.sin(orders * safe) / safe


def smooth_cutoff(distance: Array, radius: float, xp: Any = np) -> Array:
    """Return the polynomial envelope, 1 at distance 0 and 0 from ``radius`` on (both Angstrom)."""
    x = xp.where(distance >= radius, 1.0, distance / radius)
    p = 6
    outer = 1.0 - (p + 1) * (p + 2) / 2 * x**p + p * (p + 2) * x ** (p + 1) - p * (p + 1) / 2 * x ** (p + 2)
    return xp.where(distance >= radius, 0.0, outer)


def _fold(operation: Any, values: Sequence[Array]) -> Array:
    result = values[0]
    for value in values[1:]:
        result = operation(result, value)
    return result


def _function(name: str, argument: Array, xp: Any) -> Array:
    if name == "acos":
        # Rounding may push a cosine just past 1, and the slope is infinite there.
        at_edge = abs(abs(argument) - 1.0) <= 16 * float(np.finfo(xp.asarray(argument).dtype).eps)
        return xp.where(at_edge, xp.where(argument > 0, 0.0, float(np.pi)), xp.arccos(xp.where(at_edge, 0.0, argument)))
    if name == "sqrt":
        at_zero = abs(argument) < float(np.finfo(xp.asarray(argument).dtype).tiny)
        return xp.where(at_zero, 0.0, xp.sqrt(xp.where(at_zero, 1.0, argument)))
    return getattr(xp, name)(argument)


def length(vector: Array, xp: Any, zero_below: float = _ROUNDING) -> Array:
    """Return the lengths of vectors (..., 3); 0, with gradient 0, where all of a vector is 0.

    Args:
        vector: (..., 3).
        xp: ``numpy`` or ``jax.numpy``.
        zero_below: squared lengths below this count as zero.

    Example:
        >>> float(length(np.array([3.0, 0.0, 4.0]), np))
        5.0
    """
    squared = xp.sum(vector * vector, axis=-1)
    return xp.where(squared < zero_below, 0.0, _safe_norm(vector, xp, zero_below))


def _safe_norm(vector: Array, xp: Any, zero_below: float) -> Array:
    squared = xp.sum(vector * vector, axis=-1)
    return xp.sqrt(xp.where(squared < zero_below, 1.0, squared))


def _zero_below(vector: Value, numbers: Array, xp: Any) -> float:
    """The squared length below which a vector has no direction: where squares underflow, or rounding is all there is.

    The difference of two positions is exact to its last digit, however short it is, and so are its multiples; what
    cancels in other sums and in cross products leaves noise.
    """
    body = vector.factors[-1] if isinstance(vector, Mul) else vector
    if isinstance(body, Displacement | Position | Unit):
        return float(np.finfo(xp.asarray(numbers).dtype).tiny)
    return _ROUNDING
