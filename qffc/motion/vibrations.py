"""Harmonic vibrations of a molecule: frequencies, normal modes and zero-point energy, by the analysis of ASE.

Translations and rotations are projected out of the Hessian; how far they were from zero frequency is told: at a minimum
of an energy that no turn changes they are at zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms, units
from ase.data import atomic_masses
from ase.vibrations.data import VibrationsData
from numpy.typing import NDArray

from qffc.ir.diagnostics import error
from qffc.models.ensemble import Ensemble
from qffc.models.force_field import ForceField
from qffc.models.given.atoms_given import Elements, elements_of, positions_of
from qffc.motion.hessians import forces_at, hessian_of

Floats = NDArray[np.float64]

_RANK = 1e-4
"""Of the largest singular value: a rotation about the axis of a linear molecule moves nothing."""


@dataclass(frozen=True, eq=False)
class HarmonicVibrations:
    """Vibrations at a geometry.

    Args:
        numbers: (atoms,) atomic numbers.
        positions: (atoms, 3), Angstrom.
        frequencies: (modes,), 1/cm, from the lowest on; negative ones stand for imaginary ones.
        modes: (modes, atoms, 3), displacements of length 1 over all atoms.
        zero_point_energy: eV, of the real frequencies.
        largest_rigid: largest frequency of a translation or rotation before the projection, 1/cm.
        largest_force: on an atom, eV/Angstrom: at a minimum there is none.
    """

    numbers: NDArray[np.integer]
    positions: Floats
    frequencies: Floats
    modes: Floats
    zero_point_energy: float
    largest_rigid: float
    largest_force: float

    @property
    def imaginary(self) -> int:
        """How many frequencies are imaginary: none at a minimum, one at a saddle point."""
        return int(np.sum(self.frequencies < 0))


def harmonic_vibrations(model: ForceField | Ensemble, numbers: Elements, positions: Floats) -> HarmonicVibrations:
    """Return the harmonic vibrations of a molecule.

    Args:
        model: a model or an ensemble.
        numbers: (atoms,) atomic numbers, or symbols of the elements.
        positions: (atoms, 3), Angstrom, of a minimum or a saddle point, in any orientation.

    Raises:
        QffcError: for a single atom, and atoms that do not fit the model.

    Example:
        >>> from qffc.models.files.model_file import load_model
        >>> water = np.array([[0.0, 0.0, 0.12], [0.0, 0.76, -0.48], [0.0, -0.76, -0.48]])
        >>> len(harmonic_vibrations(load_model("trained:water"), ["O", "H", "H"], water).frequencies)
        3
    """
    kinds, where = elements_of(numbers), positions_of(positions)
    if len(kinds) < 2:
        raise error(
            "vibrations of a single atom",
            found=f"{len(kinds)} atom",
            expected="a molecule",
            help="give the geometry of a molecule",
        )
    force = forces_at(model, kinds, where)
    roots = np.repeat(np.sqrt(atomic_masses[kinds]), 3)
    weighted = hessian_of(model, kinds, where) / np.outer(roots, roots)
    rigid = _rigid_motions(kinds, where)
    left = np.linalg.eigvalsh(rigid.T @ weighted @ rigid)
    inside = np.eye(len(roots)) - rigid @ rigid.T
    projected = (inside @ weighted @ inside) * np.outer(roots, roots)
    data = VibrationsData.from_2d(Atoms(kinds, where), projected)
    energies, modes = data.get_energies_and_modes(all_atoms=True)
    frequencies = np.real(energies) - np.imag(energies)
    # What was projected out has no frequency at all.
    own = np.sort(np.argsort(np.abs(frequencies))[rigid.shape[1] :])
    lengths = np.linalg.norm(modes[own].reshape(len(own), -1), axis=1)
    return HarmonicVibrations(
        kinds,
        where,
        frequencies[own] / units.invcm,
        modes[own] / lengths[:, None, None],
        float(0.5 * np.sum(frequencies[own][frequencies[own] > 0])),
        float(np.sqrt(np.abs(left).max()) * units._hbar * 1e10 / np.sqrt(units._e * units._amu) / units.invcm),
        float(np.linalg.norm(force, axis=1).max()),
    )


def _rigid_motions(numbers: NDArray[np.integer], positions: Floats) -> Floats:
    """Orthonormal translations and rotations in mass-weighted coordinates, (3 atoms, 6), or 5 of a linear molecule."""
    masses = atomic_masses[numbers]
    about = positions - masses @ positions / masses.sum()
    roots = np.sqrt(masses)[:, None]
    axes = np.eye(3)
    motions = [roots * axis for axis in axes] + [roots * np.cross(axis, about) for axis in axes]
    vectors, sizes, _ = np.linalg.svd(np.stack([motion.reshape(-1) for motion in motions], axis=1), full_matrices=False)
    found: Floats = vectors[:, sizes > _RANK * sizes[0]]
    return found
