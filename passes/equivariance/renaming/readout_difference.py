"""How the readout of an image differs from that of its program, once the qubits are renamed."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from qffc.ir.declarations import has_features
from qffc.ir.observables import Observable
from qffc.ir.pauli import PauliSum
from qffc.ir.printer import print_readout
from qffc.ir.values import Moment, Number, Value
from qffc.passes.circuit.seen_operators import linear_weights
from qffc.passes.equivariance.renaming.words import Attempt, Word, with_moments
from qffc.passes.equivariance.verdict import Failure, observable_line


def readout_difference(attempt: Attempt) -> Failure | None:
    """Return how the readout of the image differs, or None when both read the same number."""
    difference = _difference_of_moments(attempt)
    if difference is None:
        return None
    before, after = energy_operator(attempt.word), energy_operator(attempt.image)
    if before is None or after is None:
        return difference
    constants = [_without_moments(word) for word in (attempt.word, attempt.image)]
    same = attempt.word.spell.are_equal
    zero = Number(Fraction(0))
    equal = all(same(part, zero) for _, parts in (before - attempt.carried(after)).terms for part in parts)
    return None if equal and same(*constants) else difference


def energy_operator(word: Word) -> PauliSum | None:
    """Return the operator whose expectation value a linear energy is; None for other readouts."""
    return None if has_features(word.program.readout) else _linear_operator(word.observables, word.readout)


@lru_cache(maxsize=16)
def _linear_operator(observables: tuple[tuple[str, Observable], ...], energy: Value) -> PauliSum | None:
    weights = linear_weights(energy)
    if weights is None:
        return None
    return PauliSum.total(observable.paulis.scaled(weights.get(name, 0)) for name, observable in observables)


def _without_moments(word: Word) -> Value:
    return with_moments(word.readout, {name: Number(Fraction(0)) for name, _ in word.observables})


def _difference_of_moments(attempt: Attempt) -> Failure | None:
    """Return how the readout of the image differs when each moment is carried to another one."""
    word, image = attempt.word, attempt.image
    first, program = word.names, word.program
    head = has_features(program.readout)
    targets: dict[str, str] = {}
    signs: dict[str, int] = {}
    for name, observable in image.observables:
        paulis = attempt.carried(observable.paulis)
        signs[name] = 1
        if paulis not in first and not head and paulis.scaled(-1) in first:
            paulis, signs[name] = paulis.scaled(-1), -1
        if paulis not in first:
            text = f"the observable {name} is carried to {paulis}, which the readout does not see"
            return Failure(text, line=observable_line(program, name))
        targets[name] = first[paulis]
    if head:
        changed = [name for name, observable in word.observables if targets[name] != first[observable.paulis]]
        if changed:
            text = f"the feature {changed[0]} is carried to {targets[changed[0]]}, which the head tells apart"
            return Failure(text, line=observable_line(program, changed[0]))
        before, after = word.readout, image.readout
    else:
        before = word.shared_readout
        moved = {name: target if signs[name] > 0 else -Moment(target) for name, target in targets.items()}
        after = with_moments(image.readout, moved)
    if word.spell.are_equal(before, after):
        return None
    return Failure(f"the readout {before} becomes {after}", line=print_readout(program.readout))
