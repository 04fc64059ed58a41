"""Derivatives: forces against energies, the symmetry of the Hessian, stress against strains."""

# ASE has no types for most of its methods.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import numpy as np
from ase import Atoms

from qffc.auditing.calculator_subject import CalculatorSubject, Row, worst_of
from qffc.models.checks.energy_function_tests import Floats, PropertyTest, gradient_test, tested

_PAIRS = 3
"""Of random directions, in which second derivatives are compared."""
_WIDE = 1e-3
"""Angstrom: the least step of differences of forces, which need no smaller one."""
VOIGT = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))
"""The components of a stress in the order that ASE has."""


def derivative_rows(subject: CalculatorSubject) -> list[Row]:
    """Return whether forces and stress are derivatives of the energy."""
    return [*worst_of("derivatives", subject, gradient_test), _hessian(subject), _stress(subject)]


def _hessian(subject: CalculatorSubject) -> Row:
    """The antisymmetric part of second derivatives: forces that are no gradient have one.

    For two directions u and v the derivative of the forces along u, taken along v, equals that along v, taken along u.
    """
    name = "symmetric Hessian"
    frame = subject.frames[0]
    step = max(subject.tolerances.step, _WIDE)
    worst, size = 0.0, 0.0
    for _ in range(_PAIRS):
        one, other = (_direction(subject) for _ in range(2))
        along_one, along_other = (_slope(subject, frame, step, direction) for direction in (one, other))
        size = max(size, float(np.linalg.norm(along_one)), float(np.linalg.norm(along_other)))
        difference = float(np.sum(along_one * other) - np.sum(along_other * one))
        worst = difference if np.isnan(difference) else max(worst, abs(difference))
    rounding = 4 * max(subject.force_noise, 1e-12) / step
    return Row(
        "derivatives", tested(name, "eV/Å²", [np.array(worst)], 1e-6 * max(size, 1.0) + rounding), (subject.at(frame),)
    )


def _direction(subject: CalculatorSubject) -> Floats:
    along = subject.generator.normal(size=subject.frames[0].shape)
    unit: Floats = along / np.linalg.norm(along)
    return unit


def _slope(subject: CalculatorSubject, frame: Floats, step: float, along: Floats) -> Floats:
    """Minus the derivative of the forces along a direction, by central differences of fourth order."""
    forces = subject.predict(np.array([frame + k * step * along for k in (-2, -1, 1, 2)]))[1]
    slope: Floats = -(forces[0] - 8 * forces[1] + 8 * forces[2] - forces[3]) / (12 * step)
    return slope


def _stress(subject: CalculatorSubject) -> Row:
    """The stress against central differences of the energy by strain, all six components."""
    name = "stress = strain derivative"
    atoms = subject.at(subject.frames[0])
    if not np.all(atoms.pbc):
        return Row("derivatives", PropertyTest(name, reason="the atoms are not periodic in three directions"))
    calculator = subject.make()
    if "stress" not in getattr(calculator, "implemented_properties", ()):
        return Row("derivatives", PropertyTest(name, reason="the calculator has no stress"))
    atoms.calc = calculator
    stress = np.array(atoms.get_stress(voigt=True))
    step = subject.tolerances.step / 2  # of atoms and images some Angstrom away
    slopes = []
    for row, column in VOIGT:
        energies = [subject.answer(strained(atoms, k * step, row, column))[0] for k in (-2, -1, 1, 2)]
        slopes.append((energies[0] - 8 * energies[1] + 8 * energies[2] - energies[3]) / (12 * step))
    expected = np.array(slopes) / atoms.get_volume()
    rounding = subject.energy_noise / step / atoms.get_volume()
    scale = max(float(np.abs(expected).max()), 1e-3)
    tolerance = 1e-5 * scale + rounding + subject.tolerances.difference * subject.force_scale / atoms.get_volume()
    return Row("derivatives", tested(name, "eV/Å³", [stress - expected], tolerance), (subject.at(subject.frames[0]),))


def strained(atoms: Atoms, size: float, row: int, column: int) -> Atoms:
    """Return atoms after a small strain, cell and positions alike; one of shear is shared by both sides."""
    strain = np.eye(3)
    strain[row, column] += size / 2
    strain[column, row] += size / 2
    changed: Atoms = atoms.copy()
    changed.set_cell(np.array(atoms.cell) @ strain, scale_atoms=True)
    return changed
