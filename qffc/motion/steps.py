"""Steps of dynamics in NumPy, by any forces; what the native loop does in C++, and the tests compare the two.

A step is velocity Verlet; or BAOAB, with friction and noise between two half drifts; or velocity Verlet after a
stochastic velocity rescaling, Bussi's thermostat.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt

import numpy as np
from ase import units
from numpy.typing import NDArray

from qffc.motion.replicas import Replicas
from qffc.motion.settings import DynamicsSettings, Thermostat

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Coefficients:
    """Numbers of a step, in the units of ASE.

    Args:
        thermostat: its kind.
        step: of time.
        kept: of velocities after friction (Langevin), or of the kinetic energy (Bussi).
        spread: of the noise in a step, over the root of a mass.
        thermal: mean kinetic energy, eV.
        freedoms: degrees of freedom.
    """

    thermostat: Thermostat
    step: float
    kept: float
    spread: float
    thermal: float
    freedoms: int


def coefficients(settings: DynamicsSettings, freedoms: int) -> Coefficients:
    """Return the numbers of a step.

    Args:
        settings: step, thermostat, temperature and friction.
        freedoms: degrees of freedom.

    Example:
        >>> round(coefficients(DynamicsSettings(friction=0.02), 3).kept, 6)
        0.99005
    """
    kept = exp(-settings.friction * settings.step)
    warm = units.kB * settings.temperature
    return Coefficients(
        settings.thermostat,
        settings.step * units.fs,
        kept,
        sqrt(warm * (1 - kept**2)),
        0.5 * freedoms * warm,
        freedoms,
    )


def before_forces(moving: Replicas, own: Coefficients, noise: Floats | None) -> None:
    """Do what comes before the forces of a step, in place.

    Args:
        moving: the replicas, with the forces of the step before.
        own: numbers of the step.
        noise: (replicas, ...) of this step; None without a thermostat.
    """
    if own.thermostat == "bussi":
        assert noise is not None
        _rescale(moving, own, noise)
    after_forces(moving, own)
    if own.thermostat != "langevin":
        moving.positions += own.step * moving.velocities
        return
    assert noise is not None
    moving.positions += own.step / 2 * moving.velocities
    _mix(moving, own, noise)
    moving.positions += own.step / 2 * moving.velocities


def after_forces(moving: Replicas, own: Coefficients) -> None:
    """Change velocities by half a step of the forces, in place."""
    moving.velocities += own.step / 2 * moving.forces / moving.masses[:, None]


def _rescale(moving: Replicas, own: Coefficients, noise: Floats) -> None:
    """Equation A7 of Bussi, Donadio and Parrinello."""
    kinetic, (one, others) = moving.kinetic, noise.T
    term = (1 - own.kept) * own.thermal / kinetic / own.freedoms
    squared = own.kept + term * (others + one**2) + 2 * one * np.sqrt(own.kept * term)
    moving.velocities *= np.sqrt(squared)[:, None, None]
    moving.heat += (squared - 1) * kinetic


def _mix(moving: Replicas, own: Coefficients, noise: Floats) -> None:
    """Friction and noise, which has no net momentum: the molecule stays where it is."""
    before, masses = moving.kinetic, moving.masses
    kicks = own.spread / np.sqrt(masses)[:, None] * noise
    kicks -= np.einsum("a,rax->rx", masses, kicks)[:, None] / masses.sum()
    moving.velocities *= own.kept
    moving.velocities += kicks
    moving.heat += moving.kinetic - before
