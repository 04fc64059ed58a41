"""Dense states of the kernel, and what measuring them gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from readings import mean_and_covariance, readings

from qffc.ir.declarations import Qubit
from qffc.ir.diagnostics import QffcError
from qffc.ir.evaluate import Evaluator
from qffc.ir.observables import PauliObservable
from qffc.ir.ops import Zero
from qffc.ir.reference import expectation, statevector
from qffc.library import load
from qffc.passes.circuit.split_program import split_program
from qffc.passes.lower_pytket.kernel import PytketKernel
from qffc.passes.measurement.kernel_states import (
    kernel_states,
    outcome_probabilities,
    outcome_values,
    string_covariances,
)
from qffc.passes.measurement.settings import Setting
from qffc.targets.catalogue import target

MIXED = Setting(
    (None, "Z", None, "X"),
    (
        ((0, "X"), (2, "X")),
        ((0, "Y"), (2, "Y")),
        ((0, "Z"), (2, "Z")),
        ((1, "Z"), (3, "X")),
        ((0, "Z"), (1, "Z"), (2, "Z"), (3, "X")),
        ((0, "Y"), (2, "Y"), (3, "X")),
    ),
    pairs=((2, 0),),
)


def slots_of(example):
    split = split_program(example.program)
    evaluate = Evaluator(example.program, example.instance)
    scalars = [float(evaluate(value)) for value in split.scalars]
    vectors = [component for value in split.vectors for component in evaluate(value)]
    return split, np.array([*scalars, *vectors], dtype=float)


@pytest.mark.parametrize("seed", range(30))
def test_states_are_those_of_the_reference(example, seed):
    case = example(seed)
    split, slots = slots_of(case)
    states = kernel_states(split, np.stack([slots, slots + 0.1, slots]))
    expected = statevector(case.program, case.instance)
    assert abs(np.vdot(states[0], expected)) == pytest.approx(1, abs=1e-12)
    np.testing.assert_array_equal(states[0], states[2])


def test_every_string_of_a_setting_has_its_expectation_value():
    rng = np.random.default_rng(3)
    state = rng.normal(size=16) + 1j * rng.normal(size=16)
    state /= np.linalg.norm(state)
    means = outcome_values(MIXED) @ outcome_probabilities(state[None], MIXED)[0]
    expected = [expectation(PauliObservable(string), state, 4) for string in MIXED.strings]
    np.testing.assert_allclose(means, expected, atol=1e-12)
    assert MIXED.fitting(MIXED.strings) == MIXED.strings
    assert not MIXED.fitting([((0, "X"),), ((1, "X"),), ((0, "X"), (2, "Y"))])


def test_inner_product_of_a_bell_pair_is_one_or_minus_three():
    bell = Setting((None, None), tuple(((0, p), (1, p)) for p in "XYZ"), pairs=((0, 1),))
    assert sorted(outcome_values(bell).sum(axis=0)) == [-3, 1, 1, 1]
    singlet = np.array([[0, 1, -1, 0]]) / np.sqrt(2)
    assert abs(string_covariances(singlet, bell)).max() < 1e-15


@pytest.mark.parametrize("qubits", [1, 4, 5, 9])
def test_covariances_are_those_of_all_outcomes(qubits):
    random = np.random.default_rng(qubits)
    states = random.normal(size=(3, 2**qubits)) + 1j * random.normal(size=(3, 2**qubits))
    strings = [tuple((q, "Z") for q in range(qubits) if mask >> q & 1) for mask in random.integers(1, 2**qubits, 6)]
    setting = Setting(("Z",) * qubits, tuple(dict.fromkeys(strings)))
    values, probabilities = outcome_values(setting), outcome_probabilities(states, setting)
    for found, own in zip(string_covariances(states, setting), probabilities, strict=True):
        away = values - (values @ own)[:, None]
        np.testing.assert_allclose(found, away * own @ away.T, atol=1e-12)


@pytest.mark.parametrize("gate", ["TK2", "ZZPhase"])
@pytest.mark.parametrize("seed", range(6))
def test_measured_circuits_have_these_probabilities(example, seed, gate):
    split, slots = slots_of(example(seed))
    circuit = PytketKernel(split, target("H2-1LE").preferring(gate)).bind_measured(slots, MIXED)
    values, probabilities = readings(circuit, MIXED)
    found = mean_and_covariance(values, probabilities)[1]
    # Gates below the minimum angles of the target are left out.
    expected = string_covariances(kernel_states(split, slots[None]), MIXED)[0]
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_large_programs_are_refused():
    program = load("sivqlm-lih", depth=1)
    wide = replace(
        program,
        qubits=tuple(Qubit(f"q{k}") for k in range(25)),
        ops=(*program.ops, *(Zero(k) for k in range(2, 25))),
    )
    split = split_program(wide)
    with pytest.raises(QffcError, match="too many qubits for dense states"):
        kernel_states(split, np.zeros((1, split.slot_count)))
