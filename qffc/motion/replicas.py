"""Replicas of a molecule in motion: where they are, how fast, and what pulls at them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms, units
from ase.data import atomic_masses
from ase.md.velocitydistribution import Stationary, ZeroRotation
from numpy.typing import NDArray

from qffc.ir.diagnostics import error
from qffc.motion.settings import DynamicsSettings

Floats = NDArray[np.float64]

_STRAIGHT = 1e-4
"""Least moment of inertia of a bent molecule, as a part of the largest."""


@dataclass(eq=False)
class Replicas:
    """What changes from step to step; everything is changed in place. Velocities are in the units of ASE.

    Args:
        masses: (atoms,), atomic mass units.
        freedoms: degrees of freedom that have a temperature.
        positions: (replicas, atoms, 3), Angstrom.
        velocities: the same shape.
        forces: the same shape, eV/Angstrom.
        energies: (replicas,), eV, potential.
        grades: (replicas,), largest extrapolation grade of an atom.
        deviations: (replicas,), largest deviation of the force on an atom in an ensemble, eV/Angstrom.
        heat: (replicas,), what the thermostat has given, eV.
    """

    masses: Floats
    freedoms: int
    positions: Floats
    velocities: Floats
    forces: Floats
    energies: Floats
    grades: Floats
    deviations: Floats
    heat: Floats

    @property
    def kinetic(self) -> Floats:
        """(replicas,), eV."""
        energy: Floats = 0.5 * np.einsum("rax,a->r", self.velocities**2, self.masses)
        return energy

    @property
    def temperatures(self) -> Floats:
        """(replicas,), kelvin."""
        return 2 * self.kinetic / (self.freedoms * units.kB)

    @property
    def conserved(self) -> Floats:
        """(replicas,), eV: what exact steps would keep, total energies without the heat of the thermostat."""
        return self.energies + self.kinetic - self.heat


def replicas_at(numbers: NDArray[np.integer], positions: Floats, settings: DynamicsSettings) -> Replicas:
    """Return replicas at one geometry, with thermal velocities that neither carry the molecule away nor turn it.

    Without a thermostat their temperature is what was asked for to the last digit, else drawn.

    Args:
        numbers: (atoms,) atomic numbers.
        positions: (atoms, 3), Angstrom, in any orientation.
        settings: replicas, temperature, thermostat and seed.

    Raises:
        QffcError: for a single atom, which has no motion of its own.

    Example:
        >>> water = np.array([[0.0, 0.0, 0.12], [0.0, 0.76, -0.48], [0.0, -0.76, -0.48]])
        >>> moving = replicas_at(np.array([8, 1, 1]), water, DynamicsSettings(thermostat="none", replicas=2))
        >>> moving.freedoms, moving.temperatures.round(6).tolist()
        (3, [300.0, 300.0])
    """
    count = len(numbers)
    if count < 2:
        raise error(
            "dynamics of a single atom",
            found=f"{count} atom",
            expected="a molecule, whose atoms move against each other",
            help="give the geometry of a molecule",
        )
    where = np.repeat(np.asarray(positions, np.float64)[None], settings.replicas, axis=0)
    zeros = np.zeros(settings.replicas)
    masses = np.array(atomic_masses[np.asarray(numbers)])
    fixed = 3 if settings.thermostat == "langevin" else 5 if _straight(numbers, positions) else 6
    found = Replicas(
        masses,
        3 * count - fixed,
        where,
        np.zeros_like(where),
        np.zeros_like(where),
        *(zeros.copy() for _ in range(4)),
    )
    for number, seed in enumerate(np.random.SeedSequence(settings.seed).spawn(settings.replicas)):
        found.velocities[number] = _velocities(numbers, where[number], settings.temperature, seed)
    if settings.thermostat == "none":
        found.velocities *= np.sqrt(settings.temperature / found.temperatures)[:, None, None]
    return found


def _velocities(
    numbers: NDArray[np.integer], positions: Floats, temperature: float, seed: np.random.SeedSequence
) -> Floats:
    atoms = Atoms(numbers, positions)
    masses = atoms.get_masses()[:, None]
    drawn = np.random.default_rng(seed).normal(size=positions.shape)
    atoms.set_momenta(drawn * np.sqrt(masses * units.kB * temperature))  # type: ignore[no-untyped-call]  # of ASE
    Stationary(atoms, preserve_temperature=False)
    ZeroRotation(atoms, preserve_temperature=False)
    found: Floats = atoms.get_velocities()  # type: ignore[no-untyped-call]  # of ASE
    return found


def _straight(numbers: NDArray[np.integer], positions: Floats) -> bool:
    moments = Atoms(numbers, positions).get_moments_of_inertia()  # type: ignore[no-untyped-call]  # of ASE
    return bool(moments.min() < _STRAIGHT * moments.max())
