r"""Langevin dynamics with forces from shots: their noise is a part of the thermostat's random force.

The splitting is ABOBA (Leimkuhler and Matthews, Applied Mathematics Research eXpress 2013, 34 (2013)): half a drift,
half a kick, friction and random force, half a kick, half a drift, with one evaluation of the forces F + xi in the
middle. With momenta y in units of their thermal spread, y = p / sqrt(m k T), h the step and c = exp(-gamma h) the step
in the middle is

    y -> c y + (1 + c) h (F + xi) / 2 sqrt(m k T) + r,

whose random part must have the variance 1 - c^2 for the temperature to be T: the fluctuation-dissipation relation. The
noise xi of the shots is independent from step to step and its covariance Sigma is known, so r is given the rest,

    1 - c^2 - (1 + c)^2 s / 4,      s: eigenvalues of h^2 M^(-1/2) Sigma M^(-1/2) / k T,

direction by direction. Shot noise is nearly Gaussian, being a sum over many circuits; then the trajectories have the
law of exact forces. Where s is so large that nothing is left for r, c becomes (4 - s) / (4 + s): more friction. This is
done by Attaccalite and Sorella (Physical Review Letters 100, 114501 (2008)) for forces of quantum Monte Carlo; here the
noise enters at one place of the splitting alone, so there is no error of order h from it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import units
from numpy.typing import NDArray

from qffc.execution.shot_forces import ForceSource
from qffc.ir.diagnostics import error
from qffc.ir.telling import tell

Floats = NDArray[np.float64]

_LARGEST = 4.0
"""Noise s of a step from which on no friction makes up for it."""


@dataclass(frozen=True)
class Langevin:
    """How molecules move.

    Args:
        temperature: kelvin.
        step: femtoseconds.
        friction: per femtosecond.
        compensate: whether the random force is reduced by the noise of the forces; without it they heat.

    Raises:
        QffcError: when one of them is not a number above zero.
    """

    temperature: float = 300.0
    step: float = 0.5
    friction: float = 0.02
    compensate: bool = True

    def __post_init__(self) -> None:
        for name in ("temperature", "step", "friction"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise error(
                    "setting of dynamics out of range",
                    found=f"{name} = {value}",
                    expected="a number above zero",
                    help="300 K, 0.5 fs and a friction of 0.02 per fs suit small molecules",
                )


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Where molecules went.

    Args:
        positions: (steps + 1, replicas, atoms, 3), Angstrom.
        momenta: the same shape, ASE's units.
        energies: (steps, replicas), from the shots, eV, in the middle of each step.
        noise: (steps,), root mean square of the standard errors of force components, eV/Angstrom.
        friction: (steps,), the largest of a direction, per femtosecond.
        shots: of all circuits together.
        price: in HQC.
        masses: (atoms,), ASE's units.
    """

    positions: Floats
    momenta: Floats
    energies: Floats
    noise: Floats
    friction: Floats
    shots: int
    price: float
    masses: Floats

    @property
    def temperatures(self) -> Floats:
        """(steps + 1, replicas), kinetic, kelvin; all directions of all atoms count."""
        kinetic = (self.momenta**2 / self.masses[:, None]).sum(axis=(2, 3))
        return np.asarray(kinetic / (3 * len(self.masses) * units.kB))

    def mean_temperature(self, start: int = 0) -> tuple[float, float]:
        """Return the mean kinetic temperature from a step on, and its standard error from the spread of the replicas.

        The error is nan for one replica.
        """
        each = self.temperatures[start:].mean(axis=0)
        spread = each.std(ddof=1) / np.sqrt(len(each)) if len(each) > 1 else np.nan
        return float(each.mean()), float(spread)


def run_langevin(
    source: ForceSource,
    positions: Floats,
    masses: Floats,
    settings: Langevin,
    *,
    steps: int,
    seed: int,
    momenta: Floats | None = None,
    standard_error: float | None = None,
) -> Trajectory:
    """Move replicas of a molecule with noisy forces.

    Args:
        source: of the forces.
        positions: (replicas, atoms, 3), Angstrom.
        masses: (atoms,), ASE's units.
        settings: temperature, step and friction.
        steps: how many.
        seed: what reproduces the random forces, and momenta that are not given.
        momenta: (replicas, atoms, 3), ASE's units; drawn for the temperature when left out.
        standard_error: of force components, eV/Angstrom, that the source is asked for.

    Raises:
        QffcError: when the forces are too noisy for the step.
    """
    random = np.random.default_rng(seed)
    where = np.array(positions, dtype=np.float64)
    heavy, thermal = np.repeat(masses, 3), units.kB * settings.temperature
    shape = where.shape
    scale = np.sqrt(heavy * thermal)
    if momenta is None:
        y: Floats = random.normal(size=(len(where), heavy.size))
    else:
        y = np.asarray(momenta, dtype=np.float64).reshape(len(where), -1) / scale
    step = settings.step * units.fs
    kept_positions, kept_momenta = [where.copy()], [(y * scale).reshape(shape)]
    energies: list[Floats] = []
    noise: list[float] = []
    frictions: list[float] = []
    shots, price = 0, 0.0
    for number in range(steps):
        tell("steps of dynamics:", number, steps)
        where = where + (step / 2 * scale / heavy * y).reshape(shape)
        found = source(where, standard_error)
        kick = found.forces.reshape(len(where), -1) * step / 2 / scale
        covariance = found.covariances * step**2 / np.outer(scale, scale)
        y, friction = _middle(y, kick, covariance, settings, random)
        where = where + (step / 2 * scale / heavy * y).reshape(shape)
        kept_positions.append(where.copy())
        kept_momenta.append((y * scale).reshape(shape))
        energies.append(found.energies)
        noise.append(float(np.sqrt(np.einsum("raa->", found.covariances) / heavy.size / len(where))))
        frictions.append(friction)
        shots, price = shots + found.shots, price + found.price
    tell("")
    return Trajectory(
        np.array(kept_positions),
        np.array(kept_momenta),
        np.array(energies),
        np.array(noise),
        np.array(frictions),
        shots,
        price,
        np.asarray(masses, dtype=np.float64),
    )


def _middle(
    y: Floats, kick: Floats, covariance: Floats, settings: Langevin, random: np.random.Generator
) -> tuple[Floats, float]:
    """Kick, friction, random force and kick; and the largest friction, per femtosecond.

    Args:
        y: (replicas, directions), momenta in units of their thermal spread.
        kick: the same shape, of half a step.
        covariance: (replicas, directions, directions), of the noise of the kick of a whole step.
        settings: temperature, step and friction.
        random: where random forces come from.
    """
    usual = np.exp(-settings.friction * settings.step)
    draws = random.normal(size=y.shape)
    if not settings.compensate:
        return usual * (y + kick) + np.sqrt(1 - usual**2) * draws + kick, settings.friction
    size, axes = np.linalg.eigh(covariance)
    size = np.maximum(size, 0.0)
    if size.max() >= _LARGEST:
        raise error(
            "forces too noisy for the step",
            found=f"noise of {np.sqrt(size.max()):.2g} times the thermal momenta in a step of {settings.step:g} fs",
            expected=f"less than {np.sqrt(_LARGEST):g}: no friction makes up for more",
            help="take more shots, or a shorter step",
        )
    kept = np.minimum(usual, (4 - size) / (4 + size))
    rest = np.sqrt(np.maximum(1 - kept**2 - (1 + kept) ** 2 * size / 4, 0.0))
    inside = np.einsum("rji,rj->ri", axes, y + kick)
    moved = np.einsum("rij,rj->ri", axes, kept * inside + rest * draws) + kick
    return moved, float(-np.log(max(kept.min(), 1e-300)) / settings.step)
