"""Arithmetic that rounds every number at random: what changes between two runs is rounding.

Known as Monte Carlo arithmetic, or stochastic arithmetic.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qffc.ir.evaluate import Evaluator, Instance
from qffc.ir.program import Program
from qffc.ir.values import Value

_ROUNDING = float(np.finfo(np.float64).eps)


class RandomRounding(Evaluator):
    """Evaluates values like :class:`qffc.ir.evaluate.Evaluator`, and moves each by about its last digit.

    Args:
        random: decides how much.
        program: the program that declares what the values name.
        instance: the numbers.
    """

    def __init__(self, random: np.random.Generator, program: Program, instance: Instance) -> None:
        super().__init__(program, instance)
        self._random = random

    def __call__(self, value: Value) -> Any:
        """Return the number () or vector (3,) of a value, rounded at random."""
        if value.text not in self._known:
            number = np.asarray(super().__call__(value), dtype=float)
            self._known[value.text] = number * (1.0 + _ROUNDING * self._random.normal(size=number.shape))
        return self._known[value.text]
