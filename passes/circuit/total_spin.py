"""The total spin of a set of qubits in numbers: a collective exchange is a phase for each of its values.

Its generator is the Casimir operator of the spins up to a number, and the Hamiltonian of what is called the
infinite-range Heisenberg model.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from qffc.ir.ops import Collective
from qffc.ir.reference import dense


@cache
def spin_projectors(count: int) -> NDArray[np.float64]:
    """Return the projectors on the values of the total spin, (values, 2**count, 2**count), from the largest down.

    They are polynomials of the generator of a collective exchange, whose eigenvalues are
    :meth:`qffc.ir.ops.Collective.levels`.

    Example:
        >>> [round(float(np.trace(projector))) for projector in spin_projectors(4)]
        [5, 9, 2]
    """
    generator = dense(Collective.unit_generator(range(count)), tuple(range(count))).real
    levels, one = Collective.levels(count), np.eye(2**count)
    found = []
    for level in levels:
        projector = one
        for other in levels:
            if other != level:
                projector = projector @ (generator - other * one) / (level - other)
        found.append(projector)
    return np.array(found)
