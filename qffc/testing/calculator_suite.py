"""Tests that every calculator of the Atomic Simulation Environment (ASE) should pass, for a class to inherit.

Example:
    >>> from ase.build import molecule
    >>> from ase.calculators.emt import EMT
    >>> class TestMine(CalculatorSuite):
    ...     calculator = EMT
    ...     atoms = molecule("H2O")
    >>> TestMine().test_rotation()
"""

# ASE has no types for most of its methods.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unittest import SkipTest

import numpy as np
from ase import Atoms

from qffc.auditing.over_time import changes, drift
from qffc.ir.declarations import SYMMETRIES, Symmetry
from qffc.models.checks.energy_function_tests import (
    Floats,
    PropertyTest,
    Subject,
    Tolerances,
    energy_test,
    exchange_test,
    force_test,
    gradient_test,
    inversion_test,
    net_force_test,
    net_torque_test,
    rotation_test,
    tested,
    translation_test,
)

if TYPE_CHECKING:
    from ase.calculators.calculator import Calculator

_FRAMES = 2
_STEPS = 20
_FALLS_TO = 0.5
"""Of the change of the total energy when the time step is halved: a quarter, but for what is of higher order."""


class CalculatorSuite:
    """A class of tests that inherits this one and says what to test is complete.

    Attributes:
        calculator: makes a calculator: its class, or a method that returns one.
        atoms: a molecule or a crystal near a geometry that the calculator is meant for. Each test moves a copy.
        symmetry: what must leave the energy as it is. Leave out ``inversion`` for a calculator that knows left from
            right, ``exchange`` where like atoms differ by their tags, charges or spins. Rotations of periodic atoms
            are not tried.
        tolerances: what counts as rounding. A calculator in single precision needs about
            ``Tolerances(energy=1e-5, force=1e-4, difference=1e-2, step=1e-2)``.
        smeared: whether the free energy, of which the forces are the gradient, differs from the energy.
        rattle: standard deviation of the displacements from ``atoms``, Angstrom.
        timestep: of the longer of two short runs of molecular dynamics, fs.
        temperature: of their velocities, K.
        seed: of displacements, motions and velocities.
    """

    calculator: Callable[..., Calculator]
    atoms: Atoms
    symmetry: tuple[Symmetry, ...] = SYMMETRIES
    tolerances = Tolerances()
    smeared = False
    rattle = 0.05
    timestep = 1.0
    temperature = 300.0
    seed = 0

    def test_rotation(self) -> None:
        """Energy and forces turn with the molecule."""
        self._need(rotation_test)

    def test_inversion(self) -> None:
        """The mirror image has the same energy."""
        self._need(inversion_test)

    def test_translation(self) -> None:
        """It does not matter where the atoms are."""
        self._need(translation_test)

    def test_exchange(self) -> None:
        """It does not matter which of two like atoms is where."""
        self._need(exchange_test)

    def test_forces_are_minus_the_gradient(self) -> None:
        """Forces are what central differences of the energy say."""
        self._need(gradient_test)

    def test_net_force_vanishes(self) -> None:
        """The forces add up to zero."""
        self._need(net_force_test)

    def test_net_torque_vanishes(self) -> None:
        """The torques add up to zero."""
        self._need(net_torque_test)

    def test_the_past_does_not_matter(self) -> None:
        """Asked twice, after a move, and after a move back, a calculator says what a new one says."""
        subject = self._subject()
        here, there = subject.frames
        used = self._placed(here)
        visits = [self._answers(used)]
        for frame in (here, there, here):
            used.positions[:] = frame
            visits.append(self._answers(used))
        new = [self._answers(self._placed(frame)) for frame in (here, here, there, here)]
        for name, visit, fresh in zip(
            ("first call", "second call", "after a move", "after a move back"), visits, new, strict=True
        ):
            _hold(energy_test(subject, name, [visit[0] - fresh[0]]), force_test(subject, name, [visit[1] - fresh[1]]))

    def test_free_energy(self) -> None:
        """The free energy is there under its name, and is the energy unless it is said to be smeared."""
        subject = self._subject()
        atoms = self._placed(subject.frames[0])
        if "free_energy" not in getattr(atoms.calc, "implemented_properties", ()):
            raise SkipTest("the calculator has no free energy")
        if self.smeared:
            raise SkipTest("free energy and energy differ")
        free = atoms.get_potential_energy(force_consistent=True)
        _hold(energy_test(subject, "free energy", [np.array(free - atoms.get_potential_energy())]))

    def test_atoms_are_not_changed(self) -> None:
        """A calculation leaves the atoms alone: their arrays, cell, boundaries and notes."""
        atoms = self._placed(self._subject().frames[0])
        before = atoms.copy()
        self._answers(atoms)
        changed = changes(before, atoms)
        if changed:
            raise AssertionError(f"a calculation changed the atoms: {', '.join(changed)}")

    def test_dynamics_keep_the_energy(self) -> None:
        """Half the time step changes the total energy by much less, as it does where forces are the gradient."""
        subject = self._subject()
        whole, half = (
            drift(self._placed(subject.frames[0]), self.timestep / parts, _STEPS * parts, self.temperature, self.seed)
            for parts in (1, 2)
        )
        rounding = 100 * self.tolerances.energy * subject.energy_scale
        falls = tested("total energy with half the time step", "eV", [np.array(half)], _FALLS_TO * whole + rounding)
        _hold(falls)

    def _subject(self) -> _CalculatorSubject:
        generator = np.random.default_rng(self.seed)
        # An atom at the origin would hide that the energy depends on where it is.
        shape = (_FRAMES, len(self.atoms), 3)
        frames = self.atoms.positions + self.rattle * generator.normal(size=shape) + generator.normal(size=3)
        return _CalculatorSubject(np.array(self.atoms.numbers), frames, generator, self)

    def _need(self, run: Callable[[Subject], tuple[PropertyTest, ...]]) -> None:
        _hold(*run(self._subject()))

    def _placed(self, frame: Floats) -> Atoms:
        """The atoms at other positions, with a new calculator and without constraints, which change forces."""
        atoms: Atoms = self.atoms.copy()
        atoms.set_constraint()
        atoms.positions[:] = frame
        atoms.calc = self.calculator()
        return atoms

    def _answers(self, atoms: Atoms) -> tuple[Floats, Floats]:
        """The energy of which the forces are the gradient, (), and the forces."""
        free = "free_energy" in getattr(atoms.calc, "implemented_properties", ())
        return np.array(atoms.get_potential_energy(force_consistent=free)), np.array(atoms.get_forces())


@dataclass(frozen=True, eq=False)
class _CalculatorSubject(Subject):
    """The atoms of a suite with one calculator.

    Args:
        suite: which says how to make it.
    """

    suite: CalculatorSuite

    @property
    def symmetry(self) -> tuple[Symmetry, ...]:
        """What must leave the energy as it is; a rotation would have to turn the cell."""
        periodic = bool(np.any(self.suite.atoms.pbc))
        return tuple(name for name in self.suite.symmetry if not (periodic and name == "rotation"))

    @property
    def tolerances(self) -> Tolerances:
        return self.suite.tolerances

    def predict(self, frames: Floats) -> tuple[Floats, Floats]:
        atoms = self.suite._placed(frames[0])
        energies, forces = np.zeros(len(frames)), np.zeros(frames.shape)
        for index, frame in enumerate(frames):
            atoms.positions[:] = frame
            energies[index], forces[index] = self.suite._answers(atoms)
        return energies, forces


def _hold(*tests: PropertyTest) -> None:
    """Fail with all that does not hold; skip where nothing applies."""
    __tracebackhide__ = True
    broken = [test for test in tests if test.verdict == "FAILS"]
    if broken:
        raise AssertionError(
            "; ".join(
                f"{test.name} off by {test.deviation:.1e} {test.unit} (at most {test.tolerance:.1e})" for test in broken
            )
        )
    if all(test.verdict == "does not apply" for test in tests):
        raise SkipTest(f"{tests[0].name}: {tests[0].reason}")
