"""What an energy takes, known before anything runs: settings, shots of each circuit, expected standard error, price."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.execution.allocation import MINIMUM_SHOTS, allocate, allocate_for, energy_variance
from qffc.execution.backend import price_of
from qffc.execution.estimate import MomentEstimate, shot_table, split_shots
from qffc.ir.diagnostics import error
from qffc.models.energy import MoleculeEnergy
from qffc.models.force_field import ForceField
from qffc.passes.kernel_states import DENSE_QUBITS, kernel_states
from qffc.passes.lower_pytket_measurement import MeasurementPlan
from qffc.passes.plan_measurement import moment_covariances, plan_measurement, setting_variances
from qffc.passes.split_program import Split
from qffc.passes.target import Target

if TYPE_CHECKING:
    from pytket.circuit import Circuit

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
        shots: (frames, circuits, settings); 0 where the energy does not depend on the moments.
        standard_errors: (frames,) expected, eV; nan where nothing is known of the variances.
        prices: in HQC, of each geometry.
    """

    plan: MeasurementPlan
    shots: NDArray[np.int64]
    standard_errors: Floats
    prices: tuple[float, ...]

    @property
    def price(self) -> float:
        """The price of all geometries in HQC."""
        return sum(self.prices)

    @property
    def circuits(self) -> int:
        """Circuits of all geometries, measurement settings counted."""
        return int((self.shots > 0).sum())

    @property
    def table(self) -> NDArray[np.int64]:
        """The shots as (frames x circuits, settings)."""
        return self.shots.reshape(-1, self.shots.shape[-1])


@dataclass(frozen=True, eq=False)
class Job:
    """Geometries of one molecule, and the circuits that their energies need.

    Args:
        molecule: the energy function.
        arrays: parameters and constants of the model.
        frames: (frames, atoms, 3), Angstrom.
        slots: (frames, instances, channels, slots), radians.
    """

    molecule: MoleculeEnergy
    arrays: dict[str, jax.Array]
    frames: jax.Array
    slots: Floats

    @property
    def split(self) -> Split:
        """The program of each circuit."""
        return self.molecule.lowered.split

    @property
    def circuits(self) -> int:
        """Circuits of each geometry, settings apart."""
        return self.molecule.circuits

    @property
    def flat_slots(self) -> Floats:
        """(frames x circuits, slots)."""
        return self.slots.reshape(-1, self.slots.shape[-1])

    @cached_property
    def exact_moments(self) -> Floats:
        """(frames x circuits, observables)."""
        return np.asarray(jax.jit(self.molecule.lowered.moments)(jnp.asarray(self.flat_slots)))

    def energies_and_slopes(self, moments: Floats) -> tuple[Floats, Floats]:
        """Return energies (frames,), eV, and their derivatives by the moments, shaped as the moments."""
        energies, slopes = self._finish(jnp.asarray(moments.reshape(*self.slots.shape[:-1], -1)))
        return np.asarray(energies), np.asarray(slopes).reshape(moments.shape)

    def matters(self, slopes: Floats) -> NDArray[np.bool_]:
        """Return (frames x circuits,), whether the energy depends on the moments of a circuit at all.

        A circuit with an atom beyond the cutoff has weight zero. One zero slope can be an accident, so the slopes at
        other moments must vanish as well.
        """
        elsewhere = np.random.default_rng(0).uniform(-1, 1, size=slopes.shape)
        return np.asarray((slopes != 0).any(axis=1) | (self.energies_and_slopes(elsewhere)[1] != 0).any(axis=1))

    @cached_property
    def _finish(self) -> Callable[[jax.Array], tuple[jax.Array, jax.Array]]:
        def total(moments: jax.Array) -> tuple[jax.Array, jax.Array]:
            energies = self.molecule.finish(self.arrays, moments, self.frames)
            return jnp.sum(energies), energies  # frames do not mix, so the gradient of the sum is that of each

        def finish(moments: jax.Array) -> tuple[jax.Array, jax.Array]:
            slopes, energies = jax.grad(total, has_aux=True)(moments)
            return energies, slopes

        return jax.jit(finish)


def prepare(model: ForceField, numbers: NDArray[np.integer], positions: NDArray[np.floating]) -> Job:
    """Return the circuits of geometries (frames, atoms, 3) in Angstrom.

    Raises:
        QffcError: when the molecule does not fit the model, or the positions have another shape.
    """
    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]  # of JAX
    given = np.asarray(positions, dtype=np.float64)
    if given.ndim != 3 or given.shape[1:] != (len(numbers), 3) or not len(given):
        raise error(
            "positions of another shape",
            found=f"{given.shape}",
            expected=f"(frames, {len(numbers)}, 3), Angstrom, at least one frame",
            help="give a batch of frames with all atoms",
        )
    arrays = {name: jnp.asarray(value) for name, value in model.arrays.items()}
    molecule, frames = model.molecule(numbers), jnp.asarray(given)
    slots = jax.jit(lambda r: molecule.slots(arrays, r))(frames)
    # Two compilations may differ in the last bit of an angle, which may reorder the measurements of a circuit and so
    # draw other shots from the same seed; no device resolves a picoradian.
    return Job(molecule, arrays, frames, np.round(np.asarray(slots), 12))


def planned_quote(job: Job, target: Target, *, shots: int | None, standard_error: float | None) -> Quote:
    """Return settings and shots by the variances of the exact states of the circuits, without noise of a device.

    Above 12 qubits variances are those of the maximally mixed state.

    Args:
        job: the circuits.
        target: where they run.
        shots: the mean over the circuits of a geometry, settings counted; or
        standard_error: of each energy, eV.

    Raises:
        QffcError: when the target cannot run the circuits, or not one of shots and standard error is given.
    """
    need_one(shots, standard_error)
    _, slopes = job.energies_and_slopes(job.exact_moments)
    plan = plan_of(job)
    parts = []
    for start in range(0, len(slopes), _CHUNK):
        here = slice(start, start + _CHUNK)
        states = kernel_states(job.split, job.flat_slots[here]) if job.split.qubit_count <= DENSE_QUBITS else None
        parts.append(setting_variances(moment_covariances(plan, states, len(slopes[here])), slopes[here]))
    return _quote(job, target, plan, np.concatenate(parts), job.matters(slopes), shots, standard_error)


def equal_quote(job: Job, target: Target, shots: int) -> Quote:
    """Return the same settings with equal shots for each, as for a pilot run."""
    _, slopes = job.energies_and_slopes(job.exact_moments)
    plan = plan_of(job)
    table = shot_table(shots, len(slopes), plan) * job.matters(slopes)[:, None]
    table = table.reshape(len(job.frames), job.circuits, -1)
    return Quote(plan, table, np.full(len(job.frames), np.nan), _prices(job, target, plan, table))


def observed_quote(
    job: Job,
    target: Target,
    plan: MeasurementPlan,
    seen: MomentEstimate,
    *,
    shots: int | None,
    standard_error: float | None,
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
    """
    need_one(shots, standard_error)
    _, slopes = job.energies_and_slopes(seen.means)
    prior = setting_variances(moment_covariances(plan, None, len(slopes)), slopes)
    variances = (seen.shots * setting_variances(seen.one_shot, slopes) + prior) / (seen.shots + 1)
    return _quote(job, target, plan, variances, job.matters(slopes), shots, standard_error)


def plan_of(job: Job) -> MeasurementPlan:
    """Return the settings that estimate the energies of the geometries well."""
    _, slopes = job.energies_and_slopes(job.exact_moments)
    chosen = np.unique(np.linspace(0, len(slopes) - 1, min(len(slopes), _PLAN_CIRCUITS)).astype(int))
    return plan_measurement(job.split, job.flat_slots[chosen], slopes[chosen])


def _quote(
    job: Job,
    target: Target,
    plan: MeasurementPlan,
    variances: Floats,
    matters: NDArray[np.bool_],
    shots: int | None,
    standard_error: float | None,
) -> Quote:
    frames = len(job.frames)
    table = np.zeros((frames, job.circuits, len(plan.settings)), dtype=np.int64)
    errors = np.zeros(frames)
    each_frame = zip(variances.reshape(table.shape), matters.reshape(frames, -1), strict=True)
    for frame, (variance, used) in enumerate(each_frame):
        if shots is not None:
            least = min(MINIMUM_SHOTS, shots)
            table[frame, used] = allocate(variance[used], shots * int(used.sum()) * len(plan.settings), least)
        elif standard_error is not None:
            table[frame, used] = allocate_for(variance[used], standard_error)
        errors[frame] = np.sqrt(energy_variance(variance[used], table[frame, used]))
    return Quote(plan, table, errors, _prices(job, target, plan, table))


def _prices(job: Job, target: Target, plan: MeasurementPlan, shots: NDArray[np.int64]) -> tuple[float, ...]:
    from qffc.passes.lower_pytket import PytketKernel  # pytket is heavy

    kernel = PytketKernel(job.split, target)
    prices = []
    for slots, table in zip(job.slots.reshape(len(shots), job.circuits, -1), shots, strict=True):
        used = np.flatnonzero(table.any(axis=1))
        circuits: list[Circuit] = []
        numbers: list[int] = []
        for row in used:
            for setting, shots_here in zip(plan.settings, table[row], strict=True):
                parts = split_shots(int(shots_here), target)
                circuits += [kernel.bind_measured(slots[row], setting)] * len(parts)
                numbers += parts
        prices.append(price_of(circuits, target, numbers))
    return tuple(prices)


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
