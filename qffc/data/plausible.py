"""Refuse numbers that no molecule can have: nearly always a wrong unit."""

from __future__ import annotations

import numpy as np

from qffc.data.dataset import Dataset
from qffc.ir.diagnostics import error
from qffc.units import energy_to_ev

LARGEST_MEDIAN_FORCE = 1000.0
"""Largest median length of a force vector (eV/Angstrom); thermal forces are about 1."""

_THOMAS_FERMI_HARTREE = 0.7687
_MARGIN = 2.0


def check_plausible(dataset: Dataset) -> None:
    """Refuse energies and forces that are impossible in the declared units.

    The bound on the energy is twice the Thomas-Fermi energy of the separate atoms, 0.7687 Hartree Z^(7/3) each, which
    exceeds the magnitude of the true all-electron energy of every element. There is no lower bound on the
    magnitude: pseudopotentials and energies of formation make it small. Whether the forces are the gradient of the
    energies is not checked.

    Args:
        dataset: data in eV and Angstrom; its source units are quoted.

    Raises:
        QffcError: the energies or forces are impossible; names the likely cause.

    Example:
        >>> from qffc.data import load_embedded
        >>> check_plausible(load_embedded("water"))
    """
    bound = _MARGIN * energy_to_ev(_THOMAS_FERMI_HARTREE, "Hartree") * float(np.sum(dataset.numbers ** (7.0 / 3.0)))
    frame = int(np.argmax(np.abs(dataset.energies)))
    if abs(dataset.energies[frame]) > bound:
        raise error(
            "impossible energy",
            where=f"energies, frame {frame}",
            found=f"{dataset.energies[frame]:.6g} eV for {dataset.formula}, read as {dataset.source.energy}",
            expected=f"at most {bound:.4g} eV in magnitude, twice what all its electrons can bind",
            help="the unit of energy is probably wrong: is it 'rmd17' (kcal/mol) or 'ase' (eV)?",
        )
    median = float(np.median(np.linalg.norm(dataset.forces, axis=-1)))
    if median > LARGEST_MEDIAN_FORCE:
        raise error(
            "impossible forces",
            where="forces",
            found=f"a median force of {median:.4g} eV/Angstrom, read as {dataset.source.force}",
            expected=f"a median below {LARGEST_MEDIAN_FORCE:g} eV/Angstrom; about 1 is usual",
            help="the unit of force is probably wrong: forces declared per Bohr, or in Hartree, but stored otherwise?",
        )
    # Atoms at the sites of a lattice that is strained have none.
    judged = dataset.has_forces and not dataset.periodic
    if judged and len(dataset) > 1 and np.ptp(dataset.energies) > 0 and not np.any(dataset.forces):
        raise error(
            "all forces are zero",
            where="forces",
            found=f"zeros in all {len(dataset)} frames, although the energies differ",
            expected="the forces that belong to the energies",
            help="forces may have been left out and filled with zeros; compute them, training needs them",
        )
