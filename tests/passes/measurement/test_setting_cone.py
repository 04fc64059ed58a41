"""What a setting does not see is left out, and all that it reads keeps its distribution."""

from __future__ import annotations

from dataclasses import replace
from math import pi

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from readings import mean_and_covariance, readings

from qffc.ir.evaluate import Evaluator
from qffc.ir.observables import DotObservable, PauliObservable
from qffc.ir.reference import expectation
from qffc.ir.text.parser import parse_program
from qffc.library import load
from qffc.passes.circuit.split_program import split_program
from qffc.passes.equivariance.numbers.random_point import random_point
from qffc.passes.equivariance.verdict import Transform
from qffc.passes.lower_pytket.kernel import PytketKernel
from qffc.passes.measurement.kernel_states import kernel_states
from qffc.passes.measurement.plan import moment_covariances, plan_measurement
from qffc.passes.measurement.setting_cone import seen_by
from qffc.passes.measurement.settings import MeasurementPlan, Setting, measurement_plan
from qffc.passes.parameter_shift import shift_rule
from qffc.passes.schedule.layers import ScheduleLayers
from qffc.passes.target import MinimumAngles
from qffc.targets.catalogue import target
from qffc.testing import instances, programs, symmetric_programs

TARGET = replace(target("H2-1LE"), minimum=MinimumAngles())
SPECIAL = [0.0, pi / 8, pi / 4, -pi / 2, pi, 0.7, -1.3]


def slots_at(split, instance):
    """Slots as the angle program gives them: vectors that are parallel by their formula are parallel."""
    evaluate = Evaluator(split.program, instance)
    parts = [np.atleast_1d(evaluate(value)) for value in (*split.scalars, *split.vectors)]
    return np.concatenate([np.zeros(0), *(np.asarray(part, dtype=float) for part in parts)])


def random_instance(split, seed):
    random = np.random.default_rng(seed)
    return random_point(split.program, Transform("nothing"), random).instances(split.program)[0]


def special_slots(split, seed):
    """Parameters at special angles, atoms at special places."""
    random = np.random.default_rng(seed)
    instance = random_instance(split, seed)
    tables = {name: random.choice(SPECIAL, np.shape(table)) for name, table in instance.parameters.items()}
    places = random.choice([0.0, pi / 2, pi, 1.0], instance.positions.shape)
    return slots_at(split, replace(instance, parameters=tables, positions=places))


def dots(a, b):
    return tuple(((min(a, b), p), (max(a, b), p)) for p in "XYZ")


def assert_readings(kernel, plan: MeasurementPlan, slots, many=True):
    """The moments of each setting have the means and covariances of the whole program."""
    states = kernel_states(kernel.split, slots)
    covariances = moment_covariances(plan, states, len(slots))
    for index, setting in enumerate(plan.settings):
        weights = plan.weights(index)
        circuits = kernel.bind_many(slots, setting) if many else [kernel.bind_measured(row, setting) for row in slots]
        means = exact_means(states, setting, weights)
        for point, circuit in enumerate(circuits):
            values, probabilities = readings(circuit, setting)
            mean, covariance = mean_and_covariance(weights @ values, probabilities)
            np.testing.assert_allclose(mean, means[point], atol=1e-9)
            np.testing.assert_allclose(covariance, covariances[point, index], atol=1e-9)


def exact_means(states, setting, weights):
    width = len(setting.letters)
    table = [[expectation(PauliObservable(s), state, width) for s in setting.strings] for state in states]
    return np.array(table).real @ weights.T


@pytest.mark.parametrize("gate", ["TK2", "ZZPhase"])
@pytest.mark.parametrize("planned", [True, False])
@settings(max_examples=15, deadline=None)
@given(data=st.data(), program=symmetric_programs() | programs(native=True), frames=st.booleans(), many=st.booleans())
def test_what_is_read_keeps_its_distribution(gate, planned, data, program, frames, many):
    split = split_program(program)
    kernel = PytketKernel(split, TARGET.preferring(gate), fix_frame=frames)
    plan = plan_measurement(split) if planned else measurement_plan(split.observables, split.qubit_count)
    slots = np.stack([slots_at(split, data.draw(instances(program))) for _ in range(2)])
    assume(np.abs(slots).max(initial=0.0) < 1e6)  # angles that are only rounding modulo 2 pi have no right answer
    assert_readings(kernel, plan, slots, many)


@pytest.mark.parametrize("reference", ["pair", "sivqlm-h2o", "water-demo", "ring"])
def test_bell_settings_of_the_library(reference):
    program = load(reference, **({"qubits": 6, "depth": 2} if reference == "ring" else {}))
    split = split_program(program)
    plan = plan_measurement(split, kinds="bell")
    assert any(setting.singlets for setting in plan.settings)
    rows = np.stack([special_slots(split, seed) for seed in range(3)])
    assert_readings(PytketKernel(split, TARGET, fix_frame=True), plan, rows)


@pytest.mark.parametrize("seed", range(5))
def test_any_operation_and_relabels(example, seed):
    split = split_program(example(seed).program)
    rows = np.stack([special_slots(split, seed), slots_at(split, example(seed).instance)])
    for kinds in ("pauli", "bell"):
        plan = plan_measurement(split, kinds=kinds)
        assert_readings(PytketKernel(split, TARGET, fix_frame=True), plan, rows)


def test_shifted_circuits():
    split = split_program(load("sivqlm-h2o", depth=1))
    rule = shift_rule(split)
    plan = plan_measurement(split)
    rows = rule.slots(special_slots(split, 0)[None])[0]
    assert_readings(PytketKernel(rule.split, TARGET, fix_frame=True), plan, rows)


def test_an_exchange_of_a_bell_pair_goes_and_then_what_ends_the_circuit():
    ring = ScheduleLayers().run(load("ring", qubits=4, depth=2), TARGET).program
    split = split_program(ring)
    last = [op.qubits for op in split.ops if op.kind == "exchange"][-2:]
    bell = Setting((None,) * 4, tuple(s for pair in last for s in dots(*pair)), pairs=tuple(map(tuple, last)))
    assert len(seen_by(split, bell).ops) == len(split.ops) - 2
    one = Setting((None,) * 4, dots(*last[0]), pairs=(last[0],))
    ended = seen_by(split, one)
    # The other pair of the last layer is not looked at: nothing on it is seen after its last meeting.
    assert len(ended.ops) == len(split.ops) - 2
    assert ended.slot_count == split.slot_count


TRAILING = """qffc 1
program trailing
scope molecule
species H
site A: H free
site B: H free
parameter J
qubit a: A
qubit b: B
qubit c: A
qubit d: B
singlet a, b
singlet c, d
exchange a, c, J
rotate b, r(A, B)
exchange b, d, J
LAST
observable m = dot(a, b)
observable n = dot(c, d)
energy moment(m) + moment(n)
"""


@pytest.mark.parametrize(
    ("last", "letters", "seen"),
    [
        ("rotate a, vector(0, 0, J)", "ZZZZ", False),
        ("pauli_rotation Z(a), J", "ZZZZ", False),
        ("pauli_rotation Z(a) Z(c), J", "ZZZZ", False),
        ("pauli_rotation Z(a), J", "XXXX", True),
        ("rotate a, r(A, B)", "ZZZZ", True),
        ("exchange a, b, J", "ZZZZ", False),
        ("exchange a, c, J", "ZZZZ", True),
    ],
)
def test_operations_that_a_pauli_setting_does_not_see(last, letters, seen):
    split = split_program(parse_program(TRAILING.replace("LAST", last)))
    strings = (((0, letters[0]), (1, letters[1])), ((2, letters[2]), (3, letters[3])))
    ops = seen_by(split, Setting(tuple(letters), strings)).ops
    assert (split.ops[-1] in ops[-1:]) == seen


def test_equal_turns_of_a_pair_are_seen_by_strings_and_not_by_singlets():
    text = TRAILING.replace("LAST", "rotate a, r(A, B)\nrotate d, r(A, B)")
    split = split_program(parse_program(text))
    bell = Setting((None,) * 4, (*dots(0, 3), *dots(1, 2)), pairs=((0, 3), (1, 2)))
    whole = len(split.ops)
    assert len(seen_by(split, bell).ops) == whole
    assert len(seen_by(split, replace(bell, singlets=True)).ops) == whole - 2


def test_a_plan_says_where_only_singlets_count():
    pairs = [DotObservable(0, 1), DotObservable(2, 3)]
    strings = tuple(string for observable in pairs for string, _ in observable.paulis.terms)
    setting = Setting((None,) * 4, strings, pairs=((0, 1), (2, 3)))
    equal = np.ones((1, 6))
    assert setting.sees_singlets_only(equal)
    assert not setting.sees_singlets_only(equal * np.array([1, 1, 0.5, 1, 1, 1]))
    assert not replace(setting, strings=strings[:2]).sees_singlets_only(np.ones((1, 2)))
    assert not Setting(("X",) * 4, strings[:1]).sees_singlets_only(np.ones((1, 1)))


def test_frames_save_turns_in_measured_circuits():
    split = split_program(load("sivqlm-h2o"))
    plan = plan_measurement(split)
    rows = np.random.default_rng(0).normal(size=(1, split.slot_count))
    kernels = (PytketKernel(split, TARGET, fix_frame=frames) for frames in (True, False))
    framed, plain = (
        sum(kernel.counts(kernel.bind_many(rows, setting)[0]).phased_x for setting in plan.settings)
        for kernel in kernels
    )
    assert framed < plain


@pytest.mark.parametrize("frames", [True, False])
@pytest.mark.parametrize("gate", ["TK2", "ZZPhase"])
def test_a_pair_that_met_nobody_is_prepared_and_turned_for_its_measurement_by_one_gate(gate, frames):
    split = split_program(load("sivqlm-lih"))
    kernel = PytketKernel(split, TARGET.preferring(gate), fix_frame=frames)
    plan = plan_measurement(split)
    assert [setting.pairs for setting in plan.settings] == [((0, 1),)]
    rows = np.stack([slots_at(split, random_instance(split, seed)) for seed in range(3)])
    for circuit in kernel.bind_settings(rows, plan.settings):
        assert kernel.counts(circuit).two_qubit == 1
    assert_readings(kernel, plan, rows)
