"""Atoms nearer than any data, at one place, and on a line."""

# ASE has no types for most of its methods.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
from ase import Atoms
from ase.data import covalent_radii

from qffc.auditing.calculator_subject import CalculatorSubject, Row
from qffc.models.checks.energy_function_tests import Floats, PropertyTest, gradient_test, tested

_PAIRS = 4
_SHORTER = (0.7, 0.5, 0.3)
"""Of a distance as it is."""
_SHALLOW = 0.3
"""eV: by which a geometry may lie below the given one, which is no minimum."""


def close_rows(subject: CalculatorSubject) -> list[Row]:
    """Return what holds where atoms are too near, at one place, or three on a line."""
    if len(subject.numbers) == 1:
        return [Row("close together", PropertyTest("atoms pushed together", reason="one atom alone"))]
    return [*_pushed(subject), _at_one_place(subject), *_on_a_line(subject)]


def _nearest(subject: CalculatorSubject) -> list[tuple[int, int]]:
    frame = subject.frames[0]
    pairs = combinations(range(len(frame)), 2)
    return sorted(pairs, key=lambda pair: float(np.linalg.norm(frame[pair[0]] - frame[pair[1]])))[:_PAIRS]


def _pushed(subject: CalculatorSubject) -> list[Row]:
    """Energies rise when bonded atoms are pushed into each other, and are numbers."""
    frame, energy = subject.frames[0], float(subject.here[0][0])
    names = "atoms pushed together: finite", "atoms pushed together: energy rises"
    deepest, lost = 0.0, 0
    hole, broken = subject.at(frame), subject.at(frame)
    for first, second in _nearest(subject):
        for share in _SHORTER:
            atoms = subject.at(_with_distance(frame, first, second, share))
            found, forces = subject.answer(atoms)
            if not np.isfinite(found) or not np.all(np.isfinite(forces)):
                lost, broken = lost + 1, atoms
            elif energy - found > deepest:
                deepest, hole = energy - found, atoms
    finite = PropertyTest(names[0], "geometries", float(lost), 0.0)
    return [
        Row("close together", finite, (broken,)),
        Row("close together", tested(names[1], "eV below", [np.array(deepest)], _SHALLOW), (hole,)),
    ]


def _with_distance(frame: Floats, first: int, second: int, share: float) -> Floats:
    changed = frame.copy()
    changed[second] = frame[first] + share * (frame[second] - frame[first])
    return changed


def _at_one_place(subject: CalculatorSubject) -> Row:
    """Two atoms at one place: an error, infinite, or a number, but no number with forces that are none."""
    first, second = _nearest(subject)[0]
    atoms = subject.at(_with_distance(subject.frames[0], first, second, 0.0))
    name = "two atoms at one place: no number without meaning"
    try:
        atoms.calc = subject.make()
        energy, forces = float(atoms.get_potential_energy()), np.array(atoms.get_forces())
    except Exception as problem:  # whatever a calculator raises is an answer here
        return Row("close together", PropertyTest(name, reason=f"refused: {type(problem).__name__}"), (atoms,))
    silent = np.isnan(energy) or energy == -np.inf or (np.isfinite(energy) and not np.all(np.isfinite(forces)))
    return Row("close together", PropertyTest(name, "geometries", float(silent), 0.0), (atoms,))


def _on_a_line(subject: CalculatorSubject) -> list[Row]:
    """Three bonded atoms on a line: angles have no derivative there that is computed as elsewhere."""
    name = "three atoms on a line: forces = -gradient"
    straight = None if subject.periodic else _straightened(subject)
    if straight is None:
        why = "the atoms are periodic" if subject.periodic else "no atom has two neighbours"
        return [Row("close together", PropertyTest(name, reason=why))]
    there = replace(subject, frames=straight.positions[None])
    tests = gradient_test(there)
    return [Row("close together", replace(test, name=name), (straight,)) for test in tests]


def _straightened(subject: CalculatorSubject) -> Atoms | None:
    """The geometry with two bonds of one atom made opposite to each other."""
    frame = subject.frames[0]
    radii = covalent_radii[subject.numbers]
    apart = np.linalg.norm(frame[:, None] - frame[None], axis=2)
    bonded = (apart < 1.3 * (radii[:, None] + radii[None])) & ~np.eye(len(frame), dtype=bool)
    for centre in np.argsort(-bonded.sum(axis=1)):
        around = np.flatnonzero(bonded[centre])
        if len(around) < 2:
            return None
        first, second = around[np.argsort(bonded[around].sum(axis=1))][:2]
        out = frame[centre] - frame[second]
        changed = frame.copy()
        changed[first] = frame[centre] + apart[centre, first] * out / np.linalg.norm(out)
        return subject.at(changed)
    return None
