"""Energies from shots: unbiased, with honest standard errors."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms

from qffc.execution.allocation import energy_variance
from qffc.execution.energy import estimate_energies, quote_energies
from qffc.execution.energy_circuits import prepare
from qffc.execution.exact_shots import draw_exactly
from qffc.execution.quote import planned_quote
from qffc.execution.run import run
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.force_field import untrained
from qffc.passes.measurement.kernel_states import kernel_states
from qffc.passes.measurement.plan import moment_covariances, setting_variances
from qffc.targets.catalogue import target

WATER = np.array([8, 1, 1])
POSITIONS = np.array([[0.0, 0.0, 0.12], [0.0, 0.76, -0.48], [0.1, -0.76, -0.48]])
TARGET = target("H2-1LE")
REPEATS = 150


def check_coverage(model, shots, frames, numbers=WATER):
    estimates = estimate_energies(model, numbers, frames, TARGET, shots=shots, seed=5, sampler=draw_exactly)
    exact = np.array([estimate.exact for estimate in estimates])
    assert np.allclose(exact, model.predict(numbers, frames)[0], atol=1e-9)
    pulls = np.array([(e.energy - e.exact) / e.standard_error for e in estimates])
    count = len(pulls)
    assert abs(pulls.mean()) < 4 / np.sqrt(count)
    assert abs(pulls.std() - 1) < 4 / np.sqrt(2 * count)
    for width, level in ((1, 0.683), (1.96, 0.95)):
        inside = np.mean(np.abs(pulls) < width)
        assert abs(inside - level) < 4 * np.sqrt(level * (1 - level) / count)


def test_standard_errors_cover_a_linear_readout():
    model = untrained(load("sivqlm-h2o", depth=1), seed=1)
    check_coverage(model, 200, np.repeat(POSITIONS[None], REPEATS, axis=0))


def test_standard_errors_cover_a_network_and_several_circuits():
    model = untrained(load("pair", depth=1, channels=2, hidden=(4,)), seed=1)
    check_coverage(model, 2000, np.repeat(POSITIONS[None], REPEATS, axis=0))


@pytest.mark.slow  # what shots of a round do to the next is held against derivatives in test_rounds.py
def test_standard_errors_cover_rounds_of_circuits():
    small = load("gathered", channels=1, rounds=2, depth=1, vectors=2, hidden=(4, 4))
    check_coverage(untrained(small, seed=1), 5000, np.repeat(POSITIONS[None], REPEATS, axis=0))


@pytest.mark.slow
def test_standard_errors_cover_an_averaged_program():
    model = untrained(load("sivqlm-nh3", depth=1), seed=1)
    ammonia = np.array([[0, 0, 0], [0.94, 0, 0.3], [-0.47, 0.81, 0.3], [-0.5, -0.8, 0.35]])
    frames = np.repeat(ammonia[None], 60, axis=0)
    check_coverage(model, 100, frames, np.array([7, 1, 1, 1]))


def test_frames_are_kept_apart():
    model = untrained(load("sivqlm-h2o", depth=1), seed=1)
    frames = np.stack([POSITIONS, 1.1 * POSITIONS])
    estimates = estimate_energies(model, WATER, frames, TARGET, shots=10**8, seed=0, sampler=draw_exactly)
    assert abs(estimates[0].exact - estimates[1].exact) > 20 * estimates[0].standard_error
    for estimate in estimates:
        assert abs(estimate.energy - estimate.exact) < 6 * estimate.standard_error


@pytest.mark.parametrize("pilot", [None, 2000])
@pytest.mark.parametrize("name", ["sivqlm-h2o", pytest.param("pair", marks=pytest.mark.slow)])
def test_a_requested_standard_error_is_reached(name, pilot):
    options = {"channels": 2, "hidden": (4,)} if name == "pair" else {}
    model = untrained(load(name, depth=1, **options), seed=1)
    frames = np.repeat(POSITIONS[None], REPEATS, axis=0)
    wanted = 0.002
    estimates = estimate_energies(
        model, WATER, frames, TARGET, standard_error=wanted, pilot=pilot, seed=3, sampler=draw_exactly
    )
    errors = np.array([estimate.standard_error for estimate in estimates])
    assert abs(errors / wanted - 1).max() < 0.1
    deviations = np.array([estimate.energy - estimate.exact for estimate in estimates]) / wanted
    assert abs(deviations.mean()) < 4 / np.sqrt(REPEATS)
    assert abs(deviations.std() - 1) < 4 / np.sqrt(2 * REPEATS)


def test_half_the_standard_error_takes_four_times_the_shots():
    model = untrained(load("pair", depth=1, channels=2, hidden=(4,)), seed=1)
    coarse, fine = (
        quote_energies(model, WATER, POSITIONS[None], TARGET, standard_error=error) for error in (1e-3, 5e-4)
    )
    assert fine.shots.sum() / coarse.shots.sum() == pytest.approx(4, rel=1e-3)
    assert coarse.standard_errors == pytest.approx([1e-3], rel=1e-3)


def planned_over_equal(seed):
    """The variance of an energy from planned shots over that from as many, the same for each circuit and setting."""
    model = untrained(load("pair", depth=1, channels=2, hidden=(4,)), seed=seed)
    job = prepare(model, WATER, POSITIONS[None])
    planned = planned_quote(job, TARGET, shots=1000, standard_error=None)
    equal = np.full_like(planned.shots, planned.shots.mean())
    states = kernel_states(job.split, job.flat_slots)
    _, slopes = job.energies_and_slopes(job.exact_moments)
    variances = setting_variances(moment_covariances(planned.plan, states, len(states)), slopes)
    assert equal.sum() <= planned.shots.sum() <= equal.sum() + equal.size
    return planned.standard_errors[0] ** 2 / energy_variance(variances, equal.reshape(variances.shape))


def test_planned_shots_beat_equal_shots():
    ratios = [planned_over_equal(seed) for seed in range(3)]
    assert max(ratios) < 1
    assert sorted(ratios)[1] < 0.7  # of most models circuits matter differently


def test_circuits_beyond_the_cutoff_get_no_shots():
    model = untrained(load("pair", depth=1, channels=1, cutoff=1.2, hidden=(4,)), seed=1)
    quote = quote_energies(model, WATER, POSITIONS[None], TARGET, standard_error=0.01)
    assert quote.shots.any(axis=2).tolist() == [[True, False, False]]  # the hydrogens are 1.5 Angstrom apart
    (estimate,) = estimate_energies(
        model, WATER, POSITIONS[None], TARGET, standard_error=0.01, pilot=50, seed=0, sampler=draw_exactly
    )
    assert abs(estimate.energy - estimate.exact) < 6 * estimate.standard_error
    assert estimate.circuits == len(quote.plan.settings)


def test_a_pilot_is_paid_and_counted():
    model = untrained(load("sivqlm-h2o", depth=1), seed=1)
    frames = np.stack([POSITIONS, 1.1 * POSITIONS])
    plain, piloted = (
        estimate_energies(model, WATER, frames, TARGET, shots=500, pilot=pilot, seed=0, sampler=draw_exactly)
        for pilot in (None, 100)
    )
    for before, after in zip(plain, piloted, strict=True):
        assert after.circuits == before.circuits
        assert after.shots == before.shots + 100 * before.circuits
        assert after.price > before.price
    limit = sum(estimate.price for estimate in plain) + 1
    estimate_energies(model, WATER, frames, TARGET, shots=500, max_price=limit, seed=0, sampler=draw_exactly)
    with pytest.raises(QffcError, match="limit"):
        estimate_energies(
            model, WATER, frames, TARGET, shots=500, pilot=100, max_price=limit, seed=0, sampler=draw_exactly
        )


def never(*_, **__):
    raise AssertionError("circuits were run")


@pytest.mark.parametrize("pilot", [None, 50])
def test_a_run_above_the_limit_is_refused_before_it_runs(pilot):
    model = untrained(load("sivqlm-h2o", depth=1), seed=1)
    with pytest.raises(QffcError, match="limit"):
        estimate_energies(
            model, WATER, POSITIONS[None], TARGET, shots=100, pilot=pilot, max_price=5.0, seed=0, sampler=never
        )


@pytest.mark.parametrize("wanted", [{}, {"shots": 10, "standard_error": 0.1}, {"shots": 1}, {"standard_error": 0.0}])
def test_one_of_shots_and_standard_error(wanted):
    model = untrained(load("sivqlm-h2o", depth=1), seed=1)
    with pytest.raises(QffcError):
        estimate_energies(model, WATER, POSITIONS[None], TARGET, **wanted, seed=0, sampler=never)


def test_run_as_a_function():
    pytest.importorskip("pytket_pecos")
    model = untrained(load("sivqlm-h2o", depth=1), seed=1)
    estimate = run(model, Atoms("OHH", POSITIONS), standard_error="60 meV")
    assert estimate.standard_error == pytest.approx(0.06, rel=0.3)
    with pytest.raises(QffcError, match="periodic"):
        run(model, Atoms("OHH", POSITIONS, cell=[9, 9, 9], pbc=True), standard_error="60 meV")


def test_quote_is_what_the_run_reports():
    model = untrained(load("sivqlm-h2o", depth=1), seed=1)
    frames = np.stack([POSITIONS, 1.1 * POSITIONS])
    quote = quote_energies(model, WATER, frames, TARGET, shots=100)
    estimates = estimate_energies(model, WATER, frames, TARGET, shots=100, seed=0, sampler=draw_exactly)
    assert [estimate.price for estimate in estimates] == list(quote.prices)
    settings = len(quote.plan.settings)
    assert {(estimate.circuits, estimate.shots) for estimate in estimates} == {(settings, 100 * settings)}
    assert quote.circuits == 2 * settings
    expected = [estimate.standard_error for estimate in estimates]
    assert quote.standard_errors == pytest.approx(expected, rel=0.2)
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
        estimate_energies(model, WATER, np.zeros(shape), TARGET, shots=10, seed=0, sampler=draw_exactly)


@pytest.mark.parametrize("name", ["Helios", "H2-1"])
def test_targets_without_an_emulator_are_refused(name):
    model = untrained(load("sivqlm-h2o", depth=1), seed=1)
    with pytest.raises(QffcError):
        estimate_energies(model, WATER, POSITIONS[None], target(name), shots=10, seed=0)


def test_the_ideal_target_draws_from_the_states_of_the_program(tmp_path):
    model = untrained(load("sivqlm-h2o", depth=1), seed=1)
    place = target("ideal")
    (found,) = estimate_energies(model, WATER, POSITIONS[None], place, shots=2000, seed=2)
    assert found.price == 0
    assert abs(found.energy - found.exact) < 5 * found.standard_error
    options = {"shots": 2000, "pack": False, "seed": 2, "sampler": draw_exactly}
    (expected,) = estimate_energies(model, WATER, POSITIONS[None], TARGET, **options)
    assert (found.energy, found.shots) == (expected.energy, expected.shots)
    with pytest.raises(QffcError, match="where none are kept"):
        estimate_energies(model, WATER, POSITIONS[None], place, shots=20, seed=2, store=tmp_path)
