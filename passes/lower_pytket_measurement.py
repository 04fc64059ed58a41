"""Which Pauli bases to measure in: plain data, no hardware package is needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qffc.ir.diagnostics import InternalError
from qffc.ir.observables import Observable
from qffc.ir.pauli import Letter, PauliString
from qffc.ir.values import Number


@dataclass(frozen=True)
class Setting:
    """One circuit to measure: a basis for each qubit.

    Args:
        letters: the basis of each qubit; None when it is not measured.
        strings: the Pauli strings that this setting estimates.
    """

    letters: tuple[Letter | None, ...]
    strings: tuple[PauliString, ...]

    @property
    def measured(self) -> tuple[int, ...]:
        """The measured qubits, in the order of the classical bits."""
        return tuple(qubit for qubit, letter in enumerate(self.letters) if letter is not None)


@dataclass(frozen=True)
class MeasurementPlan:
    """Settings, and how observables are put together from what they estimate.

    Args:
        settings: the circuits to measure.
        constants: of each observable, the coefficient of the identity.
        terms: of each observable, (setting, string within the setting, coefficient).
    """

    settings: tuple[Setting, ...]
    constants: tuple[float, ...]
    terms: tuple[tuple[tuple[int, int, float], ...], ...]


def measurement_plan(observables: Sequence[Observable], qubits: int) -> MeasurementPlan:
    """Group Pauli strings that agree qubit by qubit, greedily; each string is estimated in one setting.

    Inner products on any set of pairs take exactly three settings: all X, all Y, all Z.

    Args:
        observables: in the order of the moments.
        qubits: the number of qubits.

    Example:
        >>> from qffc.ir.observables import DotObservable
        >>> pairs = [DotObservable(a, b) for a in range(4) for b in range(a)]
        >>> [setting.letters for setting in measurement_plan(pairs, 4).settings]
        [('X', 'X', 'X', 'X'), ('Y', 'Y', 'Y', 'Y'), ('Z', 'Z', 'Z', 'Z')]
    """
    weights = [{string: _number(re, im) for string, (re, im) in o.paulis.terms} for o in observables]
    strings = dict.fromkeys(string for entry in weights for string in entry if string)
    groups: list[list[PauliString]] = []
    bases: list[dict[int, Letter]] = []
    for string in sorted(strings, key=lambda s: (-len(s), s)):
        index = _best_group(bases, string)
        if index == len(bases):
            bases.append({})
            groups.append([])
        bases[index].update(string)
        groups[index].append(string)
    settings = tuple(
        Setting(tuple(basis.get(qubit) for qubit in range(qubits)), tuple(group))
        for basis, group in zip(bases, groups, strict=True)
    )
    where = {string: (s, k) for s, setting in enumerate(settings) for k, string in enumerate(setting.strings)}
    return MeasurementPlan(
        settings,
        tuple(entry.get((), 0.0) for entry in weights),
        tuple(tuple((*where[string], weight) for string, weight in entry.items() if string) for entry in weights),
    )


def _best_group(bases: list[dict[int, Letter]], string: PauliString) -> int:
    """The group that fits and shares most qubits, then most kinds of letters; a new one when none fits."""
    letters = {letter for _, letter in string}
    fits = [
        (sum(qubit in basis for qubit, _ in string), -len(letters ^ set(basis.values())), -index)
        for index, basis in enumerate(bases)
        if all(basis.get(qubit, letter) == letter for qubit, letter in string)
    ]
    return -max(fits)[2] if fits else len(bases)


def _number(real: object, imaginary: object) -> float:
    if not isinstance(real, Number) or not isinstance(imaginary, Number) or imaginary.value:
        raise InternalError(f"an observable with the coefficient {real} + i {imaginary}")
    return float(real.value)
