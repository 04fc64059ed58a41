"""Fits of learning curves: exact laws, and standard errors that cover what they should."""

from __future__ import annotations

import numpy as np
import pytest

from qffc.ir.diagnostics import QffcError
from qffc.studies import fit_power_law

SIZES = (50, 100, 200, 400, 800)


def test_exact_law():
    law = fit_power_law({size: [30.0 * size**-0.6] * 2 for size in SIZES})
    assert law.exponent == pytest.approx(0.6, abs=1e-12)
    assert law.prefactor == pytest.approx(30.0)
    assert law.standard_error == pytest.approx(0.0, abs=1e-9)


def test_two_single_points_leave_the_error_open():
    law = fit_power_law({100: [2.0], 400: [1.0]})
    assert law.exponent == pytest.approx(0.5)
    assert law.standard_error is None


def test_weights_are_repetitions():
    """The slope through the means weighted by their counts is that of ordinary least squares on all points."""
    rng = np.random.default_rng(0)
    errors = {50: rng.uniform(5, 9, 1), 100: rng.uniform(3, 6, 4), 400: rng.uniform(1, 2, 2)}
    x = np.log(np.repeat(list(errors), [len(values) for values in errors.values()]).astype(float))
    y = np.log(np.concatenate(list(errors.values())))
    assert fit_power_law({size: list(values) for size, values in errors.items()}).exponent == pytest.approx(
        -np.polyfit(x, y, 1)[0]
    )


def test_standard_error_covers_the_truth():
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(300):
        law = fit_power_law({size: list(size**-0.5 * np.exp(rng.normal(0, 0.1, 4))) for size in SIZES})
        assert law.standard_error is not None
        hits += abs(law.exponent - 0.5) < 2 * law.standard_error
    assert hits / 300 > 0.93


def test_a_curve_that_is_no_power_law_has_a_large_error():
    """Repetitions that agree do not hide that the means bend."""
    law = fit_power_law({size: [np.exp(-size / 200), np.exp(-size / 200) * 1.001] for size in SIZES})
    assert law.standard_error is not None
    assert law.standard_error > 0.2


@pytest.mark.parametrize("errors", [{}, {50: [1.0]}, {50: [1.0], 100: [0.0]}, {50: [1.0], 100: []}])
def test_refusals(errors):
    with pytest.raises(QffcError, match="fit of a power law"):
        fit_power_law(errors)
