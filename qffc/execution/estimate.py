"""Moments and their covariance from shots. NumPy only; circuits are built by the pytket lowering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qffc.execution.backend import EmulatorRun, ShotResult
from qffc.execution.batch import run_batch
from qffc.execution.measured_circuits import measured_circuits
from qffc.ir.diagnostics import QffcError, error
from qffc.ir.telling import tell
from qffc.passes.circuit.split_program import Split
from qffc.passes.measurement.settings import MeasurementPlan, Setting
from qffc.passes.target import Target

if TYPE_CHECKING:
    from qffc.passes.lower_pytket.kernel import PytketKernel

Floats = NDArray[np.float64]

_LEAST_KEPT = 2
"""Shots that are left of those of a setting."""


@dataclass(frozen=True, eq=False)
class MomentEstimate:
    """Estimated moments of several circuits.

    Args:
        means: (circuits, observables), unbiased; 0 for circuits without shots.
        one_shot: (circuits, settings, observables, observables), the covariance that one shot of each setting gives to
            the means, unbiased.
        shots: (circuits, settings).
        run: the batch behind it, where there was one.
        kept: (circuits, settings), the part of the shots whose outcome is possible; None for all of them.
    """

    means: Floats
    one_shot: Floats
    shots: NDArray[np.int64]
    run: EmulatorRun | None = None
    kept: Floats | None = None

    @property
    def shares_kept(self) -> Floats:
        """(circuits, settings), the part of the shots that was kept; 1 where all were, or none were drawn."""
        return np.ones(self.shots.shape) if self.kept is None else self.kept

    @property
    def covariances(self) -> Floats:
        """(circuits, observables, observables), of the means, unbiased; settings are independent."""
        each = 1 / np.maximum(self.shots, 1)
        return np.asarray(np.einsum("csab,cs->cab", self.one_shot, each))

    @property
    def standard_errors(self) -> Floats:
        """(circuits, observables)."""
        return np.sqrt(np.maximum(np.diagonal(self.covariances, axis1=1, axis2=2), 0.0))


def estimate_moments(
    split: Split,
    slots: Floats,
    target: Target,
    *,
    shots: int | NDArray[np.integer],
    seed: int,
    plan: MeasurementPlan | None = None,
    packed: bool = False,
    store: Path | None = None,
    max_price: float | None = None,
) -> MomentEstimate:
    """Estimate the moments of one program at several points, all circuits in one batch.

    Args:
        split: the program.
        slots: (circuits, slot_count), radians.
        target: a target that runs circuits.
        shots: of each measurement setting of each circuit, at least 2: one number, or (circuits, settings). A circuit
            with no shots at all is left out.
        seed: what reproduces the shots.
        plan: what is measured; Pauli bases when left out.
        packed: run circuits side by side in jobs that share their shots; each gets at least those asked for, and
            what it gets more is used. See :func:`qffc.execution.batch.run_batch` for what emulators do.
        store: a folder for results, so that a run can go on after a kill.
        max_price: in HQC; a dearer run is refused before anything runs.

    Returns:
        Means, and covariances of the means. Moments that share a setting are correlated, settings are independent.

    Raises:
        QffcError: when the target cannot run it, or there are too few shots for a covariance.
    """
    points = np.asarray(slots, dtype=np.float64)
    if points.ndim != 2:
        raise error(
            "slots that are no table",
            found=f"an array of shape {points.shape}",
            expected=f"(circuits, {split.slot_count})",
            help="give one row for each circuit",
        )
    tell("writing circuits")
    kernel = device_kernel(split, target)
    plan = plan or kernel.measurements
    table = shot_table(shots, len(points), plan)
    used = np.flatnonzero(table.any(axis=1))
    made = measured_circuits(kernel, points[used], plan.settings)
    every = [(int(row), index) for row in used for index in range(len(plan.settings))]
    circuits = [circuit for circuit, place in zip(made, every, strict=True) if table[place]]
    places = [place for place in every if table[place]]
    each = [int(table[place]) for place in places]
    run = run_batch(circuits, target, shots=each, seed=seed, packed=packed, store=store, max_price=max_price)
    results: dict[int, list[ShotResult | None]] = {int(row): [None] * len(plan.settings) for row in used}
    for (row, index), result in zip(places, run.results, strict=True):
        results[row][index] = result
    return gather(plan, [results.get(row) for row in range(len(points))], run)


def device_kernel(split: Split, target: Target) -> PytketKernel:
    """Return the kernel whose circuits run: with frames, which keep what each setting reads, means and covariances."""
    from qffc.passes.lower_pytket.kernel import PytketKernel  # pytket is heavy

    return PytketKernel(split, target, fix_frame=True)


def gather(
    plan: MeasurementPlan, results: Sequence[Sequence[ShotResult | None] | None], run: EmulatorRun | None = None
) -> MomentEstimate:
    """Return the estimate from the shots of each setting of each circuit; None for what was left out."""
    size, width = len(plan.terms), len(plan.settings)
    means, one_shot = np.zeros((len(results), size)), np.zeros((len(results), width, size, size))
    shots, kept = np.zeros((len(results), width), dtype=np.int64), np.ones((len(results), width))
    for index, each in enumerate(results):
        if each is not None:
            means[index], one_shot[index], kept[index] = _from_shots(plan, index, each)
            shots[index] = [0 if result is None else result.shots for result in each]
    selected = any(setting.correction is not None and setting.correction.possible for setting in plan.settings)
    return MomentEstimate(means, one_shot, shots, run, kept if selected else None)


def moments_from_shots(plan: MeasurementPlan, results: Sequence[ShotResult]) -> tuple[Floats, Floats]:
    """Return the moments of one circuit, (observables,), and the covariance of them, (observables, observables).

    Args:
        plan: the settings that were measured.
        results: the shots of each setting, in order.

    Raises:
        QffcError: when there is not one result of at least two shots for each setting.

    Example:
        >>> from qffc.ir.observables import PauliObservable
        >>> from qffc.passes.measurement.settings import measurement_plan
        >>> plan = measurement_plan([PauliObservable(((0, "Z"),))], 1)
        >>> mean, covariance = moments_from_shots(plan, [ShotResult.of(np.array([[0], [0], [1]]))])
        >>> round(float(mean[0]), 6), round(float(covariance[0, 0]), 6)
        (0.333333, 0.444444)
    """
    estimate = gather(plan, [results])
    return estimate.means[0], estimate.covariances[0]


def shot_table(shots: int | NDArray[np.integer], circuits: int, plan: MeasurementPlan) -> NDArray[np.int64]:
    """Return the shots of each setting of each circuit, (circuits, settings).

    Raises:
        QffcError: when the shape is another one, or a circuit that is run has a setting with fewer than two shots.
    """
    shape = (circuits, len(plan.settings))
    given = np.asarray(shots)
    if given.ndim and given.shape != shape:
        raise error(
            "shots that do not fit the circuits",
            found=f"an array of shape {given.shape}",
            expected=f"one number, or {shape}: circuits and settings",
            help="allocate shots with the plan that is measured",
        )
    table = np.broadcast_to(given, shape).astype(np.int64)
    needed = plan.measured(circuits) & table.any(axis=1, keepdims=True)
    if (table[needed] < 2).any() or (not given.ndim and given < 2):
        raise _too_few(int(given.min()))
    return table


def _from_shots(
    plan: MeasurementPlan, circuit: int, results: Sequence[ShotResult | None]
) -> tuple[Floats, Floats, Floats]:
    """Means, the covariance of one shot of each setting, and the part of the shots of each that is kept."""
    if len(results) != len(plan.settings):
        raise error(
            "results that do not fit the plan",
            found=f"{len(results)} results",
            expected=f"{len(plan.settings)}, one for each setting",
            help="run every setting once",
        )
    means = np.array(plan.constants, dtype=np.float64)
    one_shot, parts = np.zeros((len(plan.settings), len(means), len(means))), np.ones(len(plan.settings))
    for index, (setting, result) in enumerate(zip(plan.settings, results, strict=True)):
        weights = plan.weights_of(index, circuit)
        if result is None or not (result.shots or weights.any()):
            continue
        if result.shots < 2:
            raise _too_few(result.shots)
        counted, parities = _read(setting, result)
        values = weights @ parities  # (observables, distinct)
        part = parts[index] = float(counted @ result.counts) / result.shots
        if part * result.shots < _LEAST_KEPT:
            raise _none_kept(part, result.shots)
        # A ratio of two sums where shots are left out; to first order its spread is that of what follows.
        mean = values @ result.counts / (part * result.shots)
        centred = (values - mean[:, None] * counted) / part
        means += mean
        one_shot[index] = (centred * result.counts) @ centred.T / (result.shots - 1)
    return means, one_shot, parts


def _read(setting: Setting, result: ShotResult) -> tuple[Floats, Floats]:
    """How much each outcome that was seen counts, (distinct,), and what it gives each string, (strings, distinct)."""
    bit = {qubit: place for place, qubit in enumerate(setting.measured)}
    readings = [(sign, [bit[qubit] for qubit in qubits]) for sign, qubits in setting.readings]
    if setting.correction is not None:
        return setting.correction.apply(result.outcomes, readings)
    return np.ones(len(result.counts)), np.array([sign * result.parities(places) for sign, places in readings])


def _none_kept(part: float, shots: int) -> QffcError:
    return error(
        "hardly a shot that symmetry allows",
        found=f"{part * shots:.1f} of {shots} shots of a circuit",
        expected=f"at least {_LEAST_KEPT}, for their spread",
        help="ask for more shots, or leave 'symmetry' out: noise leaves nothing of what is conserved",
    )


def _too_few(shots: int) -> QffcError:
    return error(
        "too few shots",
        found=f"{shots}",
        expected="at least 2 for each setting: a covariance is estimated from their spread",
        help="ask for more shots",
    )
