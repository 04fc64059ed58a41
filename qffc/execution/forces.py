"""Forces and gradients of parameters from circuits: exact shift rules, one batch, one chain rule."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.execution.backend import check_price
from qffc.execution.energy_circuits import Job, prepare
from qffc.execution.estimate import MomentEstimate, device_kernel
from qffc.execution.force_bias import force_bias, need_one_round
from qffc.execution.measured_circuits import measured_circuits
from qffc.execution.mitigation import NOTHING, Mitigation
from qffc.execution.offer import Tariff, allocation_for, both_offers
from qffc.execution.quote import Quote, choose, need_one, plan_of, planned_covariances
from qffc.execution.rounds import Circuits, Sampler, run_rounds
from qffc.execution.tangent import Derivatives, Geometry, Tangent
from qffc.ir.telling import told
from qffc.models.force_field import ForceField
from qffc.passes.circuit.split_program import Split, split_program
from qffc.passes.equivariance.numbers.generic_point import generic_slots
from qffc.passes.lower_jax.double_precision import in_double_precision
from qffc.passes.lower_jax.kernel import make_moments
from qffc.passes.measurement.kernel_states import DENSE_QUBITS, kernel_states
from qffc.passes.measurement.plan import moment_covariances
from qffc.passes.measurement.settings import MeasurementPlan
from qffc.passes.parameter_shift import ShiftRule, shift_rule
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
        price: in HQC, about what the device charges for these circuits; see :meth:`ForceRun.quote`.
        exact_energy: what the same circuits give without shot noise, eV.
        covariance: of the forces, (3 atoms, 3 atoms), (eV/Angstrom)^2; empty unless asked for.
        force_bias: (atoms, 3), eV/Angstrom, what was taken off as the mean effect of shot noise, as it was of the
            energy and the gradient; 0 where that was not asked for.
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
    price: float
    exact_energy: float
    covariance: Floats
    force_bias: Floats


@in_double_precision
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
    pack: bool | None = None,
    max_price: float | None = None,
    store: Path | None = None,
    seed: int,
    sampler: Sampler | None = None,
    mitigation: Mitigation = NOTHING,
    debias: bool = False,
) -> tuple[ForceEstimate, ...]:
    """Estimate energies, forces and gradients of the energy from circuits, a batch for each round.

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
        pack: run circuits side by side in jobs that share their shots, or not; None for what costs less
            at equal standard errors.
        max_price: in HQC; a dearer run is refused before anything runs. A machine needs it.
        store: a folder for results, so that a run can go on after a kill. A machine needs it.
        seed: what reproduces the shots.
        sampler: takes the place of the target; :func:`exact_moments` gives the limit of infinitely many shots.
        mitigation: what is done against noise, see :mod:`qffc.execution.mitigation`.
        debias: take the bias off that exact states tell of beforehand, see :mod:`qffc.execution.force_bias`; of one
            round of circuits.

    Raises:
        QffcError: when the molecule does not fit the model, the target cannot run the circuits, or the price is above
            the limit.

    Example:
        >>> from qffc.library import load
        >>> from qffc.models.force_field import untrained
        >>> from qffc.targets.catalogue import target
        >>> model, numbers = untrained(load("sivqlm-lih", depth=1), seed=0), np.array([3, 1])
        >>> positions = np.array([[[0.0, 0.0, 0.0], [0.0, 0.3, 1.6]]])
        >>> place = target("H2-1LE")
        >>> (found,) = estimate_forces(model, numbers, positions, place, shots=10, seed=0, sampler=exact_moments)
        >>> bool(np.allclose(found.forces, model.predict(numbers, positions)[1][0], atol=1e-9))
        True
    """
    if debias:
        need_one_round(split_program(model.program))
    run = prepare_forces(model, numbers, positions, parameters=parameters)
    quote = run.quote(target, shots=shots, standard_error=standard_error, pack=pack, mitigation=mitigation)
    return run.estimate(quote, target, max_price=max_price, store=store, seed=seed, sampler=sampler, debias=debias)


def prepare_forces(
    model: ForceField,
    numbers: NDArray[np.integer],
    positions: NDArray[np.floating],
    *,
    parameters: bool = False,
) -> ForceRun:
    """Return the circuits of :func:`estimate_forces`, to look at the price before they run."""
    job = prepare(model, numbers, positions)
    rule = shift_rule(job.split)
    return ForceRun(job, rule, Tangent(job.molecule, job.arrays, rule, parameters))


@dataclass
class Kept:
    """What geometries of a molecule share.

    Args:
        plan: the measurement settings, once they are chosen, without mitigation.
        tariff: of the last target and what was measured there.
    """

    plan: MeasurementPlan | None = None
    tariff: tuple[Target, MeasurementPlan, Tariff] | None = None


@dataclass(frozen=True, eq=False)
class ForceRun:
    """Geometries of one molecule, and the shifted circuits that their forces need.

    Args:
        job: the circuits of the energies.
        rule: how they are shifted.
        tangent: the energy around their moments.
        kept: settings and tariffs of other geometries of the molecule; see :meth:`moved`.
    """

    job: Job
    rule: ShiftRule
    tangent: Tangent
    kept: Kept = field(default_factory=Kept)

    def moved(self, positions: NDArray[np.floating]) -> ForceRun:
        """Return the circuits of other geometries, (frames, atoms, 3), as many as here.

        Settings and prices stay, and nothing is compiled again.
        """
        return replace(self, job=self.job.moved(positions))

    @cached_property
    def points(self) -> Floats:
        """(frames, circuits, 1 + shifts, slots), radians, without shot noise; the circuit itself comes first."""
        rows = self._rows(self.job.flat_slots)
        return rows.reshape(len(self.job.frames), self.job.circuits, *rows.shape[1:])

    @cached_property
    @in_double_precision
    def exact(self) -> Floats:
        """(frames, circuits, 1 + shifts, observables), moments without shot noise."""
        flat = jnp.asarray(self.points.reshape(-1, self.points.shape[-1]))
        return np.asarray(self.tangent.exact_moments(flat)).reshape(*self.points.shape[:-1], -1)

    @cached_property
    def _places(self) -> tuple[Geometry, ...]:
        return _geometries(self.job, self.rule, self.job.flat_slots)

    def _rows(self, slots: Floats) -> Floats:
        """Slots (circuits, slots) as those of the circuits themselves and of shifted ones."""
        return np.concatenate([self.rule.unshifted(slots)[:, None], self.rule.slots(slots)], axis=1)

    def quote(
        self,
        target: Target,
        *,
        shots: int | None,
        standard_error: float | None,
        pack: bool | None = None,
        mitigation: Mitigation = NOTHING,
    ) -> Quote:
        """Return settings, shots and prices; nothing is run.

        The price of a circuit is that of its shift and setting at generic angles: binding every circuit would take
        longer than all the rest. It is within a few turns of one qubit of what the device charges; where a gate falls
        below the minimum angles of the target, it is above. A limit of the price holds for the circuits themselves.

        Args:
            target: where circuits run.
            shots: the mean over all circuits, shifts and settings counted; or
            standard_error: of the force components of a geometry, root mean square, eV/Angstrom.
            pack: run circuits side by side, or not; None for what costs less
                at equal standard errors.
            mitigation: what is done against noise.
        """
        need_one(shots, standard_error)
        self.kept.plan = self.kept.plan or plan_of(self.job)
        plan = mitigation.applied(self.kept.plan, self.rule.split, target)
        spread = _Spread(plan, self.rule, self.tangent)
        each = told("variances of frames:", list(zip(self._places, self.points, self.exact, strict=True)))
        variances = np.stack([spread(place, here, moments) for place, here, moments in each])
        used = np.asarray(~np.isnan(variances).any(axis=2)) & np.repeat(self.job.counted, self.points.shape[2])
        outputs = self._outputs
        wanted = allocation_for(shots, None if standard_error is None else standard_error * float(np.sqrt(outputs)))
        tariff, rounds = self._tariff(plan, target), self.job.rounds
        offers = both_offers(np.nan_to_num(variances), used, tariff, target, wanted, rounds)
        offer, other = choose(offers, pack)
        return Quote(plan, offer, other, np.sqrt(offer.variances / outputs), rounds)

    def estimate(
        self,
        quote: Quote,
        target: Target,
        *,
        max_price: float | None = None,
        store: Path | None = None,
        seed: int,
        sampler: Sampler | None = None,
        covariance: bool = False,
        debias: bool = False,
    ) -> tuple[ForceEstimate, ...]:
        """Return the estimates of each geometry with the settings and shots of a quote; see :func:`estimate_forces`.

        Args:
            quote: what they take.
            target: where circuits run.
            max_price: in HQC.
            store: a folder for results.
            seed: what reproduces the shots.
            sampler: takes the place of the target.
            covariance: whether that of the forces is wanted.
            debias: whether the bias of shot noise is taken off.
        """
        if debias:
            need_one_round(self.rule.split)
        check_price(quote.price, max_price)
        circuits = Circuits(self.rule.split, self._rows)
        slots, found, _ = run_rounds(
            self.job, circuits, quote, target, seed=seed, sampler=sampler, store=store, max_price=max_price
        )
        means = found.means.reshape(self.exact.shape)
        covariances = found.covariances.reshape(*self.exact.shape, self.exact.shape[-1])
        limits = zip(self._places, self.exact, strict=True)
        places = _geometries(self.job, self.rule, slots)
        shots = found.shots.reshape(len(places), -1, found.shots.shape[1])
        biases = [self._bias(quote.plan, k, shots[k]) if debias else None for k in range(len(places))]
        results = list(zip(places, means, covariances, limits, quote.shots, quote.prices, biases, strict=True))
        return tuple(
            _estimate(self.tangent, covariance, *result)
            for result in told("forces and standard errors, frames:", results)
        )

    def _bias(self, plan: MeasurementPlan, frame: int, shots: NDArray[np.int64]) -> Derivatives:
        rows = self.points[frame].reshape(len(shots), -1)
        covariances = planned_covariances(self.rule.split, rows, plan, shots)
        return force_bias(self.tangent, self._places[frame], self.exact[frame], covariances)

    @property
    def _outputs(self) -> int:
        """How many derivatives are wanted of a geometry."""
        tables = self.tangent.tables.values() if self.tangent.parameters else ()
        return int(np.prod(self.job.frames.shape[1:])) + sum(table.size for table in tables)

    def _tariff(self, plan: MeasurementPlan, target: Target) -> Tariff:
        if not target.native:
            shape = (len(self.job.frames), self.job.circuits * (1 + len(self.rule.shifts)), len(plan.settings))
            return Tariff.free(shape, self.rule.split.qubit_count)
        if self.kept.tariff is None or self.kept.tariff[:2] != (target, plan):
            self.kept.tariff = target, plan, self._device_tariff(plan, target)
        return self.kept.tariff[2]

    def _device_tariff(self, plan: MeasurementPlan, target: Target) -> Tariff:
        kernel = device_kernel(self.rule.split, target)
        slots = generic_slots(self.rule.base)[None]
        generic = np.concatenate([self.rule.unshifted(slots), self.rule.slots(slots)[0]])
        counts = [kernel.counts(circuit) for circuit in measured_circuits(kernel, generic, plan.settings)]
        where = np.arange(len(counts)).reshape(1, len(generic), -1)
        repeated = np.tile(where, (len(self.job.frames), self.job.circuits, 1))
        return Tariff.of(counts, repeated, target)


@in_double_precision
def _geometries(job: Job, rule: ShiftRule, slots: Floats) -> tuple[Geometry, ...]:
    """Where the kernel is replaced, for slots (frames x circuits, slots)."""
    shape = (len(job.frames), job.rounds, job.circuits // job.rounds)
    places = slots.reshape(*shape, slots.shape[1])
    weights = rule.weights(slots).reshape(*shape, len(rule.shifts), slots.shape[1])
    return tuple(
        Geometry(job.frames[k : k + 1], jnp.asarray(places[k]), jnp.asarray(weights[k])) for k in range(shape[0])
    )


@dataclass(frozen=True)
class _Spread:
    """How much one shot of each circuit adds to the sum of the variances of all derivatives."""

    plan: MeasurementPlan
    rule: ShiftRule
    tangent: Tangent

    @in_double_precision
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


@in_double_precision
def _estimate(
    tangent: Tangent,
    covariance: bool,
    place: Geometry,
    means: Floats,
    covariances: Floats,
    without_noise: tuple[Geometry, Floats],
    table: NDArray[np.int64],
    price: float,
    bias: Derivatives | None,
) -> ForceEstimate:
    moments = jnp.asarray(means)
    found = tangent.derivatives(place, moments)
    taken = np.zeros(found.forces.shape) if bias is None else np.asarray(bias.forces)
    if bias is not None:
        found = jax.tree.map(lambda value, off: value - off, found, bias)
    errors = tangent.standard_errors(place, moments, jnp.asarray(covariances))
    limit = tangent.derivatives(without_noise[0], jnp.asarray(without_noise[1]))
    return ForceEstimate(
        float(found.energy),
        float(errors.energy),
        np.asarray(found.forces),
        np.asarray(errors.forces),
        np.asarray(limit.forces),
        {name: np.asarray(values) for name, values in found.gradient.items()},
        {name: np.asarray(values) for name, values in errors.gradient.items()},
        int((table > 0).sum()),
        int(table.sum()),
        price,
        float(limit.energy),
        np.asarray(tangent.force_covariance(place, moments, jnp.asarray(covariances)))
        if covariance
        else np.zeros((0, 0)),
        taken,
    )
