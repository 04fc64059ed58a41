"""One way to run circuits, alone or packed: shots, jobs and price, known before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qffc.execution.allocation import MINIMUM_SHOTS, allocate, allocate_for, energy_variance
from qffc.execution.batch import pack_for, parts_of
from qffc.passes.counts import CircuitCounts
from qffc.passes.target import Target

Floats = NDArray[np.float64]
Shots = NDArray[np.int64]
Allocate = Callable[[Floats, int], Shots]
"""Shots for the variances of one shot of each circuit, any shape, of geometry k."""


class Tariff(NamedTuple):
    """What circuits cost and how deep they are, apart from their shots.

    Args:
        one_shot: in HQC, (frames, circuits, settings).
        job: in HQC, of a job whatever is in it.
        qubits: of one circuit.
        depths: in layers of two-qubit gates, (frames, circuits, settings).
    """

    one_shot: Floats
    job: float
    qubits: int
    depths: Shots

    @staticmethod
    def of(counts: Sequence[CircuitCounts], where: NDArray[np.intp], target: Target) -> Tariff:
        """Return the tariff of circuits with the counts ``counts[where]``, where (frames, circuits, settings)."""
        job = max((target.price(entry, 0) for entry in counts), default=0.0)
        one_shot = np.array([target.price(entry, 1) - job for entry in counts])
        depths = np.array([entry.two_qubit_depth for entry in counts], dtype=np.int64)
        return Tariff(one_shot[where], job, max((entry.qubits for entry in counts), default=1), depths[where])

    @staticmethod
    def free(shape: tuple[int, int, int], qubits: int) -> Tariff:
        """Return the tariff of programs that run as they are, without gates: (frames, circuits, settings) of them."""
        return Tariff(np.zeros(shape), 0.0, qubits, np.zeros(shape, dtype=np.int64))


@dataclass(frozen=True, eq=False)
class Offer:
    """One way to run.

    Args:
        packed: whether circuits run side by side; those of a job share their shots.
        shots: (frames, circuits, settings); 0 for circuits that are left out.
        variances: (frames,), expected, of the energy, or the sum over all that is wanted.
        prices: in HQC, of each geometry; what a job costs whatever is in it is shared by its circuits.
        round_prices: in HQC, of each round of circuits.
        jobs: circuits that the device is given, parts side by side counted as one.
        depth: of the deepest job, in layers of two-qubit gates.
        layers: layers of two-qubit gates that the device runs one after the other, over all shots.
    """

    packed: bool
    shots: Shots
    variances: Floats
    prices: tuple[float, ...]
    round_prices: tuple[float, ...]
    jobs: int
    depth: int
    layers: int

    @property
    def price(self) -> float:
        """The price of all geometries in HQC."""
        return sum(self.prices)

    @property
    def worth(self) -> float:
        """The price times the variance, the smaller the better; the price where no variance is known."""
        return self.price * (float(self.variances.sum()) or 1.0)


def allocation_for(shots: int | None, standard_error: float | Floats | None) -> Allocate:
    """Return how shots are allocated: the mean over circuits, or for a standard error of each geometry."""
    errors = None if standard_error is None else np.asarray(standard_error, dtype=np.float64)

    def chosen(variances: Floats, frame: int) -> Shots:
        if errors is None:
            assert shots is not None
            return allocate(variances, shots * variances.size, min(MINIMUM_SHOTS, shots))
        return allocate_for(variances, float(errors if errors.ndim == 0 else errors[frame]))

    return chosen


def both_offers(
    variances: Floats, used: NDArray[np.bool_], tariff: Tariff, target: Target, allocated: Allocate, rounds: int = 1
) -> tuple[Offer, Offer]:
    """Return what it takes to run circuits one by one, and packed.

    Args:
        variances: of one shot of each setting of each circuit, (frames, circuits, settings).
        used: (frames, circuits), which circuits are run, or (frames, circuits, settings), in which settings.
        tariff: what they cost.
        target: where they run.
        allocated: how shots are allocated.
        rounds: in how many rounds, one after the other, the circuits of a geometry run: as many in each.
    """
    alone = make_offer(variances, used, tariff, target, allocated, rounds, packed=False)
    return alone, make_offer(variances, used, tariff, target, allocated, rounds, packed=True)


def make_offer(
    variances: Floats,
    used: NDArray[np.bool_],
    tariff: Tariff,
    target: Target,
    allocated: Allocate,
    rounds: int,
    packed: bool,
) -> Offer:
    """Return one of :func:`both_offers`.

    Circuits of a round that need about as many shots are packed together. As they share the shots of the job, these are
    allocated by the mean variance of its circuits, geometry by geometry, which is the best for given jobs; where
    several geometries meet in a job, the most demanding one decides, and the others are estimated better than asked
    for.
    """
    table = np.zeros(variances.shape, dtype=np.int64)
    for frame, chosen in enumerate(used):
        table[frame, chosen] = allocated(variances[frame, chosen], frame)
    flat = table.reshape(-1)
    if packed:
        batches = np.broadcast_to(np.arange(rounds)[:, None], (len(table), rounds, table[0].size // rounds))
        places, jobs = _jobs(flat, batches.reshape(-1), tariff, target)
        frames = np.repeat(np.arange(len(table)), table[0].size)
        averaged = _averaged(variances.reshape(-1), frames, jobs).reshape(variances.shape)
        for frame, chosen in enumerate(used):
            table[frame, chosen] = allocated(averaged[frame, chosen], frame)
        flat = table.reshape(-1)
        for job in places:
            flat[job] = flat[job].max()
    else:
        places = [np.array([index]) for index in np.flatnonzero(flat)]
    prices = flat * tariff.one_shot.reshape(-1)
    count = layers = 0
    for job in places:
        parts = len(parts_of(int(flat[job[0]]), target))
        prices[job] += parts * tariff.job / len(job)
        count += parts
        layers += int(flat[job[0]] * tariff.depths.reshape(-1)[job].max())
    return Offer(
        packed,
        table,
        np.array([energy_variance(variances[k, chosen], table[k, chosen]) for k, chosen in enumerate(used)]),
        tuple(prices.reshape(len(table), -1).sum(axis=1).tolist()),
        tuple(prices.reshape(len(table), rounds, -1).sum(axis=(0, 2)).tolist()),
        count,
        int(tariff.depths[table > 0].max(initial=0)),
        layers,
    )


def _jobs(shots: Shots, batches: Shots, tariff: Tariff, target: Target) -> tuple[list[NDArray[np.intp]], Shots]:
    """The places of each job, all of one batch, and the job of each place; -1 for places without shots."""
    places: list[NDArray[np.intp]] = []
    for batch in np.unique(batches):
        taking = np.flatnonzero((shots > 0) & (batches == batch))
        packing = pack_for([tariff.qubits] * len(taking), shots[taking].tolist(), target)
        places += [taking[list(job)] for job in packing.jobs]
    job_of = np.full(len(shots), -1)
    for index, job in enumerate(places):
        job_of[job] = index
    return places, job_of


def _averaged(variances: Floats, frames: NDArray[np.intp], jobs: Shots) -> Floats:
    """Variances as their means over the circuits of the same geometry and job."""
    _, group = np.unique(np.stack([frames, jobs]), axis=1, return_inverse=True)
    group = group.reshape(-1)
    means = np.bincount(group, weights=variances) / np.bincount(group)
    return np.asarray(np.where(jobs < 0, variances, means[group]))
