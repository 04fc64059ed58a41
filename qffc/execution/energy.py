"""Energies of a trained model from circuits: estimates with standard errors, beside the exact values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qffc.execution.aims import Aim
from qffc.execution.backend import check_price
from qffc.execution.batch_plan import BatchPlan, Wanted
from qffc.execution.batches import BatchQuote, run_batches
from qffc.execution.energy_circuits import Job, prepare
from qffc.execution.estimate import MomentEstimate
from qffc.execution.mitigation import NOTHING, Mitigation
from qffc.execution.noise_bias import planned_bias
from qffc.execution.quote import Quote, equal_quote, observed_quote, planned_quote
from qffc.execution.rounds import Measured, Sampler, alone, run_rounds
from qffc.ir.diagnostics import error
from qffc.ir.telling import tell
from qffc.models.force_field import ForceField
from qffc.passes.target import Target

Floats = NDArray[np.float64]

_PILOT_SEED = 2**32
"""Apart from seeds below 2**32: a pilot and the run after it share no shots."""


@dataclass(frozen=True)
class EnergyEstimate:
    """The energy of one geometry from shots.

    Args:
        energy: estimated, eV.
        standard_error: of the estimate, eV, from the spread of the shots.
        exact: what the same rounds of circuits give without shot noise, eV.
        circuits: circuits that were run, measurement settings counted.
        shots: of all circuits together.
        price: in HQC, what the device charges for these circuits; the most that it may, where there are several rounds.
        bias: eV, what was taken off as the mean effect of shot noise; 0 where that was not asked for.
        kept: the part of the shots whose outcome symmetry allows; 1 where that was not asked for.
    """

    energy: float
    standard_error: float
    exact: float
    circuits: int
    shots: int
    price: float
    bias: float = 0.0
    kept: float = 1.0


def quote_energies(
    model: ForceField,
    numbers: NDArray[np.integer],
    positions: NDArray[np.floating],
    target: Target,
    *,
    shots: int | None = None,
    standard_error: float | None = None,
    pack: bool | None = None,
    mitigation: Mitigation = NOTHING,
    own_settings: bool = False,
) -> Quote:
    """Return what :func:`estimate_energies` would take with the same arguments; nothing is run.

    What circuits of later rounds turn by is known when the rounds before are over. Their number, settings and shots are
    planned for what they turn by without shot noise, and kept; their price is that of circuits at angles where no gate
    can be left out: what the device will charge, or a little more.
    """
    job = prepare(model, numbers, positions)
    return planned_quote(
        job,
        target,
        shots=shots,
        standard_error=standard_error,
        pack=pack,
        mitigation=mitigation,
        own=own_settings,
    )


def quote_batches(
    model: ForceField,
    numbers: NDArray[np.integer],
    positions: NDArray[np.floating],
    target: Target,
    *,
    batches: int,
    shots: int | None = None,
    standard_error: float | None = None,
    pack: bool | None = None,
    mitigation: Mitigation = NOTHING,
) -> BatchQuote:
    """Return what :func:`estimate_energies` would take in batches, if variances are those of exact states."""
    aim = Aim(prepare(model, numbers, positions))
    return BatchQuote(BatchPlan.of(aim, Wanted(shots, standard_error, batches), target, pack, mitigation))


def estimate_energies(
    model: ForceField,
    numbers: NDArray[np.integer],
    positions: NDArray[np.floating],
    target: Target,
    *,
    shots: int | None = None,
    standard_error: float | None = None,
    pilot: int | None = None,
    batches: int | None = None,
    pack: bool | None = None,
    max_price: float | None = None,
    store: Path | None = None,
    seed: int,
    sampler: Sampler | None = None,
    debias: bool = False,
    mitigation: Mitigation = NOTHING,
    own_settings: bool = False,
) -> tuple[EnergyEstimate, ...]:
    """Estimate energies of geometries of one molecule from circuits on a target.

    Angles and readout are the functions that the model was trained with; the target takes the place of the kernel.
    Settings and shots are those of :func:`quote_energies`: circuits that the energy depends on more get more shots.
    Rounds run one after the other; each is a batch, whose circuits turn as the moments of those before say.
    The standard error is that of the delta method: the covariance of the moments of each circuit, carried through the
    gradient of the energy, which goes through the circuits of later rounds, too. It is exact for one round and readouts
    that are linear in the moments; others have in addition a bias that falls as one over the shots.

    Args:
        model: a trained model.
        numbers: (atoms,) atomic numbers.
        positions: (frames, atoms, 3), Angstrom.
        target: a target with native gates that runs circuits.
        shots: the mean over the circuits of a geometry, measurement settings counted.
        standard_error: that each energy should have, eV; give this or ``shots``.
        pilot: shots of each setting of each circuit of a run that comes first, at least 2: the shots are then allocated
            by the spread that was seen, noise included, instead of that of exact states. Its shots do not enter the
            energies, and cost extra.
        batches: how many batches the shots of each round come in, each allocated by what the ones before have shown.
            All shots enter the energies, which stay unbiased; see :mod:`qffc.execution.batches`. Not with ``pilot``.
        pack: run circuits side by side in jobs that share their shots, or not; None for what costs less
            at equal standard errors. All shots
            enter the energies.
        max_price: in HQC; the run is refused when it costs more, the pilot included. A machine needs it.
        store: a folder for results, so that a run can go on after a kill. A machine needs it.
        seed: what reproduces the shots.
        sampler: takes the place of the target.
        debias: take the bias off that exact states tell of beforehand, see :mod:`qffc.execution.noise_bias`.
        mitigation: what is done against noise, see :mod:`qffc.execution.mitigation`. Shots, price and standard error
            are those of the whole.
        own_settings: choose settings and weights for each circuit by its own exact state; see
            :mod:`qffc.passes.measurement.own_settings`. Not with ``batches``.

    Raises:
        QffcError: when the molecule does not fit the model, the target cannot run the circuits, the price is above the
            limit, or the mitigation does not fit.
    """
    job = prepare(model, numbers, positions)
    if batches is not None:
        _need_no_pilot(pilot, batches)
        _need_shared_settings(own_settings, batches)
        plan = BatchPlan.of(Aim(job), Wanted(shots, standard_error, batches), target, pack, mitigation)
        return _in_batches(job, plan, seed, max_price, store, sampler, debias)

    def measured(quote: Quote, seed: int, spent: float) -> Measured:
        return run_rounds(
            job,
            alone(job),
            quote,
            target,
            seed=seed,
            sampler=sampler,
            store=store,
            max_price=max_price,
            spent=spent,
        )

    spent = 0.0
    if pilot is None:
        quote = planned_quote(
            job,
            target,
            shots=shots,
            standard_error=standard_error,
            pack=pack,
            mitigation=mitigation,
            own=own_settings,
        )
        extra_shots, extra_prices = np.zeros(len(job.frames), dtype=int), (0.0,) * len(job.frames)
    else:
        first = equal_quote(job, target, pilot, pack, mitigation, own_settings)
        check_price(first.price, max_price)
        seen = measured(first, seed, spent)
        spent = seen.spent
        quote = observed_quote(
            job, target, first.plan, seen.moments, shots=shots, standard_error=standard_error, pack=pack
        )
        extra_shots, extra_prices = first.shots.sum(axis=(1, 2)), first.prices
        seed += _PILOT_SEED
    # What a pilot really cost is known by now, and may be less than its quote.
    check_price(quote.price + (spent if sampler is None else sum(extra_prices)), max_price)
    estimate = measured(quote, seed, spent).moments
    tell("energies and standard errors")
    energies, slopes = job.energies_and_slopes(estimate.means)
    variances = np.einsum("ci,cij,cj->c", slopes, estimate.covariances, slopes).reshape(len(energies), -1).sum(axis=1)
    exact, _ = job.energies_and_slopes(job.exact_moments)
    bias = planned_bias(job, quote.plan, estimate.shots) if debias else np.zeros(len(energies))
    kept = _kept(estimate, len(energies))
    return tuple(
        EnergyEstimate(
            float(energies[frame] - bias[frame]),
            float(np.sqrt(max(variances[frame], 0.0))),
            float(exact[frame]),
            int((quote.shots[frame] > 0).sum()),
            int(quote.shots[frame].sum() + extra_shots[frame]),
            quote.prices[frame] + extra_prices[frame],
            float(bias[frame]),
            float(kept[frame]),
        )
        for frame in range(len(energies))
    )


def _in_batches(
    job: Job,
    plan: BatchPlan,
    seed: int,
    max_price: float | None,
    store: Path | None,
    sampler: Sampler | None,
    debias: bool,
) -> tuple[EnergyEstimate, ...]:
    found = run_batches(plan, seed=seed, max_price=max_price, store=store, sampler=sampler)
    exact, _ = job.energies_and_slopes(job.exact_moments)
    shots = np.sum([step.shots for step in found.steps], axis=0)
    prices = np.sum([step.prices for step in found.steps], axis=0)
    bias = planned_bias(job, plan.settings, found.moments.shots) if debias else np.zeros(len(exact))
    kept = _kept(found.moments, len(exact))
    return tuple(
        EnergyEstimate(
            float(found.values[frame] - bias[frame]),
            float(found.standard_errors[frame]),
            float(exact[frame]),
            int((shots[frame] > 0).sum()),
            int(shots[frame].sum()),
            float(prices[frame]),
            float(bias[frame]),
            float(kept[frame]),
        )
        for frame in range(len(exact))
    )


def _need_shared_settings(own: bool, batches: int) -> None:
    if own:
        raise error(
            "settings of each circuit in batches",
            found=f"own_settings=True and batches={batches}",
            expected="one of the two",
            help="leave one of them out: batches share the settings that were planned first",
        )


def _kept(moments: MomentEstimate, frames: int) -> Floats:
    """(frames,), the part of the shots of a geometry that is kept."""
    shots = moments.shots.reshape(frames, -1)
    kept = (moments.shares_kept * moments.shots).reshape(frames, -1)
    return np.asarray(kept.sum(axis=1) / np.maximum(shots.sum(axis=1), 1))


def _need_no_pilot(pilot: int | None, batches: int) -> None:
    if pilot is not None:
        raise error(
            "pilot run beside batches",
            found=f"pilot={pilot} and batches={batches}",
            expected="one of the two",
            help="leave the pilot out: the first batch shows as much, and its shots count",
        )
