"""A calculator of the Atomic Simulation Environment (ASE) and the atoms that it is audited at."""

# ASE has no types for most of its methods.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from ase import Atoms

from qffc.ir.declarations import Symmetry
from qffc.models.checks.energy_function_tests import Floats, PropertyTest, Subject, Tolerances

if TYPE_CHECKING:
    from ase.calculators.calculator import Calculator

MakeCalculator = Callable[[], "Calculator"]


@dataclass(frozen=True, eq=False)
class Row:
    """One property of a calculator.

    Args:
        group: of properties, as reports order them.
        test: the property at its worst.
        shown: geometries that show the worst: one, or those before and after.
    """

    group: str
    test: PropertyTest
    shown: tuple[Atoms, ...] = ()


@dataclass(frozen=True, eq=False)
class CalculatorSubject(Subject):
    """A calculator and geometries near one that it is meant for.

    Energies are those of which forces are the gradient: the free energy, where a calculator has one.

    Args:
        atoms: elements, cell and boundaries; its positions are those of the first frame.
        make: makes a calculator; a new one each time, unless ``single``.
        declared: the symmetries that must hold.
        single: there is one calculator only, which ``make`` returns each time.
        rounding: what counts as rounding; see :mod:`qffc.auditing.rounding`.
        noise: of the energy in eV and of force components in eV/Angstrom.
    """

    atoms: Atoms
    make: MakeCalculator
    declared: tuple[Symmetry, ...]
    single: bool = False
    rounding: Tolerances = Tolerances()
    noise: tuple[float, float] = (0.0, 0.0)
    _made: dict[bytes, Calculator] = field(default_factory=dict)

    @property
    def symmetry(self) -> tuple[Symmetry, ...]:
        """The symmetries that must hold."""
        return self.declared

    @property
    def tolerances(self) -> Tolerances:
        """What counts as rounding for this calculator."""
        return self.rounding

    @property
    def periodic(self) -> bool:
        """Whether there are images of the atoms."""
        return bool(np.any(self.atoms.pbc))

    @property
    def energy_noise(self) -> float:
        """eV: what two energies that are equal may differ by."""
        return self.tolerances.energy * self.energy_scale

    @property
    def force_noise(self) -> float:
        """eV/Angstrom: what two force components that are equal may differ by."""
        return self.tolerances.force * self.force_scale

    def at(self, frame: Floats, cell: Floats | None = None) -> Atoms:
        """Return the atoms at other positions, without constraints, which change forces."""
        atoms: Atoms = self.atoms.copy()
        atoms.set_constraint()
        if cell is not None:
            atoms.set_cell(cell)
        atoms.positions[:] = frame
        return atoms

    def answer(self, atoms: Atoms) -> tuple[float, Floats]:
        """Return the energy and the forces (atoms, 3) of any atoms, by a calculator kept for these elements.

        Numbers that are not finite are NaN.
        """
        atoms = atoms.copy()
        atoms.set_constraint()
        key = atoms.numbers.tobytes()
        if key not in self._made:
            self._made[key] = self.make()
        atoms.calc = self._made[key]
        return answers(atoms)

    def predict(self, frames: Floats) -> tuple[Floats, Floats]:
        """Return energies (frames,) in eV and forces (frames, atoms, 3) in eV/Angstrom; NaN for what is not finite."""
        found = [self.answer(self.at(frame)) for frame in frames]
        return np.array([energy for energy, _ in found]), np.array([forces for _, forces in found])

    def at_frame(self, index: int) -> CalculatorSubject:
        """Return the subject at one of its frames alone."""
        return replace(self, frames=self.frames[index : index + 1])


def answers(atoms: Atoms) -> tuple[float, Floats]:
    """Return what the calculator of some atoms says: energy in eV, forces (atoms, 3) in eV/Angstrom, or NaN."""
    free = "free_energy" in getattr(atoms.calc, "implemented_properties", ())
    energy = float(atoms.get_potential_energy(force_consistent=free))
    forces = np.array(atoms.get_forces(), dtype=np.float64)
    return energy if np.isfinite(energy) else np.nan, np.where(np.isfinite(forces), forces, np.nan)


def worst_of(group: str, subject: CalculatorSubject, run: Callable[[Subject], tuple[PropertyTest, ...]]) -> list[Row]:
    """Return the tests of a property, each at the frame that is worst."""
    rows: dict[str, Row] = {}
    for index, frame in enumerate(subject.frames):
        for test in run(subject.at_frame(index)):
            before = rows.get(test.name)
            if before is None or _worse(test, before.test):
                rows[test.name] = Row(group, test, (subject.at(frame),))
    return list(rows.values())


def _worse(test: PropertyTest, other: PropertyTest) -> bool:
    return _excess(test) > _excess(other)


def _excess(test: PropertyTest) -> float:
    if test.deviation is None or test.tolerance is None:
        return -1.0
    return float("inf") if np.isnan(test.deviation) else test.deviation / test.tolerance
