"""Differences of energies from shots: what geometries have in common cancels, and is not run.

Barriers, reaction energies and what moves an atom are differences E_B - E_A. Their error is not that of two energies:
circuits that turn by the same angles in both geometries share their shots, and count by the difference of their slopes
alone, which is correlated sampling; those of atoms whose surroundings did not change have none and are left out. The
shots are allocated for the variance of the differences.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qffc.execution.aims import Aim
from qffc.execution.batch_plan import BatchPlan, Wanted
from qffc.execution.batches import BatchQuote, run_batches
from qffc.execution.energy_circuits import prepare
from qffc.execution.mitigation import NOTHING, Mitigation
from qffc.execution.noise_bias import planned_bias
from qffc.execution.rounds import Sampler
from qffc.ir.diagnostics import error
from qffc.models.force_field import ForceField
from qffc.passes.target import Target

Floats = NDArray[np.float64]

_ZERO = 1e-9
"""Of the largest coefficient: what a sum of coefficients may be by rounding."""


@dataclass(frozen=True, eq=False)
class DifferenceEstimate:
    """Differences of energies from shots.

    Args:
        values: (differences,), eV.
        covariance: (differences, differences), eV^2: differences share circuits.
        exact: (differences,), what the same circuits give without shot noise, eV.
        circuits: that were run, measurement settings counted.
        left_out: circuits of the geometries that were not run: they are the same as another one, or cancel.
        shots: of all circuits together.
        price: in HQC.
        bias: (differences,), eV, what was taken off as the mean effect of shot noise; 0 where that was not asked for.
    """

    values: Floats
    covariance: Floats
    exact: Floats
    circuits: int
    left_out: int
    shots: int
    price: float
    bias: Floats

    @property
    def standard_errors(self) -> Floats:
        """(differences,), eV."""
        return np.sqrt(np.maximum(np.diagonal(self.covariance), 0.0))


def estimate_differences(
    model: ForceField,
    numbers: NDArray[np.integer],
    positions: NDArray[np.floating],
    target: Target,
    *,
    combinations: NDArray[np.floating] | None = None,
    shots: int | None = None,
    standard_error: float | None = None,
    batches: int = 1,
    pack: bool | None = None,
    max_price: float | None = None,
    store: Path | None = None,
    seed: int,
    sampler: Sampler | None = None,
    mitigation: Mitigation = NOTHING,
    debias: bool = False,
) -> DifferenceEstimate:
    """Estimate differences of energies of geometries of one molecule from circuits on a target.

    Args:
        model: a trained model.
        numbers: (atoms,) atomic numbers.
        positions: (frames, atoms, 3), Angstrom, at least two frames.
        target: a target that runs circuits.
        combinations: (differences, frames), coefficients of the energies that add up to zero; by default each frame
            minus the first one.
        shots: the mean over the circuits that are run, measurement settings counted.
        standard_error: that the differences should have, root mean square, eV; give this or ``shots``.
        batches: in how many batches shots come; see :mod:`qffc.execution.batches`.
        pack: run circuits side by side, or not; None for what costs less at equal standard errors.
        max_price: in HQC; a dearer run is refused before anything runs. A machine needs it.
        store: a folder for results, so that a run can go on after a kill. A machine needs it.
        seed: what reproduces the shots.
        sampler: takes the place of the target.
        mitigation: what is done against noise, see :mod:`qffc.execution.mitigation`.
        debias: take the bias off that exact states tell of beforehand, see :mod:`qffc.execution.noise_bias`.

    Raises:
        QffcError: when the molecule does not fit the model, a combination is no difference, the target cannot run the
            circuits, or the price is above the limit.

    Example:
        >>> from qffc.library import load
        >>> from qffc.models.force_field import untrained
        >>> from qffc.targets.catalogue import target
        >>> model, numbers = untrained(load("sivqlm-lih", depth=1), seed=0), np.array([3, 1])
        >>> pair = np.array([[[0.0, 0.0, 0.0], [0.0, 0.0, z]] for z in (1.6, 1.8)])
        >>> found = estimate_differences(model, numbers, pair, target("ideal"), standard_error=0.05, seed=0)
        >>> found.values.shape, bool(abs(found.standard_errors[0] - 0.05) < 0.01)
        ((1,), True)
    """
    wanted = Wanted(shots, standard_error, batches)
    plan = _planned(model, numbers, positions, target, combinations, wanted, pack, mitigation)
    aim = plan.aim
    found = run_batches(plan, seed=seed, max_price=max_price, store=store, sampler=sampler)
    table = np.sum([step.shots for step in found.steps], axis=0)
    bias = np.zeros(len(found.values))
    if debias and aim.combinations is not None:
        bias = aim.combinations @ planned_bias(aim.job, plan.settings, found.moments.shots, aim.shared)
    return DifferenceEstimate(
        found.values - bias,
        found.covariance,
        aim.values(aim.job.exact_moments),
        int((table > 0).sum()),
        int(np.tile(aim.job.counted, len(aim.job.frames)).sum() - aim.used.sum()),
        int(table.sum()),
        sum(step.price for step in found.steps),
        bias,
    )


def quote_differences(
    model: ForceField,
    numbers: NDArray[np.integer],
    positions: NDArray[np.floating],
    target: Target,
    *,
    combinations: NDArray[np.floating] | None = None,
    shots: int | None = None,
    standard_error: float | None = None,
    batches: int = 1,
    pack: bool | None = None,
    mitigation: Mitigation = NOTHING,
) -> BatchQuote:
    """Return what :func:`estimate_differences` would take with the same arguments; nothing is run."""
    wanted = Wanted(shots, standard_error, batches)
    return BatchQuote(_planned(model, numbers, positions, target, combinations, wanted, pack, mitigation))


def _planned(
    model: ForceField,
    numbers: NDArray[np.integer],
    positions: NDArray[np.floating],
    target: Target,
    combinations: NDArray[np.floating] | None,
    wanted: Wanted,
    pack: bool | None,
    mitigation: Mitigation,
) -> BatchPlan:
    job = prepare(model, numbers, positions)
    frames = len(job.frames)
    if combinations is None:
        table = np.eye(frames)[1:] - np.eye(frames)[:1]
    else:
        table = np.asarray(combinations, dtype=np.float64)
    fits = table.ndim == 2 and table.shape[1] == frames and len(table) and np.isfinite(table).all()
    if (
        not fits
        or (np.abs(table.sum(axis=1)) > _ZERO * np.abs(table).max(axis=1, initial=0.0)).any()
        or not table.any()
    ):
        raise error(
            "combination of energies that is no difference",
            found=f"coefficients of shape {table.shape}"
            + (f" with the sums {np.round(table.sum(axis=1), 6).tolist()}" if fits else "")
            + f" for {frames} geometries",
            expected="(differences, geometries), coefficients that add up to zero in each row, not all of them zero",
            help="leave them out for each geometry minus the first one; two geometries at least",
        )
    return BatchPlan.of(Aim(job, table), replace(wanted, outputs=len(table)), target, pack, mitigation)
