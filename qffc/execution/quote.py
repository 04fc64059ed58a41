"""What an energy takes, known before anything runs: settings, shots of each circuit, expected standard error, price."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qffc.execution.energy_circuits import Job
from qffc.execution.estimate import MomentEstimate, device_kernel, shot_table
from qffc.execution.measured_circuits import measured_circuits
from qffc.execution.mitigation import NOTHING, Mitigation
from qffc.execution.offer import Allocate, Offer, Tariff, allocation_for, both_offers
from qffc.ir.diagnostics import error
from qffc.ir.short_repr import counted, short_repr
from qffc.ir.telling import tell
from qffc.passes.circuit.split_program import Split
from qffc.passes.equivariance.numbers.generic_point import generic_slots
from qffc.passes.measurement.kernel_states import DENSE_QUBITS, kernel_states
from qffc.passes.measurement.own_settings import own_settings
from qffc.passes.measurement.plan import moment_covariances, plan_measurement, setting_variances
from qffc.passes.measurement.settings import MeasurementPlan
from qffc.passes.target import Target

Floats = NDArray[np.float64]

_PLAN_CIRCUITS = 256
"""Circuits that the choice of settings looks at, spread over all."""
_CHUNK = 512
"""Circuits whose states are in memory at once."""


@dataclass(frozen=True, eq=False)
class Quote:
    """What a run takes.

    Args:
        plan: the measurement settings.
        offer: how it is run.
        other: the other way: one by one where the offer is packed, and packed where it is not.
        standard_errors: (frames,) expected, eV, or eV/Angstrom for forces; nan where nothing is known of the variances.
        rounds: of circuits, which run one after the other.
    """

    plan: MeasurementPlan
    offer: Offer
    other: Offer
    standard_errors: Floats
    rounds: int = 1

    def __repr__(self) -> str:
        errors = ", ".join(f"{1e3 * error:.3g}" for error in self.standard_errors[:4])
        return short_repr(
            self,
            counted(self.circuits, "circuit"),
            counted(int(self.shots.sum()), "shot"),
            f"{self.price:.6g} HQC",
            f"standard errors {errors}{' ...' if len(self.standard_errors) > 4 else ''} meV",
        )

    @property
    def shots(self) -> NDArray[np.int64]:
        """(frames, circuits, settings), round after round; 0 where nothing depends on the moments."""
        return self.offer.shots

    @property
    def prices(self) -> tuple[float, ...]:
        """In HQC, of each geometry."""
        return self.offer.prices

    @property
    def price(self) -> float:
        """The price of all geometries in HQC."""
        return self.offer.price

    @property
    def packed(self) -> bool:
        """Whether circuits run side by side."""
        return self.offer.packed

    @property
    def circuits(self) -> int:
        """Circuits of all geometries, measurement settings counted."""
        return int((self.shots > 0).sum())

    @property
    def table(self) -> NDArray[np.int64]:
        """The shots as (frames x circuits, settings)."""
        return self.shots.reshape(-1, self.shots.shape[-1])


def planned_quote(
    job: Job,
    target: Target,
    *,
    shots: int | None,
    standard_error: float | None,
    pack: bool | None = None,
    mitigation: Mitigation = NOTHING,
    own: bool = False,
) -> Quote:
    """Return settings and shots by the variances of the exact states of the circuits, without noise of a device.

    Above 12 qubits variances are those of the maximally mixed state.

    Args:
        job: the circuits.
        target: where they run.
        shots: the mean over the circuits of a geometry, settings counted; or
        standard_error: of each energy, eV.
        pack: run circuits side by side in jobs that share their shots, or not; None for what costs less
            at equal standard errors.
        mitigation: what is done against noise.
        own: whether each circuit has settings and weights of its own.

    Raises:
        QffcError: when the target cannot run the circuits, not one of shots and standard error is given, or the
            mitigation does not fit.
    """
    need_one(shots, standard_error)
    _, slopes = job.energies_and_slopes(job.exact_moments)
    plan = mitigation.applied(plan_of(job, own), job.split, target)
    wanted = allocation_for(shots, standard_error)
    return _quote(job, target, plan, planned_variances(job, plan, slopes), job.matters(slopes), wanted, pack)


def planned_variances(job: Job, plan: MeasurementPlan, slopes: Floats) -> Floats:
    """Return the variance (frames x circuits, settings), eV^2, that one shot gives to an energy, by exact states.

    Args:
        job: the circuits.
        plan: the settings.
        slopes: (frames x circuits, observables), derivatives of the energies by the moments, eV.
    """
    found = [setting_variances(each, slopes[here]) for here, each in _covariances(job.split, job.flat_slots, plan)]
    return np.concatenate(found)


def planned_covariances(split: Split, rows: Floats, plan: MeasurementPlan, shots: NDArray[np.int64]) -> Floats:
    """Return the covariances of the moments, (circuits, observables, observables), by exact states.

    Args:
        split: of the circuits.
        rows: (circuits, slots), radians.
        plan: the settings.
        shots: (circuits, settings); the moments of a circuit that has none are taken as known.
    """
    parts = []
    for here, each in _covariances(split, rows, plan):
        factors = np.where(shots[here] > 0, 1 / np.maximum(shots[here], 1), 0.0)
        parts.append(np.einsum("csab,cs->cab", each, factors))
    return np.concatenate(parts)


def _covariances(split: Split, rows: Floats, plan: MeasurementPlan) -> Iterator[tuple[slice, Floats]]:
    """Chunks of circuits with the covariances (circuits, settings, observables, observables) of one shot."""
    for start in range(0, len(rows), _CHUNK):
        tell("variances of circuits:", start, len(rows))
        here = slice(start, start + _CHUNK)
        states = kernel_states(split, rows[here]) if split.qubit_count <= DENSE_QUBITS else None
        yield here, moment_covariances(plan.rows(here), states, len(rows[here]))


def equal_quote(
    job: Job,
    target: Target,
    shots: int,
    pack: bool | None = None,
    mitigation: Mitigation = NOTHING,
    own: bool = False,
) -> Quote:
    """Return the same settings with equal shots for each, as for a pilot run."""
    _, slopes = job.energies_and_slopes(job.exact_moments)
    plan = mitigation.applied(plan_of(job, own), job.split, target)
    unknown = np.zeros((len(slopes), len(plan.settings)))
    shot_table(shots, len(slopes), plan)  # refuses what is too few

    def equal(variances: Floats, frame: int) -> NDArray[np.int64]:
        del frame
        return np.full(variances.shape, shots)

    quote = _quote(job, target, plan, unknown, job.matters(slopes), equal, pack)
    return replace(quote, standard_errors=np.full(len(job.frames), np.nan))


def observed_quote(
    job: Job,
    target: Target,
    plan: MeasurementPlan,
    seen: MomentEstimate,
    *,
    shots: int | None,
    standard_error: float | None,
    pack: bool | None = None,
) -> Quote:
    """Return shots by the variances that a pilot run has shown.

    A spread that few shots did not show may still be there, so each variance is mixed with that of the maximally mixed
    state, which counts as one shot.

    Args:
        job: the circuits.
        target: where they run.
        plan: what the pilot run measured.
        seen: what came out.
        shots: the mean over the circuits of a geometry, settings counted; or
        standard_error: of each energy, eV.
        pack: run circuits side by side in jobs that share their shots, or not; None for what costs less
            at equal standard errors.
    """
    need_one(shots, standard_error)
    _, slopes = job.energies_and_slopes(seen.means)
    prior = setting_variances(moment_covariances(plan, None, len(slopes)), slopes)
    variances = (seen.shots * setting_variances(seen.one_shot, slopes) + prior) / (seen.shots + 1)
    wanted = allocation_for(shots, standard_error)
    return _quote(job, target, plan, variances, job.matters(slopes), wanted, pack)


def plan_of(job: Job, own: bool = False) -> MeasurementPlan:
    """Return the settings that estimate the energies of the geometries well: all circuits', or each one's own."""
    tell("planning settings and shots")
    _, slopes = job.energies_and_slopes(job.exact_moments)
    if own:
        # A circuit whose slope vanishes by accident is measured, too: as if it counted for every moment alike.
        counted = np.where(job.matters(slopes)[:, None] & ~slopes.any(axis=1, keepdims=True), 1e-9, slopes)
        return own_settings(job.split, job.flat_slots, counted)
    chosen = np.unique(np.linspace(0, len(slopes) - 1, min(len(slopes), _PLAN_CIRCUITS)).astype(int))
    return plan_measurement(job.split, job.flat_slots[chosen], slopes[chosen])


def choose(offers: tuple[Offer, Offer], pack: bool | None) -> tuple[Offer, Offer]:
    """Return the offer that is taken and the other one, given one by one and packed.

    None takes what costs less at equal standard errors: circuits of a job share their shots, so the same number of
    shots may leave a larger variance, and the price for a variance goes with their product.
    """
    alone, packed = offers
    taken = packed.worth < alone.worth if pack is None else pack
    return (packed, alone) if taken else (alone, packed)


def _quote(
    job: Job,
    target: Target,
    plan: MeasurementPlan,
    variances: Floats,
    matters: NDArray[np.bool_],
    wanted: Allocate,
    pack: bool | None,
) -> Quote:
    frames = len(job.frames)
    used = matters.reshape(frames, -1)
    asked = used[:, :, None] & plan.measured(len(matters)).reshape(*used.shape, -1)
    tariff = tariff_of(job, target, plan, used)
    offers = both_offers(variances.reshape(frames, job.circuits, -1), asked, tariff, target, wanted, job.rounds)
    offer, other = choose(offers, pack)
    return Quote(plan, offer, other, np.sqrt(offer.variances), job.rounds)


def tariff_of(job: Job, target: Target, plan: MeasurementPlan, used: NDArray[np.bool_]) -> Tariff:
    """What circuits cost: the first round as it is, later ones with every gate that they may have; programs nothing."""
    if not target.native:
        return Tariff.free((*used.shape, len(plan.settings)), job.split.qubit_count)
    kernel, settings = device_kernel(job.split, target), len(plan.settings)
    first = np.repeat(np.arange(job.rounds), used.shape[1] // job.rounds) == 0
    taken = np.flatnonzero(used & first)
    rows = np.concatenate([job.flat_slots[taken], generic_slots(job.split)[None]])
    counts = [kernel.counts(circuit) for circuit in measured_circuits(kernel, rows, plan.settings)]
    row = np.full(used.size, len(taken))
    row[taken] = np.arange(len(taken))
    where = row[:, None] * settings + np.arange(settings)
    return Tariff.of(counts, where.reshape(*used.shape, -1), target)


def need_one(shots: int | None, standard_error: float | None) -> None:
    """Refuse a run that is given neither or both, or too few shots."""
    if (shots is None) == (standard_error is None):
        raise error(
            "neither shots nor a standard error" if shots is None else "both shots and a standard error",
            found=f"shots={shots}, standard_error={standard_error}",
            expected="one of the two",
            help="give the shots to spend, or the standard error to reach",
        )
    if shots is not None and shots < 2:
        raise error(
            "too few shots",
            found=f"{shots}",
            expected="at least 2 for each setting: a covariance is estimated from their spread",
            help="ask for more shots",
        )
