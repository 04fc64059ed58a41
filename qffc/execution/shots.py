"""The outcomes of one circuit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import error


@dataclass(frozen=True, eq=False)
class ShotResult:
    """The outcomes of one circuit.

    Args:
        outcomes: (distinct, bits), 0 or 1: the outcomes that were seen, each once.
        counts: (distinct,), how often each was seen.
    """

    outcomes: NDArray[np.uint8]
    counts: NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.outcomes.ndim != 2 or self.counts.shape != self.outcomes.shape[:1] or (self.counts < 1).any():
            raise error(
                "outcomes and counts that do not fit",
                found=f"outcomes of shape {self.outcomes.shape}, counts of shape {self.counts.shape}",
                expected="(distinct, bits) and (distinct,), counts of at least 1",
                help="make the result from shots with ShotResult.of",
            )

    @staticmethod
    def of(shots: NDArray[np.integer[Any]]) -> ShotResult:
        """Return the result for shots, (shots, bits).

        Example:
            >>> ShotResult.of(np.array([[0, 1], [0, 0], [0, 1]])).counts.tolist()
            [1, 2]
        """
        table = np.asarray(shots, dtype=np.uint8)
        outcomes, counts = np.unique(table, axis=0, return_counts=True)
        return ShotResult(outcomes, counts.astype(np.int64))

    @staticmethod
    def of_counts(counts: dict[str, int]) -> ShotResult:
        """Return the result for how often each string of bits was seen.

        Example:
            >>> ShotResult.of_counts({"01": 2, "00": 1}).outcomes.tolist()
            [[0, 0], [0, 1]]
        """
        strings = sorted(counts)
        outcomes = np.array([[int(bit) for bit in string] for string in strings], dtype=np.uint8)
        return ShotResult(outcomes, np.array([counts[string] for string in strings], dtype=np.int64))

    @staticmethod
    def merged(results: Sequence[ShotResult]) -> ShotResult:
        """Return the shots of several results of one circuit together.

        Example:
            >>> ShotResult.merged([ShotResult.of_counts({"01": 2}), ShotResult.of_counts({"00": 1, "01": 1})]).by_string
            {'00': 1, '01': 3}
        """
        outcomes = np.concatenate([result.outcomes for result in results])
        distinct, place = np.unique(outcomes, axis=0, return_inverse=True)
        counts = np.concatenate([result.counts for result in results])
        return ShotResult(distinct, np.bincount(place.reshape(-1), weights=counts).astype(np.int64))

    def drawn(self, shots: int, seed: int) -> ShotResult:
        """Return some of the shots, each as likely as any other.

        Args:
            shots: how many, at most all.
            seed: what reproduces the choice.

        Example:
            >>> ShotResult.of_counts({"0": 3, "1": 5}).drawn(8, seed=0).by_string
            {'0': 3, '1': 5}
        """
        counts = np.random.default_rng(seed).multivariate_hypergeometric(self.counts, shots)
        return ShotResult(self.outcomes[counts > 0], counts[counts > 0])

    @property
    def by_string(self) -> dict[str, int]:
        """How often each string of bits was seen."""
        strings = ("".join(str(bit) for bit in row) for row in self.outcomes.tolist())
        return dict(zip(strings, self.counts.tolist(), strict=True))

    @property
    def shots(self) -> int:
        """The number of shots."""
        return int(self.counts.sum())

    def parities(self, bits: Sequence[int]) -> NDArray[np.float64]:
        """Return (distinct,), the product over bits of +1 for 0 and -1 for 1."""
        odd = self.outcomes[:, list(bits)].sum(axis=1) % 2
        return np.asarray(1.0 - 2.0 * odd, dtype=np.float64)
