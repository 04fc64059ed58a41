"""Forces beside the slope of the energy, by differences."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from qffc.models.force_field import ForceField


def need_forces_of_slope(
    model: ForceField, numbers: np.ndarray, positions: np.ndarray, places: Iterable[tuple[int, int]], within: float
) -> None:
    """Compare forces at some (atom, axis) with minus the central difference of the energy; positions (atoms, 3)."""
    step = 1e-5
    for atom, axis in places:
        moved = np.repeat(positions[None], 3, axis=0)
        moved[:, atom, axis] += (0.0, step, -step)
        (_, up, down), forces = model.predict(numbers, moved)
        assert forces[0, atom, axis] == pytest.approx(-(up - down) / (2 * step), abs=within)
