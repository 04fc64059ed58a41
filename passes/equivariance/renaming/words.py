"""Programs as words: operations with their values in one spelling, ready to be compared with their image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from qffc.ir.declarations import has_features, readout_value
from qffc.ir.observables import Observable
from qffc.ir.pauli import PauliSum
from qffc.ir.program import Program
from qffc.ir.values import Moment, ParameterEntry, Value, is_zero, rebuild, substitute_sites, walk
from qffc.ir.values.substitution import TableIndices, mirrored
from qffc.passes.circuit.conjugation import Paulis, conjugated, conjugated_sum
from qffc.passes.circuit.prepared_state import fold_preparations
from qffc.passes.circuit.seen_operators import seen_observables
from qffc.passes.circuit.trace import Letter, Level, letter_of, normal_form
from qffc.passes.circuit.wires import flatten
from qffc.passes.equivariance.polynomials.spellings import Spellings

Species = tuple[tuple[str, str], ...]
"""Of each site, one site for all that are of its species."""


@dataclass(frozen=True)
class Action:
    """What is replaced.

    Args:
        sites: every site that moves, and the site that takes its place.
        tables: every index of a table that moves.
        renaming: of each qubit, the one that takes its place; None when a renaming is to be found.
        paulis: the string that the circuit is conjugated by after that.
        mirror: whether all positions change their sign.
    """

    sites: Mapping[str, str] = field(default_factory=dict)
    tables: TableIndices = field(default_factory=dict)
    renaming: tuple[int, ...] | None = None
    paulis: Paulis = field(default_factory=dict)
    mirror: bool = False


@dataclass(frozen=True)
class Word:
    """A program ready to be compared with its image.

    Args:
        letters: the operations that do something, on wires.
        indices: the operation of the program behind each letter.
        observables: those that the readout sees, on wires.
        readout: the energy, or the weight of the features.
        species: one site for all sites that are of one species whenever the two sites are alike.
        program: what the word was made of.
        spell: the spelling of its values, shared with all words that it is compared with.
    """

    letters: tuple[Letter, ...]
    indices: tuple[int, ...]
    observables: tuple[tuple[str, Observable], ...]
    readout: Value
    species: Species
    program: Program = field(compare=False, repr=False)
    spell: Spellings = field(compare=False, repr=False)

    @cached_property
    def form(self) -> tuple[Level, ...]:
        """The normal form of the operations."""
        return normal_form(self.letters)

    @cached_property
    def names(self) -> dict[PauliSum, str]:
        """Of each operator that is observed, the first name."""
        return {observable.paulis: name for name, observable in reversed(self.observables)}

    @cached_property
    def shared_readout(self) -> Value:
        """The readout with one name for each operator."""
        return with_moments(self.readout, {name: self.names[o.paulis] for name, o in self.observables})


@dataclass(frozen=True)
class Attempt:
    """A word beside its image under one renaming of the qubits.

    Args:
        word: of the program.
        image: of the same with names replaced.
        renaming: of each qubit, where it goes.
        paulis: the string that the image is conjugated by after that.
    """

    word: Word
    image: Word
    renaming: tuple[int, ...]
    paulis: Paulis

    @cached_property
    def letters(self) -> tuple[Letter | None, ...]:
        """The operations of the image, carried along; None where one becomes another kind of operation."""
        places = dict(enumerate(self.renaming))
        moved = (letter.moved(places) for letter in self.image.letters)
        return tuple(map(self._conjugated, moved) if self.paulis else moved)

    def carried(self, operator: PauliSum) -> PauliSum:
        """Return an operator of the image, carried along."""
        return conjugated_sum(operator.relabelled(dict(enumerate(self.renaming))), self.paulis)

    def _conjugated(self, letter: Letter) -> Letter | None:
        found = conjugated(letter, self.paulis)
        return found if found is None or found.value is None else found.with_value(self.image.spell(found.value))


def make_word(program: Program, species: Species, spell: Spellings | None = None) -> Word:
    """Return a program with its values in the form that compares."""
    flat = flatten(program)
    spell = spell or Spellings(program)
    known: dict[str, Value] = {}

    def normal(value: Value) -> Value:
        if value.text not in known:
            known[value.text] = spell(substitute_sites(value, {}, dict(species)))
        return known[value.text]

    letters, indices = [], []
    for step in flat.steps:
        value = None if step.op.value is None else normal(step.op.value)
        if value is not None and is_zero(value):
            continue
        letters.append(letter_of(step.op, value))
        indices.append(step.place)
    letters, indices = fold_preparations(letters, indices)
    value = spell.around_moments(substitute_sites(readout_value(program.readout), {}, dict(species)))
    seen = {name for name, _ in seen_observables(program)}
    if not has_features(program.readout):  # a moment that cancels is not seen
        seen = {node.observable for node in walk(value) if isinstance(node, Moment)}
    observables = tuple(item for item in flat.observables if item[0] in seen)
    return Word(tuple(letters), tuple(indices), observables, value, species, program, spell)


def image_of(word: Word, action: Action) -> Word:
    """Return the word with sites and table entries replaced in all values, or positions mirrored; qubits stay.

    Values without anything that moves stay: their species are one by assumption.
    """
    known: dict[str, Value] = {}
    sites, tables, species = set(action.sites), set(action.tables), dict(word.species)

    def renamed(value: Value) -> Value:
        moves = not sites.isdisjoint(value.sites) or any(
            isinstance(node, ParameterEntry) and node.name in tables for node in (walk(value) if tables else ())
        )
        image = substitute_sites(value, dict(action.sites), species, action.tables) if moves else value
        return mirrored(image) if action.mirror else image

    def replaced(value: Value) -> Value:
        if value.text not in known:
            known[value.text] = word.spell(renamed(value))
        return known[value.text]

    def carried(letter: Letter) -> Letter:
        value = letter.value if letter.value is None else replaced(letter.value)
        return letter if value is None or value == letter.value else letter.with_value(value)

    readout = renamed(word.readout)
    if readout is not word.readout:
        readout = word.spell.around_moments(readout)
    return replace(word, letters=tuple(carried(letter) for letter in word.letters), readout=readout)


def representatives(program: Program, sites: Mapping[str, str]) -> Species:
    """Return for each site one site of its species, sites that take each other's place being of one species."""
    assumed: dict[str, str | None] = {site.name: site.species for site in program.sites}
    result: dict[str, str] = {}
    for start in sites:
        orbit = [start]
        while sites[orbit[-1]] != start:
            orbit.append(sites[orbit[-1]])
        shared = next((assumed[name] for name in orbit if assumed[name] is not None), None)
        if shared is None:
            result |= {name: min(orbit) for name in orbit if name != min(orbit)}
        assumed |= dict.fromkeys(orbit, shared)
    first: dict[str, str] = {}
    result |= {name: first.setdefault(species, name) for name, species in assumed.items() if species is not None}
    return tuple(sorted(result.items()))


def with_moments(value: Value, names: Mapping[str, str | Value]) -> Value:
    """Return a value with its moments renamed, or replaced by values."""
    if isinstance(value, Moment):
        new = names.get(value.observable, value.observable)
        return Moment(new) if isinstance(new, str) else new
    if not value.children:
        return value
    return rebuild(value, tuple(with_moments(child, names) for child in value.children))
