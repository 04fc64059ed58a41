from __future__ import annotations

import numpy as np
import pytest

from qffc.data import Dataset
from qffc.reports.evaluation import _fits


@pytest.mark.parametrize("atoms", [3, 14])
def test_both_baselines_are_fitted(atoms):
    generator = np.random.default_rng(0)
    lattice = np.stack(np.unravel_index(np.arange(atoms), (3, 3, 3)), axis=1) * 1.5
    positions = lattice + 0.1 * generator.normal(size=(6, atoms, 3))
    data = Dataset([1] * atoms, positions, generator.normal(size=6), generator.normal(size=(6, atoms, 3)))
    names = [name for name, fit in _fits(data) if fit.predict(positions)[1].shape == positions.shape]
    assert names == ["constant", "harmonic"]
