from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from qffc.execution.backend import ShotResult, run_circuits
from qffc.execution.estimate import estimate_moments, moments_from_shots
from qffc.ir.declarations import EnergyReadout, Qubit, Site
from qffc.ir.diagnostics import QffcError
from qffc.ir.observables import DotObservable, PauliObservable, SumObservable
from qffc.ir.ops import Exchange, Rotate, Singlet, Zero
from qffc.ir.program import Program
from qffc.ir.reference import expectation
from qffc.ir.values import Displacement, Moment, Number
from qffc.passes.circuit.split_program import split_program
from qffc.passes.lower_pytket.turns import FROM_Z
from qffc.passes.measurement.settings import measurement_plan
from qffc.targets.catalogue import target

QUBITS = 3
SUM = SumObservable(((Fraction(2), DotObservable(0, 1)), (Fraction(-1, 2), PauliObservable(((2, "Z"),)))))
OBSERVABLES = [DotObservable(0, 1), DotObservable(1, 2), PauliObservable(((0, "Z"), (2, "Z"))), SUM]
PLAN = measurement_plan(OBSERVABLES, QUBITS)


def matrix(turn):
    w, x, y, z = turn
    return np.array([[w - 1j * z, -y - 1j * x], [y - 1j * x, w + 1j * z]])


def probabilities(state):
    """The exact distribution of each setting."""
    rows = []
    for setting in PLAN.settings:
        basis = np.eye(1)
        for letter in setting.letters:
            basis = np.kron(basis, matrix(FROM_Z[letter]))
        rows.append(np.abs(basis.conj().T @ state) ** 2)
    return rows


def bits_of(index):
    return (np.asarray(index)[:, None] >> np.arange(QUBITS)[::-1]) & 1


def sample(distributions, shots, rng):
    return [ShotResult.of(bits_of(rng.choice(2**QUBITS, size=shots, p=p / p.sum()))) for p in distributions]


@pytest.fixture
def state():
    rng = np.random.default_rng(5)
    state = rng.normal(size=8) + 1j * rng.normal(size=8)
    return state / np.linalg.norm(state)


def exact(state):
    return np.array([expectation(observable, state, QUBITS) for observable in OBSERVABLES])


def test_means_are_unbiased_and_covariances_true(state):
    rng = np.random.default_rng(11)
    distributions, shots, repeats = probabilities(state), 40, 1500
    estimates = [moments_from_shots(PLAN, sample(distributions, shots, rng)) for _ in range(repeats)]
    means = np.array([mean for mean, _ in estimates])
    claimed = np.mean([covariance for _, covariance in estimates], axis=0)
    seen = np.cov(means.T)
    error = np.sqrt(np.diag(seen) / repeats)
    assert (np.abs(means.mean(axis=0) - exact(state)) < 5 * error).all()
    scale = np.sqrt(np.outer(np.diag(seen), np.diag(seen)))
    assert (np.abs(claimed - seen) / scale).max() < 0.12
    assert abs(seen[0, 1] / scale[0, 1]) > 0.15  # the covariance between moments of one setting is there


def test_confidence_intervals_cover(state):
    rng = np.random.default_rng(3)
    distributions, inside = probabilities(state), []
    for _ in range(400):
        mean, covariance = moments_from_shots(PLAN, sample(distributions, 200, rng))
        inside.append(np.abs(mean - exact(state)) < 2 * np.sqrt(np.diag(covariance)))
    coverage = np.mean(inside, axis=0)
    assert ((coverage > 0.92) & (coverage < 0.985)).all()


def test_covariances_are_positive(state):
    _, covariance = moments_from_shots(PLAN, sample(probabilities(state), 50, np.random.default_rng(0)))
    np.testing.assert_allclose(covariance, covariance.T, rtol=0, atol=1e-15)
    assert np.linalg.eigvalsh(covariance).min() > -1e-12


def test_one_result_for_each_setting():
    with pytest.raises(QffcError, match="one for each setting"):
        moments_from_shots(PLAN, [])


def test_one_shot_gives_no_covariance():
    single = [ShotResult.of(np.zeros((1, len(setting.measured)), dtype=int)) for setting in PLAN.settings]
    with pytest.raises(QffcError, match="too few shots"):
        moments_from_shots(PLAN, single)


def small_program():
    r = Displacement("A", "B")
    return Program(
        name="small",
        symmetry=(),
        scope="molecule",
        species=("H",),
        sites=(Site("A", "H", "free"), Site("B", "H", "free")),
        parameters=(),
        qubits=tuple(Qubit(name) for name in "abc"),
        ops=(Singlet(0, 1), Zero(2), Rotate(1, r), Exchange(1, 2, Number(Fraction("0.4")))),
        observables=tuple((f"m{k}", observable) for k, observable in enumerate(OBSERVABLES)),
        readout=EnergyReadout(Moment("m0")),
    )


def test_the_seed_reproduces_the_shots_every_time():
    # Many circuits in one process: an order that depends on memory shows only now and then.
    split = split_program(small_program())
    where, slots = target("H2-1LE"), np.array([[0.3, -0.8, 0.5], [1.1, 0.2, -0.4]])
    means = [estimate_moments(split, slots, where, shots=20, seed=7).means for _ in range(12)]
    assert all(np.array_equal(again, means[0]) for again in means)


def test_the_emulator_agrees_with_the_reference():
    from qffc.ir.evaluate import Instance
    from qffc.ir.reference import moments

    program = small_program()
    split = split_program(program)
    vectors = np.array([[0.3, -0.8, 0.5], [1.1, 0.2, -0.4]])
    where = target("H2-1LE")
    estimate = estimate_moments(split, vectors, where, shots=150, seed=7)
    assert len(estimate.run.results) == 6
    for row, vector in enumerate(vectors):
        instance = Instance(np.array([[0.0, 0.0, 0.0], vector]), np.zeros(2, dtype=int), {})
        truth = moments(program, instance)
        assert (np.abs(estimate.means[row] - truth) < 5 * estimate.standard_errors[row] + 1e-9).all()
    again = estimate_moments(split, vectors, where, shots=150, seed=7)
    np.testing.assert_array_equal(again.means, estimate.means)
    other = estimate_moments(split, vectors, where, shots=150, seed=8)
    assert (other.means != estimate.means).any()
    assert estimate.run.price > 6 * 5


def test_no_circuits_are_no_work():
    split = split_program(small_program())
    estimate = estimate_moments(split, np.zeros((0, 3)), target("H2-1LE"), shots=10, seed=0)
    assert estimate.means.shape == (0, 4)


def test_slots_must_be_a_table():
    with pytest.raises(QffcError, match="no table"):
        estimate_moments(split_program(small_program()), np.zeros(3), target("H2-1LE"), shots=10, seed=0)


def test_a_target_without_an_emulator_is_refused():
    with pytest.raises(QffcError, match="without an emulator"):
        run_circuits([], target("Helios"), shots=10, seed=0)


def test_a_missing_emulator_is_explained(monkeypatch):
    monkeypatch.setattr("qffc.execution.engines._version", lambda package: "")
    with pytest.raises(QffcError, match=r"pytket-quantinuum\[pecos\]"):
        estimate_moments(split_program(small_program()), np.zeros((1, 3)), target("H2-1LE-noisy"), shots=10, seed=0)


def test_results_check_themselves():
    with pytest.raises(QffcError, match="do not fit"):
        ShotResult(np.zeros((2, 1), dtype=np.uint8), np.zeros(3, dtype=np.int64))


def test_jax_is_not_loaded():
    code = "import sys, qffc.execution.estimate, qffc.passes.lower_pytket.kernel; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_pytket_waits_until_it_is_needed():
    code = "import sys, qffc.execution.estimate, qffc.targets.catalogue; sys.exit('pytket' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
