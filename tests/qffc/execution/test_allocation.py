"""Shots where they matter: no other allocation does better, and a requested variance takes no shot too many."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qffc.execution.allocation import allocate, allocate_for, energy_variance
from qffc.ir.diagnostics import QffcError

VARIANCES = st.lists(st.one_of(st.just(0.0), st.floats(1e-12, 1e6)), min_size=1, max_size=8).map(np.array)


@given(VARIANCES, st.integers(1, 20), st.integers(0, 5000), st.data())
def test_no_exchange_of_shots_does_better(variances, minimum, more, data):
    total = minimum * len(variances) + more
    shots = allocate(variances, total, minimum)
    assert shots.sum() == total
    assert shots.min() >= minimum
    places = st.integers(0, len(shots) - 1)
    giver, taker = data.draw(places), data.draw(places)
    moved = data.draw(st.integers(0, int(shots[giver]) - minimum))
    other = shots.copy()
    other[giver] -= moved
    other[taker] += moved
    # The rule is exact for fractions of shots; each circuit is rounded by less than one.
    rounded = float(np.sum(variances / shots**2))
    assert energy_variance(variances, other) >= energy_variance(variances, shots) - rounded


@given(VARIANCES, st.floats(1e-3, 1e3), st.integers(1, 20))
def test_a_standard_error_is_reached_and_not_by_far(variances, wanted, minimum):
    shots = allocate_for(variances, wanted, minimum)
    assert shots.min() >= minimum
    assert energy_variance(variances, shots) <= wanted**2 * (1 + 1e-9)
    fewer = np.maximum(shots - 1, 1)
    if (shots > minimum).all():
        assert energy_variance(variances, fewer) >= wanted**2 * (1 - 1e-9)
    if (shots > minimum).any():
        cut = np.where(shots > minimum, np.maximum(shots * 9 // 10, 1), shots)
        held = energy_variance(variances[shots == minimum], shots[shots == minimum])
        rest = energy_variance(variances[shots > minimum], cut[shots > minimum])
        assert held + rest >= wanted**2 * 0.95 or shots[shots > minimum].min() < 50


def test_tables_keep_their_shape():
    table = np.arange(6.0).reshape(2, 3)
    assert allocate(table, 100, 1).shape == allocate_for(table, 0.5).shape == (2, 3)
    assert allocate(np.zeros((0, 3)), 0).shape == (0, 3)
    assert allocate_for(np.zeros((0, 3)), 1.0).shape == (0, 3)


@pytest.mark.parametrize("bad", [np.array([-1.0]), np.array([np.nan]), np.array([np.inf])])
def test_variances_must_be_variances(bad):
    with pytest.raises(QffcError, match="variances out of range"):
        allocate(bad, 100)


def test_impossible_requests_are_refused():
    with pytest.raises(QffcError, match="too few shots to allocate"):
        allocate(np.ones(3), 29, minimum=10)
    with pytest.raises(QffcError, match="standard error out of range"):
        allocate_for(np.ones(3), 0.0)
    with pytest.raises(QffcError, match="circuit without shots"):
        energy_variance(np.ones(2), np.array([1, 0]))
