"""Circuits of all rounds, one batch after the other: what is measured in one turns the circuits of the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from qffc.execution.energy_circuits import Job
from qffc.execution.estimate import MomentEstimate, estimate_moments
from qffc.execution.exact_shots import draw_exactly
from qffc.execution.quote import Quote
from qffc.ir.diagnostics import error
from qffc.ir.telling import tell
from qffc.passes.circuit.split_program import Split
from qffc.passes.measurement.settings import MeasurementPlan
from qffc.passes.target import Target

Floats = NDArray[np.float64]

ROUND_SEED = 2**33
"""Apart from seeds below 2**32, and from those of their pilots: rounds share no shots."""
_ROUNDED_UP = 1 + 1e-12
"""So that a limit that is the price itself is not below it by rounding."""


class Sampler(Protocol):
    """What gives moments for slots, such as an emulator."""

    def __call__(
        self,
        split: Split,
        slots: Floats,
        target: Target,
        *,
        plan: MeasurementPlan,
        shots: NDArray[np.int64],
        seed: int,
    ) -> MomentEstimate:
        """Return moments of circuits at slots (circuits, slot_count), with shots (circuits, settings)."""
        ...


class Measured(NamedTuple):
    """What all rounds gave.

    Args:
        slots: (frames x circuits, slots), radians, of the circuits of the job: what they were turned by.
        moments: of the circuits that ran, geometry by geometry, round after round.
        spent: in HQC, with what was spent before; nothing where a sampler took the place of the target.
    """

    slots: Floats
    moments: MomentEstimate
    spent: float


class Circuits(NamedTuple):
    """What runs for each circuit of a job: that circuit itself, first, and others beside it.

    Args:
        split: the program of all of them.
        rows: from slots of circuits of the job, (n, slots), to those of what runs, (n, copies, split.slot_count).
    """

    split: Split
    rows: Callable[[Floats], Floats]


def alone(job: Job) -> Circuits:
    """Return the circuits of a job with nothing beside them."""
    return Circuits(job.split, lambda slots: slots[:, None])


def run_rounds(
    job: Job,
    circuits: Circuits,
    quote: Quote,
    target: Target,
    *,
    seed: int,
    sampler: Sampler | None = None,
    store: Path | None = None,
    max_price: float | None = None,
    spent: float = 0.0,
) -> Measured:
    """Run the circuits of a job with the settings and shots of a quote.

    Args:
        job: geometries and their circuits.
        circuits: what runs for each of them.
        quote: with shots (frames, circuits x copies, settings), in this order.
        target: where they run.
        seed: what reproduces the shots.
        sampler: takes the place of the target; a target without gates has one that draws from the states of programs.
        store: a folder for results, so that a run can go on after a kill.
        max_price: in HQC, of all rounds; each may take the share of it that it has of the quote, so that a machine that
            charges more than its formula says stays below it, too.
        spent: in HQC, of this limit before.
    """
    slots: list[Floats] = []
    seen: list[Floats] = []
    rounds: list[MomentEstimate] = []
    if sampler is None and not target.native:
        need_no_store(target, store)
        sampler = draw_exactly
    limits = _limits(quote, None if max_price is None else max_price - spent)
    for number in range(job.rounds):
        tell("angles of the circuits" if job.rounds == 1 else f"angles of the circuits, round {number + 1}")
        slots.append(job.slots_after(seen))
        rows = circuits.rows(slots[-1])
        measure = sampler or partial(estimate_moments, packed=quote.packed, store=store, max_price=limits[number])
        found = measure(
            circuits.split,
            rows.reshape(rows.shape[0] * rows.shape[1], rows.shape[2]),
            target,
            plan=quote.plan.rows(job.of_round(np.arange(len(quote.table)), number)),
            shots=job.of_round(quote.table, number),
            seed=seed + number * ROUND_SEED,
        )
        spent += 0.0 if found.run is None else found.run.price
        rounds.append(found)
        seen.append(found.means.reshape(*rows.shape[:2], found.means.shape[1])[:, 0])
    moments = MomentEstimate(
        job.together([each.means for each in rounds]),
        job.together([each.one_shot for each in rounds]),
        job.together([each.shots for each in rounds]),
        kept=job.together([each.shares_kept for each in rounds]),
    )
    return Measured(job.together(slots), moments, spent)


def need_no_store(target: Target, store: Path | None) -> None:
    """Refuse a folder for results of a target that keeps none."""
    if store is not None:
        raise error(
            "folder for results where none are kept",
            found=f"'{store}' with target '{target.name}'",
            expected="no folder: the same seed draws the same shots again, in a moment",
            help="leave it out",
        )


def _limits(quote: Quote, limit: float | None) -> Sequence[float | None]:
    """The limit of each round, in HQC."""
    prices, whole = quote.offer.round_prices, quote.price
    if limit is None or not whole:
        return [limit] * len(prices)
    return [limit * price / whole * _ROUNDED_UP for price in prices]
