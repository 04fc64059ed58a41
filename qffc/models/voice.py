"""What one model says of atoms: the part of a calculator that knows which way a model is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from qffc.ir.declarations import AtomicReadout
from qffc.ir.diagnostics import error
from qffc.ir.program import Program
from qffc.models.circuits.neighbours import reach, reach_in_cells
from qffc.models.energies_of_atoms import energies_of_atoms
from qffc.models.force_field import ForceField
from qffc.models.moving_atoms import MovingAtoms, NeighbourCounts
from qffc.models.uncertainty.heads import has_heads
from qffc.models.validity.limits import has_limits

Floats = NDArray[np.float64]

ENERGIES, STRESS = "energies", "stress"
"""Properties of ASE that some models have."""


@dataclass(frozen=True, eq=False)
class Said:
    """What a model says of atoms.

    Args:
        energy: eV.
        forces: (atoms, 3), eV/Angstrom.
        grades: (atoms,) extrapolation grades; None where the model does not know them.
        energies: (atoms,) eV; None where the energy is no sum over atoms, or they were not asked for.
        virial: (3, 3) the derivative of the energy by strain, eV, the stress tensor times the volume; None without
            periodic boundaries.
        deviations: of the energy, eV, and of the forces on atoms (atoms,), eV/Angstrom; None where they were not asked
            for.
    """

    energy: float
    forces: Floats
    grades: Floats | None = None
    energies: Floats | None = None
    virial: Floats | None = None
    deviations: tuple[float, Floats] | None = None


class Voice:
    """One model of a calculator.

    Args:
        model: the model.
        skin: how much further neighbours are listed than they count, Angstrom.
        precision: bits of the numbers inside, for models that list neighbours.
    """

    def __init__(self, model: ForceField, skin: float, precision: int) -> None:
        self.model, self._skin, self._precision = model, skin, precision
        self.local = reach(model.program) is not None
        self.by_atom = isinstance(model.program.readout, AtomicReadout)
        self._moving: MovingAtoms | None = None

    @property
    def counts(self) -> NeighbourCounts | None:
        """What the list of neighbours holds; None before the first step, and where every atom counts."""
        return None if self._moving is None else self._moving.counts

    def predict(self, atoms: Atoms, *, energies: bool = False, deviations: bool = False) -> Said:
        """Return what the model says.

        Args:
            atoms: in a vacuum or in a cell.
            energies: whether those of atoms are wanted; where they cost nothing they are there anyway.
            deviations: whether these are wanted, where the model knows them.

        Raises:
            QffcError: when the atoms are periodic and the model has no cutoff, or they do not fit it.
        """
        known, unsure = has_limits(self.model.arrays), deviations and has_heads(self.model.arrays)
        if not self.local:
            if np.any(atoms.pbc):
                reach_in_cells(self.model.program)
            frame = atoms.positions[None]
            found, forces = self.model.predict(atoms.numbers, frame)
            grades = self.model.extrapolation_grade(atoms.numbers, frame)[0] if known else None
            own = energies_of_atoms(self.model, atoms.numbers, frame)[0] if energies and self.by_atom else None
            apart = self._deviations(atoms.numbers, frame) if unsure else None
            return Said(float(found[0]), forces[0], grades, own, deviations=apart)
        periodic = tuple(map(bool, atoms.pbc))
        moving = self._moving
        if moving is None or moving.periodic != periodic or not np.array_equal(moving.numbers, atoms.numbers):
            moving = self._moving = MovingAtoms(self.model, atoms.numbers, self._skin, self._precision, periodic)
        energy, pull = moving.predict(atoms.positions, atoms.cell.array if any(periodic) else None)
        apart = moving.deviations() if unsure else None
        return Said(energy, pull, moving.grades if known else None, moving.energies, moving.virial, apart)

    def _deviations(self, numbers: NDArray[np.integer], frame: Floats) -> tuple[float, Floats]:
        energies, forces = self.model.deviations(numbers, frame)
        return float(energies[0]), forces[0]

    def hessian(self, atoms: Atoms) -> Floats:
        """Return the Hessian (3 atoms, 3 atoms), eV/Angstrom^2, in 64 bits.

        Raises:
            QffcError: when the atoms are periodic, or do not fit the model.
        """
        if np.any(atoms.pbc):
            raise error(
                "Hessian of periodic atoms",
                found=f"periodic boundaries {atoms.pbc.tolist()}",
                expected="a molecule in a vacuum",
                help="set atoms.pbc = False for an isolated molecule, or take differences of forces: ase.vibrations",
            )
        return self.model.hessian(atoms.numbers, atoms.positions)


def why_not(name: str, programs: Sequence[Program], *, periodic: bool = True) -> str | None:
    """Return why models of these programs have no such property of ASE; None where they have it, or who knows.

    Args:
        name: ``energies`` or ``stress``; nothing is known of others.
        programs: of the models that are asked together.
        periodic: whether the atoms are.

    Example:
        >>> from qffc.library import load
        >>> why_not("energies", [load("pair")])
        >>> print(why_not("energies", [load("sivqlm-h2o", depth=1)]))
        'sivqlm-h2o' has no atomic_energy as its readout, so its energy is no sum of energies of atoms
    """
    whole = [program.name for program in programs if not isinstance(program.readout, AtomicReadout)]
    if name in (ENERGIES, STRESS) and whole:
        return f"'{whole[0]}' has no atomic_energy as its readout, so its energy is no sum of energies of atoms"
    endless = [program.name for program in programs if reach(program) is None]
    if name == STRESS and endless:
        return f"in '{endless[0]}' every atom counts, so it has no periodic systems; a stress needs a cutoff"
    if name == STRESS and not periodic:
        return "a stress needs periodic boundaries, and a cell with three vectors"
    return None


def mean_of(parts: list[Floats | None]) -> Floats | None:
    """Return the mean of what several models say; None where one of them does not say it.

    Example:
        >>> mean_of([np.zeros(2), np.ones(2)]), mean_of([np.zeros(2), None])
        (array([0.5, 0.5]), None)
    """
    said = [part for part in parts if part is not None]
    if len(said) < len(parts):
        return None
    return said[0] if len(said) == 1 else np.mean(said, axis=0)
