"""The posterior of a linear layer: exact, for it is that of linear regression.

With everything below the last layer fixed, an energy is a row of features times the weights, and so is a component of a
force. The weights have a Gaussian posterior then, whose precision is the sum of the outer products of rows over the
squares of their noise, and a ridge: Bayesian linear regression, and here last-layer prediction rigidity (LLPR; Bigi,
Chong, Ceriotti and Grasselli, arXiv:2403.02251). Layers drawn from it make a shallow ensemble (Kellner and Ceriotti,
arXiv:2402.16621).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Judged = tuple[Floats, Floats]
"""Rows (rows, size) of one kind that were held out, and the errors of the model (rows,)."""

RIDGES = tuple(10.0**power for power in range(-14, 1))
"""Shares of the mean eigenvalue of the precision, of which one is added to all."""

_NOTHING = 1e-12
"""Of the mean variance: rows with less are zero by symmetry, as forces across a planar molecule are."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """A Gaussian about the weights of a layer.

    Args:
        precisions: (size,) along its axes.
        axes: (size, size), in columns.
    """

    precisions: Floats
    axes: Floats

    def with_ridge(self, share: float) -> Posterior:
        """Return it with a share of the mean precision added along every axis."""
        return replace(self, precisions=self.precisions + share * self.precisions.mean())

    def variances(self, rows: Floats) -> Floats:
        """Return the variances (rows,) of rows (rows, size) times the weights."""
        found: Floats = np.sum((rows @ self.axes) ** 2 / self.precisions, axis=1)
        return found

    def draw(self, count: int, seed: int) -> Floats:
        """Return differences of weights from their mean, (count, size)."""
        normal = np.random.default_rng(seed).standard_normal((count, len(self.precisions)))
        found: Floats = (normal / np.sqrt(self.precisions)) @ self.axes.T
        return found


def posterior_of(precision: Floats) -> Posterior:
    """Return the posterior with a precision matrix (size, size), without a ridge.

    Example:
        >>> rows, noise = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), 0.1
        >>> posterior_of(rows.T @ rows / noise**2).variances(rows).round(5).tolist()
        [0.00833, 0.00333, 0.00833]
    """
    precisions, axes = np.linalg.eigh(precision)
    return Posterior(np.maximum(precisions, 0.0), axes)


def best_ridge(bare: Posterior, held_out: Sequence[Judged]) -> Posterior:
    """Return the posterior with the ridge under which errors on held-out rows are most likely.

    Each kind of rows is scaled to fit, and counts as much as any other.

    Args:
        bare: without a ridge.
        held_out: rows and errors of each kind.
    """
    return min((bare.with_ridge(share) for share in RIDGES), key=lambda each: _surprise(each, held_out))


def factor_of(errors: Floats, deviations: Floats) -> float:
    """Return by how much deviations (rows,) must grow to be those of the errors (rows,).

    Example:
        >>> factor_of(np.array([2.0, -2.0, 0.0]), np.array([1.0, 1.0, 0.0]))
        2.0
    """
    some = deviations**2 > _NOTHING * np.mean(deviations**2)
    return float(np.sqrt(np.mean((errors[some] / deviations[some]) ** 2))) if some.any() else 1.0


def _surprise(posterior: Posterior, held_out: Sequence[Judged]) -> float:
    """Minus the mean logarithm of the likelihood, without its constants."""
    total = 0.0
    for rows, errors in held_out:
        variances = posterior.variances(rows)
        some = variances > _NOTHING * variances.mean()
        if some.any():
            scale = np.mean(errors[some] ** 2 / variances[some])
            total += float(np.mean(np.log(np.maximum(scale, np.finfo(float).tiny) * variances[some])))
    return total
