"""Molecular dynamics in pieces: a trajectory on disk that goes on where it was stopped, and stops where bonds break."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase import Atoms, units
from ase.io.trajectory import Trajectory
from ase.md.langevin import Langevin
from ase.md.velocitydistribution import Stationary, ZeroRotation, thermalize_momenta
from ase.md.verlet import VelocityVerlet

from benchmarks.forcefields.topology import bond_lengths

BROKEN = 1.5
"""A bond that is longer than this multiple of its length is broken."""


@dataclass(frozen=True)
class Plan:
    """What to run.

    Args:
        step: fs.
        every: steps from one frame of the trajectory to the next.
        frames: of the trajectory, the first one aside.
        temperature: of the Langevin thermostat, K; None keeps the energy.
        friction: of the thermostat, 1/fs.
        seed: of the thermostat's noise.
    """

    step: float
    every: int
    frames: int
    temperature: float | None
    friction: float = 0.01
    seed: int = 0

    def time(self, frame: int) -> float:
        """The time of a frame, ps."""
        return frame * self.every * self.step / 1000.0


@dataclass(frozen=True)
class Bonds:
    """Which bonds must hold: (i, j), with their usual lengths in Angstrom."""

    pairs: list[tuple[int, int]]
    lengths: np.ndarray

    def broken(self, atoms: Atoms) -> str | None:
        """Return words about the worst bond of a frame, or None when all hold."""
        if not np.all(np.isfinite(atoms.positions)):
            return "positions that are not finite"
        found = bond_lengths(atoms.positions[None], self.pairs)[0]
        worst = int(np.argmax(found / self.lengths))
        if found[worst] <= BROKEN * self.lengths[worst]:
            return None
        names = "-".join(f"{atoms.symbols[atom]}{atom}" for atom in self.pairs[worst])
        return f"{names} of {found[worst]:.2f} Å, usually {self.lengths[worst]:.2f} Å"


def thermal_start(atoms: Atoms, temperature: float, seed: int) -> Atoms:
    """Return a copy with velocities of that temperature, at rest as a whole."""
    started = atoms.copy()
    thermalize_momenta(started, temperature_K=temperature, rng=np.random.default_rng([seed, 0]))
    Stationary(started)
    ZeroRotation(started)
    return started


def simulate(
    start: Callable[[], Atoms], calculator: object, plan: Plan, bonds: Bonds, path: Path
) -> Iterator[tuple[int, str | None]]:
    """Run what is left of a plan, frame by frame; each frame is on disk when it is told.

    The noise of the thermostat is drawn anew for each frame from its number, so that a run that was stopped goes on as
    if it had not been.

    Args:
        start: the first frame with its velocities, where nothing is on disk yet.
        calculator: of ASE.
        plan: what to run.
        bonds: which must hold; the run ends at the first that does not.
        path: the trajectory of ASE.

    Yields:
        The number of the frame, from 0 or from the last one on disk on, and what is wrong with it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    atoms, frame = _last_frame(path)
    with Trajectory(path, "a") as trajectory:
        if atoms is None:
            atoms = start()
            atoms.calc = calculator
            _write(trajectory, atoms)
        atoms.calc = calculator
        wrong = bonds.broken(atoms)
        yield frame, wrong
        while frame < plan.frames and wrong is None:
            frame += 1
            _dynamics(atoms, plan, frame).run(plan.every)
            _write(trajectory, atoms)
            wrong = bonds.broken(atoms)
            yield frame, wrong


def _dynamics(atoms: Atoms, plan: Plan, frame: int) -> Langevin | VelocityVerlet:
    if plan.temperature is None:
        return VelocityVerlet(atoms, plan.step * units.fs)
    return Langevin(
        atoms,
        plan.step * units.fs,
        temperature_K=plan.temperature,
        friction=plan.friction / units.fs,
        fixcm=False,  # the thermostat of ASE that holds the centre does not sample the temperature exactly
        rng=np.random.default_rng([plan.seed, 1, frame]),
    )


def _write(trajectory: Trajectory, atoms: Atoms) -> None:
    atoms.get_forces()
    trajectory.write(atoms)


def _last_frame(path: Path) -> tuple[Atoms | None, int]:
    if not path.exists() or not path.stat().st_size:
        return None, 0
    with Trajectory(path) as trajectory:
        count = len(trajectory)
        return (trajectory[-1], count - 1) if count else (None, 0)
