"""What an energy takes, known before anything runs: settings, shots of each circuit, expected standard error, price."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.execution.estimate import MomentEstimate, device_kernel, shot_table
from qffc.execution.offer import Allocate, Offer, Tariff, allocation_for, both_offers
from qffc.ir.diagnostics import error
from qffc.ir.short_repr import counted, short_repr
from qffc.models.beyond_data import warn_beyond_data
from qffc.models.energy import MoleculeEnergy
from qffc.models.force_field import ForceField
from qffc.models.given.atoms_given import frames_of
from qffc.models.rounds import Carried
from qffc.passes.circuit.split_program import Split
from qffc.passes.equivariance.numbers.generic_point import generic_slots
from qffc.passes.lower_jax.double_precision import in_double_precision
from qffc.passes.measurement.kernel_states import DENSE_QUBITS, kernel_states
from qffc.passes.measurement.plan import moment_covariances, plan_measurement, setting_variances
from qffc.passes.measurement.settings import MeasurementPlan
from qffc.passes.target import Target

Floats = NDArray[np.float64]
_Scalar = TypeVar("_Scalar", bound=np.generic)

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


@dataclass(frozen=True, eq=False)
class Job:
    """Geometries of one molecule, and the circuits that their energies need.

    The circuits of a geometry are those of the first round, then those of the next one, and so on. What is measured in
    a round turns the circuits of those after it, so their slots are known when it is over; before, they are known
    without shot noise.

    Args:
        molecule: the energy function.
        arrays: parameters and constants of the model.
        frames: (frames, atoms, 3), Angstrom.
    """

    molecule: MoleculeEnergy
    arrays: dict[str, jax.Array]
    frames: jax.Array

    def __repr__(self) -> str:
        return short_repr(self, counted(len(self.frames), "geometry", "geometries"), repr(self.molecule))

    @property
    def split(self) -> Split:
        """The program of each circuit."""
        return self.molecule.lowered.split

    @property
    def rounds(self) -> int:
        """How many rounds of circuits there are."""
        return self.molecule.lowered.program.round_count

    @property
    def circuits(self) -> int:
        """Circuits of each geometry, of all rounds, settings apart."""
        return self.molecule.circuits

    @property
    def counted(self) -> NDArray[np.bool_]:
        """(circuits,) False for the circuit that stands in where no atoms fit the sites."""
        present = self.molecule.instances.present
        one = np.full(len(self.molecule.instances), True) if present is None else np.asarray(present) > 0
        return np.tile(np.repeat(one, self.molecule.lowered.program.channels), self.rounds)

    def together(self, parts: Sequence[NDArray[_Scalar]]) -> NDArray[_Scalar]:
        """Return what each round has for its circuits, (frames x circuits of a round, ...), for all of them."""
        rest = parts[0].shape[1:]
        each = [part.reshape(len(self.frames), self.circuits // self.rounds, *rest) for part in parts]
        return np.concatenate(each, axis=1).reshape(len(self.frames) * self.circuits, *rest)

    def of_round(self, table: NDArray[_Scalar], number: int) -> NDArray[_Scalar]:
        """Return what a table (frames x circuits, ...) has for the circuits of a round, counted from 0."""
        frames, each, rest = len(self.frames), self.circuits // self.rounds, table.shape[1:]
        return table.reshape(frames, self.rounds, each, *rest)[:, number].reshape(frames * each, *rest)

    @in_double_precision
    def slots_after(self, seen: Sequence[Floats]) -> Floats:
        """Return the slots of the next round, (frames x circuits of a round, slots), radians.

        Args:
            seen: the moments of each round before, (frames x circuits of a round, observables).
        """
        carried: Carried | None = None
        for number, moments in enumerate(seen):
            shaped = jnp.asarray(moments.reshape(*self.molecule.shape(self.frames), -1))
            carried = self._carry(shaped, self.frames, carried, number)
        slots = self._slots(self.frames, carried, len(seen))
        # Two compilations may differ in the last bit of an angle, which may reorder the measurements of a circuit and
        # so draw other shots from the same seed; no device resolves a picoradian.
        return np.round(np.asarray(slots), 12).reshape(-1, slots.shape[-1])

    @property
    def flat_slots(self) -> Floats:
        """(frames x circuits, slots), radians, without shot noise."""
        return self._exact[0]

    @property
    def exact_moments(self) -> Floats:
        """(frames x circuits, observables), without shot noise."""
        return self._exact[1]

    @cached_property
    @in_double_precision
    def _exact(self) -> tuple[Floats, Floats]:
        measure = jax.jit(self.molecule.lowered.moments)
        slots: list[Floats] = []
        seen: list[Floats] = []
        for _ in range(self.rounds):
            slots.append(self.slots_after(seen))
            seen.append(np.asarray(measure(jnp.asarray(slots[-1]))))
        return self.together(slots), self.together(seen)

    @in_double_precision
    def energies_and_slopes(self, moments: Floats) -> tuple[Floats, Floats]:
        """Return energies (frames,), eV, and their derivatives by the moments, shaped as the moments.

        The derivative by the moments of a round goes through the later rounds, too: what was seen there would have been
        another, by as much as without shot noise.

        Args:
            moments: (frames x circuits, observables).
        """
        frames, *shape = self.molecule.shape(self.frames)
        energies, slopes = self._energies(jnp.asarray(moments.reshape(frames, self.rounds, *shape, -1)))
        return np.asarray(energies), np.asarray(slopes).reshape(moments.shape)

    def matters(self, slopes: Floats) -> NDArray[np.bool_]:
        """Return (frames x circuits,), whether the energy depends on the moments of a circuit at all.

        A circuit with an atom beyond the cutoff has weight zero. One zero slope can be an accident, so the slopes at
        other moments must vanish as well.
        """
        elsewhere = np.random.default_rng(0).uniform(-1, 1, size=slopes.shape)
        return np.asarray((slopes != 0).any(axis=1) | (self.energies_and_slopes(elsewhere)[1] != 0).any(axis=1))

    @cached_property
    def _slots(self) -> Callable[[jax.Array, Carried | None, int], jax.Array]:
        return jax.jit(partial(self.molecule.slots, self.arrays), static_argnums=2)

    @cached_property
    def _carry(self) -> Callable[[jax.Array, jax.Array, Carried | None, int], Carried]:
        return jax.jit(partial(self.molecule.carry, self.arrays), static_argnums=3)

    @cached_property
    def _energies(self) -> Callable[[jax.Array], tuple[jax.Array, jax.Array]]:
        molecule, arrays, frames = self.molecule, self.arrays, self.frames

        def total(moments: jax.Array) -> tuple[jax.Array, jax.Array]:
            seen, carried = moments[:, 0], None
            for number in range(1, self.rounds):
                carried = molecule.carry(arrays, seen, frames, carried, number - 1)
                exact = molecule.moments(molecule.slots(arrays, frames, carried, number))
                seen = moments[:, number] + (exact - jax.lax.stop_gradient(exact))
            energies = molecule.finish(arrays, seen, frames, carried)
            return jnp.sum(energies), energies  # frames do not mix, so the gradient of the sum is that of each

        def both(moments: jax.Array) -> tuple[jax.Array, jax.Array]:
            slopes, energies = jax.grad(total, has_aux=True)(moments)
            return energies, slopes

        return jax.jit(both)


@in_double_precision
def prepare(model: ForceField, numbers: NDArray[np.integer], positions: NDArray[np.floating]) -> Job:
    """Return the circuits of geometries (frames, atoms, 3) in Angstrom.

    Raises:
        QffcError: when the molecule does not fit the model, the positions have another shape, or one is not finite.

    Warns:
        QffcWarning: when a geometry is beyond the training data: its energy is worth no shots.
    """
    numbers, given = frames_of(numbers, positions)
    warn_beyond_data(model, numbers, given)
    arrays = {name: jnp.asarray(value) for name, value in model.arrays.items()}
    return Job(model.molecule(numbers), arrays, jnp.asarray(given))


def planned_quote(
    job: Job, target: Target, *, shots: int | None, standard_error: float | None, pack: bool | None = None
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
    wanted = allocation_for(shots, standard_error)
    return _quote(job, target, plan, np.concatenate(parts), job.matters(slopes), wanted, pack)


def equal_quote(job: Job, target: Target, shots: int, pack: bool | None = None) -> Quote:
    """Return the same settings with equal shots for each, as for a pilot run."""
    _, slopes = job.energies_and_slopes(job.exact_moments)
    plan = plan_of(job)
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


def plan_of(job: Job) -> MeasurementPlan:
    """Return the settings that estimate the energies of the geometries well."""
    _, slopes = job.energies_and_slopes(job.exact_moments)
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
    tariff = _tariff(job, target, plan, used)
    offers = both_offers(variances.reshape(frames, job.circuits, -1), used, tariff, target, wanted, job.rounds)
    offer, other = choose(offers, pack)
    return Quote(plan, offer, other, np.sqrt(offer.variances), job.rounds)


def _tariff(job: Job, target: Target, plan: MeasurementPlan, used: NDArray[np.bool_]) -> Tariff:
    """What circuits cost: those of the first round as they are, later ones with every gate that they may have."""
    kernel, settings = device_kernel(job.split, target), len(plan.settings)
    first = np.repeat(np.arange(job.rounds), used.shape[1] // job.rounds) == 0
    taken = np.flatnonzero(used & first)
    rows = np.concatenate([job.flat_slots[taken], generic_slots(job.split)[None]])
    counts = [kernel.counts(circuit) for circuit in kernel.bind_settings(rows, plan.settings)]
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
