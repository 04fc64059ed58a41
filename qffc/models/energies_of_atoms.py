"""Energies of atoms: what the energy of a model is a sum of, where it is one."""

from __future__ import annotations

from collections.abc import Mapping

import jax
import numpy as np
from numpy.typing import ArrayLike, NDArray

from qffc.ir.declarations import AtomicReadout
from qffc.ir.diagnostics import error
from qffc.models.circuits.instances import instances_of, species_of
from qffc.models.energy import MoleculeEnergy
from qffc.models.force_field import ForceField
from qffc.models.given.atoms_given import Elements, frames_of
from qffc.models.molecule_circuits import ATOM_ENERGY
from qffc.passes.lower_jax.double_precision import in_double_precision


@in_double_precision
def energies_of_atoms(model: ForceField, numbers: Elements, positions: ArrayLike) -> NDArray[np.float64]:
    """Return the energies of the atoms of geometries of one molecule, reference energies included.

    Their sum is the energy. How it is shared among the atoms is the model's own matter: training fits sums alone.

    Args:
        model: a force field with an atomic readout.
        numbers: (atoms,) atomic numbers, or symbols of the elements.
        positions: (frames, atoms, 3), Angstrom.

    Returns:
        (frames, atoms), eV.

    Raises:
        QffcError: when the energy is no sum over atoms, the molecule does not fit, or a position is not finite.

    Example:
        >>> from qffc.library import load
        >>> from qffc.models.force_field import untrained
        >>> water = np.array([[[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]]])
        >>> model = untrained(load("pair"), seed=1)
        >>> parts = energies_of_atoms(model, ["O", "H", "H"], water)
        >>> parts.shape, bool(np.isclose(parts.sum(), model.predict(["O", "H", "H"], water)[0][0]))
        ((1, 3), True)
    """
    if not isinstance(model.program.readout, AtomicReadout):
        raise error(
            "energies of atoms of an energy that is no sum of such",
            found=f"'{model.program.name}', whose readout is no atomic_energy",
            expected="atomic_energy as the readout of the program, as lib:pair and lib:gathered have it",
            help="ask for the energy of the molecule",
        )
    numbers, frames = frames_of(numbers, positions)
    lowered = model.lowered

    def parts(arrays: Mapping[str, jax.Array], r: jax.Array) -> tuple[jax.Array, ...]:
        molecule = MoleculeEnergy(lowered, instances_of(lowered.split.program, numbers))
        return (molecule.parts_and_grades(arrays, r)[0],)

    (found,) = model._run(parts, f"energies of atoms {[int(number) for number in numbers]}", frames)
    return np.asarray(model.arrays[ATOM_ENERGY][species_of(lowered.program, numbers)] + np.asarray(found))
