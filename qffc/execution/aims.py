"""What shots are for: energies, each by itself, or combinations of them, and which circuits these share.

The error of a combination sum_f L_kf E_f is that of the moments along its slopes, sum_f L_kf dE_f/dm. A circuit that
turns by the same angles in several geometries has the same moments there, so it is run once, for all of them, and its
slopes add up. Where they cancel, whatever the moments are, the combination does not depend on the circuit at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from qffc.execution.energy_circuits import Job
from qffc.ir.telling import tell
from qffc.passes.measurement.kernel_states import DENSE_QUBITS, kernel_states
from qffc.passes.measurement.plan import moment_covariances, plan_measurement
from qffc.passes.measurement.settings import MeasurementPlan

Floats = NDArray[np.float64]
_Scalar = TypeVar("_Scalar", bound=np.generic)

_SAME = 1e-9
"""Radians: no device tells angles apart that differ by less; and slopes that cancel to this part of them do."""
_PLAN_CIRCUITS = 256
"""Circuits that the choice of settings looks at, spread over all."""
_CHUNK = 512
"""Circuits whose states are in memory at once."""


@dataclass(frozen=True, eq=False)
class Aim:
    """Energies of geometries, or combinations of them, as functions of moments.

    Circuits are numbered geometry by geometry, in each round by round, as those of the job. In tables of shots they
    stand in groups (groups, rounds x circuits of a round, settings), where each group has its own standard error: a
    geometry, or all of them together where combinations are wanted.

    Args:
        job: geometries and their circuits.
        combinations: (outputs, frames), coefficients of energies; None for each energy by itself.
    """

    job: Job
    combinations: Floats | None = None

    @property
    def groups(self) -> int:
        """How many standard errors there are."""
        return len(self.job.frames) if self.combinations is None else 1

    @cached_property
    def shared(self) -> NDArray[np.intp]:
        """(frames x circuits,), the circuit that is run in the place of each: itself, or the first that is the same."""
        job = self.job
        every = np.arange(len(job.flat_slots))
        if self.combinations is None:
            return every
        numbers = np.tile(np.repeat(np.arange(job.rounds), job.circuits // job.rounds), len(job.frames))
        keys = np.concatenate([numbers[:, None], np.round(job.flat_slots / _SAME)], axis=1)
        _, first, back = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        return np.asarray(first[back.reshape(-1)], dtype=np.intp)

    def slopes(self, means: Floats) -> Floats:
        """Return derivatives by the moments of circuits that are run, (outputs, frames x circuits, observables), eV.

        With each energy by itself there is one output, and a circuit has the slope of the energy of its own geometry.

        Args:
            means: (frames x circuits, observables).
        """
        _, slopes = self.job.energies_and_slopes(means)
        if self.combinations is None:
            return slopes[None]
        each = np.repeat(self.combinations, self.job.circuits, axis=1)[:, :, None] * slopes[None]
        total, size = np.zeros_like(each), np.zeros_like(each)
        for output, parts in enumerate(each):
            np.add.at(total[output], self.shared, parts)
            np.add.at(size[output], self.shared, np.abs(parts))
        return np.where(np.abs(total) <= _SAME * size.max(axis=2, keepdims=True), 0.0, total)

    @cached_property
    def used(self) -> NDArray[np.bool_]:
        """(frames x circuits,), which circuits are run: those that what is wanted depends on.

        One zero slope can be an accident, so the slopes at other moments must vanish as well.
        """
        random = np.random.default_rng(0).uniform(-1, 1, size=self.job.exact_moments.shape)
        found = (self.exact_slopes != 0) | (self.slopes(random[self.shared]) != 0)
        return np.asarray(found.any(axis=(0, 2)))

    @cached_property
    def exact_slopes(self) -> Floats:
        """The slopes without shot noise."""
        return self.slopes(self.job.exact_moments)

    def values(self, means: Floats) -> Floats:
        """Return (outputs,), eV: the energies, or their combinations."""
        energies, _ = self.job.energies_and_slopes(means)
        return energies if self.combinations is None else np.asarray(self.combinations @ energies)

    def variances(self, covariances: Floats, slopes: Floats) -> Floats:
        """Return what covariances of moments give to what is wanted, (frames x circuits, settings), over all outputs.

        Args:
            covariances: (frames x circuits, settings, observables, observables).
            slopes: as :meth:`slopes` gives them.
        """
        found = np.einsum("kpa,psab,kpb->ps", slopes, covariances, slopes, optimize=True)
        return np.asarray(np.maximum(found, 0.0))

    def covariance(self, covariances: Floats, slopes: Floats) -> Floats:
        """Return the covariance of what is wanted, (outputs, outputs), eV^2; energies of geometries are independent.

        Args:
            covariances: (frames x circuits, observables, observables), of moments.
            slopes: as :meth:`slopes` gives them.
        """
        if self.combinations is None:
            each = self.variances(covariances[:, None], slopes).reshape(len(self.job.frames), -1)
            return np.diag(each.sum(axis=1))
        return np.asarray(np.einsum("kpa,pab,lpb->kl", slopes, covariances, slopes, optimize=True))

    def grouped(self, table: NDArray[_Scalar]) -> NDArray[_Scalar]:
        """Return a table (frames x circuits, ...) as (groups, rounds x circuits of a round, ...)."""
        return table[self._order]

    def listed(self, table: NDArray[_Scalar]) -> NDArray[_Scalar]:
        """Return a table in groups as (frames x circuits, ...)."""
        flat = np.zeros((self._order.size, *table.shape[2:]), dtype=table.dtype)
        flat[self._order.reshape(-1)] = table.reshape(self._order.size, *table.shape[2:])
        return flat

    @cached_property
    def _order(self) -> NDArray[np.intp]:
        frames, rounds = len(self.job.frames), self.job.rounds
        places = np.arange(frames * self.job.circuits).reshape(frames, rounds, -1)
        if self.combinations is None:
            return places.reshape(frames, -1)
        return np.swapaxes(places, 0, 1).reshape(1, -1)

    def plan(self) -> MeasurementPlan:
        """Return the settings that serve what is wanted well."""
        tell("planning settings and shots")
        places = np.flatnonzero(self.used)
        if not places.size:
            places = np.arange(1)
        chosen = places[np.unique(np.linspace(0, len(places) - 1, min(len(places), _PLAN_CIRCUITS)).astype(int))]
        slots = np.tile(self.job.flat_slots[chosen], (len(self.exact_slopes), 1))
        return plan_measurement(self.job.split, slots, np.concatenate(list(self.exact_slopes[:, chosen])))

    def expected_covariances(self, plan: MeasurementPlan) -> Floats:
        """Return the covariance of one shot of each setting, of exact states, (frames x circuits, settings, ., .).

        Above 12 qubits it is that of the maximally mixed state; for circuits that are not run it is zero.
        """
        size = len(plan.terms)
        found = np.zeros((len(self.used), len(plan.settings), size, size))
        dense = self.job.split.qubit_count <= DENSE_QUBITS
        for rows in _chunks(np.flatnonzero(self.used)):
            states = kernel_states(self.job.split, self.job.flat_slots[rows]) if dense else None
            found[rows] = moment_covariances(plan, states, len(rows))
        return found


def _chunks(rows: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    for start in range(0, len(rows), _CHUNK):
        tell("variances of circuits:", start, len(rows))
        yield rows[start : start + _CHUNK]
