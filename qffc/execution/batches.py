"""Shots in several batches: each is allocated by what the ones before have shown, and all shots enter the estimate.

The moments of a circuit are estimated as sum_b w_b m_b over batches b, with weights that add up to one, each fixed
before the shots of its batch are drawn. So the mean of m_b - m is zero whatever the batches before have shown, and the
estimate is unbiased whatever rule the shots are allocated by; for the same reason so is its covariance, estimated as
sum_b w_b^2 C_b / n_b with the covariance C_b of the shots of that batch alone. Weights by the numbers of shots that
were allocated in the end would be biased: a batch that happens to show a small spread would count more.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qffc.execution.aims import Aim
from qffc.execution.backend import check_price
from qffc.execution.batch_plan import BatchPlan, Pool
from qffc.execution.estimate import MomentEstimate, estimate_moments
from qffc.execution.exact_shots import draw_exactly
from qffc.execution.offer import Offer
from qffc.execution.rounds import ROUND_SEED, Sampler, need_no_store
from qffc.ir.telling import tell

Floats = NDArray[np.float64]

_BATCH_SEED = 2**40
"""Apart from the seeds of rounds and pilots: batches share no shots."""
_ROUNDED_UP = 1 + 1e-12
"""So that a limit that is the price itself is not below it by rounding."""


@dataclass(frozen=True, eq=False)
class BatchQuote:
    """What batches take if the variances are those of exact states.

    Args:
        plan: how batches are allocated.
    """

    plan: BatchPlan

    @property
    def steps(self) -> tuple[Offer, ...]:
        """Batch after batch, in each round of circuits."""
        return self.plan.steps

    @property
    def price(self) -> float:
        """In HQC, of all batches."""
        return sum(step.price for step in self.steps)

    @property
    def shots(self) -> int:
        """Of all batches."""
        return int(sum(step.shots.sum() for step in self.steps))

    @property
    def circuits(self) -> int:
        """Circuits that are run, settings counted, each once however many batches there are."""
        return int(np.any([step.shots > 0 for step in self.steps], axis=0).sum())

    @property
    def jobs(self) -> int:
        """Jobs of all batches."""
        return sum(step.jobs for step in self.steps)

    @property
    def packed(self) -> bool:
        """Whether circuits run side by side."""
        return self.plan.packed

    @property
    def standard_errors(self) -> Floats:
        """(groups,), root mean square over the outputs of a group, eV."""
        return np.sqrt(self.plan.expected_variances / self.plan.wanted.outputs)


@dataclass(frozen=True, eq=False)
class Batched:
    """What batches gave.

    Args:
        values: (outputs,), eV: energies, or combinations of them.
        covariance: (outputs, outputs), of the values, eV^2.
        steps: what was run, batch after batch.
        moments: of all circuits, geometry by geometry; those that are not run have none.
        spent: in HQC; with a sampler in the place of a target what it would have been.
    """

    values: Floats
    covariance: Floats
    steps: tuple[Offer, ...]
    moments: MomentEstimate
    spent: float

    @property
    def standard_errors(self) -> Floats:
        """(outputs,), eV."""
        return np.sqrt(np.maximum(np.diagonal(self.covariance), 0.0))


def run_batches(
    plan: BatchPlan,
    *,
    seed: int,
    max_price: float | None = None,
    store: Path | None = None,
    sampler: Sampler | None = None,
) -> Batched:
    """Run batches, in each round of circuits one after the other.

    Args:
        plan: how they are allocated.
        seed: what reproduces the shots.
        max_price: in HQC, of all batches. A run that would cost more is refused before it starts. Where batches show
            that more shots are needed than it pays, there are fewer, and the standard error is larger than asked for.
        store: a folder for results, so that a run can go on after a kill: the same shots lead to the same decisions.
        sampler: takes the place of the target.

    Raises:
        QffcError: when the target cannot run the circuits, or the price is above the limit.
    """
    aim, target = plan.aim, plan.target
    check_price(BatchQuote(plan).price, max_price)
    if sampler is None and not target.native:
        need_no_store(target, store)
        sampler = draw_exactly
    job, batches, spent = aim.job, plan.wanted.batches, 0.0
    seen: list[Floats] = []
    pools: list[Pool] = []
    steps: list[Offer] = []
    for number in range(job.rounds):
        tell("angles of the circuits" if job.rounds == 1 else f"angles of the circuits, round {number + 1}")
        slots = job.slots_after(seen)
        pools.append(Pool.empty(len(slots), plan.settings))
        for batch in range(batches):
            tell(f"shots of batch {batch + 1} of {batches}")
            budget = None if max_price is None else (max_price - spent) * _ROUNDED_UP
            offer, part = plan.next(pools, _means(aim, seen, pools[-1]), batch, budget)
            # A machine may charge more than its formula says: each batch has its share of what is left.
            later = sum(step.price for step in plan.steps[number * batches + batch + 1 :])
            share = offer.price / (offer.price + later) if offer.price else 1.0
            limit = None if budget is None else min(max(offer.price * _ROUNDED_UP, budget * share), budget)
            measure = sampler or partial(estimate_moments, packed=plan.packed, store=store, max_price=limit)
            found = measure(
                job.split,
                slots,
                target,
                plan=plan.settings,
                shots=job.of_round(aim.listed(offer.shots), number),
                seed=seed + number * ROUND_SEED + batch * _BATCH_SEED,
            )
            spent += offer.price if found.run is None else found.run.price
            steps.append(offer)
            pools[-1] = pools[-1].add(found, part)
            if part == 1.0:
                break
        seen.append(_everywhere(aim, pools[-1].means, number))
    tell("energies and standard errors")
    rounds = [pool.estimate for pool in pools]
    moments = MomentEstimate(
        job.together(seen),
        job.together([each.one_shot for each in rounds]),
        job.together([each.shots for each in rounds]),
        kept=job.together([each.shares_kept for each in rounds]),
    )
    slopes = aim.slopes(moments.means)
    return Batched(aim.values(moments.means), aim.covariance(moments.covariances, slopes), tuple(steps), moments, spent)


def _means(aim: Aim, seen: list[Floats], pool: Pool) -> Floats:
    """(frames x circuits, observables), of the rounds before and of this one so far; exact ones of those to come."""
    known = [*seen]
    if pool.left < 1.0:
        known.append(_everywhere(aim, pool.means / (1 - pool.left), len(seen)))
    later = [aim.job.of_round(aim.job.exact_moments, number) for number in range(len(known), aim.job.rounds)]
    return aim.job.together([*known, *later])


def _everywhere(aim: Aim, means: Floats, number: int) -> Floats:
    """Moments of a round, those of circuits that are shared wherever they belong."""
    places = aim.job.of_round(np.arange(len(aim.shared)), number)
    full = np.zeros((len(aim.shared), means.shape[1]))
    full[places] = means
    return np.asarray(full[aim.shared][places])
