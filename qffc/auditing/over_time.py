"""Calculators that are asked again and again: what they remember and change, and whether dynamics keep energy."""

# ASE has no types for most of its methods.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import numpy as np
from ase import Atoms, units
from ase.md.verlet import VelocityVerlet

from qffc.auditing.calculator_subject import CalculatorSubject, Row, answers
from qffc.models.checks.energy_function_tests import PropertyTest, tested

_ENERGIES, _FORCES = 2e-6, 1e-4
"""Relative: what iterations that stop may leave in energies and forces."""
_STEPS = 20
_FALLS_TO = 0.5
"""Of the change of the total energy when the time step is halved: a quarter, but for what is of higher order."""
_TIMESTEP, _TEMPERATURE = 1.0, 300.0
"""fs; K."""


def over_time_rows(subject: CalculatorSubject) -> list[Row]:
    """Return what calls leave behind, and what dynamics do to the total energy."""
    return [*_past(subject), _atoms_stay(subject), _free_energy(subject), _dynamics(subject)]


def _past(subject: CalculatorSubject) -> list[Row]:
    """A calculator that has been elsewhere says what a new one says, as far as iterations may differ."""
    names = "the past does not matter: energy", "the past does not matter: forces"
    here, there = subject.frames[:2]
    shown = (subject.at(here),)
    if subject.single:
        why = "there is one calculator only; give a function that makes one"
        return [Row("calls", PropertyTest(name, reason=why)) for name in names]
    used = subject.at(here)
    used.calc = subject.make()
    visits = []
    for frame in (here, here, there, here):
        used.positions[:] = frame
        visits.append(answers(used))
    fresh = []
    for frame in (here, here, there, here):
        new = subject.at(frame)
        new.calc = subject.make()
        fresh.append(answers(new))
    energy = [np.array(a[0] - b[0]) for a, b in zip(visits, fresh, strict=True)]
    force = [a[1] - b[1] for a, b in zip(visits, fresh, strict=True)]
    return [
        Row(
            "calls", tested(names[0], "eV", energy, max(_ENERGIES * subject.energy_scale, subject.energy_noise)), shown
        ),
        Row("calls", tested(names[1], "eV/Å", force, _FORCES * subject.force_scale), shown),
    ]


def _atoms_stay(subject: CalculatorSubject) -> Row:
    """A calculation leaves the atoms alone: their arrays, cell, boundaries and notes."""
    atoms = subject.at(subject.frames[0])
    atoms.calc = subject.make()
    before = atoms.copy()
    answers(atoms)
    changed = changes(before, atoms)
    name = "atoms are not changed" + (f" ({', '.join(changed)})" if changed else "")
    return Row("calls", PropertyTest(name, "changes", float(len(changed)), 0.0), (before, atoms))


def changes(before: Atoms, after: Atoms) -> list[str]:
    """Return what differs between two sets of atoms: names of arrays, ``cell``, ``pbc``, ``info``."""
    names = {**before.arrays, **after.arrays}
    changed = [n for n in names if not np.array_equal(before.arrays.get(n, ()), after.arrays.get(n, ()))]
    changed += ["cell"] * (not np.array_equal(before.cell, after.cell))
    changed += ["pbc"] * (not np.array_equal(before.pbc, after.pbc))
    return changed + ["info"] * (before.info.keys() != after.info.keys())


def _free_energy(subject: CalculatorSubject) -> Row:
    """Where a calculator has both energies, they are one unless electrons are smeared."""
    name = "energy = free energy"
    atoms = subject.at(subject.frames[0])
    atoms.calc = subject.make()
    if "free_energy" not in getattr(atoms.calc, "implemented_properties", ()):
        return Row("calls", PropertyTest(name, reason="the calculator has no free energy"))
    apart = atoms.get_potential_energy(force_consistent=True) - atoms.get_potential_energy()
    return Row("calls", tested(name, "eV", [np.array(apart)], subject.energy_noise), (subject.at(subject.frames[0]),))


def _dynamics(subject: CalculatorSubject) -> Row:
    """Half the time step changes the total energy by much less, as it does where forces are the gradient."""
    whole, half = (drift(_with_calculator(subject), _TIMESTEP / parts, _STEPS * parts) for parts in (1, 2))
    rounding = 100 * subject.energy_noise
    name = "energy kept in dynamics: half the step"
    test = tested(name, "eV", [np.array(half)], _FALLS_TO * whole + rounding)
    return Row("calls", test, (subject.at(subject.frames[0]),))


def _with_calculator(subject: CalculatorSubject) -> Atoms:
    atoms = subject.at(subject.frames[0])
    atoms.calc = subject.make()
    return atoms


def drift(atoms: Atoms, timestep: float, steps: int, temperature: float = _TEMPERATURE, seed: int = 0) -> float:
    """Return the largest change of the total energy in a short NVE run, eV.

    Args:
        atoms: with their calculator; they are moved.
        timestep: fs.
        steps: of the run.
        temperature: of the velocities, K.
        seed: of the velocities.
    """
    spread = np.sqrt(temperature * units.kB * atoms.get_masses())[:, None]
    atoms.set_momenta(spread * np.random.default_rng(seed).normal(size=atoms.positions.shape))
    dynamics = VelocityVerlet(atoms, timestep=timestep * units.fs)
    totals = []
    for _ in range(steps + 1):
        totals.append(answers(atoms)[0] + float(atoms.get_kinetic_energy()))
        dynamics.run(1)
    return float(np.max(np.abs(np.array(totals) - totals[0])))
