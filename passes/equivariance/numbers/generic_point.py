"""The point that counts and prices of a program are taken at: no angle is special, parallel vectors are parallel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qffc.ir.evaluate import Evaluator
from qffc.passes.circuit.split_program import Split
from qffc.passes.circuit.written_out import written_out
from qffc.passes.equivariance.numbers.random_point import random_point
from qffc.passes.equivariance.verdict import Transform

Floats = NDArray[np.float64]

_TRIES = 50
_SMALLEST = 1e-3
"""A slot this close to zero, in radians, would let gates vanish that a geometry usually has."""
_GOLDEN = 0.5 * (5**0.5 - 1)


def generic_slots(split: Split) -> Floats:
    """Return the slots of one fixed random geometry with random parameters, (slot_count,), radians.

    Programs whose slots vanish at every geometry that is tried get fixed numbers instead.

    Example:
        >>> from qffc.library import load
        >>> from qffc.passes.circuit.split_program import split_program
        >>> slots = generic_slots(split_program(load("pair")))
        >>> slots.shape, bool((slots != 0).all())
        ((48,), True)
    """
    out = written_out(split.program)
    program = split.program if out is None else out.program
    values = [value if out is None else out.value(value) for value in (*split.scalars, *split.vectors)]
    random = np.random.default_rng(20250507)
    for _ in range(_TRIES):
        instance, _ = random_point(split.program, Transform("nothing"), random).instances(program)
        evaluate = Evaluator(program, instance, np)
        with np.errstate(all="ignore"):
            parts = [np.reshape(evaluate(value), -1) for value in values]
        slots: Floats = np.concatenate(parts) if parts else np.zeros(0)
        if np.isfinite(slots).all() and (np.abs(slots) > _SMALLEST).all():
            return slots
    return np.asarray(0.3 + np.mod(np.arange(1, split.slot_count + 1) * _GOLDEN, 1.0))
