"""Variances from expectations of strings are those of states, whatever is measured."""

from __future__ import annotations

import numpy as np
import pytest

from qffc.ir.diagnostics import QffcError
from qffc.ir.observables import DotObservable, PauliObservable
from qffc.library import load
from qffc.passes.circuit.observed_split import observing
from qffc.passes.circuit.split_program import split_program
from qffc.passes.lower_jax.double_precision import in_double_precision
from qffc.passes.lower_jax.kernel import make_kernel
from qffc.passes.measurement.kernel_states import kernel_states
from qffc.passes.measurement.outcomes import plan_outcomes
from qffc.passes.measurement.plan import moment_covariances, plan_measurement, setting_variances
from qffc.passes.measurement.settings import measurement_plan

POINTS = 5
PROGRAMS = {
    "four spins": load("pair", products=True, depth=1),
    "partners": load("gathered", depth=1),
    "three neighbours": load("sivqlm-nh3", depth=1),
}


@in_double_precision
def expectations(split, strings, slots, kernel):
    observed = observing(split, [PauliObservable(string) for string in strings])
    return np.asarray(make_kernel(observed, kernel).moments(slots))


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("kinds", ["any", "pauli", "greedy"])
def test_variances_are_those_of_states(name, kinds):
    split = split_program(PROGRAMS[name])
    greedy = kinds == "greedy"
    plan = measurement_plan(split.observables, split.qubit_count) if greedy else plan_measurement(split, kinds=kinds)
    generator = np.random.default_rng(0)
    slots = generator.normal(size=(POINTS, split.slot_count))
    slopes = generator.normal(size=(POINTS, len(split.observables)))
    outcomes = plan_outcomes(plan)
    found = outcomes.variances(expectations(split, outcomes.strings, slots, "auto"), slopes)
    states = kernel_states(split, slots)
    wanted = setting_variances(moment_covariances(plan, states, POINTS), slopes)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12 * wanted.max())
    assert wanted.max() > 0.1


def test_either_kernel_gives_the_expectations():
    split = split_program(load("sivqlm-lih", depth=1))
    strings = plan_outcomes(plan_measurement(split)).strings
    slots = np.random.default_rng(1).normal(size=(2, split.slot_count))
    native, portable = (expectations(split, strings, slots, kernel) for kernel in ("auto", "portable"))
    np.testing.assert_allclose(native, portable, rtol=0, atol=1e-12)


def test_chances_are_chances():
    split = split_program(PROGRAMS["partners"])
    outcomes = plan_outcomes(plan_measurement(split))
    slots = np.random.default_rng(2).normal(size=(POINTS, split.slot_count))
    found = expectations(split, outcomes.strings, slots, "auto")
    for setting in outcomes.settings:
        chances = setting.constant + found @ setting.probabilities
        assert chances.min() > -1e-12
        np.testing.assert_allclose(chances.sum(axis=1), 1.0, rtol=0, atol=1e-12)


def test_many_outcomes_are_refused_before_they_are_listed():
    pairs = [DotObservable(a, a + 1) for a in range(39)]
    with pytest.raises(QffcError, match="too many outcomes"):
        plan_outcomes(measurement_plan(pairs, 40))
