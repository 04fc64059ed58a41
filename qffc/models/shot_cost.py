"""What an energy costs in shots, as a function of parameters and positions that JAX differentiates.

One shot of setting s of circuit c gives the energy the variance v_cs = g_c' C_cs g_c: g_c is the derivative of the
energy by the moments of the circuit, through the circuits of later rounds, too, and C_cs the covariance of what one
shot gives to these moments. With shots where they count most (Neyman allocation, :mod:`qffc.execution.allocation`) a
standard error sigma takes (S / sigma)^2 shots in all, with

    S = sum over circuits and settings of sqrt(v_cs),    an energy: the **shot cost**.

The variances come from expectations of Pauli strings (:mod:`qffc.passes.measurement.outcomes`), which the kernel gives
as it gives moments. S is a sum of norms: as a penalty (a group lasso) it switches circuits off that do not pay.

Derivatives. S holds the slopes g, which are derivatives already. With u = dS/dg held fixed, its gradient is that of the
derivative of the energy along u in the moments, plus that of S at fixed slopes: one derivative along a direction, the
same that a force loss takes along positions (:mod:`qffc.models.force_gradient`), so both are one sweep.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import jax
import jax.numpy as jnp

from qffc.ir.observables import PauliObservable
from qffc.models.beside import Beside
from qffc.models.energy import MoleculeEnergy
from qffc.models.molecule_circuits import ENERGY_SCALE
from qffc.passes.circuit.observed_split import observing
from qffc.passes.lower_jax.kernel import KernelFunctions, KernelName, make_kernel
from qffc.passes.lower_jax.program import JaxProgram
from qffc.passes.measurement.outcomes import PlanOutcomes, plan_outcomes
from qffc.passes.measurement.plan import plan_measurement
from qffc.passes.measurement.settings import MeasurementPlan

Arrays = Mapping[str, jax.Array]
Fixed = TypeVar("Fixed")
FixedIn = TypeVar("FixedIn", contravariant=True)
Triple = tuple[jax.Array, jax.Array, jax.Array]

_Saved = tuple[Arrays, jax.Array, Fixed, tuple[jax.Array, ...], list[jax.Array]]

SMOOTHING = 1e-4
"""eV. In training a standard deviation s counts as sqrt(s^2 + SMOOTHING^2) - SMOOTHING, whose slope is finite at 0."""


@dataclass(frozen=True, eq=False)
class ShotCost:
    """The shot cost of the energies of a program, with the settings of one plan.

    Args:
        outcomes: of the settings.
        kernel: the circuits, observed in the strings of the outcomes.
        rounds: of circuits.
        observables: how many moments a circuit has.
    """

    outcomes: PlanOutcomes
    kernel: KernelFunctions
    rounds: int
    observables: int

    def no_nudges(self, shape: Sequence[int], dtype: jax.typing.DTypeLike) -> tuple[jax.Array, ...]:
        """Return zeros in the places of the moments of each round; shape is (batch, instances, channels)."""
        return tuple(jnp.zeros((*shape, self.observables), dtype) for _ in range(self.rounds))

    def of_circuits(
        self, slopes: Sequence[jax.Array], expectations: Sequence[jax.Array], smoothing: float = 0.0
    ) -> jax.Array:
        """Return what each circuit adds to S, all settings and rounds: (batch, instances, channels), eV.

        Args:
            slopes: for each round (batch, instances, channels, observables), derivatives of the energy by moments, eV.
            expectations: for each round (batch, instances, channels, strings).
            smoothing: eV, see :data:`SMOOTHING`; without it the slope at a circuit without variance is 0.
        """
        parts = [self._spreads(g, p, smoothing) for g, p in zip(slopes, expectations, strict=True)]
        total: jax.Array = jnp.sum(jnp.stack(parts), axis=0)
        return total

    def _spreads(self, slopes: jax.Array, expectations: jax.Array, smoothing: float) -> jax.Array:
        total = jnp.zeros(slopes.shape[:-1], slopes.dtype)
        for setting in self.outcomes.settings:
            chances = setting.constant + expectations @ jnp.asarray(setting.probabilities, slopes.dtype)
            values = slopes @ jnp.asarray(setting.values, slopes.dtype)
            means = jnp.sum(chances * values, axis=-1, keepdims=True)
            # Rounding may leave a chance of -1e-17, and a variance below 0.
            variances = jnp.maximum(jnp.sum(chances * (values - means) ** 2, axis=-1), 0.0)
            if smoothing:
                total += jnp.sqrt(variances + smoothing**2) - smoothing
            else:
                seen = variances > 0
                total += jnp.where(seen, jnp.sqrt(jnp.where(seen, variances, 1.0)), 0.0)
        return total


def shot_cost(lowered: JaxProgram, plan: MeasurementPlan | None = None, kernel: KernelName | None = None) -> ShotCost:
    """Return the shot cost of a program.

    Args:
        lowered: the program as JAX functions.
        plan: the settings; by default those that are best for all moments alike, whatever the parameters.
        kernel: which kernel gives the expectations; by default that of the program.

    Raises:
        QffcError: when the circuits are too large, see :func:`qffc.passes.measurement.outcomes.plan_outcomes`.
    """
    split = lowered.split
    outcomes = plan_outcomes(plan_measurement(split) if plan is None else plan)
    own: KernelName = "native" if lowered.kernel.name == "native" else "portable"
    observed = observing(split, [PauliObservable(string) for string in outcomes.strings])
    functions = make_kernel(observed, own if kernel is None else kernel)
    return ShotCost(outcomes, functions, lowered.program.round_count, len(split.observables))


class Energies(Protocol[FixedIn]):
    """Energies (frames,), eV, of arrays, positions and a tree that is not differentiated, with something beside."""

    def __call__(self, arrays: Arrays, positions: jax.Array, fixed: FixedIn, beside: Beside, /) -> jax.Array: ...


class EnergiesAlong(Protocol[FixedIn]):
    """The same and their derivatives along a direction of the positions and of the moments."""

    def __call__(
        self, arrays: Arrays, positions: jax.Array, fixed: FixedIn, direction: jax.Array, beside: Beside, /
    ) -> tuple[jax.Array, jax.Array]: ...


def with_shots(
    cost: ShotCost,
    energies: Energies[Fixed],
    energies_along: EnergiesAlong[Fixed],
    shape: Callable[[jax.Array, Fixed], Sequence[int]],
    by_frame: Callable[[jax.Array, Fixed], jax.Array],
) -> Callable[[Arrays, jax.Array, Fixed], Triple]:
    """Return a function to energies, forces and shot costs, differentiable once by arrays and positions.

    Args:
        cost: of the program.
        energies: of arrays by name, positions (batch, atoms, 3) in Angstrom and a tree that is not differentiated.
        energies_along: the same and a direction.
        shape: of the circuits of a round, (batch, instances, channels), by positions and the tree.
        by_frame: adds up numbers of circuits of this shape, to (frames,).

    Returns:
        A function to energies (frames,) in eV, forces as the positions in eV/Angstrom, and S (frames,) in eV,
        smoothed by :data:`SMOOTHING`.
    """

    def costs(slopes: Sequence[jax.Array], expectations: Sequence[jax.Array], fixed: Fixed) -> jax.Array:
        return by_frame(cost.of_circuits(slopes, expectations, SMOOTHING), fixed)

    @jax.custom_vjp
    def values(arrays: Arrays, positions: jax.Array, fixed: Fixed) -> Triple:
        return measured(arrays, positions, fixed)[0]

    def measured(
        arrays: Arrays, positions: jax.Array, fixed: Fixed
    ) -> tuple[Triple, tuple[jax.Array, ...], list[jax.Array]]:
        def total(r: jax.Array, nudges: tuple[jax.Array, ...]) -> tuple[jax.Array, tuple[jax.Array, list[jax.Array]]]:
            beside = Beside(cost.kernel, nudges)
            found = energies(arrays, r, fixed, beside)
            return jnp.sum(found), (found, beside.expectations)

        nudges = cost.no_nudges(shape(positions, fixed), positions.dtype)
        (gradient, slopes), (found, expectations) = jax.grad(total, (0, 1), has_aux=True)(positions, nudges)
        return (found, -gradient, costs(slopes, expectations, fixed)), slopes, expectations

    def forward(arrays: Arrays, positions: jax.Array, fixed: Fixed) -> tuple[Triple, _Saved[Fixed]]:
        found, slopes, expectations = measured(arrays, positions, fixed)
        return found, (arrays, positions, fixed, slopes, expectations)

    def reverse(saved: _Saved[Fixed], wanted: Triple) -> tuple[Arrays, jax.Array, None]:
        arrays, positions, fixed, slopes, expectations = saved
        by_energies, by_forces, by_costs = wanted
        directions = jax.grad(lambda g: jnp.sum(by_costs * costs(g, expectations, fixed)))(slopes)

        def weighted(a: Arrays, r: jax.Array) -> jax.Array:
            beside = Beside(cost.kernel, directions)
            found, along = energies_along(a, r, fixed, -by_forces, beside)
            here = jnp.sum(by_costs * costs(slopes, beside.expectations, fixed))
            return jnp.sum(by_energies * found) + jnp.sum(along) + here

        by_arrays, by_positions = jax.grad(weighted, (0, 1))(arrays, positions)
        return by_arrays, by_positions, None

    values.defvjp(forward, reverse)
    return values


def costs_of_frames(cost: ShotCost, molecule: MoleculeEnergy) -> Callable[[Arrays, jax.Array], jax.Array]:
    """Return a function of arrays and positions (frames, atoms, 3) in Angstrom to S (frames,) in eV, not smoothed."""

    def costs(arrays: Arrays, positions: jax.Array) -> jax.Array:
        def total(nudges: tuple[jax.Array, ...]) -> tuple[jax.Array, list[jax.Array]]:
            beside = Beside(cost.kernel, nudges)
            energies = arrays[ENERGY_SCALE] * molecule.raw_energies(arrays, positions, beside)
            return jnp.sum(energies), beside.expectations

        nudges = cost.no_nudges(molecule.shape(positions), positions.dtype)
        slopes, expectations = jax.grad(total, has_aux=True)(nudges)
        return jnp.sum(cost.of_circuits(slopes, expectations), axis=(1, 2))

    return costs


def shots_for(cost: float, standard_error: float) -> float:
    """Return the shots that a standard error takes, both in eV: of all circuits together, each with its best share.

    Example:
        >>> round(shots_for(0.3, 0.001))
        90000
    """
    return (cost / standard_error) ** 2
