from __future__ import annotations

import numpy as np
import pytest

from qffc.library import load
from qffc.models.force_field import ForceField, untrained
from qffc.models.whole_rounds import whole_rounds

SMALL = {"channels": 2, "rounds": 2, "depth": 1, "vectors": 3, "hidden": (5, 4), "basis_size": 3, "cutoff": 3.0}


@pytest.fixture(scope="session")
def rounds() -> ForceField:
    """A model that has a native loop, and forces of an eV/Angstrom."""
    model = untrained(load("gathered", species=("C", "H", "O"), **SMALL), seed=2)
    arrays = dict(model.arrays)
    arrays["constant.energy_scale"] = np.array(0.25)
    return ForceField(model.program, arrays)


@pytest.fixture(scope="session")
def needs_native(rounds: ForceField) -> None:
    if whole_rounds(rounds.lowered) is None:
        pytest.skip("no native kernel")
