"""Which outcomes of a setting a circuit can give without noise, whatever its slots are.

A program that conserves something, a parity or the total spin, shows it where its settings see it: outcomes that break
it never come. They are found without knowing what is conserved. The probability of an outcome is an analytic function
of the slots, so where it vanishes at points chosen at random it vanishes everywhere, but for accidents that have no
chance and for numbers below what rounding leaves.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qffc.passes.circuit.split_program import Split
from qffc.passes.measurement.kernel_states import kernel_states, outcome_probabilities
from qffc.passes.measurement.setting_cone import SettingCones
from qffc.passes.measurement.settings import MeasurementPlan, Setting

_POINTS = 5
_NEVER = 1e-12
"""Of a probability: less is what rounding leaves of nothing."""


def possible_outcomes(split: Split, plan: MeasurementPlan) -> tuple[NDArray[np.bool_], ...]:
    """Return for each setting which outcomes its circuit can give, (2**measured,), the first bit the most significant.

    Args:
        split: the program, of at most 24 qubits.
        plan: what is measured.

    Example:
        >>> from qffc.library import load
        >>> from qffc.passes.circuit.split_program import split_program
        >>> from qffc.passes.measurement.settings import measurement_plan
        >>> split = split_program(load("pair", depth=1))
        >>> [bool(each.all()) for each in possible_outcomes(split, measurement_plan(split.observables, 4))]
        [True, True, True]
    """
    points = np.random.default_rng(0).normal(size=(_POINTS, split.slot_count))
    cones = SettingCones(split)
    return tuple(_of_setting(cones.seen_by(setting), setting, points) for setting in plan.settings)


def _of_setting(split: Split, setting: Setting, points: NDArray[np.float64]) -> NDArray[np.bool_]:
    chances = outcome_probabilities(kernel_states(split, points), setting).max(axis=0)
    qubits = len(setting.letters)
    shaped = chances.reshape((2,) * qubits)
    unread = tuple(qubit for qubit in range(qubits) if qubit not in setting.measured)
    seen = shaped.max(axis=unread).reshape(-1) > _NEVER
    return _by_singlets(setting, seen) if setting.singlets else np.asarray(seen)


def _by_singlets(setting: Setting, seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Circuits keep of pairs whether they are singlets, and nothing else: outcomes that agree in it go together."""
    places = {qubit: place for place, qubit in enumerate(setting.measured)}
    count = len(places)
    bits = (np.arange(2**count)[:, None] >> np.arange(count)[::-1]) & 1
    paired = {qubit for pair in setting.pairs for qubit in pair}
    # X X, Y Y and Z Z are read as Y of the first, of both and minus that of the second: a singlet has -1 in each.
    columns = [(bits[:, places[a]] == 1) & (bits[:, places[b]] == 0) for a, b in setting.pairs]
    columns += [bits[:, place] == 1 for qubit, place in places.items() if qubit not in paired]
    kinds = np.stack(columns, axis=1)
    _, group = np.unique(kinds, axis=0, return_inverse=True)
    group = group.reshape(-1)
    found = np.zeros(group.max() + 1, dtype=np.bool_)
    np.logical_or.at(found, group, seen)
    return np.asarray(found[group])
