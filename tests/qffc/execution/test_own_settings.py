"""Settings and weights of each circuit: fewer shots, unbiased, with honest error bars."""

from __future__ import annotations

import numpy as np
import pytest

from qffc.execution.energy import estimate_energies, quote_energies
from qffc.execution.energy_circuits import prepare
from qffc.execution.exact_shots import draw_exactly
from qffc.execution.mitigation import Mitigation
from qffc.execution.quote import plan_of, planned_variances
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.force_field import untrained
from qffc.passes.measurement.own_settings import own_settings
from qffc.passes.measurement.settings import string_weights
from qffc.targets.catalogue import target

WATER = np.array([8, 1, 1])
POSITIONS = np.array([[0.0, 0.0, 0.12], [0.0, 0.76, -0.48], [0.1, -0.76, -0.48]])
PLACE = target("H2-1LE")


def small(**options):
    return untrained(load("pair", depth=1, channels=2, hidden=(4,), **options), seed=1)


def costs(job):
    """The square root of what shots for a standard error are proportional to, shared settings and own ones."""
    _, slopes = job.energies_and_slopes(job.exact_moments)
    return [np.sqrt(planned_variances(job, plan_of(job, own), slopes)).sum() for own in (False, True)]


def test_own_settings_take_fewer_shots():
    job = prepare(small(), WATER, POSITIONS[None])
    shared, own = costs(job)
    assert own < 0.95 * shared
    quotes = [
        quote_energies(small(), WATER, POSITIONS[None], PLACE, standard_error=0.001, own_settings=each)
        for each in (False, True)
    ]
    assert quotes[1].shots.sum() / quotes[0].shots.sum() == pytest.approx((own / shared) ** 2, rel=0.02)
    plan = plan_of(job, own=True)
    measured = plan.measured(len(job.exact_moments))
    assert measured.any(axis=1).all()
    assert not measured.all()
    assert ((quotes[1].table > 0) == measured).all()


@pytest.mark.parametrize("name", [pytest.param("pair", marks=pytest.mark.slow), "gathered"])
def test_they_are_unbiased_and_their_errors_honest(name):
    rounds = {"channels": 1, "rounds": 2, "depth": 1, "vectors": 2, "hidden": (4, 4)}
    model = small() if name == "pair" else untrained(load("gathered", **rounds), seed=1)
    frames = np.repeat(POSITIONS[None], 100, axis=0)
    found = estimate_energies(model, WATER, frames, PLACE, shots=3000, seed=5, sampler=draw_exactly, own_settings=True)
    pulls = np.array([(each.energy - each.exact) / each.standard_error for each in found])
    assert abs(pulls.mean()) < 4 / np.sqrt(len(pulls))
    assert abs(pulls.std() - 1) < 4 / np.sqrt(2 * len(pulls))


@pytest.mark.parametrize("options", [{}, {"pilot": 50}, {"debias": True}, {"mitigation": Mitigation.of("extrapolate")}])
def test_they_run_on_a_target(options):
    (found,) = estimate_energies(
        small(), WATER, POSITIONS[None], PLACE, shots=200, seed=0, own_settings=True, pack=False, **options
    )
    assert abs(found.energy - found.exact) < 5 * found.standard_error
    assert found.price > 0


def test_coefficients_of_a_string_add_up():
    job = prepare(small(), WATER, POSITIONS[None])
    plan = plan_of(job, own=True)
    strings = {string: k for k, string in enumerate({s: None for each in plan.settings for s in each.strings})}
    totals = np.zeros((len(job.exact_moments), len(plan.constants), len(strings)))
    for index, setting in enumerate(plan.settings):
        for place, string in enumerate(setting.strings):
            totals[:, :, strings[string]] += plan.tables[index][:, :, place]
    expected = [[string_weights(each).get(string, 0.0) for string in strings] for each in job.split.observables]
    np.testing.assert_allclose(totals, np.broadcast_to(expected, totals.shape), atol=1e-12)


def test_batches_and_what_does_not_matter():
    with pytest.raises(QffcError, match="settings of each circuit in batches"):
        estimate_energies(small(), WATER, POSITIONS[None], PLACE, shots=200, batches=2, seed=0, own_settings=True)
    split = small().lowered.split
    plan = own_settings(split, np.zeros((2, split.slot_count)), np.zeros((2, len(split.observables))))
    assert plan.measured(2).all()
