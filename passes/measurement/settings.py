"""What to measure, Pauli bases and Bell pairs: plain data, no hardware package is needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import InternalError
from qffc.ir.kept import cached_property
from qffc.ir.observables import Observable
from qffc.ir.pauli import Letter, PauliString, string_bits
from qffc.ir.short_repr import counted, short_repr
from qffc.ir.values import Number
from qffc.passes.circuit.pauli_bases import pauli_bases
from qffc.passes.measurement.corrections import Correction

_EQUAL = 1e-12
"""Weights closer than this are one."""


@dataclass(frozen=True)
class Setting:
    """One circuit to measure: a Pauli basis for each qubit, or the Bell basis for two of them.

    A pair (a, b) is turned by exp(-i pi/4 Z_a X_b), which takes X_a X_b to Y_a, Y_a Y_b to Y_a Y_b and Z_a Z_b to -Y_b,
    and both are measured in Y: one two-qubit gate gives the three products at once, and with them sigma_a . sigma_b,
    which is 1 or -3 in every shot.

    Args:
        letters: the basis of each qubit; None when it is not measured, or belongs to a pair.
        strings: the Pauli strings that this setting estimates.
        pairs: qubits that are measured in the Bell basis, two by two.
        singlets: whether the pairs are only asked if they are singlets: the strings of a pair, one for each letter,
            always have equal weights. Then the two may be turned together before.
        folds: how many times each two-qubit gate of the circuit is undone and done again: the same state with
            1 + 2 folds times the noise of gates and memory.
        correction: how its shots are read.

    Example:
        >>> Setting((None, None), (((0, "Z"), (1, "Z")),), pairs=((0, 1),)).readings
        ((-1, (1,)),)
    """

    letters: tuple[Letter | None, ...]
    strings: tuple[PauliString, ...]
    pairs: tuple[tuple[int, int], ...] = ()
    singlets: bool = False
    folds: int = 0
    correction: Correction | None = None

    @property
    def plain(self) -> Setting:
        """The setting itself, as it is measured where nothing is done against noise."""
        return self if self.correction is None and not self.folds else replace(self, folds=0, correction=None)

    @property
    def bases(self) -> tuple[Letter | None, ...]:
        """What each qubit is measured in after the turns of the pairs."""
        paired = {qubit for pair in self.pairs for qubit in pair}
        return tuple("Y" if qubit in paired else letter for qubit, letter in enumerate(self.letters))

    @property
    def measured(self) -> tuple[int, ...]:
        """The measured qubits, in the order of the classical bits."""
        return tuple(qubit for qubit, letter in enumerate(self.bases) if letter is not None)

    @property
    def turns(self) -> tuple[PauliString, ...]:
        """The strings P of the turns exp(-i pi/4 P) that come before the measurement."""
        return tuple(tuple(sorted(((a, "Z"), (b, "X")))) for a, b in self.pairs)

    def fitting(self, strings: Iterable[PauliString]) -> tuple[PauliString, ...]:
        """Return those of some strings that the setting estimates.

        A pair has one letter twice or none, other qubits have their own.
        """
        alone = (1 << len(self.letters)) - 1 - sum(1 << qubit for pair in self.pairs for qubit in pair)
        x, z = string_bits(tuple((q, letter) for q, letter in enumerate(self.letters) if letter is not None))
        found = []
        for string in strings:
            own_x, own_z = bits_of(string)
            if not ((own_x ^ x) | (own_z ^ z)) & (own_x | own_z) & alone and alike_on(self.pairs, own_x, own_z):
                found.append(string)
        return tuple(found)

    def sees_singlets_only(self, weights: NDArray[np.float64]) -> bool:
        """Whether weights, (observables, strings), ask of the pairs no more than whether they are singlets."""
        paired = {qubit: pair for pair in self.pairs for qubit in pair}
        groups: dict[tuple[tuple[tuple[int, int], ...], PauliString], list[int]] = {}
        for place, string in enumerate(self.strings):
            pairs = tuple(sorted({paired[qubit] for qubit, _ in string if qubit in paired}))
            rest = tuple(entry for entry in string if entry[0] not in paired)
            groups.setdefault((pairs, rest), []).append(place)
        return bool(self.pairs) and all(
            len(places) == 3 ** len(pairs) and np.ptp(weights[:, places], axis=1).max(initial=0.0) < _EQUAL
            for (pairs, _), places in groups.items()
        )

    @cached_property
    def readings(self) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """For each string, a sign and the qubits whose parity it is."""
        return tuple(self._reading(dict(string)) for string in self.strings)

    def _reading(self, letters: dict[int, Letter]) -> tuple[int, tuple[int, ...]]:
        sign, qubits = 1, []
        for a, b in self.pairs:
            match letters.pop(a, None):
                case "X":
                    qubits.append(a)
                case "Y":
                    qubits += [a, b]
                case "Z":
                    sign, qubits = -sign, [*qubits, b]
            letters.pop(b, None)
        return sign, tuple(sorted((*qubits, *letters)))


@dataclass(frozen=True)
class MeasurementPlan:
    """Settings, and how observables are put together from what they estimate.

    A string that several settings estimate may have a term in each; its coefficients there add up to that of the
    observable, so that the estimate is unbiased with any number of shots.

    Args:
        settings: the circuits to measure.
        constants: of each observable, the coefficient of the identity.
        terms: of each observable, (setting, string within the setting, coefficient).
        shares: the part of the shots that each setting is meant to get; equal when empty.
    """

    settings: tuple[Setting, ...]
    constants: tuple[float, ...]
    terms: tuple[tuple[tuple[int, int, float], ...], ...]
    shares: tuple[float, ...] = ()

    def __repr__(self) -> str:
        return short_repr(self, counted(len(self.settings), "setting"), counted(len(self.terms), "observable"))

    def weights(self, setting: int) -> NDArray[np.float64]:
        """Return (observables, strings of the setting), the coefficients of one setting."""
        table = np.zeros((len(self.terms), len(self.settings[setting].strings)))
        for row, terms in enumerate(self.terms):
            for where, string, weight in terms:
                if where == setting:
                    table[row, string] += weight
        return table

    def weights_of(self, setting: int, circuit: int) -> NDArray[np.float64]:
        """Return the coefficients of one setting in one circuit: those of all circuits."""
        del circuit
        return self.weights(setting)

    def measured(self, circuits: int) -> NDArray[np.bool_]:
        """Return (circuits, settings), which circuit is measured in which setting: all in all."""
        return np.ones((circuits, len(self.settings)), dtype=np.bool_)

    def rows(self, circuits: NDArray[np.intp] | slice) -> MeasurementPlan:
        """Return the plan of some circuits: that of all."""
        del circuits
        return self

    def beside(self, others: Sequence[Setting], coefficients: Sequence[tuple[float, float]]) -> MeasurementPlan:
        """Return the plan with other settings of the same strings behind its own.

        Args:
            others: one for each setting.
            coefficients: for each setting what its weights are multiplied by there, and in the other one.
        """
        count = len(self.settings)
        terms = tuple(
            tuple((s, k, weight * coefficients[s][0]) for s, k, weight in row)
            + tuple((s + count, k, weight * coefficients[s][1]) for s, k, weight in row)
            for row in self.terms
        )
        return MeasurementPlan((*self.settings, *others), self.constants, terms)

    @staticmethod
    def constants_of(observables: Sequence[Observable]) -> tuple[float, ...]:
        """Return the coefficient of the identity in each observable."""
        return tuple(string_weights(observable).get((), 0.0) for observable in observables)


@lru_cache(maxsize=1 << 14)
def bits_of(string: PauliString) -> tuple[int, int]:
    """Return the x and z bits of a string; it is asked of the same ones for setting after setting."""
    return string_bits(string)


def alike_on(pairs: Iterable[tuple[int, int]], x: int, z: int) -> bool:
    """Whether a string, given by its x and z bits, has the same letter, or none, on both qubits of each pair.

    Example:
        >>> alike_on([(0, 2)], 0b101, 0), alike_on([(0, 2)], 0b001, 0b100)
        (True, False)
    """
    for a, b in pairs:  # noqa: SIM110  # a generator takes twice as long, and there are many candidates
        if (x >> a ^ x >> b | z >> a ^ z >> b) & 1:
            return False
    return True


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
    weights = [string_weights(observable) for observable in observables]
    strings = list(dict.fromkeys(string for entry in weights for string in entry if string))
    settings: list[Setting] = []
    left = sorted(strings, key=lambda s: (-len(s), s))
    for basis in pauli_bases(strings, qubits):
        setting = Setting(basis, Setting(basis, ()).fitting(left))
        if setting.strings:
            settings.append(setting)
            taken = set(setting.strings)
            left = [string for string in left if string not in taken]
    where = {string: (s, k) for s, setting in enumerate(settings) for k, string in enumerate(setting.strings)}
    return MeasurementPlan(
        tuple(settings),
        tuple(entry.get((), 0.0) for entry in weights),
        tuple(tuple((*where[string], weight) for string, weight in entry.items() if string) for entry in weights),
    )


def string_weights(observable: Observable) -> dict[PauliString, float]:
    """Return the coefficients of an observable; the empty string is the identity."""
    return {string: _number(real, imaginary) for string, (real, imaginary) in observable.paulis.terms}


def _number(real: object, imaginary: object) -> float:
    if not isinstance(real, Number) or not isinstance(imaginary, Number) or imaginary.value:
        raise InternalError(f"an observable with the coefficient {real} + i {imaginary}")
    return float(real.value)
