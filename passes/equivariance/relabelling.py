"""Programs with their names replaced: is the program with sites, table entries and qubits renamed the same program?

**Lemma.** Replace the names of sites and of table entries in all values of a program, or mirror all positions. If a
renaming of the qubits, and then conjugation by a Pauli string P, carries the operations of the result into those of the
program up to the order of operations that commute, and carries the readout into itself, then the program gives one
response at a geometry and at its image, for all parameters.

*Proof.* The replaced program at x is the program at the image of x. A renaming of qubits and P are unitary: they carry
the state of the one into that of the other, and expectation values of the operators that are carried along are equal.

Hypotheses, and where they are checked:

- Sites that take each other's place hold atoms of one species, and nothing else is assumed of species: ``Z(a)`` and
  ``Z(b)`` are one index for these, and for sites whose species are named and equal (:func:`representatives`). That
  atoms only take sites of their species is for instances to keep, in every scope.
- Values are equal as functions, ghosts included: equal polynomials in atoms (``spellings.py``). Entries of a table are
  one number only when their indices are equal.
- Words are equal modulo commutation: their normal forms are (``trace.py``), or those with the first rotations of each
  singlet on one half (``singlet_form.py``); preparations that a Pauli rotation follows at once are one preparation
  (``prepared_state.py``).
- Every operation of the image is an operation again, prepared states included (``conjugation.py``).
- The readout: with a head each feature is carried to itself, sign and all. An energy is carried to itself as a function
  of the moments, where a moment may be carried to another one or to minus one; or, when it is linear in them, as one
  operator, with the constant that is left without moments.

The search for a renaming of the qubits decides what is found and never what is true.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property, lru_cache

from qffc.ir.declarations import has_features, readout_value
from qffc.ir.observables import Observable
from qffc.ir.pauli import PauliSum
from qffc.ir.printer import print_readout
from qffc.ir.program import Program
from qffc.ir.values import Add, Moment, Number, ParameterEntry, Value, is_zero, rebuild, substitute_sites, walk
from qffc.ir.values.substitution import TableIndices, mirrored
from qffc.passes.circuit.conjugation import Paulis, conjugated, conjugated_sum
from qffc.passes.circuit.prepared_state import fold_preparations
from qffc.passes.circuit.qubit_matching import Incidences, Names, incidences, renamings
from qffc.passes.circuit.seen_operators import linear_weights, seen_observables
from qffc.passes.circuit.singlet_form import singlet_form, without_first_turns
from qffc.passes.circuit.trace import Letter, Level, Shape, letter_of, normal_form, touched
from qffc.passes.circuit.wires import flatten
from qffc.passes.equivariance.nearest_renaming import nearest_renaming
from qffc.passes.equivariance.spellings import Spellings
from qffc.passes.equivariance.verdict import Failure, observable_line, op_reference

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
        spell: the spelling of its values, shared with all words that it is compared with.
    """

    letters: tuple[Letter, ...]
    indices: tuple[int, ...]
    observables: tuple[tuple[str, Observable], ...]
    readout: Value
    species: tuple[tuple[str, str], ...]
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


def relabelling_failure(program: Program, word: Word, action: Action) -> Failure | None:
    """Return where the program with its names replaced differs, or None when it is the same."""
    image = image_of(word, action)
    preferred = action.renaming or site_order_renaming(program, action.sites)
    # The order of the sites usually fits; the search costs more than a test of one renaming.
    if (
        _carries_operations(word, image, preferred, action.paulis)
        and _readout_difference(program, word, image, preferred, action.paulis) is None
    ):
        return None
    readout_failure: Failure | None = None
    for renaming in _candidates(program, word, image, action, preferred):
        if not _carries_operations(word, image, renaming, action.paulis):
            continue
        difference = _readout_difference(program, word, image, renaming, action.paulis)
        if difference is None:
            return None
        readout_failure = readout_failure or difference
    if readout_failure is None and action.renaming is None and action.tables:
        # Entries move, and no site says where the qubits go: what fits best is compared.
        nearest = nearest_renaming(image.letters, word.letters, preferred)
        return _first_difference(program, word, image, nearest, action.paulis, side_by_side=True)
    return readout_failure or _first_difference(program, word, image, preferred, action.paulis)


def _carries_operations(word: Word, image: Word, renaming: Sequence[int], paulis: Paulis) -> bool:
    letters = _carried(image, renaming, paulis)
    moved = [letter for letter in letters if letter is not None]
    if len(moved) < len(letters):
        return False
    mine, other = touched(word.letters, moved)
    if normal_form(mine) == normal_form(other):
        return True
    return normal_form(singlet_form(mine)) == normal_form(singlet_form(other))


def _candidates(
    program: Program, word: Word, image: Word, action: Action, preferred: tuple[int, ...]
) -> Iterator[tuple[int, ...]]:
    if action.renaming is not None:
        yield action.renaming
        return
    names = Names()
    # A Pauli string may change signs, which one depends on the renaming: the search does not look at them.
    signed = not action.paulis
    source, target = (_incidences(program, each, names, signed) for each in (image, word))
    yield from renamings(source, target, preferred, names)
    fewer = [replace(each, letters=without_first_turns(each.letters)) for each in (image, word)]
    if len(fewer[1].letters) < len(word.letters):  # what stands on which half of a singlet may be another way to say it
        source, target = (_incidences(program, each, names, signed) for each in fewer)
        yield from renamings(source, target, preferred, names)


def _carried(image: Word, renaming: Sequence[int], paulis: Paulis) -> list[Letter | None]:
    places = dict(enumerate(renaming))
    moved = (letter.moved(places) for letter in image.letters)
    return [_conjugated(letter, paulis, image.spell) for letter in moved] if paulis else list(moved)


def _conjugated(letter: Letter, paulis: Paulis, spell: Spellings) -> Letter | None:
    found = conjugated(letter, paulis)
    return found if found is None or found.value is None else found.with_value(spell(found.value))


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
        indices.append(step.index)
    letters, indices = fold_preparations(letters, indices)
    value = spell.around_moments(substitute_sites(readout_value(program.readout), {}, dict(species)))
    seen = {name for name, _ in seen_observables(program)}
    if not has_features(program.readout):  # a moment that cancels is not seen
        seen = {node.observable for node in walk(value) if isinstance(node, Moment)}
    observables = tuple(item for item in flat.observables if item[0] in seen)
    return Word(tuple(letters), tuple(indices), observables, value, species, spell)


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


def site_order_renaming(program: Program, sites: Mapping[str, str]) -> tuple[int, ...]:
    """The k-th qubit of each site goes to the k-th qubit of its image; nothing moves if they do not fit."""
    places: dict[str | None, list[int]] = {}
    for index, qubit in enumerate(program.qubits):
        places.setdefault(qubit.site, []).append(index)
    identity = tuple(range(len(program.qubits)))
    pairs = [(places.get(a, []), places.get(b, [])) for a, b in sites.items()]
    if any(len(left) != len(right) for left, right in pairs):
        return identity
    moves = {a: b for left, right in pairs for a, b in zip(left, right, strict=True)}
    return tuple(moves.get(qubit, qubit) for qubit in identity)


def _incidences(program: Program, word: Word, names: Names, signed: bool) -> Incidences:
    total = _energy_operator(program, word)
    if total is not None:
        return incidences(len(program.qubits), word.letters, [("energy", total)], names, signed)
    if has_features(program.readout):
        tags = {name: f"feature {name}" for name, _ in word.observables}
    else:
        tags = _roles_in_energy(word.readout)
    observables = [(tags[name], observable.paulis) for name, observable in word.observables]
    return incidences(len(program.qubits), word.letters, observables, names, signed)


def _roles_in_energy(energy: Value) -> dict[str, str]:
    """Of each moment, the terms of the energy that it is in, its name and those of others blotted out."""
    roles: dict[str, list[str]] = {}
    for term in energy.terms if isinstance(energy, Add) else (energy,):
        inside = {node.observable for node in walk(term) if isinstance(node, Moment)}
        blank = dict.fromkeys(inside, "other")
        for name in sorted(inside):
            roles.setdefault(name, []).append(with_moments(term, blank | {name: "own"}).text)
    return {name: " + ".join(sorted(parts)) for name, parts in roles.items()}


def with_moments(value: Value, names: Mapping[str, str | Value]) -> Value:
    """Return a value with its moments renamed, or replaced by values."""
    if isinstance(value, Moment):
        new = names.get(value.observable, value.observable)
        return Moment(new) if isinstance(new, str) else new
    if not value.children:
        return value
    return rebuild(value, tuple(with_moments(child, names) for child in value.children))


def _readout_difference(
    program: Program, original: Word, image: Word, renaming: Sequence[int], string: Paulis
) -> Failure | None:
    """Return how the readout of the image differs, or None when both read the same number."""
    difference = _difference_of_moments(program, original, image, renaming, string)
    if difference is None:
        return None
    before, after = _energy_operator(program, original), _energy_operator(program, image)
    if before is None or after is None:
        return difference
    after = conjugated_sum(after.relabelled(dict(enumerate(renaming))), string)
    constants = [_without_moments(word) for word in (original, image)]
    same = original.spell.are_equal
    zero = Number(Fraction(0))
    equal = all(same(part, zero) for _, parts in (before - after).terms for part in parts)
    return None if equal and same(*constants) else difference


def _energy_operator(program: Program, word: Word) -> PauliSum | None:
    """The operator whose expectation value an energy is that is linear in the moments; None for other readouts."""
    return None if has_features(program.readout) else _linear_operator(word.observables, word.readout)


@lru_cache(maxsize=16)
def _linear_operator(observables: tuple[tuple[str, Observable], ...], energy: Value) -> PauliSum | None:
    weights = linear_weights(energy)
    if weights is None:
        return None
    return PauliSum.total(observable.paulis.scaled(weights.get(name, 0)) for name, observable in observables)


def _without_moments(word: Word) -> Value:
    return with_moments(word.readout, {name: Number(Fraction(0)) for name, _ in word.observables})


def _difference_of_moments(
    program: Program, original: Word, image: Word, renaming: Sequence[int], string: Paulis
) -> Failure | None:
    """Return how the readout of the image differs when each moment is carried to another one."""
    first, places = original.names, dict(enumerate(renaming))
    head = has_features(program.readout)
    targets: dict[str, str] = {}
    signs: dict[str, int] = {}
    for name, observable in image.observables:
        paulis = conjugated_sum(observable.paulis.relabelled(places), string)
        signs[name] = 1
        if paulis not in first and not head and paulis.scaled(-1) in first:
            paulis, signs[name] = paulis.scaled(-1), -1
        if paulis not in first:
            text = f"the observable {name} is carried to {paulis}, which the readout does not see"
            return Failure(text, line=observable_line(program, name))
        targets[name] = first[paulis]
    if head:
        changed = [name for name, observable in original.observables if targets[name] != first[observable.paulis]]
        if changed:
            text = f"the feature {changed[0]} is carried to {targets[changed[0]]}, which the head tells apart"
            return Failure(text, line=observable_line(program, changed[0]))
        before, after = original.readout, image.readout
    else:
        before = original.shared_readout
        moved = {name: target if signs[name] > 0 else -Moment(target) for name, target in targets.items()}
        after = with_moments(image.readout, moved)
    if original.spell.are_equal(before, after):
        return None
    return Failure(f"the readout {before} becomes {after}", line=print_readout(program.readout))


def _first_difference(
    program: Program,
    original: Word,
    image: Word,
    renaming: Sequence[int],
    string: Paulis,
    *,
    side_by_side: bool = False,
) -> Failure:
    """The first operation that a renaming of the qubits does not carry to where it is needed.

    Args:
        program: what is checked.
        original: of the program.
        image: of what the names are replaced in.
        renaming: what is compared.
        string: what the circuit is conjugated by.
        side_by_side: show what the image has on the same qubits, where it has something of the kind.
    """
    carried = _carried(image, renaming, string)
    moved = tuple(letter for letter in carried if letter is not None)
    if len(moved) < len(carried):
        op = op_reference(program, image.indices[carried.index(None)])
        return Failure("conjugation by the Pauli string makes another kind of operation of it", op)
    lost = _without_partner(original.letters, moved)
    extra = _without_partner(moved, original.letters, lost.shape if side_by_side and lost is not None else None)
    text = f"the program has {_spell(lost, program)} where its image has {_spell(extra, program)}"
    if lost is None and extra is None:  # the same operations, in another order
        mine, other = original.form, normal_form(moved)
        depth = next((k for k, (x, y) in enumerate(zip(mine, other, strict=False)) if x != y), len(mine))
        lost, extra = _surplus(mine[depth:], other[depth:]), _surplus(other[depth:], mine[depth:])
        text = f"layer {depth + 1} has {_spell(lost, program)} where its image has {_spell(extra, program)}"
    if lost is None and extra is None:
        readout = _readout_difference(program, original, image, renaming, string)
        return readout or Failure("no renaming of the qubits that was tried keeps both operations and readout")
    lost_op = None if lost is None else op_reference(program, original.indices[original.letters.index(lost)])
    image_op = None
    if extra is not None:
        source = op_reference(program, image.indices[moved.index(extra)])
        image_op = replace(source, text=_spell(extra, program))
    return Failure(text, lost_op, image_op)


def _without_partner(letters: Sequence[Letter], others: Sequence[Letter], near: Shape | None = None) -> Letter | None:
    """The first letter that there are more of than among the others, of a shape if there is one."""
    free, found = Counter(others), list[Letter]()
    for letter in letters:
        if not free[letter]:
            found.append(letter)
        free[letter] -= 1
    return next((letter for letter in found if letter.shape == near), found[0] if found else None)


def _surplus(left: Sequence[Level], right: Sequence[Level]) -> Letter | None:
    for depth, level in enumerate(left):
        rest = level - right[depth] if depth < len(right) else level
        if rest:
            return next(iter(rest))
    return None


def _spell(letter: Letter | None, program: Program) -> str:
    if letter is None:
        return "nothing"
    shape = letter.shape
    qubits = ", ".join(program.qubits[qubit].name for qubit in shape.qubits)
    value = "" if letter.value is None else f", {letter.value}"
    words = " ".join(filter(None, (shape.kind, shape.paulis, qubits)))
    return f"{words}{f' along {shape.direction}' if shape.kind == 'zero' and shape.direction else ''}{value}"
