"""Forces from shots along a path of geometries: compiled once, paid step by step, with their covariance."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from qffc.execution.forces import ForceRun, prepare_forces
from qffc.execution.quote import Quote
from qffc.execution.rounds import Sampler, need_no_store
from qffc.models.force_field import ForceField
from qffc.passes.target import Target

Floats = NDArray[np.float64]

_STEP_SEED = 2**41
"""Apart from the seeds of rounds and batches: steps share no shots."""


class NoisyForces(NamedTuple):
    """Forces of geometries at one step.

    Args:
        energies: (replicas,), eV.
        forces: (replicas, atoms, 3), eV/Angstrom.
        covariances: (replicas, 3 atoms, 3 atoms), (eV/Angstrom)^2, of the forces of a replica.
        shots: of all circuits together.
        price: in HQC.
    """

    energies: Floats
    forces: Floats
    covariances: Floats
    shots: int = 0
    price: float = 0.0


class ForceSource(Protocol):
    """What gives forces with a known covariance."""

    def __call__(self, positions: Floats, standard_error: float | None) -> NoisyForces:
        """Return forces at positions (replicas, atoms, 3), Angstrom, with noise that no earlier call has had.

        Args:
            positions: Angstrom.
            standard_error: that the components should have, root mean square, eV/Angstrom; None for what is usual.
        """
        ...


@dataclass(eq=False)
class ShotForces:
    """Forces from circuits on a target; a :class:`ForceSource`.

    Each call has shots of its own, by the number of calls before, so the same calls give the same forces again, from
    the store where there is one.

    Args:
        run: circuits at a first geometry.
        target: where they run.
        seed: what reproduces the shots.
        shots: the mean over all circuits, where no standard error is asked for.
        max_price: in HQC, of all calls; a call above what is left is refused.
        store: a folder for results.
        sampler: takes the place of the target.
    """

    run: ForceRun
    target: Target
    seed: int
    shots: int = 10
    max_price: float | None = None
    store: Path | None = None
    sampler: Sampler | None = None
    calls: int = field(default=0, init=False)
    spent: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        if not self.target.native:
            need_no_store(self.target, self.store)

    def price(self, standard_error: float | None) -> float:
        """Return what the forces of the first geometry take, in HQC."""
        return self._quote(self.run, standard_error).price

    def __call__(self, positions: Floats, standard_error: float | None = None) -> NoisyForces:
        here = self.run.moved(positions)
        quote = self._quote(here, standard_error)
        left = None if self.max_price is None else self.max_price - self.spent
        found = here.estimate(
            quote,
            self.target,
            max_price=left,
            store=self.store,
            seed=self.seed + self.calls * _STEP_SEED,
            sampler=self.sampler,
            covariance=True,
        )
        self.calls += 1
        self.spent += quote.price
        return NoisyForces(
            np.array([each.energy for each in found]),
            np.stack([each.forces for each in found]),
            np.stack([each.covariance for each in found]),
            sum(each.shots for each in found),
            quote.price,
        )

    def _quote(self, run: ForceRun, standard_error: float | None) -> Quote:
        shots = self.shots if standard_error is None else None
        return run.quote(self.target, shots=shots, standard_error=standard_error)


def shot_forces(
    model: ForceField,
    numbers: NDArray[np.integer],
    positions: NDArray[np.floating],
    target: Target,
    *,
    seed: int,
    shots: int = 10,
    max_price: float | None = None,
    store: Path | None = None,
    sampler: Sampler | None = None,
) -> ShotForces:
    """Return forces from circuits, for geometries (replicas, atoms, 3) of a molecule as many as are given here.

    Raises:
        QffcError: when the molecule does not fit the model, or the target keeps no results and a folder is given.
    """
    run = prepare_forces(model, numbers, positions)
    return ShotForces(run, target, seed, shots, max_price, store, sampler)
