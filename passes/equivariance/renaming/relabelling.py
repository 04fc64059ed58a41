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

from collections.abc import Iterator, Mapping
from dataclasses import replace

from qffc.ir.declarations import has_features
from qffc.ir.pauli import LETTERS
from qffc.ir.program import Program
from qffc.ir.values import Add, Moment, Value, walk
from qffc.passes.circuit.qubit_matching import Incidences, Names, incidences, renamings
from qffc.passes.circuit.singlet_form import singlet_form, without_first_turns
from qffc.passes.circuit.trace import normal_form, touched
from qffc.passes.equivariance.renaming.first_difference import first_difference
from qffc.passes.equivariance.renaming.nearest_renaming import nearest_renaming
from qffc.passes.equivariance.renaming.readout_difference import energy_operator, readout_difference
from qffc.passes.equivariance.renaming.words import Action, Attempt, Word, image_of, with_moments
from qffc.passes.equivariance.verdict import Failure, Witness


def relabelled(word: Word, action: Action) -> Failure | Witness:
    """Return the renaming of qubits under which a program with its names replaced is the same, or where it differs."""
    image = image_of(word, action)
    preferred = Attempt(word, image, action.renaming or site_order_renaming(word.program, action.sites), action.paulis)
    # The order of the sites usually fits; the search costs more than a test of one renaming.
    if _carries_operations(preferred) and readout_difference(preferred) is None:
        return _witness(preferred, action)
    readout_failure: Failure | None = None
    for renaming in _candidates(preferred, action):
        attempt = replace(preferred, renaming=renaming)
        if not _carries_operations(attempt):
            continue
        difference = readout_difference(attempt)
        if difference is None:
            return _witness(attempt, action)
        readout_failure = readout_failure or difference
    if readout_failure is None and action.renaming is None and action.tables:
        # Entries move, and no site says where the qubits go: what fits best is compared.
        nearest = nearest_renaming(image.letters, word.letters, preferred.renaming)
        return first_difference(replace(preferred, renaming=nearest), side_by_side=True)
    return readout_failure or first_difference(preferred)


def _witness(attempt: Attempt, action: Action) -> Witness:
    names = [qubit.name for qubit in attempt.word.program.qubits]
    moves = tuple((names[a], names[b]) for a, b in enumerate(attempt.renaming) if a != b)
    letters = [letter for letter in LETTERS if action.mirror and letter in action.paulis.values()]
    return Witness(moves, letters[0] if letters else None)


def _carries_operations(attempt: Attempt) -> bool:
    moved = [letter for letter in attempt.letters if letter is not None]
    if len(moved) < len(attempt.letters):
        return False
    mine, other = touched(attempt.word.letters, moved)
    if normal_form(mine) == normal_form(other):
        return True
    return normal_form(singlet_form(mine)) == normal_form(singlet_form(other))


def _candidates(start: Attempt, action: Action) -> Iterator[tuple[int, ...]]:
    if action.renaming is not None:
        yield action.renaming
        return
    names = Names()
    # A Pauli string may change signs, which one depends on the renaming: the search does not look at them.
    signed = not action.paulis
    source, target = (_incidences(each, names, signed) for each in (start.image, start.word))
    yield from renamings(source, target, start.renaming, names)
    fewer = [replace(each, letters=without_first_turns(each.letters)) for each in (start.image, start.word)]
    if len(fewer[1].letters) < len(start.word.letters):
        # What stands on which half of a singlet may be another way to say it.
        source, target = (_incidences(each, names, signed) for each in fewer)
        yield from renamings(source, target, start.renaming, names)


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


def _incidences(word: Word, names: Names, signed: bool) -> Incidences:
    total, program = energy_operator(word), word.program
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
