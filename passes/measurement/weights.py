"""The best settings and weights for an expected variance at a fixed number of shots: a convex problem.

A string a is estimated as the mean of its estimates in several settings s with weights x_s[a] that add up to one. With
Q_ps the covariance of the strings at point p, weighted by what the energy makes of them, one shot of setting s adds the
variance q_ps = x_s Q_ps x_s. With Neyman allocation (1934), which is the best, shots proportional to sqrt(q_ps), the
variance is the square of sum_ps sqrt(q_ps), divided by the shots. This sum of norms is convex in the weights, and
settings that do not pay go to zero. Since 2 sqrt(q) <= q/n + n with equality at n = sqrt(q), a step of least squares
with the present n never makes it worse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qffc.passes.measurement import native_weights
from qffc.passes.measurement.candidate import Candidate

Floats = NDArray[np.float64]

_STEPS = 40
_TRIAL_STEPS = 12
_FLOOR = 1e-6
"""Of the largest standard deviation: a setting with less counts as this noisy, so that its weight stays finite."""
_STILL = 1e-12
"""Where no weight changes by more, further steps do nothing: soon where every string has a setting of its own."""
_ALIKE = 8
"""Candidates whose numbers of strings differ by less are computed with together."""
_SPARE = 1.04
"""Variance that is given up for fewer settings."""
_DIGITS = 9
"""After the point: settings whose standard deviations, over the largest, differ by less are alike."""


def choose(candidates: Sequence[Candidate], count: int) -> tuple[list[Candidate], list[Floats]]:
    """Return the settings that pay, and the weights of their strings.

    Args:
        candidates: together they estimate every string.
        count: the number of strings.

    Returns:
        Settings, and for each (strings of the setting,), weights that add up to one for each string.
    """
    chosen = list(candidates)
    weights, noises = _solve(chosen, count, _start(chosen, count), _STEPS)
    limit = _SPARE * sum(noises) ** 2
    pending = _least_first(chosen, noises)
    size = len(pending) // 2
    while pending:  # settings that hardly count are left out, as many at once as the variance allows
        size = max(1, min(size, len(pending)))
        left_out = set(map(id, pending[:size]))
        keep = [k for k, candidate in enumerate(chosen) if id(candidate) not in left_out]
        rest = [chosen[k] for k in keep]
        trial = _solve(rest, count, [weights[k] for k in keep], _TRIAL_STEPS) if _complete(rest, count) else None
        if trial is not None and sum(trial[1]) ** 2 <= limit:
            chosen, weights, pending = rest, trial[0], pending[size:]
        elif size > 1:
            size //= 2
        else:
            pending = pending[1:]
    return chosen, _solve(chosen, count, weights, _STEPS)[0]


def _least_first(candidates: Sequence[Candidate], noises: Sequence[float]) -> list[Candidate]:
    """In the order in which they are left out: where nothing but rounding sets settings apart, dearer ones first.

    A pair read in the Bell basis takes a gate of two qubits. Rounding differs between machines, and plans should
    not.
    """
    largest = max(noises) or 1.0
    keys = [
        (round(noise / largest, _DIGITS), -len(c.setting.pairs)) for c, noise in zip(candidates, noises, strict=True)
    ]
    return [candidates[k] for k in sorted(range(len(keys)), key=keys.__getitem__)]


def _start(candidates: Sequence[Candidate], count: int) -> list[Floats]:
    uses = np.zeros(count)
    for candidate in candidates:
        uses[candidate.strings] += 1
    return [1 / uses[candidate.strings] for candidate in candidates]


def _solve(
    candidates: Sequence[Candidate], count: int, weights: list[Floats], steps: int
) -> tuple[list[Floats], list[float]]:
    """The weights, and how noisy a shot of each setting then is, added up over the points."""
    found = native_weights.solved(candidates, count, weights, steps, _FLOOR, _STILL)
    if found is None:
        weights = _solved(candidates, count, weights, steps)
        found = weights, [_noise(candidate, own) for candidate, own in zip(candidates, weights, strict=True)]
    return found


def _solved(candidates: Sequence[Candidate], count: int, weights: list[Floats], steps: int) -> list[Floats]:
    """What ``native/setting_weights.cpp`` does, for where it was not built."""
    sizes = [-(-len(candidate.strings) // _ALIKE) for candidate in candidates]
    stacks = [
        _Stack.of(candidates, weights, [number for number, own in enumerate(sizes) if own == size], count)
        for size in sorted(set(sizes))
    ]
    multipliers = np.zeros(count + 1)  # with one for strings that are none
    for _ in range(steps):
        spreads = [np.sqrt(_forms(stack.quadratic, stack.weights)) for stack in stacks]
        floor = _FLOOR * max(float(max(spread.max() for spread in spreads)), 1e-300)
        gram = np.zeros((count + 1) ** 2)
        inverses = []
        for stack, spread in zip(stacks, spreads, strict=True):
            weighed = np.einsum("kpab,kp->kab", stack.quadratic, 1 / np.maximum(spread, floor))
            inverse = np.linalg.inv(weighed + stack.spare)
            gram += np.bincount(stack.places, inverse.reshape(-1), len(gram))
            inverses.append(inverse)
        known = gram.reshape(count + 1, count + 1)[:count, :count]
        multipliers[:count] = np.linalg.solve(known, np.ones(count))
        moved = 0.0
        for stack, inverse in zip(stacks, inverses, strict=True):
            before, stack.weights = stack.weights, np.einsum("kab,kb->ka", inverse, multipliers[stack.strings])
            moved = max(moved, float(np.abs(stack.weights - before).max()))
        if moved <= _STILL:
            break
    found: list[Floats] = list(weights)
    for stack in stacks:
        for number, own in zip(stack.numbers, stack.weights, strict=True):
            found[number] = own[: len(candidates[number].strings)]
    return found


@dataclass(eq=False)
class _Stack:
    """Candidates with about as many strings, whose arrays are computed with at once; those with fewer are filled up.

    Args:
        numbers: of the candidates.
        strings: (candidates, strings); what is filled up is one string more than there are.
        quadratic: (candidates, points, strings, strings), zero where it is filled up.
        spare: (candidates, strings, strings), ones where the diagonal is filled up.
        places: (candidates * strings * strings,), of each two strings in the flat matrix of all.
        weights: (candidates, strings); changed in place.
    """

    numbers: list[int]
    strings: NDArray[np.intp]
    quadratic: Floats
    spare: Floats
    places: NDArray[np.intp]
    weights: Floats

    @staticmethod
    def of(candidates: Sequence[Candidate], weights: Sequence[Floats], numbers: list[int], count: int) -> _Stack:
        most = max(len(candidates[number].strings) for number in numbers)
        points = len(candidates[numbers[0]].quadratic)
        strings = np.full((len(numbers), most), count)
        quadratic, own = np.zeros((len(numbers), points, most, most)), np.zeros((len(numbers), most))
        spare = np.zeros((len(numbers), most, most))
        for row, number in enumerate(numbers):
            size = len(candidates[number].strings)
            strings[row, :size] = candidates[number].strings
            quadratic[row, :, :size, :size] = candidates[number].quadratic
            own[row, :size] = weights[number]
            spare[row, range(size, most), range(size, most)] = 1.0
        places = strings[:, :, None] * (count + 1) + strings[:, None, :]
        return _Stack(numbers, strings, quadratic, spare, places.reshape(-1), own)


def _noise(candidate: Candidate, weights: Floats) -> float:
    return float(np.sqrt(_forms(candidate.quadratic[None], weights[None])[0]).sum())


def _forms(quadratic: Floats, weights: Floats) -> Floats:
    """The variances of one shot, (candidates, points)."""
    applied = np.einsum("kpab,kb->kpa", quadratic, weights)
    return np.asarray(np.maximum(np.einsum("kpa,ka->kp", applied, weights), 0.0))


def _complete(candidates: Sequence[Candidate], count: int) -> bool:
    return len({int(string) for candidate in candidates for string in candidate.strings}) == count
