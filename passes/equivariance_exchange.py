"""Exchange of like atoms: the program with two sites renamed is the program with its qubits renamed.

For two like sites the sites are renamed in all values. If some renaming of the qubits carries the operations of the
result into those of the program, up to the order of operations that commute, and leaves the readout alone, then both
give one response, for all geometries and parameters. Entries of a parameter table are one number only when their
indices are equal; ``Z(a)`` and ``Z(b)`` are equal for like sites, and nothing else is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from qffc.ir.exchange_group import like
from qffc.ir.observables import Observable
from qffc.ir.printer import print_readout
from qffc.ir.program import AtomicReadout, Program
from qffc.ir.values import Add, Moment, Number, Value, rebuild, substitute_sites, walk
from qffc.passes.counterexample import judge
from qffc.passes.equivariance_rotation import seen_observables
from qffc.passes.qubit_matching import Incidences, Names, incidences, renamings
from qffc.passes.trace import Letter, Level, letter_of, normal_form
from qffc.passes.verdict import Failure, Transform, Verdict, observable_line, op_reference, proven
from qffc.passes.wires import flatten

RELABELLING = "relabelling modulo commutation"
AVERAGE = "average over exchange"
NOTHING_ALIKE = "no like sites"


@dataclass(frozen=True)
class Word:
    """A program ready to be compared with its image.

    Args:
        letters: the operations that do something, on wires.
        indices: the operation of the program behind each letter.
        observables: those that the readout sees, on wires.
        readout: the energy, or the weight of the features.
        species: one site for all sites that are of one species whenever the two sites are alike.
    """

    letters: tuple[Letter, ...]
    indices: tuple[int, ...]
    observables: tuple[tuple[str, Observable], ...]
    readout: Value
    species: tuple[tuple[str, str], ...]

    @cached_property
    def form(self) -> tuple[Level, ...]:
        """The normal form of the operations."""
        return normal_form(self.letters)


def check_exchange(program: Program) -> tuple[Verdict, ...]:
    """Return one verdict for each transposition of neighbouring like sites; these generate all exchanges."""
    pairs = transpositions(program)
    note = _role_note(program)
    if not pairs:
        return (proven("exchange", NOTHING_ALIKE, note),)
    if "exchange" in program.average:
        return tuple(proven(f"exchange {a} {b}", AVERAGE, note) for a, b in pairs)
    words: dict[tuple[tuple[str, str], ...], Word] = {}
    verdicts = []
    for a, b in pairs:
        species = _representatives(program, a, b)
        if species not in words:
            words[species] = make_word(program, species)
        verdicts.append(_check_pair(program, words[species], a, b, note))
    return tuple(verdicts)


def transpositions(program: Program) -> tuple[tuple[str, str], ...]:
    """Return the pairs of neighbouring like sites, in the order of the sites."""
    pairs = []
    for index, site in enumerate(program.sites):
        other = next((later for later in program.sites[index + 1 :] if like(site, later)), None)
        if other is not None:
            pairs.append((site.name, other.name))
    return tuple(pairs)


def _role_note(program: Program) -> str:
    """Say which like atoms are told apart by their role; a pair circuit sums over all of them."""
    if program.scope == "pair":
        return ""
    apart = [
        f"{a.name} ({a.role}) and {b.name} ({b.role})"
        for index, a in enumerate(program.sites)
        for b in program.sites[index + 1 :]
        if a.species == b.species and a.role != b.role
    ]
    return f"not exchanged, for their roles differ: {', '.join(apart)}" if apart else ""


def _check_pair(program: Program, word: Word, a: str, b: str, note: str) -> Verdict:
    failure = exchange_failure(program, word, a, b)
    generator = f"exchange {a} {b}"
    if failure is None:
        return proven(generator, RELABELLING, note)
    transform = Transform(f"exchange of the positions of {a} and {b}", swap=(a, b))
    return judge(program, generator, RELABELLING, failure, transform)


def exchange_failure(program: Program, word: Word, a: str, b: str) -> Failure | None:
    """Return where the relabelled program differs, or None when some renaming of qubits makes them equal."""
    image = image_of(word, a, b)
    preferred = _site_order_renaming(program, a, b)
    names = Names()
    source, target = _incidences(program, image, names), _incidences(program, word, names)
    readout_failure: Failure | None = None
    for renaming in renamings(source, target, preferred, names):
        places = dict(enumerate(renaming))
        if normal_form([letter.moved(places) for letter in image.letters]) != word.form:
            continue
        difference = _readout_difference(program, word, image, places)
        if difference is None:
            return None
        readout_failure = readout_failure or difference
    return readout_failure or _first_difference(program, word, image, preferred)


def make_word(program: Program, species: tuple[tuple[str, str], ...]) -> Word:
    """Return a program with its values in the form that compares."""
    flat = flatten(program)
    known: dict[str, Value] = {}

    def normal(value: Value) -> Value:
        if value.text not in known:
            known[value.text] = substitute_sites(value, {}, dict(species))
        return known[value.text]

    letters, indices = [], []
    for step in flat.steps:
        value = None if step.op.value is None else normal(step.op.value)
        if isinstance(value, Number) and value.value == 0:
            continue
        letters.append(letter_of(step.op, value))
        indices.append(step.index)
    seen = {name for name, _ in seen_observables(program)}
    observables = tuple(item for item in flat.observables if item[0] in seen)
    readout = program.readout
    value = normal(readout.weight if isinstance(readout, AtomicReadout) else readout.value)
    return Word(tuple(letters), tuple(indices), observables, value, species)


def image_of(word: Word, a: str, b: str) -> Word:
    """Return the word with two like sites exchanged in all values.

    Values without their positions stay: their species are one by assumption.
    """
    known: dict[str, Value] = {}

    def exchanged(value: Value) -> Value:
        if a not in value.sites and b not in value.sites:
            return value
        if value.text not in known:
            known[value.text] = substitute_sites(value, {a: b, b: a}, dict(word.species))
        return known[value.text]

    letters = tuple(
        letter if letter.value is None else letter.with_value(exchanged(letter.value)) for letter in word.letters
    )
    return Word(letters, word.indices, word.observables, exchanged(word.readout), word.species)


def _representatives(program: Program, a: str, b: str) -> tuple[tuple[str, str], ...]:
    assumed = {site.name: site.species for site in program.sites}
    shared = assumed[a] or assumed[b]
    if shared is None:
        return ((b, a),)
    assumed |= {a: shared, b: shared}
    first: dict[str, str] = {}
    return tuple((name, first.setdefault(species, name)) for name, species in assumed.items() if species is not None)


def _site_order_renaming(program: Program, a: str, b: str) -> tuple[int, ...]:
    """The k-th qubit of each site goes to the k-th qubit of its image; nothing moves if they do not fit."""
    places: dict[str | None, list[int]] = {}
    for index, qubit in enumerate(program.qubits):
        places.setdefault(qubit.site, []).append(index)
    identity = tuple(range(len(program.qubits)))
    if len(places.get(a, [])) != len(places.get(b, [])):
        return identity
    moves = dict(zip(places.get(a, []) + places.get(b, []), places.get(b, []) + places.get(a, []), strict=True))
    return tuple(moves.get(qubit, qubit) for qubit in identity)


def _incidences(program: Program, word: Word, names: Names) -> Incidences:
    if isinstance(program.readout, AtomicReadout):
        tags = {name: f"feature {name}" for name, _ in word.observables}
    else:
        tags = _roles_in_energy(word.readout)
    observables = [(tags[name], observable) for name, observable in word.observables]
    return incidences(len(program.qubits), word.letters, observables, names)


def _roles_in_energy(energy: Value) -> dict[str, str]:
    """Of each moment, the terms of the energy that it is in, its name and those of others blotted out."""
    roles: dict[str, list[str]] = {}
    for term in energy.terms if isinstance(energy, Add) else (energy,):
        inside = {node.observable for node in walk(term) if isinstance(node, Moment)}
        blank = dict.fromkeys(inside, "other")
        for name in sorted(inside):
            roles.setdefault(name, []).append(with_moments(term, blank | {name: "own"}).text)
    return {name: " + ".join(sorted(parts)) for name, parts in roles.items()}


def with_moments(value: Value, names: Mapping[str, str]) -> Value:
    """Return a value with its moments renamed."""
    if isinstance(value, Moment):
        return Moment(names.get(value.observable, value.observable))
    if not value.children:
        return value
    return rebuild(value, tuple(with_moments(child, names) for child in value.children))


def _readout_difference(program: Program, original: Word, image: Word, renaming: Mapping[int, int]) -> Failure | None:
    """Return how the readout of the image differs, or None when both read the same number."""
    first = {observable.paulis: name for name, observable in reversed(original.observables)}
    targets: dict[str, str] = {}
    for name, observable in image.observables:
        paulis = observable.paulis.relabelled(renaming)
        if paulis not in first:
            text = f"the observable {name} is carried to {paulis}, which the readout does not see"
            return Failure(text, line=observable_line(program, name))
        targets[name] = first[paulis]
    if isinstance(program.readout, AtomicReadout):
        changed = [name for name, observable in original.observables if targets[name] != first[observable.paulis]]
        if changed:
            text = f"the feature {changed[0]} is carried to {targets[changed[0]]}, which the head tells apart"
            return Failure(text, line=observable_line(program, changed[0]))
        before, after = original.readout, image.readout
    else:
        before = with_moments(original.readout, {name: first[o.paulis] for name, o in original.observables})
        after = with_moments(image.readout, targets)
    if before == after:
        return None
    return Failure(f"the readout {before} becomes {after}", line=print_readout(program.readout))


def _first_difference(program: Program, original: Word, image: Word, renaming: Sequence[int]) -> Failure:
    """The first operation that the renaming of the sites' own qubits does not carry to where it is needed."""
    moved = tuple(letter.moved(dict(enumerate(renaming))) for letter in image.letters)
    lost, extra = _without_partner(original.letters, moved), _without_partner(moved, original.letters)
    text = f"the program has {_spell(lost, program)} where its image has {_spell(extra, program)}"
    if lost is None and extra is None:  # the same operations, in another order
        mine, other = original.form, normal_form(moved)
        depth = next((k for k, (x, y) in enumerate(zip(mine, other, strict=False)) if x != y), len(mine))
        lost, extra = _surplus(mine[depth:], other[depth:]), _surplus(other[depth:], mine[depth:])
        text = f"layer {depth + 1} has {_spell(lost, program)} where its image has {_spell(extra, program)}"
    if lost is None and extra is None:
        readout = _readout_difference(program, original, image, dict(enumerate(renaming)))
        return readout or Failure("no renaming of the qubits that was tried keeps both operations and readout")
    op = None if lost is None else op_reference(program, original.indices[original.letters.index(lost)])
    image_op = None
    if extra is not None:
        source = op_reference(program, image.indices[moved.index(extra)])
        image_op = replace(source, text=_spell(extra, program))
    return Failure(text, op, image_op)


def _without_partner(letters: Sequence[Letter], others: Sequence[Letter]) -> Letter | None:
    """The first letter that there are more of than among the others."""
    free = Counter(others)
    for letter in letters:
        if not free[letter]:
            return letter
        free[letter] -= 1
    return None


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
    return f"{shape.kind}{' ' + shape.paulis if shape.paulis else ''} {qubits}{value}"
