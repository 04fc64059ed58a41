"""States, outcomes and weights by the native library are those of Python, up to rounding."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from qffc.ir.text.parser import parse_program
from qffc.library import load
from qffc.passes.circuit.split_program import split_program
from qffc.passes.measurement import kernel_states as states_in_python
from qffc.passes.measurement import native_states, native_weights, weights
from qffc.passes.measurement.candidate import Candidate
from qffc.passes.measurement.candidates import candidate_settings
from qffc.passes.measurement.plan import plan_measurement
from qffc.passes.measurement.settings import string_weights
from qffc.passes.native_library import native_state
from qffc.testing import programs

pytestmark = pytest.mark.skipif(not native_state().available, reason=native_state().reason)


def in_python(monkeypatch):
    monkeypatch.setattr(states_in_python, "evolved", lambda *_: False)
    monkeypatch.setattr(states_in_python, "outcomes", lambda *_: None)


def strings_of(split):
    return list(dict.fromkeys(string for o in split.observables for string in string_weights(o) if string))


@given(program=programs())
@settings(max_examples=40, deadline=None)
def test_states_and_outcomes(program):
    split = split_program(program)
    slots = np.random.default_rng(len(split.ops)).normal(scale=2.0, size=(3, split.slot_count))
    slots[0] = 0.0  # vectors without a direction among them
    found = states_in_python.kernel_states(split, slots)
    some = candidate_settings(strings_of(split), split.qubit_count)[:8]
    outcomes = [states_in_python.outcome_probabilities(found, setting) for setting in some]
    with pytest.MonkeyPatch.context() as patch:
        in_python(patch)
        np.testing.assert_allclose(found, states_in_python.kernel_states(split, slots), atol=1e-12)
        for setting, own in zip(some, outcomes, strict=True):
            np.testing.assert_allclose(own, states_in_python.outcome_probabilities(found, setting), atol=1e-12)


def test_operations_that_the_library_lacks_are_left_to_python():
    program = parse_program("""qffc 1
program twisted
scope molecule
species H
site A: H free
parameter J
qubit a: A
qubit b: A
qubit c: A
zero a
singlet b, c
chirality a, b, c, J
observable m = dot(a, b)
energy moment(m)
""")
    split = split_program(program)
    state = np.zeros((1, 8), dtype=np.complex128)
    assert not native_states.evolved(state, split, np.zeros((1, 1)), np.zeros((1, 1)))
    assert not state.any()


def test_weights_and_noise():
    numbers = np.random.default_rng(5)
    candidates, count = [], 9
    for rows in ([0, 1, 2, 3], [3, 4, 5, 6, 7, 8], [0, 4, 8], [1, 2, 5, 6, 7], [6]):
        roots = numbers.normal(size=(4, len(rows), len(rows)))
        candidates.append(Candidate(None, np.array(rows), roots @ roots.transpose(0, 2, 1) + 0.1 * np.eye(len(rows))))
    start = weights._start(candidates, count)
    for steps in (1, 40):
        found, noises = native_weights.solved(candidates, count, start, steps, weights._FLOOR, weights._STILL)
        expected = weights._solved(candidates, count, start, steps)
        for one, other, candidate, noise in zip(found, expected, candidates, noises, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-10)
            assert noise == pytest.approx(weights._noise(candidate, one), rel=1e-9)
    singular = [Candidate(None, np.array([0, 1]), np.zeros((2, 2, 2)))]
    assert native_weights.solved(singular, 2, weights._start(singular, 2), 3, weights._FLOOR, weights._STILL) is None


@pytest.mark.parametrize("name", ["sivqlm-h2o", "pair", "ring"])
def test_plans_are_the_same(name, monkeypatch):
    split = split_program(load(name))
    found = plan_measurement(split)
    in_python(monkeypatch)
    monkeypatch.setattr(native_weights, "solved", lambda *_: None)
    expected = plan_measurement(split)
    assert found.settings == expected.settings
    np.testing.assert_allclose(found.shares, expected.shares, rtol=1e-6)
