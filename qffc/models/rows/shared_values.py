"""Which value of a program is computed on which atoms: the plan behind the sharing of values between circuits.

A value depends on some sites only: a radial function on the centre and one neighbour, not on the other one. So it is
computed once for each distinct tuple of atoms at these sites, and all circuits with these atoms read it there. Values
that differ only by the names of their sites, such as those of neighbour a and of neighbour b, are one value on more
tuples. This holds for every part of a value: each is computed on the atoms that it depends on, and lifted to those of
the value that uses it. This is common subexpression elimination across circuits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

from qffc.ir.declarations import readout_value
from qffc.ir.program import Program
from qffc.ir.values import (
    CarriedValue,
    ChannelIndex,
    Gathered,
    Moment,
    Number,
    ParameterEntry,
    Pi,
    Radial,
    RoundIndex,
    Value,
    walk,
)
from qffc.ir.values.substitution import substitute_sites
from qffc.passes.circuit.split_program import Split, length_and_direction

Sites = tuple[str, ...]


BOUND = -1
"""The place of a site that a sum binds."""


@dataclass(frozen=True)
class Domain:
    """The atoms on which values are computed.

    Args:
        tuples: tuples of sites of the program; the rows of the domain are the distinct tuples of atoms at any of them.
        circuits: rows are the circuits themselves, in order, equal ones included: for what moments enter.
    """

    tuples: tuple[Sites, ...]
    circuits: bool = False


@dataclass(frozen=True)
class Part:
    """A value that another one is made of.

    Args:
        key: its canonical text.
        places: its sites, as places in the tuple of the value that uses it; :data:`BOUND` for a gathered site.
        bound: that site, where the value is a sum over it.
    """

    key: str
    places: tuple[int, ...]
    bound: str = ""


@dataclass(frozen=True)
class Node:
    """One value over places instead of sites.

    Args:
        value: the value; its sites are the :func:`place_name` of 0, 1, ...
        domain: where it is computed.
        parts: what it is made of, plain numbers aside, by the order of its children.
    """

    value: Value
    domain: Domain
    parts: tuple[Part, ...]

    @property
    def named_parts(self) -> tuple[tuple[str, Part], ...]:
        """The parts with their texts inside the value, which names their sites as places of this node."""
        return tuple(zip([child.text for child in _parts_of(self.value)], self.parts, strict=True))


@dataclass(frozen=True)
class Root:
    """A value of the program: the node that holds it, and the sites of a circuit where it is read."""

    key: str
    sites: Sites


@dataclass(frozen=True, order=True)
class Lift:
    """Values of the domain ``part`` read by the rows of the domain ``whole``, at the places ``places`` of their tuples.

    Where rows are added up instead, ``whole`` is the domain of what is added, and ``part`` that of the sums.

    Args:
        whole: number of the domain that reads.
        part: number of the domain that is read.
        places: the places that the values depend on.
    """

    whole: int
    part: int
    places: tuple[int, ...]

    def read_by(self, sites: Sites) -> Sites:
        """Return the sites of the part, of a tuple of the whole."""
        return tuple(sites[place] for place in self.places)


@dataclass(frozen=True)
class SharingPlan:
    """All values of a program, parts before the values that use them.

    Args:
        program: the program.
        nodes: by canonical text.
        scalars: roots of the scalar slots.
        vectors: roots of the vector slots.
        factors: each vector slot as the number that it is multiplied with, or None, and a vector.
        readout: root of the weight of an atomic readout, or of the energy.
    """

    program: Program
    nodes: dict[str, Node]
    scalars: tuple[Root, ...]
    vectors: tuple[Root, ...]
    factors: tuple[tuple[Root | None, Root], ...]
    readout: Root

    @property
    def roots(self) -> tuple[Root, ...]:
        """All roots, slots first."""
        return (*self.scalars, *self.vectors, self.readout)

    @cached_property
    def domains(self) -> tuple[Domain, ...]:
        """All domains, each once."""
        return tuple(dict.fromkeys(node.domain for node in self.nodes.values()))

    @cached_property
    def lifts(self) -> tuple[Lift, ...]:
        """All ways in which values of one domain are read by those of another."""
        found = (
            Lift(self.domains.index(node.domain), self.domains.index(self.nodes[part.key].domain), part.places)
            for node in self.nodes.values()
            for part in node.parts
            if not part.bound
        )
        return tuple(dict.fromkeys(found))

    @cached_property
    def lasting(self) -> frozenset[str]:
        """The values that are the same in every round of circuits: of positions and species alone."""
        return frozenset(key for key, node in self.nodes.items() if _lasts(node.value))

    @cached_property
    def alike(self) -> dict[str, tuple[str, ...]]:
        """For each value the values on the same rows that differ from it by plain indices of tables only, it included.

        They are computed together: an operation for each makes long programs slow to compile.
        """
        families: dict[tuple[object, ...], list[str]] = {}
        for key, node in self.nodes.items():
            parts = tuple((_masked(part.key), part.places, part.bound) for part in node.parts)
            # One part twice is not two parts: dot(v0, v0) is no dot(v0, v1).
            own = [(part.key, part.places) for part in node.parts]
            equal = tuple(own.index(part) for part in own)
            # Another distance is another basis.
            distance = node.value.argument if isinstance(node.value, Radial) else None
            families.setdefault((node.domain, _masked(key), parts, equal, distance), []).append(key)
        return {key: tuple(family) for family in families.values() for key in family}

    @cached_property
    def sums(self) -> tuple[Lift, ...]:
        """All ways in which rows of one domain (``whole``) are added up to rows of another one (``part``)."""
        found = (
            Lift(
                self.domains.index(self.nodes[part.key].domain),
                self.domains.index(node.domain),
                tuple(k for k, place in enumerate(part.places) if place != BOUND),
            )
            for node in self.nodes.values()
            for part in node.parts
            if part.bound
        )
        return tuple(dict.fromkeys(found))


def _lasts(value: Value) -> bool:
    for node in walk(value):
        if isinstance(node, CarriedValue | Moment):
            return False
        if isinstance(node, ParameterEntry) and any(isinstance(index, RoundIndex) for index in node.indices):
            return False
    return True


def _masked(text: str) -> str:
    """A canonical text without the plain indices of tables."""
    return re.sub(r"\[[^\]]*\]", lambda found: re.sub(r"(?<=[\[ ])\d+(?=[,\]])", "#", found[0]), text)


def place_name(place: int) -> str:
    """Return the name of a place, which no site has; names sort as places do."""
    return f"@{place:04d}"


def plan_sharing(split: Split) -> SharingPlan:
    """Return the plan of a program.

    Example:
        >>> from qffc.library import load
        >>> from qffc.passes.circuit.split_program import split_program
        >>> plan = plan_sharing(split_program(load("pair", depth=1)))
        >>> len(plan.vectors), len({root.key for root in plan.vectors})
        (4, 2)
        >>> plan.nodes[plan.vectors[0].key].domain.tuples
        (('c', 'a'), ('c', 'b'))
    """
    program = split.program
    collector = _Collector(program)
    scalars = tuple(collector.add(item) for item in split.scalars)
    vectors = tuple(collector.add(item) for item in split.vectors)
    factors = tuple(
        (None if number is None else collector.add(number), collector.add(vector))
        for number, vector in map(_factors_of, split.vectors)
    )
    root = collector.add(readout_value(program.readout))
    return SharingPlan(program, collector.nodes(), scalars, vectors, factors, root)


def _factors_of(value: Value) -> tuple[Value | None, Value]:
    """The number and the vector that the kernel multiplies, where the vector is one for all channels."""
    number, vector = length_and_direction(value)
    entries = (node for node in walk(vector) if isinstance(node, ParameterEntry))
    if any(isinstance(index, ChannelIndex) for entry in entries for index in entry.indices):
        return None, value
    return number, vector


@dataclass
class _Collector:
    """Values over places, with the tuples of sites where they are used.

    Args:
        program: where the values come from.
        values: value and parts by canonical text, parts before the values that use them.
        uses: tuples of sites by canonical text, in the order in which they were met.
    """

    program: Program
    values: dict[str, tuple[Value, tuple[Part, ...]]] = field(default_factory=dict)
    uses: dict[str, dict[Sites, None]] = field(default_factory=dict)

    def add(self, value: Value) -> Root:
        """Enter a value of the program."""
        sites = _sites_of(value, tuple(site.name for site in self.program.sites if site.role != "gathered"))
        root = Root(self._visit(_over_places(value, sites), sites), sites)
        self._use(root.key, sites)
        return root

    def nodes(self) -> dict[str, Node]:
        """Return what was entered, each value with its domain."""
        order = {site.name: index for index, site in enumerate(self.program.sites)}
        nodes = {}
        for key, (value, parts) in self.values.items():
            tuples = sorted(self.uses[key], key=lambda sites: [order[site] for site in sites])
            nodes[key] = Node(value, Domain(tuple(tuples), _has_moment(value)), parts)
        return nodes

    def _visit(self, value: Value, sites: Sites) -> str:
        key = value.text
        if key in self.values:
            return key
        places = tuple(place_name(place) for place in range(len(sites)))
        bound = value.site if isinstance(value, Gathered) else ""
        parts = []
        for child in _parts_of(value):
            own = _sites_of(child, (*places, bound) if bound else places)
            part = self._visit(_over_places(child, own), own)
            numbers = tuple(BOUND if name == bound else places.index(name) for name in own)
            parts.append(Part(part, numbers, bound))
        self.values[key] = (value, tuple(parts))
        self.uses[key] = {}
        return key

    def _use(self, key: str, sites: Sites) -> None:
        if sites in self.uses[key]:
            return
        self.uses[key][sites] = None
        for part in self.values[key][1]:
            self._use(part.key, tuple(part.bound if place == BOUND else sites[place] for place in part.places))


def _sites_of(value: Value, order: Sites) -> Sites:
    """The sites that a value depends on by position or species, in order; a moment depends on all of them."""
    if _has_moment(value):
        return order
    return tuple(site for site in order if site in value.named_sites)


def _parts_of(value: Value) -> list[Value]:
    # A table of coefficients is no value of its own.
    table = value.table if isinstance(value, Radial | CarriedValue) else None
    return [child for child in value.children if not isinstance(child, Number | Pi) and child is not table]


def _has_moment(value: Value) -> bool:
    return any(isinstance(node, Moment) for node in walk(value))


def _over_places(value: Value, sites: Sites) -> Value:
    names = {site: place_name(place) for place, site in enumerate(sites)}
    # Renaming writes r(a, a) as -r(a, a), each time anew.
    return value if all(site == name for site, name in names.items()) else substitute_sites(value, names)
