"""Readings with wrong bits, and outcomes that cannot be: means over all outcomes are those without noise."""

from __future__ import annotations

import numpy as np
import pytest

from qffc.passes.measurement.corrections import Correction

OUTCOMES = (np.arange(8)[:, None] >> np.arange(3)[::-1]) & 1
READINGS = [(1, (0,)), (-1, (1, 2)), (1, (0, 1, 2))]


@pytest.mark.parametrize("possible", [b"", bytes((1, 0, 1, 1, 0, 1, 0, 1))])
def test_means_of_what_was_read_are_those_of_the_true_outcomes(possible):
    wrong = (0.03, 0.17)  # 0 and 1 are not misread alike
    true = np.random.default_rng(0).dirichlet(np.ones(8))
    one_bit = np.array([[1 - wrong[0], wrong[1]], [wrong[0], 1 - wrong[1]]])  # what is read, of what is
    read = np.kron(np.kron(one_bit, one_bit), one_bit) @ true
    weights, values = Correction(wrong, possible).apply(OUTCOMES, READINGS)
    kept = np.frombuffer(possible, dtype=np.uint8) if possible else np.ones(8)
    assert weights @ read == pytest.approx(kept @ true, abs=1e-12)
    for (sign, places), value in zip(READINGS, values, strict=True):
        parity = sign * (1 - 2 * (OUTCOMES[:, places].sum(axis=1) % 2))
        assert value @ read == pytest.approx((kept * parity) @ true, abs=1e-12)
