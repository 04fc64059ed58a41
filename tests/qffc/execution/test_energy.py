"""Energies from shots: unbiased, with honest standard errors."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest

from qffc.execution.backend import ShotResult
from qffc.execution.energy import estimate_energies, quote_energies
from qffc.execution.estimate import moments_from_shots
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.force_field import untrained
from qffc.passes.lower_pytket import PytketKernel
from qffc.targets import target

WATER = np.array([8, 1, 1])
POSITIONS = np.array([[0.0, 0.0, 0.12], [0.0, 0.76, -0.48], [0.1, -0.76, -0.48]])
TARGET = target("H2-1LE")
HADAMARD = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
TO_Z = {"X": HADAMARD, "Y": HADAMARD @ np.diag([1, -1j]), "Z": np.eye(2)}
REPEATS = 150


def sampler(split, slots, where, *, shots, seed):
    """Shots from the exact probabilities of the circuits; equal circuits are simulated once."""
    kernel = PytketKernel(split, where)
    plan = kernel.measurements
    generator = np.random.default_rng(seed)
    distinct, index = np.unique(slots, axis=0, return_inverse=True)
    states = [kernel.bind(row).get_statevector() for row in distinct]
    bases = [reduce(np.kron, [TO_Z[letter] for letter in setting.letters]) for setting in plan.settings]
    tables = [[np.abs(basis @ state) ** 2 for basis in bases] for state in states]
    bits = np.arange(split.qubit_count)[::-1]
    estimates = []
    for circuit in index.reshape(-1):
        results = []
        for probabilities in tables[circuit]:
            counts = generator.multinomial(shots, probabilities / probabilities.sum())
            seen = np.flatnonzero(counts)
            results.append(ShotResult(((seen[:, None] >> bits) & 1).astype(np.uint8), counts[seen]))
        estimates.append(moments_from_shots(plan, results))
    means, covariances = zip(*estimates, strict=True)
    return np.array(means), np.array(covariances)


def check_coverage(model, shots, frames, numbers=WATER):
    estimates = estimate_energies(model, numbers, frames, TARGET, shots=shots, seed=5, sampler=sampler)
    exact = np.array([estimate.exact for estimate in estimates])
    assert np.allclose(exact, model.predict(numbers, frames)[0], atol=1e-9)
    pulls = np.array([(e.energy - e.exact) / e.standard_error for e in estimates])
    count = len(pulls)
    assert abs(pulls.mean()) < 4 / np.sqrt(count)
    assert abs(pulls.std() - 1) < 4 / np.sqrt(2 * count)
    inside = np.mean(np.abs(pulls) < 1)
    assert abs(inside - 0.683) < 4 * np.sqrt(0.683 * 0.317 / count)


def test_standard_errors_cover_a_linear_readout():
    model = untrained(load("sivqlm-h2o", depth=1), seed=1)
    check_coverage(model, 200, np.repeat(POSITIONS[None], REPEATS, axis=0))


def test_standard_errors_cover_a_network_and_several_circuits():
    model = untrained(load("pair", depth=1, channels=2, hidden=(4,)), seed=1)
    check_coverage(model, 2000, np.repeat(POSITIONS[None], REPEATS, axis=0))


def test_standard_errors_cover_an_averaged_program():
    model = untrained(load("sivqlm-nh3", depth=1), seed=1)
    ammonia = np.array([[0, 0, 0], [0.94, 0, 0.3], [-0.47, 0.81, 0.3], [-0.5, -0.8, 0.35]])
    frames = np.repeat(ammonia[None], 60, axis=0)
    check_coverage(model, 100, frames, np.array([7, 1, 1, 1]))


def test_frames_are_kept_apart():
    model = untrained(load("sivqlm-h2o", depth=1), seed=1)
    frames = np.stack([POSITIONS, 1.1 * POSITIONS])
    estimates = estimate_energies(model, WATER, frames, TARGET, shots=10**8, seed=0, sampler=sampler)
    assert abs(estimates[0].exact - estimates[1].exact) > 20 * estimates[0].standard_error
    for estimate in estimates:
        assert abs(estimate.energy - estimate.exact) < 6 * estimate.standard_error


def test_quote_is_what_the_run_reports():
    model = untrained(load("sivqlm-h2o", depth=1), seed=1)
    frames = np.stack([POSITIONS, 1.1 * POSITIONS])
    quote = quote_energies(model, WATER, frames, TARGET, shots=100)
    estimates = estimate_energies(model, WATER, frames, TARGET, shots=100, seed=0, sampler=sampler)
    assert [estimate.price for estimate in estimates] == list(quote.prices)
    assert {(estimate.circuits, estimate.shots) for estimate in estimates} == {(3, 100)}
    assert quote.circuits == 3
    assert quote.price == pytest.approx(sum(quote.prices))


def test_emulator():
    pytest.importorskip("pytket_pecos")
    model = untrained(load("sivqlm-h2o", depth=1), seed=1)
    runs = [estimate_energies(model, WATER, POSITIONS[None], TARGET, shots=200, seed=seed) for seed in (0, 0, 1)]
    assert runs[0] == runs[1] != runs[2]
    (estimate,) = runs[0]
    assert abs(estimate.energy - estimate.exact) < 6 * estimate.standard_error


@pytest.mark.parametrize("shape", [(3, 3), (1, 2, 3), (0, 3, 3)])
def test_positions_of_another_shape_are_refused(shape):
    model = untrained(load("sivqlm-h2o", depth=1), seed=1)
    with pytest.raises(QffcError, match="positions of another shape"):
        estimate_energies(model, WATER, np.zeros(shape), TARGET, shots=10, seed=0, sampler=sampler)


@pytest.mark.parametrize("name", ["ideal", "H2-1"])
def test_targets_without_an_emulator_are_refused(name):
    model = untrained(load("sivqlm-h2o", depth=1), seed=1)
    with pytest.raises(QffcError):
        estimate_energies(model, WATER, POSITIONS[None], target(name), shots=10, seed=0)
