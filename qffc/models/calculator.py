"""A trained model as a calculator of the Atomic Simulation Environment (ASE)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ase import Atoms
from ase.calculators import calculator as ase_calculator
from numpy.typing import NDArray

from qffc.ir.diagnostics import error
from qffc.models.force_field import ForceField
from qffc.models.moving_atoms import MovingAtoms, NeighbourCounts
from qffc.models.neighbours import reach


class Calculator(ase_calculator.Calculator):
    """Energies (eV) and forces (eV/Angstrom) of isolated molecules.

    The functions are compiled at the first call for a molecule and kept by the model. Where every neighbour leaves at
    a cutoff, as in ``lib:pair``, circuits are run for neighbours only: a step costs in proportion to the number of
    atoms.

    Args:
        model: a trained model.
        skin: how much further neighbours are listed than they count, Angstrom: the list is made anew when an atom has
            moved by half of it. ``neighbours`` tells what the list holds.
        precision: bits of the numbers inside, 64 or 32, for models that list neighbours; see
            :class:`qffc.models.moving_atoms.MovingAtoms`.

    Raises:
        QffcError: on calculation, when the atoms are periodic or do not fit the model.

    Example:
        >>> from ase.build import molecule
        >>> from qffc.library import load
        >>> from qffc.models.force_field import untrained
        >>> water = molecule("H2O")
        >>> water.calc = Calculator(untrained(load("sivqlm-h2o", depth=1), seed=0))
        >>> water.get_forces().shape
        (3, 3)
    """

    implemented_properties = ["energy", "free_energy", "forces"]

    def __init__(self, model: ForceField, skin: float = 0.5, precision: int = 64) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # of ASE
        self.model = model
        self.skin = skin
        self.precision = precision
        self._local = reach(model.program) is not None
        self._moving: MovingAtoms | None = None

    @property
    def neighbours(self) -> NeighbourCounts | None:
        """What the list of neighbours holds; None before the first step, and where every atom counts."""
        return None if self._moving is None else self._moving.counts

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = tuple(ase_calculator.all_changes),
    ) -> None:
        """Compute energy and forces together; called by ASE."""
        super().calculate(atoms, properties, system_changes)  # type: ignore[no-untyped-call]  # of ASE
        molecule = _isolated(self.atoms)
        energy, forces = self._predict(molecule)
        # A molecule has no electronic smearing here, so the two energies that ASE knows are one.
        self.results = {"energy": energy, "free_energy": energy, "forces": np.array(forces)}

    def _predict(self, molecule: Atoms) -> tuple[float, NDArray[np.float64]]:
        if not self._local:
            energies, forces = self.model.predict(molecule.numbers, molecule.positions[None])
            return float(energies[0]), forces[0]
        if self._moving is None or not np.array_equal(self._moving.numbers, molecule.numbers):
            self._moving = MovingAtoms(self.model, molecule.numbers, self.skin, self.precision)
        return self._moving.predict(molecule.positions)


def _isolated(atoms: Atoms | None) -> Atoms:
    if atoms is None:
        raise error(
            "calculator without atoms",
            found="no atoms",
            expected="a molecule",
            help="set atoms.calc to the calculator and ask the atoms",
        )
    if np.any(atoms.pbc):
        raise error(
            "periodic systems are not supported",
            found=f"periodic boundaries {atoms.pbc.tolist()}",
            expected="a molecule in a vacuum",
            help="set atoms.pbc = False for an isolated molecule; periodic images are refused, never ignored",
        )
    return atoms
