"""Shots drawn from exact probabilities: what a perfect device would give, in a moment and without circuits."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from qffc.execution.backend import ShotResult
from qffc.execution.estimate import MomentEstimate, gather, shot_table
from qffc.ir.telling import tell
from qffc.passes.circuit.split_program import Split
from qffc.passes.measurement.kernel_states import kernel_states, outcome_probabilities
from qffc.passes.measurement.settings import MeasurementPlan, Setting
from qffc.passes.target import Target

_POINTS = 1024
"""States that are in memory at once, at most."""
_AMPLITUDES = 2**22
"""Of all states that are in memory at once."""


def draw_exactly(
    split: Split,
    slots: NDArray[np.float64],
    target: Target,
    *,
    plan: MeasurementPlan,
    shots: NDArray[np.int64],
    seed: int,
) -> MomentEstimate:
    """Return moments from shots without noise; a :class:`qffc.execution.rounds.Sampler` for any target.

    Args:
        split: the program.
        slots: (circuits, slot_count), radians.
        target: not looked at; gates below its minimum angles are kept.
        plan: what is measured.
        shots: (circuits, settings); circuits with none are left out.
        seed: what reproduces the shots.

    Raises:
        QffcError: when there are too many qubits for a dense state.
    """
    del target
    generator = np.random.default_rng(seed)
    table = shot_table(shots, len(slots), plan)
    results: list[list[ShotResult] | None] = []
    points = min(_POINTS, max(1, _AMPLITUDES >> split.qubit_count))
    for start in range(0, len(slots), points):
        tell("circuits drawn:", start, len(slots))
        states = kernel_states(split, slots[start : start + points])
        probabilities: Iterable[NDArray[np.float64]] = map(partial(outcome_probabilities, states), plan.settings)
        if len(states) > 1:  # those of one large state are made one by one
            probabilities = list(probabilities)
        for row, numbers in enumerate(table[start : start + points]):
            results.append(
                [
                    _draw(setting, chances[row], int(number), generator)
                    for setting, chances, number in zip(plan.settings, probabilities, numbers, strict=True)
                ]
                if numbers.any()
                else None
            )
    return gather(plan, results)


def _draw(setting: Setting, chances: NDArray[np.float64], shots: int, generator: np.random.Generator) -> ShotResult:
    counts = generator.multinomial(shots, chances)
    seen = np.flatnonzero(counts)
    bits = (seen[:, None] >> np.arange(len(setting.letters))[::-1]) & 1
    outcomes, place = np.unique(bits[:, list(setting.measured)].astype(np.uint8), axis=0, return_inverse=True)
    return ShotResult(outcomes, np.bincount(place.reshape(-1), weights=counts[seen]).astype(np.int64))
