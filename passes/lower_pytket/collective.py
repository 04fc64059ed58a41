"""Collective exchanges of three and of four qubits as exchange-only sequences, in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from math import asin, pi, sin, sqrt

from qffc.ir.diagnostics import QffcError, error, quoted
from qffc.ir.ops import Collective
from qffc.ir.values import as_value
from qffc.passes.circuit.split_program import Split
from qffc.passes.lower_pytket.turns import nearest_zero

_TINY = 1e-15
_LAYERS = (((0, 1), (2, 3)), ((0, 2), (1, 3)), ((0, 3), (1, 2)))
"""The three ways to pair four qubits."""
COLLECTIVE_EXCHANGES = {
    3: ((0, 1, 0), (1, 2, 1), (0, 2, 0), (1, 2, 1)),
    4: tuple((a, b, layer % 2) for layer in range(6) for a, b in _LAYERS[layer % 3]),
}
"""By the number of qubits: two positions, and which of the two angles p and q, in order of execution."""
MOST = 4
"""Qubits of the largest collective exchange that is known as exchanges."""


def collective_exchanges(count: int, angle: float) -> tuple[tuple[int, int, float], ...]:
    r"""Return exp(-i t sum of sigma_p . sigma_q over all pairs of three or four qubits) as exchanges.

    Three qubits take four exchanges. On the two copies of total spin 1/2 an exchange by a is a phase e^{ia} and a
    turn by the half-angle 2a about one of three axes at 120 degrees in a plane; on total spin 3/2 it is the phase
    e^{-ia}. The exchanges of 12, 23, 13, 23 by p, q, p, q leave no turn when tan 2p = 2 tan 2q, and are the phases
    that are wanted when 2(p + q) = 3t:

        p, q = (3t +- d)/4,    sin d = sin(3t)/3.

    Four qubits take six layers of two exchanges of disjoint pairs by one angle. A layer commutes with all
    permutations that keep its pairs or trade them, so that it is a phase on each of three states of total spin 1; on
    the two copies of total spin 0 it is a turn as above, by the half-angle 4a. Each way to pair the qubits comes
    twice, with angles that add up to t, which is right for the total spins 1 and 2; layers 1, 2, 3, 1, 2, 3 by p, q,
    p, q, p, q leave no turn when

        p, q = t/2 -+ d/4,    sin d = sin(2t)/sqrt(3).

    Args:
        count: 3 or 4.
        angle: t in radians.

    Returns:
        The exchanges as (position, position, angle in radians) in order of execution; none where the gate is a phase.

    Example:
        >>> len(collective_exchanges(3, 0.1)), len(collective_exchanges(4, 0.1)), collective_exchanges(4, 0.0)
        (4, 12, ())
    """
    period = pi * float(Collective(tuple(range(count)), as_value(0)).period)
    t, _ = nearest_zero(angle, period)
    if abs(t) < _TINY:
        return ()
    angles = collective_angles(count, t)
    return tuple((a, b, angles[which]) for a, b, which in COLLECTIVE_EXCHANGES[count])


def collective_angles(count: int, angle: float) -> tuple[float, float]:
    """Return p and q of :func:`collective_exchanges`, in radians.

    Args:
        count: 3 or 4.
        angle: t in radians.
    """
    if count == 3:
        d = asin(sin(3 * angle) / 3)
        return (3 * angle + d) / 4, (3 * angle - d) / 4
    d = asin(sin(2 * angle) / sqrt(3))
    return angle / 2 - d / 4, angle / 2 + d / 4


def first_positions(count: int, pairs: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """Return the order of the qubits in which the first exchanges act on given pairs, as many as they can.

    Args:
        count: 3 or 4.
        pairs: disjoint pairs of positions.

    Example:
        >>> first_positions(4, [(1, 3)]), first_positions(3, [(0, 2)])
        ((1, 3, 0, 2), (0, 2, 1))
    """
    first = [position for pair in pairs for position in pair]
    return (*first, *(position for position in range(count) if position not in first))


def too_many_to_lower(split: Split) -> QffcError | None:
    """Return what is wrong with a program that has a collective exchange of more qubits than are known as exchanges."""
    names = [qubit.name for qubit in split.program.qubits]
    for op in split.ops:
        if op.kind == "collective" and len(op.qubits) > MOST:
            return error(
                "collective exchange without a circuit",
                found=f"a collective exchange of {len(op.qubits)} qubits: {quoted(names[q] for q in op.qubits)}",
                expected=f"at most {MOST} qubits, which are written as exchanges",
                help="couple sets of three or four qubits, or compute with JAX: training and 'lower-jax' take up to "
                f"{Collective.declaration.sizes[-1]}",
            )
    return None
