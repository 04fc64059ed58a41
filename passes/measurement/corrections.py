"""How shots are read where noise is undone: wrong readings by their chances, and outcomes that noise alone gives.

A bit that is read wrongly, 0 as 1 with the chance a and 1 as 0 with the chance b, takes probabilities p to M p with a
matrix M for each bit. So the mean of what M^-1 makes of a function of the outcome, shot by shot, is the mean without
wrong readings, and the spread of the same numbers is its error.

Outcomes that a circuit cannot give without noise are left out, and the mean is over what is left: sum v / sum w, with
the values v of shots that are kept and w = 1 for these. With both, w and v are what M^-1 makes of the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import error

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Correction:
    """How the shots of one circuit are read.

    Args:
        wrong: chances that 0 is read as 1, and 1 as 0; they are undone.
        possible: a byte for each outcome of the measured bits, the first the most significant: 1 where the circuit can
            give it without noise, 0 where shots are left out. Empty to keep all.

    Raises:
        QffcError: when readings tell nothing of the bits.

    Example:
        >>> weights, values = Correction(wrong=(0.1, 0.1)).apply(np.array([[0], [1]]), [(1, (0,))])
        >>> weights.tolist(), values.round(6).tolist()
        ([1.0, 1.0], [[1.25, -1.25]])
        >>> weights, _ = Correction(possible=bytes((1, 0, 0, 1))).apply(np.array([[0, 1], [1, 1]]), [(1, (0, 1))])
        >>> weights.tolist()
        [0.0, 1.0]
    """

    wrong: tuple[float, float] = (0.0, 0.0)
    possible: bytes = b""

    def __post_init__(self) -> None:
        if not all(chance >= 0 for chance in self.wrong) or not sum(self.wrong) < 1:
            raise error(
                "readings that tell nothing",
                found=f"chances of wrong readings {self.wrong[0]:g} and {self.wrong[1]:g}",
                expected="numbers from 0 on with a sum below 1",
                help="correct the figures of the target",
            )

    def apply(
        self, outcomes: NDArray[np.integer], readings: Sequence[tuple[int, Sequence[int]]]
    ) -> tuple[Floats, Floats]:
        """Return how much each outcome counts, (outcomes,), and what it gives, (readings, outcomes).

        Args:
            outcomes: (outcomes, bits), 0 or 1.
            readings: a sign and the places of the bits whose parity it is, of each.
        """
        if self.possible:
            return self._restricted(outcomes, readings)
        zero, one = self.wrong
        # Of one bit, M^-1 takes (1, -1) to (1, -1) / (1 - a - b) and a constant.
        bits = (1.0 - 2.0 * outcomes - (one - zero)) / (1 - zero - one)
        values = np.array([sign * np.prod(bits[:, list(places)], axis=1) for sign, places in readings])
        return np.ones(len(outcomes)), values.reshape(len(readings), len(outcomes))

    def _restricted(
        self, outcomes: NDArray[np.integer], readings: Sequence[tuple[int, Sequence[int]]]
    ) -> tuple[Floats, Floats]:
        count = outcomes.shape[1]
        bits = (np.arange(2**count)[:, None] >> np.arange(count)[::-1]) & 1
        kept = np.frombuffer(self.possible, dtype=np.uint8).astype(np.float64)
        parities = [sign * (1.0 - 2.0 * (bits[:, list(places)].sum(axis=1) % 2)) for sign, places in readings]
        table = self._undone(kept * np.array([np.ones(2**count), *parities]), count)
        seen = table[:, outcomes @ (1 << np.arange(count)[::-1])]
        return seen[0], seen[1:]

    def _undone(self, table: Floats, count: int) -> Floats:
        """Functions of true outcomes as those of readings with the same means, (functions, 2**count)."""
        zero, one = self.wrong
        if not zero and not one:
            return table
        # Rows of M^-1 transposed, by what is read.
        undo = np.array([[1 - one, -zero], [-one, 1 - zero]]) / (1 - zero - one)
        shaped = table.reshape(-1, *(2,) * count)
        for axis in range(1, count + 1):
            shaped = np.moveaxis(np.tensordot(undo, shaped, axes=(1, axis)), 0, axis)
        return np.asarray(shaped.reshape(len(table), -1))
