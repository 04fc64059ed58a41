"""Shots in batches: unbiased whatever the allocation, honest errors, limits and resume; differences of energies."""

from __future__ import annotations

import numpy as np
import pytest

from qffc.execution import backend, exact_shots
from qffc.execution.aims import Aim
from qffc.execution.batch_plan import BatchPlan, Wanted
from qffc.execution.batches import BatchQuote, run_batches
from qffc.execution.differences import estimate_differences
from qffc.execution.energy import estimate_energies
from qffc.execution.energy_circuits import prepare
from qffc.execution.exact_shots import draw_exactly
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.force_field import untrained
from qffc.passes.measurement.kernel_states import outcome_probabilities
from qffc.targets.catalogue import target

WATER = np.array([8, 1, 1])
POSITIONS = np.array([[0.0, 0.0, 0.12], [0.0, 0.76, -0.48], [0.1, -0.76, -0.48]])
TARGET = target("H2-1LE")
IDEAL = target("ideal")  # no native circuits have to be made for a price
REPEATS = 200
LINEAR = untrained(load("sivqlm-h2o", depth=1), seed=1)
PAIR = untrained(load("pair", depth=1, channels=2, hidden=(4,)), seed=1)
ROUNDS = untrained(load("gathered", channels=1, rounds=2, depth=1, vectors=2, hidden=(3, 2)), seed=1)


def repeated(model, shots, batches, count=REPEATS, **options):
    frames = np.repeat(POSITIONS[None], count, axis=0)
    return estimate_energies(model, WATER, frames, IDEAL, shots=shots, batches=batches, pack=False, seed=5, **options)


def check_pulls(pulls):
    count = len(pulls)
    assert abs(pulls.mean()) < 4 / np.sqrt(count)
    assert abs(pulls.std() - 1) < 4 / np.sqrt(2 * count)
    for width, level in ((1, 0.683), (1.96, 0.95)):
        assert abs(np.mean(np.abs(pulls) < width) - level) < 4 * np.sqrt(level * (1 - level) / count)


@pytest.mark.parametrize(
    ("model", "shots"),
    [
        (LINEAR, 100),
        pytest.param(PAIR, 2000, marks=pytest.mark.slow),
        pytest.param(ROUNDS, 5000, marks=pytest.mark.slow),
    ],
    ids=["linear", "pair", "rounds"],
)
def test_standard_errors_cover(model, shots):
    found = repeated(model, shots, 3)
    check_pulls(np.array([(each.energy - each.exact) / each.standard_error for each in found]))


def one_circuit(shots, batches, seed, **options):
    aim = Aim(prepare(LINEAR, WATER, np.repeat(POSITIONS[None], 600, axis=0)))
    plan = BatchPlan.of(aim, Wanted(shots, None, batches), IDEAL, pack=False)
    return run_batches(plan, seed=seed, **options), aim


def test_few_shots_are_unbiased_and_so_is_their_variance(monkeypatch):
    """A linear readout with a rule that does what biases most: batches go by the spread that was seen alone."""
    monkeypatch.setattr("qffc.execution.batch_plan._EXACT_SHOTS", 1e-3)
    found, aim = one_circuit(30, 2, 11)
    deviations = found.values - aim.values(aim.job.exact_moments)
    count, variances = len(deviations), np.diagonal(found.covariance)
    assert len({tuple(row) for row in found.moments.shots}) > 10  # shots differ from repetition to repetition
    assert abs(deviations.mean()) < 4 * deviations.std() / np.sqrt(count)
    error = np.sqrt((deviations**2).var() / count + variances.var() / count)
    assert abs((deviations**2).mean() - variances.mean()) < 4 * error


@pytest.mark.parametrize("batches", [1, 3])
def test_a_requested_standard_error_is_reached(batches):
    frames = np.repeat(POSITIONS[None], 50, axis=0)
    found = estimate_energies(PAIR, WATER, frames, IDEAL, standard_error=0.004, batches=batches, seed=3)
    errors = np.array([each.standard_error for each in found])
    assert abs(errors / 0.004 - 1).max() < 0.1


def depolarized(*given, **named):
    """What draws as a device that has lost half of the state."""

    def mixed(states, setting):
        found = outcome_probabilities(states, setting)
        return 0.5 * found + 0.5 / found.shape[1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact_shots, "outcome_probabilities", mixed)
        return draw_exactly(*given, **named)


def test_batches_follow_noise_that_exact_states_do_not_know():
    frames = np.repeat(POSITIONS[None], 20, axis=0)
    options = {"standard_error": 0.004, "seed": 3, "sampler": depolarized}
    once, thrice = (estimate_energies(PAIR, WATER, frames, IDEAL, batches=b, **options) for b in (1, 3))
    errors = [np.mean([each.standard_error for each in found]) for found in (once, thrice)]
    assert errors[0] > 1.05 * 0.004  # noise is not in the plan
    assert errors[1] == pytest.approx(0.004, rel=0.03)


def test_a_limit_holds_for_all_batches_together():
    plan = BatchPlan.of(Aim(prepare(PAIR, WATER, POSITIONS[None])), Wanted(None, 0.01, 3), TARGET, None)
    price = BatchQuote(plan).price
    with pytest.raises(QffcError, match="limit"):
        run_batches(plan, seed=0, max_price=0.99 * price, sampler=draw_exactly)
    free = run_batches(plan, seed=0, sampler=depolarized)
    bound = run_batches(plan, seed=0, max_price=price, sampler=depolarized)
    assert free.spent > 1.05 * price
    assert 0.9 * price < bound.spent <= price
    assert bound.standard_errors[0] > free.standard_errors[0]


@pytest.mark.parametrize("model", [LINEAR, pytest.param(ROUNDS, marks=pytest.mark.slow)], ids=["one round", "rounds"])
def test_a_killed_run_goes_on_in_the_batch_that_it_was_in(model, monkeypatch, tmp_path):
    seen, emulate = [], backend.exact_circuits.emulate
    stop = [-1]

    def count(*given):
        if len(seen) == stop[0]:
            raise KeyboardInterrupt
        seen.append(given[0])
        return emulate(*given)

    monkeypatch.setattr(backend.exact_circuits, "emulate", count)

    def run(store=None):
        return estimate_energies(model, WATER, POSITIONS[None], TARGET, shots=60, batches=2, store=store, seed=4)

    whole = run()
    total = len(seen)
    for stop[0] in (total // 3, 2 * total // 3):
        seen.clear()
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / str(stop[0]))
        done, stop[0] = stop[0], -1
        seen.clear()
        assert run(tmp_path / str(done)) == whole
        assert len(seen) == total - done
    (found,) = whole
    assert abs(found.energy - found.exact) < 6 * found.standard_error


CHAIN = np.tile(WATER, 3)
PLACES = np.concatenate([POSITIONS + [0, 0, 3.0 * k] for k in range(3)])
MOVED = PLACES + np.where(np.arange(9)[:, None] == 1, [0.0, 0.1, 0.05], 0.0)
LOCAL = untrained(load("pair", depth=1, channels=1, hidden=(4,), cutoff=2.5), seed=1)


def test_differences_are_those_of_the_model_and_far_circuits_cancel():
    found = estimate_differences(LOCAL, CHAIN, np.stack([PLACES, MOVED]), IDEAL, standard_error=0.02, batches=2, seed=0)
    energies, _ = LOCAL.predict(CHAIN, np.stack([PLACES, MOVED]))
    assert found.exact[0] == pytest.approx(energies[1] - energies[0], abs=1e-9)
    assert found.standard_errors[0] == pytest.approx(0.02, rel=0.1)
    assert abs(found.values[0] - found.exact[0]) < 5 * found.standard_errors[0]
    job = prepare(LOCAL, CHAIN, np.stack([PLACES, MOVED]))
    _, slopes = job.energies_and_slopes(job.exact_moments)
    alone, together = job.matters(slopes).sum(), Aim(job, np.array([[-1.0, 1.0]])).used.sum()
    assert 0 < together < 0.6 * alone
    none = estimate_differences(LOCAL, CHAIN, np.stack([PLACES, PLACES]), IDEAL, shots=10, seed=0)
    assert (none.values[0], none.standard_errors[0], none.shots) == (0.0, 0.0, 0)


@pytest.mark.slow
def test_standard_errors_of_differences_cover_with_rounds():
    pair = np.stack([POSITIONS, POSITIONS + [[0, 0, 0], [0, 0.05, 0], [0, 0, 0]]])
    count = 60
    rows = np.repeat(pair, count, axis=0)
    far = np.zeros((count, 2 * count))
    far[np.arange(count), np.arange(count)] = -1
    far[np.arange(count), count + np.arange(count)] = 1
    job = prepare(ROUNDS, WATER, rows)
    aim = Aim(job, far)
    aim.__dict__["shared"] = np.arange(len(job.flat_slots))  # repetitions of one geometry, with shots of their own
    plan = BatchPlan.of(aim, Wanted(3000, None, 2, outputs=count), IDEAL, pack=False)
    found = run_batches(plan, seed=1)
    exact = aim.values(job.exact_moments)
    check_pulls((found.values - exact) / found.standard_errors)


def test_several_differences_have_a_covariance():
    frames = np.stack([POSITIONS, 1.02 * POSITIONS, 1.04 * POSITIONS])
    found = estimate_differences(LOCAL, WATER, frames, IDEAL, shots=200, seed=0)
    assert found.covariance.shape == (2, 2)
    assert found.covariance[0, 1] > 0.1 * np.sqrt(
        found.covariance[0, 0] * found.covariance[1, 1]
    )  # both have the first
    third = estimate_differences(
        LOCAL, WATER, frames, IDEAL, combinations=np.array([[1.0, -2.0, 1.0]]), shots=200, seed=0
    )
    assert abs(third.values[0] - third.exact[0]) < 5 * third.standard_errors[0]


@pytest.mark.parametrize("given", [np.ones((1, 2)), np.zeros((1, 2)), np.array([[1.0, -1.0, 0.0]]), np.zeros((0, 2))])
def test_what_is_no_difference_is_refused(given):
    with pytest.raises(QffcError, match="no difference"):
        estimate_differences(
            LOCAL, WATER, np.stack([POSITIONS] * 2), TARGET, combinations=given, shots=10, seed=0, sampler=draw_exactly
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shots": 100, "batches": 0}, "no batch"),
        ({"shots": 5, "batches": 3}, "too few shots"),
        ({"shots": 100, "batches": 2, "pilot": 10}, "pilot run beside batches"),
        ({"batches": 2}, "neither shots nor"),
        ({"batches": 2, "standard_error": -0.1}, "standard error out of range"),
    ],
)
def test_batches_that_cannot_be_are_refused(options, message):
    with pytest.raises(QffcError, match=message):
        estimate_energies(LINEAR, WATER, POSITIONS[None], TARGET, **options, seed=0, sampler=draw_exactly)
