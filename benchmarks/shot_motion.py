"""Molecules moved by forces from shots: a relaxation, and the temperature of Langevin dynamics with and without the
noise of the forces taken off the random force.

    python -m benchmarks.shot_motion MODEL --replicas 16 --steps 100
    python -m benchmarks.shot_motion - --only springs --replicas 1000 --steps 200

Water. The relaxation starts from the first frame of the embedded data, on H2-1LE. Replicas of the dynamics start from
equilibrium: they have moved with exact forces before. The temperature is the mean over replicas and the second half
of the steps, its standard error that of the means of replicas. All have the same momenta and random numbers to start
with, so that their differences are known better than themselves. At a finite step the momenta of this splitting are
hot by (h omega)^2 / 4 of a vibration, 3 % of a stretch of O-H at 0.5 fs, so exact forces stand beside.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from ase import units
from ase.data import atomic_masses
from numpy.typing import NDArray

from qffc.compiling.levels import at_level
from qffc.data import load_embedded
from qffc.execution.langevin import Langevin, run_langevin
from qffc.execution.relaxation import relax
from qffc.execution.shot_forces import NoisyForces, shot_forces
from qffc.models.files.model_file import load_model
from qffc.models.force_field import ForceField
from qffc.targets.catalogue import target

Floats = NDArray[np.float64]
_WARM_UP = 600


class ExactForces:
    """The forces of a model without noise."""

    def __init__(self, model: ForceField, numbers: NDArray[np.integer]) -> None:
        self._model, self._numbers = model, numbers

    def __call__(self, positions: Floats, standard_error: float | None = None) -> NoisyForces:
        del standard_error
        energies, forces = self._model.predict(self._numbers, positions)
        size = positions[0].size
        return NoisyForces(energies, forces, np.zeros((len(positions), size, size)))


def dynamics(model: ForceField, replicas: int, steps: int, shots: int, seed: int) -> None:
    """Print temperatures."""
    data, place = load_embedded("water"), target("ideal")
    numbers, masses = data.numbers, atomic_masses[data.numbers]
    exact = ExactForces(model, numbers)
    usual = Langevin()
    start = run_langevin(
        exact, np.repeat(data.positions[:1], replicas, axis=0), masses, usual, steps=_WARM_UP, seed=seed
    )
    positions, momenta = start.positions[-1], start.momenta[-1]
    ready = shot_forces(model, numbers, positions, place, seed=seed, shots=shots)
    alone: Floats | None = None
    for name, noisy, settings in (
        ("exact forces", False, usual),
        ("shots, corrected", True, usual),
        ("shots, uncorrected", True, Langevin(compensate=False)),
    ):
        source = shot_forces(model, numbers, positions, place, seed=seed + 1, shots=shots) if noisy else exact
        if noisy:
            source.run = ready.run  # compiled once
        begin = time.process_time()
        found = run_langevin(source, positions, masses, settings, steps=steps, seed=seed + 2, momenta=momenta)
        mean, error = found.mean_temperature(steps // 2)
        each = found.temperatures[steps // 2 :].mean(axis=0)
        alone = each if alone is None else alone
        apart = f"{(each - alone).mean():+5.0f} ± {(each - alone).std(ddof=1) / len(each) ** 0.5:3.0f}"
        print(
            f"{name:20s} {mean:5.0f} ± {error:3.0f} K  {apart} from exact  noise {1e3 * found.noise.mean():.0f} meV/Å  "
            f"friction up to {found.friction.max():.4f}/fs  {found.shots} shots  {time.process_time() - begin:.0f} s",
            flush=True,
        )


class NoisySprings:
    """Three atoms on springs of 30 eV/Angstrom^2, whose forces have Gaussian noise of known covariance."""

    stiffness = 30.0

    def __init__(self, size: float, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        factor = self._random.normal(size=(9, 9))
        self._covariance = size**2 / 9 * factor @ factor.T
        self._root = np.linalg.cholesky(self._covariance)

    def __call__(self, positions: Floats, standard_error: float | None = None) -> NoisyForces:
        del standard_error
        noise = (self._random.normal(size=(len(positions), 9)) @ self._root.T).reshape(positions.shape)
        covariances = np.repeat(self._covariance[None], len(positions), axis=0)
        return NoisyForces(np.zeros(len(positions)), noise - self.stiffness * positions, covariances)


def springs(replicas: int, steps: int, seed: int) -> None:
    """Print temperatures of atoms on springs, at two frictions."""
    width = np.sqrt(units.kB * 300 / NoisySprings.stiffness)
    start = width * np.random.default_rng(seed).normal(size=(replicas, 3, 3))
    masses = np.array([16.0, 1.0, 1.0])
    for friction in (0.02, 0.005):
        for compensate in (True, False):
            settings = Langevin(friction=friction, compensate=compensate)
            found = run_langevin(NoisySprings(0.3, seed), start, masses, settings, steps=steps, seed=seed)
            mean, error = found.mean_temperature(steps // 4)
            print(
                f"friction {friction}/fs {'corrected' if compensate else 'uncorrected':12s} {mean:5.1f} ± {error:.1f} K"
                f"  noise {1e3 * found.noise.mean():.0f} meV/Å  friction up to {found.friction.max():.4f}/fs",
                flush=True,
            )


def relaxation(model: ForceField, wanted: float, seed: int, place: str) -> None:
    """Print the way to the minimum."""
    data = load_embedded("water")
    placed = at_level(model, target(place), 2)
    source = shot_forces(placed, data.numbers, data.positions[:1], target(place), seed=seed)
    found = relax(source, placed, data.numbers, data.positions[0], standard_error=wanted)
    for index, step in enumerate(found.steps):
        print(
            f"{index:2d} force {1e3 * step.force:5.0f} ± {1e3 * step.error:4.0f} meV/Å  sig. {step.significance:6.2f}"
            f"  moved {step.moved:.4f} Å  {step.shots} shots  {step.price:.0f} HQC",
            flush=True,
        )
    print(f"converged {found.converged}, {found.shots} shots, {found.price:.0f} HQC")
    for a, b in ((0, 1), (0, 2), (1, 2)):
        length, error = found.distance(a, b)
        print(f"{a}-{b}: {length:.4f} ± {error:.4f} Å, exact {found.exact_distance(a, b):.4f}", flush=True)


def main() -> None:
    """Run both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--replicas", type=int, default=16)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--shots", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--force-error", type=float, default=0.1, help="eV/Angstrom")
    parser.add_argument("--target", default="H2-1LE", help="of the relaxation")
    parser.add_argument("--only", choices=("relaxation", "dynamics", "springs"))
    given = parser.parse_args()
    if given.only in (None, "springs"):
        springs(given.replicas, given.steps, given.seed)
    if given.only == "springs":
        return
    model = load_model(given.model)
    if given.only != "dynamics":
        relaxation(model, given.force_error, given.seed, given.target)
    if given.only != "relaxation":
        print(f"temperature wanted: 300 K; kT = {1e3 * units.kB * 300:.1f} meV")
        dynamics(model, given.replicas, given.steps, given.shots, given.seed)


if __name__ == "__main__":
    main()
