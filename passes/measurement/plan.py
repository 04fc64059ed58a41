"""The pass ``plan-measurement``: which bases to measure in, and how to share the shots among them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import error
from qffc.ir.pauli import PauliString
from qffc.ir.program import Program
from qffc.passes.base import Pass, PassResult, Preserves
from qffc.passes.circuit.split_program import Split, split_program
from qffc.passes.measurement.candidate import Candidate
from qffc.passes.measurement.candidates import Kinds, candidate_settings
from qffc.passes.measurement.kernel_states import DENSE_QUBITS, States, kernel_states, string_covariances
from qffc.passes.measurement.settings import MeasurementPlan, string_weights
from qffc.passes.measurement.weights import choose
from qffc.passes.target import Target

Floats = NDArray[np.float64]

_POINTS = 6
"""Random points that stand for all geometries when none are given."""
_PRIOR = 0.02
"""The part of the maximally mixed state in the expected covariances: a plan must not trust that nothing else comes."""


@dataclass(frozen=True)
class PlanMeasurement(Pass[MeasurementPlan]):
    """Chooses measurement settings by the expected variance of the moments at equal shots.

    The program stays; the output is a :class:`MeasurementPlan`. Settings are Pauli bases (three estimate any inner
    products), Bell matchings (one estimates the inner products on disjoint pairs, all in each shot) and mixtures; a
    string may be estimated in several. Variances are those at random points, or, above 12 qubits, of the maximally
    mixed state, which is SU(2)-invariant and has no correlations. With the geometries to run, :func:`plan_measurement`
    does better. Cost: seconds at most, by the number of candidate settings and their strings.

    Args:
        kinds: ``any``, or only ``pauli``, or ``bell`` as far as it goes.

    Example:
        >>> from qffc.library import load
        >>> from qffc.targets.catalogue import target
        >>> plan = PlanMeasurement().run(load("sivqlm-lih"), target("H2-1LE")).output
        >>> [(setting.letters, setting.pairs) for setting in plan.settings]
        [((None, None), ((0, 1),))]
    """

    kinds: Kinds = "any"
    name: ClassVar[str] = "plan-measurement"
    preserves: ClassVar[Preserves] = "everything"

    def run(self, program: Program, target: Target) -> PassResult[MeasurementPlan]:
        """Return the plan; the program is unchanged, and the plan is the same for every target."""
        del target
        return PassResult(program, plan_measurement(split_program(program), kinds=self.kinds))


def plan_measurement(
    split: Split, slots: Floats | None = None, slopes: Floats | None = None, *, kinds: Kinds = "any"
) -> MeasurementPlan:
    """Return the settings, weights and shares with a small expected variance at equal shots.

    Args:
        split: the program.
        slots: (points, slot_count), radians: circuits that stand for those to run; random ones when left out. Not
            looked at above 12 qubits.
        slopes: (points, observables): the derivatives of the energy by the moments of each circuit, whose variance then
            counts; by default the sum of the variances of the moments counts.
        kinds: ``any``, or only ``pauli``, or ``bell`` as far as it goes.

    Raises:
        QffcError: when slots and slopes do not fit.
    """
    points = _random_slots(split) if slots is None else np.asarray(slots, dtype=np.float64)
    sizes = (len(points), len(split.observables))
    if points.shape[1:] != (split.slot_count,) or (slopes is not None and np.shape(slopes) != sizes):
        raise error(
            "points that do not fit the program",
            found=f"slots of shape {points.shape}, slopes of shape {np.shape(slopes) if slopes is not None else None}",
            expected=f"(points, {split.slot_count}) and (points, {len(split.observables)})",
            help="give one row for each circuit",
        )
    weights = [string_weights(observable) for observable in split.observables]
    strings = list(dict.fromkeys(string for entry in weights for string in entry if string))
    table = np.array([[entry.get(string, 0.0) for string in strings] for entry in weights])
    if not strings:
        return MeasurementPlan((), tuple(entry.get((), 0.0) for entry in weights), tuple(() for _ in weights))
    importance = _importance(table, slopes, len(points))
    states = kernel_states(split, points) if split.qubit_count <= DENSE_QUBITS else None
    place = {string: k for k, string in enumerate(strings)}
    candidates = []
    for setting in candidate_settings(strings, split.qubit_count, kinds):
        rows = np.array([place[string] for string in setting.strings])
        covariances = _PRIOR * np.eye(len(rows))[None]
        if states is None:
            covariances = covariances / _PRIOR
        else:
            covariances = covariances + (1 - _PRIOR) * string_covariances(states, setting)
        candidates.append(Candidate(setting, rows, importance[:, rows[:, None], rows] * covariances))
    chosen, shares = choose(candidates, len(strings))
    return _assemble(chosen, shares, weights, strings)


def moment_covariances(plan: MeasurementPlan, states: States | None, points: int) -> Floats:
    """Return the covariance that one shot of each setting gives to the moments, (points, settings, moments, moments).

    With n_s shots of each setting the moments have the covariance ``sum(covariances[s] / n_s)``.

    Args:
        plan: what is measured; with weights of each circuit, those of as many circuits as there are points.
        states: (points, 2**qubits), or None for the maximally mixed state, where strings have no correlations.
        points: how many states there are.
    """
    size = len(plan.terms)
    covariances = np.zeros((points, len(plan.settings), size, size))
    for index, setting in enumerate(plan.settings):
        weights = plan.weights(index)
        inner = np.eye(len(setting.strings))[None] if states is None else string_covariances(states, setting)
        covariances[:, index] = weights @ inner @ np.swapaxes(weights, -1, -2)
    return covariances


def setting_variances(covariances: Floats, slopes: Floats) -> Floats:
    """Return the variance that one shot of each setting gives to the energy, (points, settings).

    Args:
        covariances: (points, settings, moments, moments), of one shot.
        slopes: (points, moments), derivatives of the energy by the moments.
    """
    return np.asarray(np.maximum(np.einsum("pa,psab,pb->ps", slopes, covariances, slopes), 0.0))


def _importance(table: Floats, slopes: Floats | None, points: int) -> Floats:
    """(points, strings, strings): what the figure of merit makes of the covariances of strings."""
    if slopes is None:
        importance = np.broadcast_to(table.T @ table, (points, table.shape[1], table.shape[1])).copy()
    else:
        factors = np.asarray(slopes) @ table
        importance = factors[:, :, None] * factors[:, None, :]
    diagonal = np.einsum("pss->ps", importance)
    # A string without importance anywhere still has a weight, which is then as good as any other.
    diagonal += 1e-9 * (float(diagonal.max()) or 1.0)
    return importance


def _random_slots(split: Split) -> Floats:
    return np.random.default_rng(0).normal(size=(_POINTS, split.slot_count))


def _assemble(
    chosen: list[Candidate],
    shares: list[Floats],
    weights: list[dict[PauliString, float]],
    strings: list[PauliString],
) -> MeasurementPlan:
    noise: list[float] = []
    parts: dict[PauliString, list[tuple[int, int, float]]] = {string: [] for string in strings}
    uses = Counter(string for candidate in chosen for string in candidate.setting.strings)
    for index, (candidate, factors) in enumerate(zip(chosen, shares, strict=True)):
        for k, (string, factor) in enumerate(zip(candidate.setting.strings, factors.tolist(), strict=True)):
            # The weights of a string add up to one, which rounding should not change.
            parts[string].append((index, k, factor if uses[string] > 1 else 1.0))
        variance = np.einsum("a,pab,b->p", factors, candidate.quadratic, factors).mean()
        noise.append(float(np.sqrt(max(variance, 0.0))))
    total = sum(noise)
    plan = MeasurementPlan(
        tuple(candidate.setting for candidate in chosen),
        tuple(entry.get((), 0.0) for entry in weights),
        tuple(
            tuple((s, k, weight * x) for string, weight in entry.items() if string for s, k, x in parts[string])
            for entry in weights
        ),
        tuple(n / total for n in noise),
    )
    settings = (
        replace(setting, singlets=setting.sees_singlets_only(plan.weights(index)))
        for index, setting in enumerate(plan.settings)
    )
    return replace(plan, settings=tuple(settings))
