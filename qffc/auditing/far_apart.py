"""Molecules that do not feel each other: energies add up, and what one does is nothing to the other."""

# ASE has no types for most of its methods.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import numpy as np

from qffc.auditing.calculator_subject import CalculatorSubject, Row
from qffc.models.checks.energy_function_tests import PropertyTest, tested

_FAR = 200.0
"""Angstrom: two dipoles of 5 debye have 1e-6 eV at this distance."""
_LONG_RANGE = 1e-5
"""eV, and eV/Angstrom: what dipoles may still do."""


def far_apart_rows(subject: CalculatorSubject) -> list[Row]:
    """Return whether two molecules far apart have the energy and forces of each alone."""
    names = ("extensive: energy", "extensive: forces", "local: forces")
    if subject.periodic:
        return [Row("far apart", PropertyTest(name, reason="the atoms are periodic")) for name in names]
    one, other = (subject.at(frame) for frame in subject.frames[:2])
    shift = np.array([_FAR, 0.0, 0.0])
    both = one + other
    both.positions[len(one) :] += shift
    changed = one + one
    changed.positions[len(one) :] += shift
    (first, first_forces), (second, second_forces) = subject.answer(one), subject.answer(other)
    together, forces = subject.answer(both)
    _, moved_forces = subject.answer(changed)
    # Positions in float32 are as exact as their size allows.
    coarse = 0.0 if subject.noise[0] <= 1e-10 * subject.energy_scale else _FAR * 2.0**-23 * 100.0
    energy = [np.array(together - first - second)]
    force = [forces - np.concatenate([first_forces, second_forces])]
    count = len(one)
    local = [forces[:count] - moved_forces[:count]]
    return [
        Row(
            "far apart",
            tested(names[0], "eV", energy, _LONG_RANGE + 2 * subject.energy_noise + coarse * subject.force_scale / 100),
            (both,),
        ),
        Row("far apart", tested(names[1], "eV/Å", force, _LONG_RANGE + 2 * subject.force_noise + coarse), (both,)),
        Row(
            "far apart",
            tested(names[2], "eV/Å", local, _LONG_RANGE + 2 * subject.force_noise + coarse),
            (both, changed),
        ),
    ]
