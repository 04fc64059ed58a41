"""Reference energies of atoms: what a composition explains of the energies of molecules."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qffc.data import Dataset
from qffc.ir.program import Program
from qffc.models.instances import species_of

Floats = NDArray[np.float64]


def fitted_atom_energies(program: Program, sets: Sequence[Dataset]) -> Floats:
    """Return the energies of atoms whose sums are nearest to the energies of molecules: least squares over all frames.

    Where the compositions leave them open, as one molecule does, the solution of smallest norm is taken; it explains
    the mean energies, but says nothing of free atoms.

    Args:
        program: has the species.
        sets: frames, a set for each molecule.

    Returns:
        (species,), eV; 0 for a species that no molecule has.

    Example:
        >>> from qffc.data import load_embedded
        >>> from qffc.library import load
        >>> fitted_atom_energies(load("pair"), [load_embedded("water")]).round(3)
        array([-415.081, -830.162])
    """
    counts = np.stack([_composition(program, data) for data in sets])
    means = np.array([float(data.energies.mean()) for data in sets])
    if len({tuple(row) for row in counts}) == 1:
        mean = float(np.average(means, weights=[len(data) for data in sets]))
        return np.asarray(counts[0] * mean / float(counts[0] @ counts[0]))
    weights = np.sqrt([len(data) for data in sets])
    energies: Floats = np.linalg.lstsq(counts * weights[:, None], means * weights, rcond=1e-10)[0]
    return energies


def spread_about(program: Program, atom_energies: Floats, sets: Sequence[Dataset]) -> float:
    """Return the root mean square of what reference energies leave of the energies of frames, eV.

    Args:
        program: has the species.
        atom_energies: (species,), eV.
        sets: frames, a set for each molecule.
    """
    if len(sets) == 1:
        return float(sets[0].energies.std())
    left = [data.energies - float(_composition(program, data) @ atom_energies) for data in sets]
    return float(np.sqrt(np.mean(np.concatenate(left) ** 2)))


def _composition(program: Program, data: Dataset) -> Floats:
    """How many atoms of each species a molecule has."""
    return np.bincount(species_of(program, data.numbers), minlength=len(program.species)).astype(float)
