"""How many shots each batch gives to each circuit, by what is known before it is drawn.

With w the weight that is left to a circuit, v its variance and n the shots for all that is left, a batch that takes the
part f of both, f w and f n, leaves (1 - f) w and (1 - f) n; the variance w^2 v / n is the same as if all were run at
once. What a batch shows changes n for those after it, by Neyman allocation of what is left.

Variances are means of three: that of exact states, as if it had been seen in some shots; that of the maximally mixed
state, as if in one; and those that shots showed, by their number: shrinkage. So few shots cannot mislead, and many
decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qffc.execution.aims import Aim
from qffc.execution.allocation import MINIMUM_SHOTS, allocate, allocate_for
from qffc.execution.backend import check_price
from qffc.execution.estimate import MomentEstimate
from qffc.execution.mitigation import NOTHING, Mitigation
from qffc.execution.offer import Offer, Tariff, make_offer
from qffc.execution.quote import need_one, tariff_of
from qffc.ir.diagnostics import error
from qffc.passes.measurement.plan import moment_covariances
from qffc.passes.measurement.settings import MeasurementPlan
from qffc.passes.target import Target

Floats = NDArray[np.float64]
Shots = NDArray[np.int64]

_GROWTH = 2.0
"""How much larger a batch is than the one before: the first ones only have to show where shots are needed."""
_EXACT_SHOTS = 20.0
"""As many shots as the variance of an exact state counts."""
_LEAST = 0.1
"""Of the variance that is asked for: what is at least aimed at, where earlier batches have used up more."""
_HALVINGS = 12
"""Of the interval in which shots are looked for that a price limit pays."""


@dataclass(frozen=True)
class Wanted:
    """How much is to be known, in how many batches.

    Args:
        shots: the mean over the circuits of a group, settings counted; or
        standard_error: root mean square over the outputs of a group, eV.
        batches: in each round of circuits, at least 1.
        outputs: of a group.

    Raises:
        QffcError: when not one of shots and standard error is given, or they are too few for the batches.
    """

    shots: int | None
    standard_error: float | None
    batches: int
    outputs: int = 1

    def __post_init__(self) -> None:
        need_one(self.shots, self.standard_error)
        if self.standard_error is not None and not (np.isfinite(self.standard_error) and self.standard_error > 0):
            raise error(
                "standard error out of range",
                found=f"{self.standard_error}",
                expected="a number above zero",
                help="give the standard error that the energy should have",
            )
        if self.batches < 1:
            raise error(
                "no batch of shots",
                found=f"batches={self.batches}",
                expected="a whole number from 1 on",
                help="1 runs all shots at once; with 3, two smaller batches show where the third needs its shots",
            )
        if self.shots is not None and self.shots < 2 * self.batches:
            raise error(
                "too few shots",
                found=f"{self.shots} in {self.batches} batches",
                expected=f"at least {2 * self.batches}: 2 in each batch, for their spread",
                help="ask for more shots, or for fewer batches",
            )

    @property
    def shares(self) -> tuple[float, ...]:
        """The parts of all shots that the batches get, if variances are as expected; also their weights."""
        sizes = [_GROWTH**batch for batch in range(self.batches)]
        return tuple(size / sum(sizes) for size in sizes)

    @property
    def minimum(self) -> int:
        """Shots of each setting of each circuit in a batch."""
        share = -(-MINIMUM_SHOTS // self.batches)
        return max(2, share if self.shots is None else min(share, self.shots // self.batches))

    @property
    def variance(self) -> float | None:
        """The sum over the outputs of a group, eV^2."""
        return None if self.standard_error is None else self.standard_error**2 * self.outputs


@dataclass(frozen=True, eq=False)
class Pool:
    """The shots of a round so far.

    Args:
        left: the part of the weight that is left to later batches.
        means: (frames x circuits of a round, observables), the weighted sum.
        covariances: (frames x circuits of a round, settings, observables, observables), of that sum.
        spread: the same shape, covariances of one shot, times the shots that showed them.
        factors: (frames x circuits of a round, settings), the variance of the sum where one shot has the variance 1.
        shots: the same shape.
        kept: the same shape, how many of them were kept.
    """

    left: float
    means: Floats
    covariances: Floats
    spread: Floats
    factors: Floats
    shots: Shots
    kept: Floats

    @staticmethod
    def empty(circuits: int, plan: MeasurementPlan) -> Pool:
        """Return no shots."""
        settings, size = len(plan.settings), len(plan.terms)
        table = np.zeros((circuits, settings, size, size))
        counts = np.zeros((circuits, settings))
        return Pool(1.0, np.zeros((circuits, size)), table, table, counts, counts.astype(np.int64), counts)

    def add(self, found: MomentEstimate, part: float) -> Pool:
        """Return this with a batch that takes a part of the weight that is left."""
        weight, each = self.left * part, 1 / np.maximum(found.shots, 1)
        ran = found.shots > 0
        return Pool(
            self.left - weight,
            self.means + weight * found.means,
            self.covariances + weight**2 * found.one_shot * each[..., None, None],
            self.spread + found.one_shot * found.shots[..., None, None],
            self.factors + np.where(ran, weight**2 * each, 0.0),
            self.shots + found.shots,
            self.kept + found.shares_kept * found.shots,
        )

    @property
    def estimate(self) -> MomentEstimate:
        """The moments, with all shots; ``covariances`` of it are those of the weighted sum."""
        shares = np.where(self.shots > 0, self.kept / np.maximum(self.shots, 1), 1.0)
        return MomentEstimate(self.means, self.covariances * self.shots[..., None, None], self.shots, kept=shares)


@dataclass(frozen=True, eq=False)
class BatchPlan:
    """Settings, prices and the rule of allocation.

    Args:
        aim: what shots are for.
        wanted: how much is to be known.
        target: where circuits run.
        packed: whether they run side by side.
        settings: what is measured.
        tariff: what circuits cost, in groups.
        expected: (frames x circuits, settings, observables, observables), covariances of one shot of exact states.
    """

    aim: Aim
    wanted: Wanted
    target: Target
    packed: bool
    settings: MeasurementPlan
    tariff: Tariff
    expected: Floats

    @staticmethod
    def of(aim: Aim, wanted: Wanted, target: Target, pack: bool | None, mitigation: Mitigation = NOTHING) -> BatchPlan:
        """Return the plan; without a choice, packed where that costs less at equal standard errors."""
        settings = mitigation.applied(aim.plan(), aim.job.split, target)
        tariff = tariff_of(aim.job, target, settings, aim.used.reshape(len(aim.job.frames), -1))
        places = len(settings.settings)
        grouped = tariff._replace(
            one_shot=aim.grouped(tariff.one_shot.reshape(-1, places)),
            depths=aim.grouped(tariff.depths.reshape(-1, places)),
        )
        plan = BatchPlan(aim, wanted, target, bool(pack), settings, grouped, aim.expected_covariances(settings))
        if pack is not None:
            return plan
        both = [replace(plan, packed=packed) for packed in (False, True)]
        return min(both, key=lambda each: each.worth)

    @cached_property
    def steps(self) -> tuple[Offer, ...]:
        """Batch after batch, in each round, if variances are those of exact states."""
        variances, none = self.aim.variances(self.expected, self.aim.exact_slopes), np.zeros(self.aim.groups)
        scales = self._scales(variances, 0, 1.0, none, none)
        return tuple(
            self._offer(variances, number, 1.0, share * scales)
            for number in range(self.aim.job.rounds)
            for share in self.wanted.shares
        )

    @cached_property
    def expected_variances(self) -> Floats:
        """(groups,), of what these steps give together, eV^2."""
        shots = self.aim.listed(np.sum([step.shots for step in self.steps], axis=0))
        variances = self.aim.variances(self.expected, self.aim.exact_slopes)
        each = np.where(shots > 0, variances / np.maximum(shots, 1), 0.0)
        return np.asarray(self.aim.grouped(each).sum(axis=(1, 2)))

    @property
    def worth(self) -> float:
        """The price times the variance, the smaller the better."""
        return sum(step.price for step in self.steps) * (float(self.expected_variances.sum()) or 1.0)

    def next(self, pools: list[Pool], means: Floats, batch: int, budget: float | None) -> tuple[Offer, float]:
        """Return the next batch of the last round among the pools, and the part of what is left that it takes.

        From the second batch on that is all of it where no more than the least number of shots is left to each circuit.

        Args:
            pools: of the rounds so far.
            means: (frames x circuits, observables), as far as they are known, else exact ones.
            batch: its number in the round, from 0.
            budget: in HQC, of this batch and all after it.

        Raises:
            QffcError: when not even the least number of shots can be paid.
        """
        number, left = len(pools) - 1, pools[-1].left
        shares = self.wanted.shares[batch:]
        variances = self.aim.variances(self._covariances(pools), self.aim.slopes(means))
        done = self._all_rounds([pool.factors for pool in pools]) * variances
        spent = self._all_rounds([pool.shots for pool in pools])
        totals = [self.aim.grouped(table).sum(axis=(1, 2)) for table in (done, spent)]
        scales = self._scales(variances, number, left, *totals)
        part = shares[0] / sum(shares)
        whole = self._offer(variances, number, left, scales)
        enough = batch > 0 and self.wanted.shots is None and whole.shots.max() <= self.wanted.minimum
        if len(shares) == 1 or enough:
            shares, part = (1.0,), 1.0
        offer = self._offer(variances, number, left, part * scales)
        if budget is None:
            return offer, part

        def price(factor: float) -> float:
            here = [share / sum(shares) for share in shares]
            now = sum(self._offer(variances, number, left, factor * each * scales).price for each in here)
            rounds = range(number + 1, self.aim.job.rounds)
            parts = [(later, share) for later in rounds for share in self.wanted.shares]
            return now + sum(self._offer(variances, later, 1.0, factor * each * scales).price for later, each in parts)

        low, high = 0.0, 1.0
        if price(high) <= budget:
            return offer, part
        check_price(price(low), budget)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if price(middle) <= budget else (low, middle)
        return self._offer(variances, number, left, low * part * scales), part

    def _covariances(self, pools: list[Pool]) -> Floats:
        """Covariances of one shot, shrunk towards those of exact states."""
        shots = self._all_rounds([pool.shots for pool in pools])[..., None, None]
        spread = self._all_rounds([pool.spread for pool in pools])
        mixed = moment_covariances(self.settings, None, 1)
        return np.asarray((_EXACT_SHOTS * self.expected + mixed + spread) / (_EXACT_SHOTS + 1 + shots))

    def _all_rounds(self, parts: Sequence[NDArray[np.generic]]) -> Floats:
        """What rounds have for their circuits, and zeros for rounds to come, for all circuits."""
        missing = [np.zeros_like(parts[0])] * (self.aim.job.rounds - len(parts))
        return np.asarray(self.aim.job.together([*parts, *missing]), dtype=np.float64)

    def _round(self, number: int) -> NDArray[np.bool_]:
        """(groups, rounds x circuits of a round), which circuits of a round are run."""
        used = self.aim.grouped(self.aim.used)
        rounds = np.repeat(np.arange(self.aim.job.rounds), used.shape[1] // self.aim.job.rounds)
        return np.asarray(used & (rounds == number))

    def _scales(self, variances: Floats, number: int, left: float, done: Floats, spent: Floats) -> Floats:
        """(groups,), shots for a standard deviation of one, for all that is left from a round on.

        Args:
            variances: (frames x circuits, settings), of one shot.
            number: the round that is going on.
            left: the weight that is left in it.
            done: (groups,), the variance that shots so far have left.
            spent: (groups,), their number.
        """
        rounds = range(number, self.aim.job.rounds)
        masks = [self._round(each) for each in rounds]
        each = self.aim.grouped(variances)
        scales = np.zeros(self.aim.groups)
        for group in range(self.aim.groups):
            weighted = np.concatenate(
                [
                    (left if each_round == number else 1.0) ** 2 * each[group, mask[group]]
                    for each_round, mask in zip(rounds, masks, strict=True)
                ]
            )
            if not weighted.size or not weighted.max() > 0:
                continue
            minimum = self.wanted.minimum
            if self.wanted.variance is not None:
                aim = max(self.wanted.variance - done[group], _LEAST * self.wanted.variance)
                shots = allocate_for(weighted, float(np.sqrt(aim)), minimum)
            else:
                assert self.wanted.shots is not None
                everything = self.wanted.shots * int(self.aim.grouped(self.aim.used)[group].sum()) * weighted.shape[1]
                shots = allocate(weighted, max(everything - int(spent[group]), minimum * weighted.size), minimum)
            place = np.unravel_index(np.argmax(weighted), weighted.shape)
            scales[group] = shots[place] / np.sqrt(weighted[place])
        return scales

    def _offer(self, variances: Floats, number: int, left: float, scales: Floats) -> Offer:
        def allocated(weighted: Floats, group: int) -> Shots:
            ideal = np.ceil(scales[group] * np.sqrt(weighted) * (1 - 1e-12)).astype(np.int64)
            return np.asarray(np.maximum(ideal, self.wanted.minimum))

        return make_offer(
            self.aim.grouped(left**2 * variances),
            self._round(number),
            self.tariff,
            self.target,
            allocated,
            self.aim.job.rounds,
            packed=self.packed,
        )
