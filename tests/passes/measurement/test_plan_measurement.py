"""Plans of measurement: unbiased, never worse than either kind of setting alone, and right about which kind wins."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qffc.ir import parse_program
from qffc.ir.declarations import EnergyReadout, Parameter, Qubit, Site
from qffc.ir.diagnostics import QffcError
from qffc.ir.observables import DotObservable, PauliObservable, ProductObservable, SumObservable
from qffc.ir.ops import Exchange, Rotate, Singlet, Zero
from qffc.ir.program import Program
from qffc.ir.reference import expectation
from qffc.ir.values import Displacement, Moment, ParameterEntry
from qffc.library import load
from qffc.passes.circuit.split_program import split_program
from qffc.passes.measurement import weights
from qffc.passes.measurement.candidate import Candidate
from qffc.passes.measurement.candidates import candidate_settings
from qffc.passes.measurement.kernel_states import kernel_states, outcome_probabilities, outcome_values
from qffc.passes.measurement.plan import PlanMeasurement, moment_covariances, plan_measurement, setting_variances
from qffc.passes.measurement.settings import measurement_plan, string_weights
from qffc.targets.catalogue import target


def coupled(qubits, edges, observables):
    """Rotations with vectors of their own and exchanges on edges, three times over."""
    sites = "ABC"
    parameters, ops = [], [Singlet(2 * k, 2 * k + 1) for k in range(qubits // 2)]
    ops += [Zero(qubits - 1)] if qubits % 2 else []
    for layer in range(3):
        names = [f"v{layer}_{q}" for q in range(qubits)], [f"J{layer}_{k}" for k in range(len(edges))]
        parameters += [Parameter(name, ()) for name in (*names[0], *names[1])]
        for q, name in enumerate(names[0]):
            ends = sites[(q + layer) % 3], sites[(q + layer + 1) % 3]
            ops.append(Rotate(q, ParameterEntry(name) * Displacement(*ends)))
        ops += [Exchange(a, b, ParameterEntry(name)) for (a, b), name in zip(edges, names[1], strict=True)]
    program = Program(
        name="coupled",
        symmetry=(),
        scope="molecule",
        species=("H",),
        sites=tuple(Site(name, "H", "free") for name in sites),
        parameters=tuple(parameters),
        qubits=tuple(Qubit(f"q{k}") for k in range(qubits)),
        ops=tuple(ops),
        observables=tuple((f"m{k}", observable) for k, observable in enumerate(observables)),
        readout=EnergyReadout(Moment("m0")),
    )
    return split_program(program)


def ring(qubits):
    edges = [(a, (a + 1) % qubits) for a in range(qubits)]
    return coupled(qubits, edges, [DotObservable(*edge) for edge in edges])


def all_pairs(qubits):
    edges = list(combinations(range(qubits), 2))
    return coupled(qubits, edges, [DotObservable(*edge) for edge in edges])


def points_of(split, count=10, seed=3):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, split.slot_count)), rng.normal(size=(count, len(split.observables)))


def merit(plan, states, slopes, *, equal=False):
    """Variance of one shot, shared equally or as well as can be; the mean over points."""
    variances = setting_variances(moment_covariances(plan, states, len(states)), slopes)
    best = np.sqrt(variances).sum(axis=1) ** 2
    return float((len(plan.settings) * variances.sum(axis=1) if equal else best).mean())


def check_means(plan, split, states):
    """The plan estimates every observable without bias."""
    for state in states:
        means = np.array(plan.constants)
        for index, setting in enumerate(plan.settings):
            means += plan.weights(index) @ outcome_values(setting) @ outcome_probabilities(state[None], setting)[0]
        expected = [expectation(observable, state, split.qubit_count) for observable in split.observables]
        np.testing.assert_allclose(means, expected, atol=1e-10)


LETTERS = st.sampled_from("XYZ")


@st.composite
def observables(draw, qubits=4):
    places = draw(st.permutations(range(qubits)))
    a, b, c, d = places
    one = DotObservable(a, b)
    kinds = [
        one,
        ProductObservable((one, DotObservable(c, d))),
        PauliObservable(tuple((q, draw(LETTERS)) for q in places[: draw(st.integers(1, qubits))])),
        ProductObservable((one, PauliObservable(((c, draw(LETTERS)),)))),
        SumObservable(((Fraction(2), one), (Fraction(-1, 3), DotObservable(a, c)))),
    ]
    return draw(st.sampled_from(kinds))


@settings(max_examples=15)
@given(st.lists(observables(), min_size=1, max_size=3), st.sampled_from(["any", "pauli", "bell"]), st.booleans())
def test_plans_are_unbiased(chosen, kinds, weighted):
    split = coupled(4, [(0, 1), (1, 2), (2, 3)], chosen)
    slots, slopes = points_of(split, 3)
    plan = plan_measurement(split, slots, slopes if weighted else None, kinds=kinds)
    check_means(plan, split, kernel_states(split, slots + 0.1))
    assert sum(plan.shares) == pytest.approx(1)
    for observable, terms in zip(chosen, plan.terms, strict=True):
        totals = {}
        for setting, string, weight in terms:
            name = plan.settings[setting].strings[string]
            totals[name] = totals.get(name, 0) + weight
        assert totals == pytest.approx({s: w for s, w in string_weights(observable).items() if s})


def test_what_wins_on_a_ring_and_on_all_pairs():
    ratios = {}
    for split in (ring(8), all_pairs(8)):
        slots, slopes = points_of(split)
        states = kernel_states(split, slots)
        kinds = {kind: plan_measurement(split, kinds=kind) for kind in ("any", "pauli", "bell")}
        pauli, bell = (merit(kinds[kind], states, slopes) for kind in ("pauli", "bell"))
        ratios[len(split.observables)] = pauli / bell
        assert merit(kinds["any"], states, slopes) < 1.05 * min(pauli, bell)
    assert 1.4 < ratios[8] < 1.8
    assert 0.37 < ratios[28] < 0.46


@pytest.mark.parametrize("name", ["pair", "sivqlm-h2o"])
def test_a_plan_beats_one_setting_for_each_string(name):
    split = split_program(load(name))
    slots, slopes = points_of(split)
    states = kernel_states(split, slots)
    plan = plan_measurement(split, slots, slopes)
    grouped = measurement_plan(split.observables, split.qubit_count)
    assert merit(plan, states, slopes) < merit(grouped, states, slopes, equal=True)


def test_products_need_far_fewer_bell_settings():
    split = split_program(load("pair", products=True))
    plan = plan_measurement(split)
    assert len(plan.settings) < 6 < len(measurement_plan(split.observables, 4).settings)


def test_large_programs_are_planned_from_the_mixed_state():
    split = ring(14)
    plan = plan_measurement(split)
    assert [len(setting.pairs) for setting in plan.settings] == [7, 7]
    assert plan.shares == pytest.approx([0.5, 0.5])


def test_a_free_qubit_beside_a_matching_keeps_a_basis():
    strings = [((0, p), (1, p), (2, "Z")) for p in "XYZ"]
    mixed = [s for s in candidate_settings(strings, 3) if s.pairs == ((0, 1),)]
    assert [(s.letters, set(s.strings)) for s in mixed] == [((None, None, "Z"), set(strings))]


def test_many_matchings_are_sampled_and_cover_all_pairs():
    strings = [((a, p), (b, p)) for a, b in combinations(range(12), 2) for p in "XYZ"]
    candidates = candidate_settings(strings, 12, "bell")
    assert len(candidates) < 200
    assert {s for candidate in candidates for s in candidate.strings} == set(strings)


def test_the_pass_leaves_the_program_alone():
    program = load("pair")
    result = PlanMeasurement(kinds="pauli").run(program, target("ideal"))
    assert result.program is program
    assert not result.changed
    assert not any(setting.pairs for setting in result.output.settings)


def test_observables_without_a_string():
    nothing = SumObservable(((Fraction(1), DotObservable(0, 1)), (Fraction(-1), DotObservable(0, 1))))
    plan = plan_measurement(coupled(2, [(0, 1)], [nothing]))
    assert (plan.settings, plan.constants, plan.terms) == ((), (0.0,), ((),))


def test_slopes_of_zero_are_no_obstacle():
    split = split_program(load("pair"))
    slots, slopes = points_of(split, 2)
    check_means(plan_measurement(split, slots, 0 * slopes), split, kernel_states(split, slots))


def test_points_must_fit():
    split = split_program(load("pair"))
    with pytest.raises(QffcError, match="points that do not fit"):
        plan_measurement(split, np.zeros((2, 3)))
    with pytest.raises(QffcError, match="points that do not fit"):
        plan_measurement(split, np.zeros((2, split.slot_count)), np.zeros((1, 6)))


def test_what_the_energy_makes_of_the_moments_decides():
    # In a state that hardly turns its spins, the sum of inner products is almost sharp, which Pauli settings see.
    split = all_pairs(4)
    slots, _ = points_of(split)
    slots = 0.05 * slots
    slopes = np.ones((len(slots), len(split.observables)))
    states = kernel_states(split, slots)
    unit, weighted = plan_measurement(split, slots), plan_measurement(split, slots, slopes)
    assert merit(weighted, states, slopes) < 0.1 * merit(unit, states, slopes)


def test_settings_are_solved_together_as_they_are_alone(monkeypatch):
    numbers = np.random.default_rng(2)
    candidates, count = [], 12
    for rows in ([0, 1, 2], [2, 3, 4, 5, 6, 7, 8, 9, 10, 11], [0, 3, 6, 9], [5, 1]):
        roots = numbers.normal(size=(3, len(rows), len(rows)))
        candidates.append(Candidate(None, np.array(rows), roots @ roots.transpose(0, 2, 1)))
    found = weights._solved(candidates, count, weights._start(candidates, count), 10)
    monkeypatch.setattr(weights, "_ALIKE", 1)
    alone = weights._solved(candidates, count, weights._start(candidates, count), 10)
    for one, other in zip(found, alone, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)
    (only,) = weights._solved(candidates[:1], 3, weights._start(candidates[:1], 3), 40)
    np.testing.assert_allclose(only, 1.0)


ALIKE = """\
qffc 1
program alike
scope molecule
species H, O
site A: O free
site B: H free
site C: H free
parameter t
qubit q0
qubit q1
qubit q2
qubit q3
qubit q4
zero q4
singlet q0, q3
zero q1
zero q2
exchange q3, q1, t*t
exchange q4, q1, 1/2*pi
rotate q4, t*cross(r(A, B), r(A, C))
observable m0 = 0.5*X(q0) Y(q2) X(q4)
observable m1 = X(q3) + 2*Y(q4) + 0.25*Y(q0) X(q1) Y(q2) X(q4) + -1*X(q0) X(q1) X(q3) X(q4) + -1*Y(q1) X(q2) X(q3) Y(q4)
energy moment(m0) + 2*moment(m1)
"""
"""Settings of it have the same noise, but for rounding."""


def test_rounding_chooses_no_settings(monkeypatch):
    split, found = split_program(parse_program(ALIKE)), []
    for seed in range(4):

        def rounded(*given, seed=seed):
            states = kernel_states(*given)
            return states * (1 + 1e-13 * np.random.default_rng(seed).normal(size=states.shape))

        monkeypatch.setattr("qffc.passes.measurement.plan.kernel_states", rounded)
        found.append([(setting.bases, setting.pairs) for setting in plan_measurement(split).settings])
    assert len(found[0]) == 3
    assert found[1:] == 3 * found[:1]
