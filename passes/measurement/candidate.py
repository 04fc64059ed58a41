"""A setting that a plan may choose, with the numbers that decide whether it pays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qffc.ir.kept import cached_property
from qffc.passes.measurement.settings import Setting
from qffc.passes.native_library import address


@dataclass(frozen=True, eq=False)
class Candidate:
    """A setting with the numbers that decide whether it pays.

    Args:
        setting: what is measured.
        strings: (strings of the setting,), their places among all strings.
        quadratic: (points, strings of the setting, strings of the setting), Q_ps.
    """

    setting: Setting
    strings: NDArray[np.intp]
    quadratic: NDArray[np.float64]

    def __post_init__(self) -> None:
        object.__setattr__(self, "quadratic", np.ascontiguousarray(self.quadratic, dtype=np.float64))

    @cached_property
    def address(self) -> int:
        """Where the numbers of ``quadratic`` are."""
        return address(self.quadratic).value or 0
