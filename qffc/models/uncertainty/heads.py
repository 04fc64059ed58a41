"""Heads beside that of a model, as its arrays: differences of the last layer, drawn from its posterior."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from qffc.ir.declarations import AtomicReadout
from qffc.ir.program import Program

PREFIX = "constant.uncertainty_"
HEADS = f"{PREFIX}heads"
FACTORS = f"{PREFIX}factors"

COUNT = 16
"""Heads: a standard deviation of so many is known to 18 %."""


def has_heads(arrays: Mapping[str, object]) -> bool:
    """Return whether a model with these arrays knows how uncertain it is."""
    return HEADS in arrays


def last_width(program: Program) -> int:
    """Return how many numbers of an atom the last layer takes, its bias counted as one; 0 where there is none."""
    readout = program.readout
    if not isinstance(readout, AtomicReadout):
        return 0
    return (readout.hidden[-1] if readout.hidden else program.feature_count) + 1


def heads_shapes(program: Program, arrays: Mapping[str, NDArray[np.float64]]) -> dict[str, tuple[int, ...]]:
    """Return the arrays of the uncertainty of a model by name, with their shapes; none where it has none.

    =========== ============================== ====================================================================
    ``heads``   (heads, species, inputs + 1)   what each adds to weights and bias of the last layer, not calibrated
    ``factors`` (2,)                           that calibrate deviations of energies, and of forces
    =========== ============================== ====================================================================

    Args:
        program: of the model.
        arrays: of the model: how many heads there are is for them to say, two at least.
    """
    width = last_width(program)
    if not width or not has_heads(arrays):
        return {}
    count = max(2, len(np.atleast_1d(arrays[HEADS])))
    return {HEADS: (count, len(program.species), width), FACTORS: (2,)}


def without_heads(arrays: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """Return the arrays of a model that does not know how uncertain it is; it predicts the same."""
    return {name: value for name, value in arrays.items() if not name.startswith(PREFIX)}
