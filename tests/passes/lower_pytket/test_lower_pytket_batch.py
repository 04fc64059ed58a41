"""Many bindings at once: the same circuits as one by one, and the states of the reference."""

from __future__ import annotations

from dataclasses import replace
from math import pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from readings import bit_probabilities

from qffc.ir.diagnostics import QffcError
from qffc.ir.reference import expectation
from qffc.library import load
from qffc.passes.circuit.split_program import split_program
from qffc.passes.lower_pytket.kernel import PytketKernel
from qffc.passes.measurement.kernel_states import kernel_states
from qffc.passes.measurement.settings import Setting
from qffc.passes.target import MinimumAngles
from qffc.targets.catalogue import target
from qffc.testing import programs, symmetric_programs

TARGET = replace(target("H2-1LE"), minimum=MinimumAngles())
SPECIAL = [0.0, pi / 8, pi / 4, -pi / 2, pi, 0.7, -1.3]


def points(split, count, seed=0):
    """Numbers without and with special values, and no direction at all."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(count, split.slot_count))
    rows[::2] = random.choice(SPECIAL, rows[::2].shape)
    rows[3::7, len(split.scalars) :] = 0.0
    return rows


def assert_moments(split, circuits, rows):
    states = kernel_states(split, rows)
    for circuit, wanted in zip(circuits, states, strict=True):
        state = circuit.get_statevector()
        for observable in split.observables:
            value = expectation(observable, state, split.qubit_count)
            assert value == pytest.approx(expectation(observable, wanted, split.qubit_count), abs=1e-9)


@pytest.mark.parametrize("frames", [True, False])
@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("reference", ["pair", "sivqlm-h2o", "water-demo"])
def test_moments_of_the_library(reference, fold, frames):
    split = split_program(load(reference))
    kernel = PytketKernel(split, TARGET, fold_swaps=fold, fix_frame=frames)
    rows = points(split, 30)
    assert 0 < kernel.native_batch(rows).special.sum() < 30
    assert_moments(split, kernel.bind_many(rows), rows)


@settings(max_examples=15, deadline=None)
@given(symmetric_programs() | programs(native=True), st.integers(0, 1000), st.booleans())
def test_moments_of_any_program(program, seed, frames):
    split = split_program(program)
    kernel = PytketKernel(split, TARGET, fix_frame=frames)
    rows = points(split, 3, seed)
    assert_moments(split, kernel.bind_many(rows), rows)


@pytest.mark.parametrize("frames", [True, False])
def test_the_state_and_the_gates_are_those_of_one_binding(frames):
    kernel = PytketKernel(split_program(load("ring", qubits=6, depth=2)), TARGET, fix_frame=frames)
    rows = np.random.default_rng(0).normal(size=(5, kernel.split.slot_count))
    assert not kernel.native_batch(rows).special.any()
    for row, circuit in zip(rows, kernel.bind_many(rows), strict=True):
        one = kernel.bind(row)
        found, wanted = (kernel.counts(c) for c in (circuit, one))
        assert replace(found, rz=0, depth=0, gates=()) == replace(wanted, rz=0, depth=0, gates=())
        if not frames:
            assert abs(np.vdot(circuit.get_statevector(), one.get_statevector())) == pytest.approx(1, abs=1e-12)


SETTINGS = [
    Setting(("X", "Y", None, "Z"), (((0, "X"),), ((1, "Y"), (3, "Z")))),
    Setting((None, None, "Y", "X"), (*(((0, p), (1, p)) for p in "XYZ"), ((2, "Y"), (3, "X"))), pairs=((0, 1),)),
    Setting((None,) * 4, tuple(((a, p), (b, p)) for a, b in ((0, 3), (1, 2)) for p in "XYZ"), pairs=((3, 0), (1, 2))),
]


@pytest.mark.parametrize("setting", SETTINGS, ids=["Pauli", "one pair", "two pairs"])
@pytest.mark.parametrize("reference", ["pair", "sivqlm-h2o"])
def test_measured_circuits_have_the_outcomes_of_one_binding(reference, setting):
    kernel = PytketKernel(split_program(load(reference)), TARGET, fix_frame=True)
    rows = points(kernel.split, 6, seed=4)
    for row, circuit in zip(rows, kernel.bind_many(rows, setting), strict=True):
        one = kernel.bind_measured(row, setting)
        (found, measured), (wanted, _) = map(bit_probabilities, (circuit, one))
        assert measured == setting.measured
        if not kernel.measuring(setting).native_batch(row[None]).special[0]:
            assert np.allclose(found, wanted, atol=1e-9)
        assert found.sum() == pytest.approx(1)


def test_angles_are_one_array():
    kernel = PytketKernel(split_program(load("ring", qubits=4, depth=2)), TARGET)
    batch = kernel.native_batch(points(kernel.split, 9))
    assert len(batch.angles) == 9
    assert batch.angles.shape[1] == sum(len(column.angles) for column in batch.columns)
    exchanges = [column for column in batch.columns if column.swap is not None]
    angles = batch.angles[:, [column.angles[0] for column in exchanges]]
    assert np.abs(angles).max() <= 0.25 + 1e-12  # |t| <= pi/8, in half-turns of 2 t


@pytest.mark.parametrize("gate", ["TK2", "ZZPhase"])
def test_no_bindings_give_no_circuits(gate):
    kernel = PytketKernel(split_program(load("pair")), TARGET.preferring(gate))
    assert kernel.bind_many(np.zeros((0, kernel.split.slot_count))) == ()


@pytest.mark.parametrize("shape", [(3,), (2, 3)])
def test_slots_that_do_not_fit_are_refused(shape):
    kernel = PytketKernel(split_program(load("pair")), TARGET)
    with pytest.raises(QffcError, match="slots that do not fit"):
        kernel.bind_many(np.zeros(shape))


@pytest.mark.parametrize("setting", [None, SETTINGS[0], SETTINGS[2]], ids=["none", "Pauli", "pairs"])
def test_a_circuit_is_the_same_in_any_company(setting):
    """To the last bit, so that stored results are found again."""
    kernel = PytketKernel(split_program(load("pair")), TARGET, fix_frame=True)
    rows = points(kernel.split, 40)
    rows[:, : len(kernel.split.scalars)] = rows[1, : len(kernel.split.scalars)]  # trained angles
    whole = kernel.bind_many(rows, setting)
    for size in (1, 3, 7):
        parts = [circuit for k in range(0, 40, size) for circuit in kernel.bind_many(rows[k : k + size], setting)]
        assert [circuit.to_dict() for circuit in parts] == [circuit.to_dict() for circuit in whole]


def test_all_settings_of_a_binding_come_together():
    kernel = PytketKernel(split_program(load("pair")), TARGET)
    rows = points(kernel.split, 3)
    found = kernel.bind_settings(rows, SETTINGS)
    wanted = [kernel.bind_measured(row, setting) for row in rows for setting in SETTINGS]
    assert [circuit.n_bits for circuit in found] == [circuit.n_bits for circuit in wanted]
    assert kernel.bind_settings(rows, ()) == ()
