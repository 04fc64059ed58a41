"""How much the numbers of a calculator are rounded, from the numbers alone.

Differences of high order of a smooth function on a fine grid are those of its rounding: for noise that is independent
from point to point the k-th difference has the variance (2k)!/(k!)^2 of it. This is ECnoise, More and Wild, SIAM
Journal on Scientific Computing 33, 1292 (2011). Iterative methods are in addition rough by where they started, which
shows when a point is visited again.
"""

from __future__ import annotations

from dataclasses import replace
from math import factorial

import numpy as np

from qffc.auditing.calculator_subject import CalculatorSubject, Row, answers
from qffc.models.checks.energy_function_tests import Floats, Tolerances, tested

_ORDER, _POINTS, _STEP = 5, 12, 1e-4
"""Of the differences; of the grid; Angstrom between two points: far above the rounding of positions in float32."""
_SAFE = 60.0
"""By how many times its noise two equal numbers may differ: they are summed in another order."""
_FLOOR = Tolerances(difference=1e-5)
ROUGHEST = Tolerances(energy=1e-5, force=1e-3)
"""What no calculator may be rougher than: that of float32 with cancellation; relative to the largest, at least 1."""
_SINGLE = 1e-10
"""Relative noise of energies above which they are not double precision."""


def with_rounding(subject: CalculatorSubject) -> tuple[CalculatorSubject, Row]:
    """Return the subject with tolerances that fit its noise, and the row of the noise itself.

    A calculator in float32 is held to what float32 can do, one in float64 to that; none may be rougher than float32.
    """
    energy, force = _noise(subject)
    shift_energy, shift_force = _returned(subject)
    energy, force = max(energy, shift_energy), max(force, shift_force)
    row = tested("rounding", "eV", [np.array(energy)], ROUGHEST.energy * subject.energy_scale / _SAFE)
    relative, relative_force = _SAFE * energy / subject.energy_scale, _SAFE * force / subject.force_scale
    # Five-point differences err by noise / step and by step^4: the best step is the fifth root of the noise.
    step = float(np.clip((energy / 1e3) ** 0.2, _FLOOR.step, 0.02))
    rounding = Tolerances(
        energy=float(np.clip(relative, _FLOOR.energy, ROUGHEST.energy)),
        force=float(np.clip(relative_force, _FLOOR.force, ROUGHEST.force)),
        difference=max(_FLOOR.difference, 2e3 * step**4, _SAFE * energy / step / subject.force_scale),
        step=step,
    )
    return replace(subject, rounding=rounding, noise=(energy, force)), Row(
        "numbers", row, (subject.at(subject.frames[0]),)
    )


def precision_of(subject: CalculatorSubject) -> str:
    """Return what the noise looks like, in words."""
    relative = subject.noise[0] / subject.energy_scale
    if relative <= _SINGLE:
        return "double precision"
    return "single precision, or an iteration that stops early" if relative <= ROUGHEST.energy / _SAFE else "noisy"


def _noise(subject: CalculatorSubject) -> tuple[float, float]:
    """Standard deviations of the rounding of the energy and of force components, the larger of two lines."""
    found = []
    for frame in subject.frames[:2]:
        along = subject.generator.normal(size=frame.shape)
        along /= np.abs(along).max()
        line = np.array([frame + _STEP * number * along for number in range(_POINTS)])
        energies, forces = subject.predict(line)
        found.append((max(_deviation(energies), _coarseness(energies)), _deviation(forces)))
    return max(energy for energy, _ in found), max(force for _, force in found)


def _deviation(values: Floats) -> float:
    differences = np.diff(values, n=_ORDER, axis=0)
    scale = factorial(_ORDER) ** 2 / factorial(2 * _ORDER)
    return float(np.sqrt(scale * np.mean(differences**2)))


def _coarseness(energies: Floats) -> float:
    """The distance of two neighbouring numbers in single precision, where energies have no more digits than that.

    Large ones are constant on a short line then, as if they were not rounded at all.
    """
    single = energies.astype(np.float32)
    return float(np.spacing(np.abs(single).max())) if np.array_equal(single, energies) else 0.0


def _returned(subject: CalculatorSubject) -> tuple[float, float]:
    """By how much energy and forces differ when a calculator comes back, from those of a new one."""
    here, there = subject.frames[:2]
    used, new = subject.at(here), subject.at(here)
    used.calc, new.calc = subject.make(), subject.make()
    answers(used)
    used.positions[:] = there
    answers(used)
    used.positions[:] = here
    (energy, forces), (fresh_energy, fresh_forces) = answers(used), answers(new)
    # Of standard deviations there is one number only, so it is taken small: what is not rounding is a row by itself.
    limit = ROUGHEST.energy * subject.energy_scale / _SAFE, ROUGHEST.force * subject.force_scale / _SAFE
    return min(abs(energy - fresh_energy), limit[0]), min(float(np.abs(forces - fresh_forces).max()), limit[1])
