"""Fixing the frame: the molecule turned so that as many rotations as possible are about z.

Where state, gates and observables turn with the vectors of a kernel, turning all vectors by one rotation changes no
moment. A rotation about z is virtual and free on trapped ions, so the vector that turns qubits most often is put on z,
and the next one into the xz plane. This is done with numbers, circuit by circuit: a frame that is a formula of the
geometry would be singular where vectors are parallel or vanish.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qffc.passes.equivariance_rotation import is_invariant
from qffc.passes.split_program import Split

Floats = NDArray[np.float64]

_TURNING = frozenset(("singlet", "rotate", "exchange", "chirality", "relabel"))
_PARALLEL = 1e-10
"""Unit vectors with a smaller cross product are parallel."""


def turns_with_vectors(split: Split) -> bool:
    """Whether turning all vector slots by one rotation leaves the moments: no frame is in state, gates or observables.

    Example:
        >>> from qffc.library import load
        >>> from qffc.passes.split_program import split_program
        >>> turns_with_vectors(split_program(load("pair"))), turns_with_vectors(split_program(load("water-demo")))
        (True, False)
    """
    return all(op.kind in _TURNING for op in split.ops) and all(
        is_invariant(observable.paulis) for observable in split.observables
    )


def best_frame(vectors: Floats) -> Floats:
    """Return the rotation that puts the most frequent direction on z and the next one into the xz plane.

    Args:
        vectors: (rotations, 3), one row for each rotation; opposite vectors share a direction, zero has none.

    Returns:
        (3, 3), applied to a column vector; 1 when all vectors vanish.

    Example:
        >>> frame = best_frame(np.array([[0.0, 2.0, 0.0], [1.0, 1.0, 0.0], [0.0, -1.0, 0.0]]))
        >>> (frame @ [0.0, 2.0, 0.0]).tolist(), abs((frame @ [1.0, 1.0, 0.0])[1]) < 1e-15
        ([0.0, 0.0, 2.0], True)
    """
    lengths = np.linalg.norm(vectors, axis=1)
    units = vectors[lengths > 0] / lengths[lengths > 0][:, None]
    if not len(units):
        return np.eye(3)
    apart = np.linalg.norm(np.cross(units[:, None], units[None]), axis=2)
    count = (apart < _PARALLEL).sum(axis=1)
    first = int(np.argmax(count))
    z = units[first]
    others = np.flatnonzero(apart[first] >= _PARALLEL)
    start = units[others[np.argmax(count[others])]] if len(others) else np.eye(3)[np.argmin(np.abs(z))]
    x = start - (start @ z) * z
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z])
