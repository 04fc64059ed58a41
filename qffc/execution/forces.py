"""Forces and gradients of parameters from circuits: exact shift rules, one batch, one chain rule."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.execution.allocation import MINIMUM_SHOTS, allocate, allocate_for
from qffc.execution.energy import Sampler
from qffc.execution.estimate import MomentEstimate, estimate_moments
from qffc.execution.quote import Job, need_one, plan_of, prepare
from qffc.execution.tangent import Geometry, Tangent
from qffc.models.force_field import ForceField
from qffc.passes.kernel_states import DENSE_QUBITS, kernel_states
from qffc.passes.lower_jax_kernel import make_moments
from qffc.passes.lower_pytket_measurement import MeasurementPlan
from qffc.passes.parameter_shift import ShiftRule, shift_rule
from qffc.passes.plan_measurement import moment_covariances
from qffc.passes.split_program import Split
from qffc.passes.target import Target

Floats = NDArray[np.float64]
_CHUNK = 1024
"""Circuits whose states are in memory at once."""


@dataclass(frozen=True, eq=False)
class ForceEstimate:
    """Energy, forces and gradients of one geometry from shots, each with its standard error.

    Args:
        energy: eV.
        energy_error: eV.
        forces: (atoms, 3), eV/Angstrom.
        force_errors: (atoms, 3), eV/Angstrom.
        exact_forces: (atoms, 3), what the same circuits give without shot noise, eV/Angstrom.
        gradient: of the energy along the parameters, by name, in the shapes of the tables, eV; empty unless asked for.
        gradient_errors: in the same shapes, eV.
        circuits: circuits that were run, shifts and measurement settings counted.
        shots: of all circuits together.
    """

    energy: float
    energy_error: float
    forces: Floats
    force_errors: Floats
    exact_forces: Floats
    gradient: dict[str, Floats]
    gradient_errors: dict[str, Floats]
    circuits: int
    shots: int


def exact_moments(
    split: Split, slots: Floats, target: Target, *, plan: MeasurementPlan, shots: NDArray[np.int64], seed: int
) -> MomentEstimate:
    """Return moments in the limit of infinitely many shots, with errors of zero; a ``Sampler``."""
    del target, seed
    means = np.asarray(jax.jit(make_moments(split))(jnp.asarray(slots)))
    size = means.shape[1]
    return MomentEstimate(means, np.zeros((len(slots), len(plan.settings), size, size)), np.asarray(shots))


def estimate_forces(
    model: ForceField,
    numbers: NDArray[np.integer],
    positions: NDArray[np.floating],
    target: Target,
    *,
    shots: int | None = None,
    standard_error: float | None = None,
    parameters: bool = False,
    max_price: float | None = None,
    store: Path | None = None,
    seed: int,
    sampler: Sampler | None = None,
) -> tuple[ForceEstimate, ...]:
    """Estimate energies, forces and gradients of the energy from circuits, all of them in one batch.

    In the limit of many shots they are the derivatives that JAX takes, at any geometry. Standard errors are those of
    the delta method: the covariance of the moments of each circuit, carried to first order through the chain rule.
    Circuits that the forces depend on more get more shots, by the variances of exact states without noise.

    Args:
        model: a trained model.
        numbers: (atoms,) atomic numbers.
        positions: (frames, atoms, 3), Angstrom.
        target: a target with native gates that runs circuits.
        shots: the mean over all circuits, shifts and measurement settings counted.
        standard_error: that the force components of a geometry should have, root mean square, eV/Angstrom; give this
            or ``shots``. With ``parameters`` the entries of the gradient count as well.
        parameters: also estimate the gradient of the energy along all trained parameters.
        max_price: in HQC; a dearer run is refused before anything runs. A machine needs it.
        store: a folder for results, so that a run can go on after a kill. A machine needs it.
        seed: what reproduces the shots.
        sampler: takes the place of the target; :func:`exact_moments` gives the limit of infinitely many shots.

    Raises:
        QffcError: when the molecule does not fit the model, the target cannot run the circuits, or the price is above
            the limit.

    Example:
        >>> from qffc.library import load
        >>> from qffc.models.force_field import untrained
        >>> from qffc.targets import target
        >>> model, numbers = untrained(load("sivqlm-lih", depth=1), seed=0), np.array([3, 1])
        >>> positions = np.array([[[0.0, 0.0, 0.0], [0.0, 0.3, 1.6]]])
        >>> place = target("H2-1LE")
        >>> (found,) = estimate_forces(model, numbers, positions, place, shots=10, seed=0, sampler=exact_moments)
        >>> bool(np.allclose(found.forces, model.predict(numbers, positions)[1][0], atol=1e-9))
        True
    """
    need_one(shots, standard_error)
    sampler = sampler or partial(estimate_moments, store=store, max_price=max_price)
    job = prepare(model, numbers, positions)
    rule = shift_rule(job.split)
    flat = job.flat_slots
    rows = np.concatenate([rule.unshifted(flat)[:, None], rule.slots(flat)], axis=1)
    shape = (len(job.frames), job.circuits, rows.shape[1])
    points = rows.reshape(-1, rows.shape[-1])
    exact = np.asarray(jax.jit(make_moments(rule.split))(jnp.asarray(points))).reshape(*shape, -1)
    plan = plan_of(job)
    tangent = Tangent(job.molecule, job.arrays, parameters)
    places = _geometries(job, rule)
    spread = _Spread(plan, rule, tangent)
    outputs = 3 * len(numbers) + (sum(model.arrays[name].size for name in tangent.tables) if parameters else 0)
    table = np.stack(
        [
            _shots(spread(place, here, moments), outputs, shots, standard_error).reshape(*shape[1:], -1)
            for place, here, moments in zip(places, rows.reshape(*shape, -1), exact, strict=True)
        ]
    )
    found = sampler(rule.split, points, target, plan=plan, shots=table.reshape(len(points), -1), seed=seed)
    means = found.means.reshape(exact.shape)
    covariances = found.covariances.reshape(*exact.shape, exact.shape[-1])
    results = zip(places, exact, means, covariances, table, strict=True)
    return tuple(_estimate(tangent, *result) for result in results)


def _geometries(job: Job, rule: ShiftRule) -> tuple[Geometry, ...]:
    weights = rule.weights(job.flat_slots).reshape(len(job.frames), job.circuits, len(rule.shifts), -1)
    return tuple(
        Geometry(job.frames[k : k + 1], jnp.asarray(job.slots[k : k + 1]), jnp.asarray(here))
        for k, here in enumerate(weights)
    )


@dataclass(frozen=True)
class _Spread:
    """How much one shot of each circuit adds to the sum of the variances of all derivatives."""

    plan: MeasurementPlan
    rule: ShiftRule
    tangent: Tangent

    def __call__(self, place: Geometry, rows: Floats, moments: Floats) -> Floats:
        """Return (circuits x (1 + shifts), settings), nan for circuits that nothing depends on.

        Args:
            place: the geometry.
            rows: (circuits, 1 + shifts, slots), radians.
            moments: (circuits, 1 + shifts, observables), exact.
        """
        importance = np.asarray(self.tangent.importance(place, jnp.asarray(moments)))
        importance = importance.reshape(-1, *importance.shape[-2:])
        points = rows.reshape(len(importance), -1)
        variances = np.zeros((len(points), len(self.plan.settings)))
        for start in range(0, len(points), _CHUNK):
            here = slice(start, start + _CHUNK)
            dense = self.rule.split.qubit_count <= DENSE_QUBITS
            states = kernel_states(self.rule.split, points[here]) if dense else None
            covariances = moment_covariances(self.plan, states, len(points[here]))
            variances[here] = np.einsum("pab,psab->ps", importance[here], covariances)
        used = np.einsum("paa->p", importance) > 0
        # The circuit itself gives the energy, and the point around which the readout is differentiated.
        used |= np.arange(len(used)) % moments.shape[1] == 0
        return np.where(used[:, None], np.maximum(variances, 0.0), np.nan)


def _shots(spread: Floats, outputs: int, shots: int | None, standard_error: float | None) -> NDArray[np.int64]:
    """Return the shots of each circuit and setting of one geometry, as many rows as ``spread``."""
    used = ~np.isnan(spread).any(axis=1)
    table = np.zeros(spread.shape, dtype=np.int64)
    if shots is not None:
        table[used] = allocate(spread[used], shots * spread[used].size, min(MINIMUM_SHOTS, shots))
    elif standard_error is not None:
        table[used] = allocate_for(spread[used], standard_error * float(np.sqrt(outputs)))
    return table


def _estimate(
    tangent: Tangent,
    place: Geometry,
    exact: Floats,
    means: Floats,
    covariances: Floats,
    table: NDArray[np.int64],
) -> ForceEstimate:
    moments = jnp.asarray(means)
    found = tangent.derivatives(place, moments)
    errors = tangent.standard_errors(place, moments, jnp.asarray(covariances))
    return ForceEstimate(
        float(found.energy),
        float(errors.energy),
        np.asarray(found.forces),
        np.asarray(errors.forces),
        np.asarray(tangent.derivatives(place, jnp.asarray(exact)).forces),
        {name: np.asarray(values) for name, values in found.gradient.items()},
        {name: np.asarray(values) for name, values in errors.gradient.items()},
        int((table > 0).sum()),
        int(table.sum()),
    )
