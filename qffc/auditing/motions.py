"""Motions that must change nothing: rotations, inversion, translations, exchanges; images of periodic atoms."""

# ASE has no types for most of its methods.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from dataclasses import replace

import numpy as np
from ase import Atoms
from ase.build import make_supercell

from qffc.auditing.calculator_subject import CalculatorSubject, Row, worst_of
from qffc.models.checks.energy_function_tests import (
    Floats,
    PropertyTest,
    energy_test,
    exchange_test,
    force_test,
    inversion_test,
    net_force_test,
    net_torque_test,
    random_rotation,
    rotation_test,
    translation_test,
)

_FAR = 1e3
"""Angstrom from the origin."""


def motion_rows(subject: CalculatorSubject) -> list[Row]:
    """Return what motions change, of molecules and of crystals with their cell."""
    rows = _turned_cell(subject) if subject.periodic else worst_of("symmetry", subject, rotation_test)
    # A lattice is its own mirror image at a point, so no rotation goes with it.
    mirrored = replace(subject, declared=tuple(name for name in subject.declared if name != "rotation"))
    rows += worst_of("symmetry", mirrored if subject.periodic else subject, inversion_test)
    for run in (translation_test, exchange_test, net_force_test, *(() if subject.periodic else (net_torque_test,))):
        rows += worst_of("symmetry", subject, run)
    return rows + _far_from_the_origin(subject) + _images(subject)


def _moved(subject: CalculatorSubject, name: str, pairs: list[tuple[Atoms, Floats, float]]) -> list[Row]:
    """What moved atoms have instead of forces and energies that are expected, at the first frame."""
    here = subject.at(subject.frames[0])
    found = [(*subject.answer(atoms), forces, energy) for atoms, forces, energy in pairs]
    tests = (
        energy_test(subject, name, [np.array(energy - expected) for energy, _, _, expected in found]),
        force_test(subject, name, [forces - expected for _, forces, expected, _ in found]),
    )
    return [Row("symmetry" if name == "rotation" else "images", test, (here, pairs[0][0])) for test in tests]


def _turned_cell(subject: CalculatorSubject) -> list[Row]:
    if "rotation" not in subject.symmetry:
        return [Row("symmetry", PropertyTest("rotation", reason="not declared"))]
    energy, forces = subject.here[0][0], subject.here[1][0]
    turns = [random_rotation(subject.generator) for _ in range(2)]
    cell = np.array(subject.atoms.cell)
    pairs = [(subject.at(subject.frames[0] @ m.T, cell @ m.T), forces @ m.T, float(energy)) for m in turns]
    return _moved(subject, "rotation", pairs)


def _far_from_the_origin(subject: CalculatorSubject) -> list[Row]:
    """A molecule at a thousand Angstrom; what positions in float32 cannot hold there is no fault."""
    if "translation" not in subject.symmetry:
        return [Row("symmetry", PropertyTest("far from the origin", reason="translation is not declared"))]
    energies, forces = subject.here
    shift = _FAR * np.array([1.0, -1.0, 1.0])
    far_energies, far_forces = subject.predict(subject.frames + shift)
    lost = 0.0 if subject.noise[0] <= 1e-10 * subject.energy_scale else _FAR * 2.0**-23
    energy = PropertyTest(
        "far from the origin: energy",
        "eV",
        float(np.max(np.abs(far_energies - energies))),
        subject.energy_noise + lost * subject.force_scale * len(subject.numbers) + 1e-12 * _FAR * subject.force_scale,
    )
    stiffness = 100.0  # eV/Angstrom^2: of the strongest bonds
    force = PropertyTest(
        "far from the origin: forces",
        "eV/Å",
        float(np.max(np.abs(far_forces - forces))),
        subject.force_noise + stiffness * (lost + 1e-12 * _FAR),
    )
    shown = (subject.at(subject.frames[0]), subject.at(subject.frames[0] + shift))
    return [Row("symmetry", energy, shown), Row("symmetry", force, shown)]


def _images(subject: CalculatorSubject) -> list[Row]:
    """Atoms that are replaced by their images, a cell that is repeated, and the same lattice by other vectors."""
    names = ("an atom and its image", "a repeated cell", "other vectors of the lattice")
    if not np.all(subject.atoms.pbc):
        why = "the atoms are not periodic in three directions"
        return [Row("images", PropertyTest(name, reason=why)) for name in names]
    energy, forces = float(subject.here[0][0]), subject.here[1][0]
    frame, cell = subject.frames[0], np.array(subject.atoms.cell)
    shifted = frame.copy()
    shifted[0] += cell[0] - cell[2]
    rows = _moved(subject, names[0], [(subject.at(shifted), forces, energy)])
    here = subject.at(frame)
    pairs = []
    for axis in range(3):
        repeated = make_supercell(here, np.diag([2 if k == axis else 1 for k in range(3)]))
        order = [_same_site(here, place) for place in repeated.positions]
        pairs.append((repeated, forces[order], 2 * energy))
    rows += _moved(subject, names[1], pairs)
    other = cell.copy()
    other[1] += cell[0]
    return rows + _moved(subject, names[2], [(subject.at(frame, other), forces, energy)])


def _same_site(atoms: Atoms, place: Floats) -> int:
    """Which atom of a cell has an image at a place."""
    apart = np.linalg.solve(np.array(atoms.cell).T, (atoms.positions - place).T).T
    return int(np.argmin(np.abs(apart - np.round(apart)).sum(axis=1)))
