"""What dynamics are asked for: a time step, a thermostat (NVT) or none (NVE), replicas, when a frame is written."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Literal, get_args

from qffc.ir.diagnostics import error, quoted
from qffc.ir.plain_numbers import bits_of

Thermostat = Literal["none", "langevin", "bussi"]


@dataclass(frozen=True)
class DynamicsSettings:
    """All that a trajectory depends on beside the model and the start; times in femtoseconds.

    Args:
        thermostat: ``none`` keeps the energy (velocity Verlet); ``langevin`` is BAOAB (Leimkuhler and Matthews, J.
            Chem. Phys. 138, 174102 (2013)), with noise of no net momentum; ``bussi`` rescales velocities at random
            (Bussi, Donadio and Parrinello, J. Chem. Phys. 126, 014101 (2007)).
        temperature: kelvin; without a thermostat that of the first velocities.
        step: of time.
        friction: of Langevin, per femtosecond; its inverse is the time constant of Bussi's thermostat.
        seed: what reproduces the first velocities and the noise.
        replicas: molecules that move side by side.
        every: steps from one frame of the trajectory to the next.
        precision: bits of the numbers inside energies and forces, 64 or 32; positions and velocities have 64.
        skin: of the lists of neighbours, Angstrom.

    Raises:
        QffcError: for numbers out of range.

    Example:
        >>> DynamicsSettings(thermostat="bussi").temperature
        300.0
    """

    thermostat: Thermostat = "langevin"
    temperature: float = 300.0
    step: float = 0.5
    friction: float = 0.01
    seed: int = 0
    replicas: int = 1
    every: int = 10
    precision: int = 32
    skin: float = 0.5

    def __post_init__(self) -> None:
        if self.thermostat not in get_args(Thermostat):
            raise error(
                "unknown thermostat",
                found=f"'{self.thermostat}'",
                expected=f"one of {quoted(get_args(Thermostat))}",
                help="'langevin' suits most: it reaches the temperature from any start",
            )
        bits_of(self.precision)
        positive = {"temperature": self.temperature, "step": self.step, "friction": self.friction, "skin": self.skin}
        counts = {"replicas": self.replicas, "every": self.every}
        wrong = [name for name, value in positive.items() if not (isfinite(value) and value > 0)]
        wrong += [name for name, value in counts.items() if value < 1]
        if self.seed < 0:
            wrong.append("seed")
        if wrong:
            raise error(
                "setting of dynamics out of range",
                found=", ".join(f"{name} = {getattr(self, name)}" for name in wrong),
                expected="numbers above zero, and a seed of 0 or more",
                help="300 K, 0.5 fs and a friction of 0.01 per fs suit small molecules",
            )


@dataclass(frozen=True)
class Limits:
    """Where dynamics stop because the model does not know enough.

    Args:
        grade: largest extrapolation grade of an atom; None for any.
        deviation: largest deviation of the force on an atom, between the models of an ensemble or the heads of a model
            with uncertainty, eV/Angstrom; likewise.
    """

    grade: float | None = None
    deviation: float | None = None
