"""Moments and their covariance from shots. NumPy only; circuits are built by the pytket lowering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qffc.execution.backend import EmulatorRun, ShotResult, run_circuits
from qffc.ir.diagnostics import error
from qffc.passes.lower_pytket_measurement import MeasurementPlan
from qffc.passes.split_program import Split
from qffc.passes.target import Target


@dataclass(frozen=True, eq=False)
class MomentEstimate:
    """Estimated moments of several circuits.

    Args:
        means: (circuits, observables), unbiased.
        covariances: (circuits, observables, observables), of the means, unbiased.
        run: the batch behind it.
    """

    means: NDArray[np.float64]
    covariances: NDArray[np.float64]
    run: EmulatorRun

    @property
    def standard_errors(self) -> NDArray[np.float64]:
        """(circuits, observables)."""
        return np.sqrt(np.maximum(np.diagonal(self.covariances, axis1=1, axis2=2), 0.0))


def estimate_moments(
    split: Split, slots: NDArray[np.float64], target: Target, *, shots: int, seed: int
) -> MomentEstimate:
    """Estimate the moments of one program at several points, all circuits in one batch.

    Args:
        split: the program.
        slots: (circuits, slot_count), radians.
        target: a target with an emulator.
        shots: of each measurement setting of each circuit, at least 2.
        seed: what reproduces the shots.

    Returns:
        Means, and covariances of the means. Moments that share a setting are correlated, settings are independent.

    Raises:
        QffcError: when the target cannot run it, or there are too few shots for a covariance.
    """
    from qffc.passes.lower_pytket import PytketKernel

    _need_shots(shots)
    points = np.asarray(slots, dtype=np.float64)
    if points.ndim != 2:
        raise error(
            "slots that are no table",
            found=f"an array of shape {points.shape}",
            expected=f"(circuits, {split.slot_count})",
            help="give one row for each circuit",
        )
    kernel = PytketKernel(split, target)
    plan = kernel.measurements
    circuits = [kernel.bind_measured(row, setting) for row in points for setting in plan.settings]
    run = run_circuits(circuits, target, shots=shots, seed=seed)
    width, size = len(plan.settings), len(plan.terms)
    means, covariances = np.zeros((len(points), size)), np.zeros((len(points), size, size))
    for index in range(len(points)):
        results = run.results[index * width : (index + 1) * width]
        means[index], covariances[index] = moments_from_shots(plan, results)
    return MomentEstimate(means, covariances, run)


def moments_from_shots(
    plan: MeasurementPlan, results: Sequence[ShotResult]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the moments of one circuit, (observables,), and the covariance of them, (observables, observables).

    Args:
        plan: the settings that were measured.
        results: the shots of each setting, in order.

    Raises:
        QffcError: when there is not one result of at least two shots for each setting.

    Example:
        >>> from qffc.ir.observables import PauliObservable
        >>> from qffc.passes.lower_pytket_measurement import measurement_plan
        >>> plan = measurement_plan([PauliObservable(((0, "Z"),))], 1)
        >>> mean, covariance = moments_from_shots(plan, [ShotResult.of(np.array([[0], [0], [1]]))])
        >>> round(float(mean[0]), 6), round(float(covariance[0, 0]), 6)
        (0.333333, 0.444444)
    """
    if len(results) != len(plan.settings):
        raise error(
            "results that do not fit the plan",
            found=f"{len(results)} results",
            expected=f"{len(plan.settings)}, one for each setting",
            help="run every setting once",
        )
    means = np.array(plan.constants, dtype=np.float64)
    covariance = np.zeros((len(means), len(means)))
    for index, (setting, result) in enumerate(zip(plan.settings, results, strict=True)):
        _need_shots(result.shots)
        bit = {qubit: place for place, qubit in enumerate(setting.measured)}
        weights = plan.weights(index)
        parities = np.array([sign * result.parities([bit[q] for q in qubits]) for sign, qubits in setting.readings])
        values = weights @ parities  # (observables, distinct)
        mean = values @ result.counts / result.shots
        centred = values - mean[:, None]
        means += mean
        covariance += (centred * result.counts) @ centred.T / (result.shots * (result.shots - 1))
    return means, covariance


def _need_shots(shots: int) -> None:
    if shots < 2:
        raise error(
            "too few shots",
            found=f"{shots}",
            expected="at least 2 for each setting: a covariance is estimated from their spread",
            help="ask for more shots",
        )
