"""Relaxation by exact forces, with the optimiser of ASE."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms
from ase.optimize import BFGS
from numpy.typing import NDArray

from qffc.ir.diagnostics import error
from qffc.ir.telling import tell
from qffc.models.calculator import Calculator
from qffc.models.ensemble import Ensemble
from qffc.models.force_field import ForceField
from qffc.models.given.atoms_given import Elements, elements_of, positions_of

Floats = NDArray[np.float64]

FORCE = 1e-3
"""Largest force on an atom at a minimum, eV/Angstrom, where nothing else is asked for."""
STEPS = 500
"""At most, likewise."""


@dataclass(frozen=True, eq=False)
class RelaxedGeometry:
    """Where a relaxation ended.

    Args:
        positions: (atoms, 3), Angstrom.
        forces: (atoms, 3) there, eV/Angstrom.
        energies: at the start and at the end, eV.
        largest_forces: on an atom, likewise, eV/Angstrom.
        steps: that it took.
        converged: whether the largest force is as small as asked.
        grade: largest extrapolation grade of an atom at the end; None where the model does not know where its data end.
    """

    positions: Floats
    forces: Floats
    energies: tuple[float, float]
    largest_forces: tuple[float, float]
    steps: int
    converged: bool
    grade: float | None


def relax_exactly(
    model: ForceField | Ensemble, numbers: Elements, positions: Floats, *, force: float = FORCE, steps: int = STEPS
) -> RelaxedGeometry:
    """Return the minimum near a geometry, found by BFGS.

    Args:
        model: a model or an ensemble.
        numbers: (atoms,) atomic numbers, or symbols of the elements.
        positions: (atoms, 3), Angstrom.
        force: largest force on an atom at the end, eV/Angstrom.
        steps: at most.

    Raises:
        QffcError: for numbers out of range, and atoms that do not fit the model.

    Example:
        >>> from qffc.models.files.model_file import load_model
        >>> water = np.array([[0.0, 0.0, 0.12], [0.0, 0.8, -0.48], [0.0, -0.8, -0.48]])
        >>> found = relax_exactly(load_model("trained:water"), ["O", "H", "H"], water)
        >>> found.converged, bool(found.energies[1] < found.energies[0])
        (True, True)
    """
    if not (np.isfinite(force) and force > 0 and steps > 0):
        raise error(
            "relaxation without an end",
            found=f"a largest force of {force:g} eV/Angstrom, {steps} steps",
            expected="numbers above zero",
            help="1 meV/Angstrom suits most; vibrations want 0.1",
        )
    atoms = Atoms(elements_of(numbers), positions_of(positions), calculator=Calculator(model))
    energy, largest = atoms.get_potential_energy(), _largest(atoms)  # type: ignore[no-untyped-call]  # of ASE
    optimiser = BFGS(atoms, logfile=None)
    optimiser.attach(lambda: tell("relaxing, step", optimiser.nsteps, steps))  # type: ignore[no-untyped-call]  # of ASE
    converged = bool(optimiser.run(fmax=force, steps=steps))  # type: ignore[no-untyped-call]  # of ASE
    tell("")
    grade = atoms.calc.results.get("extrapolation_grade")
    return RelaxedGeometry(
        atoms.get_positions(),  # type: ignore[no-untyped-call]  # of ASE
        atoms.get_forces(),  # type: ignore[no-untyped-call]  # of ASE
        (float(energy), float(atoms.get_potential_energy())),  # type: ignore[no-untyped-call]  # of ASE
        (largest, _largest(atoms)),
        int(optimiser.nsteps),
        converged,
        None if grade is None else float(grade),
    )


def _largest(atoms: Atoms) -> float:
    return float(np.linalg.norm(atoms.get_forces(), axis=1).max())  # type: ignore[no-untyped-call]  # of ASE
