"""What the shots of a plan can give, as linear maps of expectations of Pauli strings.

A setting reads parities of measured qubits. Those that its strings are, and all their products, are a group: 2^r of
them, with r independent ones, whose signs are the outcome as far as an estimate sees it. Every member is a Pauli string
of the circuit before it is measured. So the probabilities of outcomes are linear in expectations of strings (a
Walsh-Hadamard transform), and the variance of one shot is a quadratic form of them: what a kernel that knows nothing
but expectations needs to say how noisy an estimate is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import InternalError, error
from qffc.ir.pauli import PauliString, product_of_strings
from qffc.passes.measurement.settings import MeasurementPlan, Setting

Floats = NDArray[np.float64]

MOST_STRINGS = 4096
"""Of all settings together: more would make the kernel that gives them slower than states."""


@dataclass(frozen=True, eq=False)
class SettingOutcomes:
    """The outcomes of one setting.

    Args:
        constant: the probability of each outcome where all expectations are 0.
        probabilities: (strings, outcomes), what each expectation adds to them.
        values: (observables, outcomes), what a shot adds to the estimate of each observable; its expectation is that
            of the terms of the observable in this setting.
    """

    constant: float
    probabilities: Floats
    values: Floats


@dataclass(frozen=True, eq=False)
class PlanOutcomes:
    """The outcomes of all settings of a plan.

    Args:
        strings: whose expectations are needed, without the identity.
        settings: in the order of the plan.
    """

    strings: tuple[PauliString, ...]
    settings: tuple[SettingOutcomes, ...]

    def variances(self, expectations: Floats, slopes: Floats) -> Floats:
        """Return the variance that one shot of each setting gives to the energy, (points, settings).

        Args:
            expectations: (points, strings).
            slopes: (points, observables), derivatives of the energy by the moments.
        """
        found = []
        for setting in self.settings:
            chances, values = setting.constant + expectations @ setting.probabilities, slopes @ setting.values
            means = np.sum(chances * values, axis=1, keepdims=True)
            found.append(np.sum(chances * (values - means) ** 2, axis=1))
        return np.stack(found, axis=1) if found else np.zeros((len(slopes), 0))


def plan_outcomes(plan: MeasurementPlan) -> PlanOutcomes:
    """Return the outcomes of a plan.

    Raises:
        QffcError: when the settings have more than :data:`MOST_STRINGS` outcomes together.

    Example:
        >>> from qffc.ir.observables import DotObservable
        >>> from qffc.passes.measurement.settings import measurement_plan
        >>> outcomes = plan_outcomes(measurement_plan([DotObservable(0, 1)], 2))
        >>> len(outcomes.strings), [setting.values.shape for setting in outcomes.settings]
        (3, [(1, 2), (1, 2), (1, 2)])
        >>> singlet = np.array([[-1.0, -1.0, -1.0]])
        >>> outcomes.variances(singlet, np.array([[1.0]])).tolist()
        [[0.0, 0.0, 0.0]]
    """
    groups: list[list[_Member]] = []
    for setting in plan.settings:
        groups.append(_group(setting, MOST_STRINGS - sum(map(len, groups))))
    strings = tuple(dict.fromkeys(string for group in groups for string, _, _ in group if string))
    place = {string: k for k, string in enumerate(strings)}
    return PlanOutcomes(strings, tuple(_outcomes(plan, index, group, place) for index, group in enumerate(groups)))


_Member = tuple[PauliString, int, frozenset[int]]
"""A string of the circuit, the sign of its reading, and the qubits whose parity that is."""


def _group(setting: Setting, most: int) -> list[_Member]:
    """All products of the strings of a setting, at most so many: the k-th one has the generators whose bits k has."""
    members: list[_Member] = [((), 1, frozenset())]
    known = {frozenset[int]()}
    for string, (sign, parity) in zip(setting.strings, setting.readings, strict=True):
        if frozenset(parity) in known:
            continue
        if 2 * len(members) > most:
            raise error(
                "too many outcomes for variances along with the moments",
                found=f"more than {MOST_STRINGS} outcomes that estimates can tell apart",
                expected=f"at most {MOST_STRINGS}, of all settings together: circuits of few qubits",
                help="leave shot_weight and shots_for_1mev out, or use smaller circuits",
            )
        members += [_product(member, (string, sign, frozenset(parity))) for member in members]
        known = {parity for _, _, parity in members}
    return members


def _product(left: _Member, right: _Member) -> _Member:
    phase, string = product_of_strings(left[0], right[0])
    if phase % 2:
        raise InternalError("strings of one setting that do not commute")
    return string, left[1] * right[1] * (1 - phase), left[2] ^ right[2]


def _outcomes(
    plan: MeasurementPlan, index: int, group: Sequence[_Member], place: dict[PauliString, int]
) -> SettingOutcomes:
    size = len(group)
    numbers = np.arange(size)
    # The sign of member k at outcome o is the parity of the bits that both have.
    signs = 1.0 - 2.0 * (np.bitwise_count(numbers[:, None] & numbers) % 2)
    probabilities = np.zeros((len(place), size))
    for k, (string, sign, _) in enumerate(group):
        if string:
            probabilities[place[string]] += sign * signs[k] / size
    member = {parity: k for k, (_, _, parity) in enumerate(group)}
    readings = plan.settings[index].readings
    values = np.array([sign * signs[member[frozenset(parity)]] for sign, parity in readings])
    return SettingOutcomes(1.0 / size, probabilities, plan.weights(index) @ values)
