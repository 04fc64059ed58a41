"""Couplings that have to share a layer: the orbits of unordered couplings under the declared symmetries.

An order of layers keeps a symmetry when each layer is mapped onto itself, so a layer is a union of orbits. The renaming
of the qubits that goes with an exchange of sites, or with a generator that names no qubits, is searched by what happens
to each qubit before, in and after each group, whatever the order inside. Nothing here is a proof: the schedule is
checked afterwards.
"""

from __future__ import annotations

from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product

import networkx as nx

from qffc.ir.exchange_group import exchanges
from qffc.ir.generators import Generator
from qffc.ir.operation import Coupling, Op
from qffc.ir.ops import Relabel, operation, unordered_groups
from qffc.ir.program import Program
from qffc.ir.values import substitute_sites
from qffc.passes.circuit.conjugation import conjugated
from qffc.passes.circuit.qubit_matching import Incidence, Incidences, Names, renamings
from qffc.passes.circuit.trace import Letter, independent, letter_of
from qffc.passes.equivariance.renaming.words import Action
from qffc.passes.equivariance.rules.generators import action_of

Renaming = tuple[int, ...]
"""The wire that takes the place of each wire."""
Orbits = tuple[tuple[tuple[int, ...], ...], ...]
"""Of each group, its orbits; each with the numbers of its units."""
UnitMoves = tuple[tuple[int, ...], ...]
"""Of each group, the unit that takes the place of each unit."""
_CHOICES = 64
"""Choices of one renaming for each exchange that are tried at most."""


@dataclass(frozen=True)
class Unit:
    """Couplings of one group on the same qubits, in a row: they never run side by side.

    Args:
        places: their places in ``Program.ops``.
        qubits: sorted; as the operations name them.
        wires: sorted; where the states of these qubits were prepared.
        letters: the couplings on wires.
    """

    places: tuple[int, ...]
    qubits: tuple[int, ...]
    wires: tuple[int, ...]
    letters: tuple[Letter, ...]


@dataclass(frozen=True)
class Group:
    """A group of unordered couplings, as units sorted by their qubits."""

    name: str
    units: tuple[Unit, ...]

    @property
    def places(self) -> range:
        """The places of the couplings in ``Program.ops``."""
        places = [place for unit in self.units for place in unit.places]
        return range(min(places), max(places) + 1)

    @property
    def commutes(self) -> bool:
        """Whether all its couplings commute, so that no symmetry depends on their order."""
        shapes = list(dict.fromkeys(letter.shape for unit in self.units for letter in unit.letters))
        return all(independent(a, b) for k, a in enumerate(shapes) for b in shapes[:k])


def groups_of(program: Program) -> tuple[Group, ...]:
    """Return the groups of unordered couplings, in the order of the program."""
    if not unordered_groups(program.ops):
        return ()
    members: dict[str, dict[tuple[int, ...], list[tuple[int, Op]]]] = defaultdict(lambda: defaultdict(list))
    for place, op in _wired(program):
        written = program.ops[place]
        if isinstance(written, Coupling) and written.unordered is not None:
            members[written.unordered][tuple(sorted(written.qubits))].append((place, op))
    return tuple(
        Group(
            name,
            tuple(
                Unit(
                    tuple(place for place, _ in ops),
                    qubits,
                    tuple(sorted(ops[0][1].qubits)),
                    tuple(letter_of(op, op.value) for _, op in ops),
                )
                for qubits, ops in sorted(units.items())
            ),
        )
        for name, units in members.items()
    )


def orbit_choices(program: Program, groups: Sequence[Group], symmetries: Sequence[str]) -> Iterator[Orbits]:
    """Yield the orbits of the units of each group, for each choice of renamings that keep all groups.

    Args:
        program: the program.
        groups: its groups of unordered couplings.
        symmetries: names of the exchanges and generators to keep, as in a certificate.

    Yields:
        For each group, the orbits of its units by number; nothing when a symmetry has no renaming.
    """
    found = [
        list(_unit_moves(program, groups, action)) for name, action in _actions(program).items() if name in symmetries
    ]
    known: set[Orbits] = set()
    for choice in islice(product(*found), _CHOICES):
        orbits = tuple(_orbits(len(group.units), [moves[k] for moves in choice]) for k, group in enumerate(groups))
        if orbits not in known:
            known.add(orbits)
            yield orbits


def _orbits(count: int, moves: Sequence[tuple[int, ...]]) -> tuple[tuple[int, ...], ...]:
    graph = nx.Graph((unit, image) for move in moves for unit, image in enumerate(move))
    graph.add_nodes_from(range(count))
    return tuple(sorted(tuple(sorted(orbit)) for orbit in nx.connected_components(graph)))


def _actions(program: Program) -> dict[str, Action]:
    """What each exchange of like sites and each declared generator replaces."""
    exchanged = {str(exchange): Action(dict(exchange.moves)) for exchange in exchanges(program.sites)}
    declared = {item.title: action_of(program, item) for item in program.generators if isinstance(item, Generator)}
    return {**exchanged, **declared}


def _unit_moves(program: Program, groups: Sequence[Group], action: Action) -> Iterator[UnitMoves]:
    """The permutations of the units of each group that go with a symmetry."""
    species = _representatives(program, action.sites)
    nothing = Action()
    before = [
        [_valued(letter, nothing, species) for unit in group.units for letter in unit.letters] for group in groups
    ]
    after = [[_valued(letter, action, species) for unit in group.units for letter in unit.letters] for group in groups]
    known: set[UnitMoves] = set()
    for renaming in _renamings(program, groups, action, species):
        places = dict(enumerate(renaming))
        images = [[conjugated(letter.moved(places), action.paulis) for letter in letters] for letters in after]
        if any(Counter(mine) != Counter(image) for mine, image in zip(before, images, strict=True)):
            continue
        moves = tuple(_moved_units(group, places) for group in groups)
        if moves not in known:
            known.add(moves)
            yield moves


def _moved_units(group: Group, places: Mapping[int, int]) -> tuple[int, ...]:
    number = {unit.wires: k for k, unit in enumerate(group.units)}
    return tuple(number[tuple(sorted(places[wire] for wire in unit.wires))] for unit in group.units)


def _renamings(
    program: Program, groups: Sequence[Group], action: Action, species: dict[str, str]
) -> Iterator[Renaming]:
    if action.renaming is not None:
        yield action.renaming
        return
    names = Names()
    source, target = (_incidences(program, groups, moved, species, names) for moved in (action, Action()))
    yield from renamings(source, target, range(len(program.qubits)), names)


def _incidences(
    program: Program, groups: Sequence[Group], action: Action, species: dict[str, str], names: Names
) -> Incidences:
    """What happens to each wire in each stretch: inside a group, and between one group and the next."""
    starts = sorted(edge for group in groups for edge in (group.places.start, group.places.stop))
    found: dict[int, list[Incidence]] = defaultdict(list)
    for place, op in _wired(program):
        letter = _valued(letter_of(op, op.value), action, species)
        shape = letter.shape
        for k, wire in enumerate(shape.qubits):
            what = names((bisect(starts, place), shape.kind, shape.paulis[k : k + 1], _unsigned(letter)))
            found[wire].append(Incidence(what, tuple(other for other in shape.qubits if other != wire)))
    return tuple(tuple(found[wire]) for wire in range(len(program.qubits)))


def _wired(program: Program) -> Iterator[tuple[int, Op]]:
    """Each operation with its place, on the wires where the states were prepared."""
    wires = {qubit: qubit for qubit in range(len(program.qubits))}
    for place, op in enumerate(program.ops):
        if isinstance(op, Relabel):
            wires |= {target: wires[source] for source, target in op.moves}
        else:
            yield place, op.relabelled(wires)


def _valued(letter: Letter, action: Action, species: dict[str, str]) -> Letter:
    if letter.value is None:
        return letter
    return letter.with_value(substitute_sites(letter.value, dict(action.sites), species, action.tables))


def _unsigned(letter: Letter) -> str:
    if letter.value is None:
        return ""
    odd = operation(letter.shape.kind).declaration.is_signed
    return min(letter.value.text, (-letter.value).text) if odd else letter.value.text


def _representatives(program: Program, sites: Mapping[str, str]) -> dict[str, str]:
    """One site for all sites that are of one species when the exchanged ones are."""
    assumed = {site.name: site.species for site in program.sites}
    for a, b in sites.items():
        assumed[a] = assumed[a] or assumed[b] or min(a, b)
    first: dict[str, str] = {}
    return {name: first.setdefault(species, name) for name, species in assumed.items() if species is not None}
