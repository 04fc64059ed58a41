"""The effective dimension of a model from spectra of its Fisher information.

Abbas, Sutter, Zoufal, Lucchi, Figalli and Woerner, "The power of quantum neural networks", Nature Computational Science
1, 403 (2021).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import error


def effective_dimension(
    spectra: Sequence[NDArray[np.float64]], parameters: int, data: int, gamma: float = 1.0
) -> float:
    """Return ``2 ln(mean over parameters of sqrt(det(1 + k F))) / ln k`` with ``k = gamma n / (2 pi ln n)``.

    F is the Fisher information times what makes the mean of its trace over the parameters equal to their number. With
    spectra at parameters drawn as a training starts, that distribution takes the place of the uniform one of the paper;
    with one spectrum it is the effective dimension at one point, as of a trained model.

    Args:
        spectra: eigenvalues at each choice of the parameters; zeros may be left out.
        parameters: how many there are.
        data: n, the number of frames to learn from.
        gamma: above 0, at most 1.

    Raises:
        QffcError: when k is not above 1, that is for few data, or nothing depends on the parameters.

    Example:
        >>> round(effective_dimension([np.array([1.0, 0.0])], 2, 1000), 3)
        1.228
    """
    kappa = gamma * data / (2.0 * np.pi * np.log(data)) if data > 1 else 0.0
    trace = float(np.mean([values.sum() for values in spectra]))
    if not trace > 0.0:
        raise error(
            "effective dimension of outputs that do not change",
            found="a Fisher information that is zero",
            expected="outputs that depend on some parameter",
            help="look at the norms of gradients first: qffc diagnose PROGRAM --data DATA",
        )
    if not kappa > 1.0:
        raise error(
            "effective dimension for too few frames",
            found=f"{data} frames, gamma {gamma:g}",
            expected="so many that gamma n is above 2 pi ln n: 18 with gamma 1",
            help="say how many frames the model learns from: --learned-from",
        )
    halves = [0.5 * float(np.sum(np.log1p(kappa * parameters / trace * values))) for values in spectra]
    largest = max(halves)
    mean = largest + float(np.log(np.mean(np.exp(np.array(halves) - largest))))
    return float(2.0 * mean / np.log(kappa))
