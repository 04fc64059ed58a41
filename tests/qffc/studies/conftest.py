from __future__ import annotations

import pytest

from qffc.studies import RunFile, run_from


@pytest.fixture
def tiny() -> RunFile:
    """A run of a second."""
    values = {"train": 20, "validation": 4, "test": 10, "epochs": 2, "evaluate_every": 1}
    return run_from({"program": "lib:sivqlm-h2o:depth=1", "data": "water", **values})
