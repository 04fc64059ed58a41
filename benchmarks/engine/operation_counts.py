"""Floating-point operations and bytes that a circuit asks for, from its list of operations: the model of the roofline.

A pair is two amplitudes that differ in one qubit, for a rotation, or |01> and |10> of two, for an exchange, which moves
nothing else. Real operations for each pair:

| | rotation | exchange | inner product |
|---|---|---|---|
| apply to a state | 28: four complex products, two sums | 12: project, scale, add twice | 6: project, square |
| apply with a tangent | 84: also to the tangent, and the derivative of the gate | 32 | |
| as an observable on a costate | | | 8 |
| slope of its numbers | 24: Im <costate| sigma |state>, three axes | 8 | |

The gradient is an adjoint sweep: forward on one state, backward on two. The second order carries tangents along, which
doubles the states; its slopes are three (rotation) or two (exchange) of those of the first order. Every application
reads and writes its pairs once. A kernel that fuses gates moves fewer bytes, and one that prepares its first layer as a
product state, or stores states instead of un-applying gates, computes less: counts are what the circuit asks for, not
what a kernel does. Sines, cosines and derivatives of gate matrices are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.engine.cells import GRADIENT, MOMENTS, SECOND
from benchmarks.engine.work import Work

ROTATION = {"apply": 28, "tangent": 84, "slope": 24}
EXCHANGE = {"apply": 12, "tangent": 32, "slope": 8}
MEASURE, OBSERVE = 6, 8
SECOND_SLOPES = {"rotation": 3, "exchange": 2}


@dataclass(frozen=True)
class Count:
    """Of a batch: operations, bytes of amplitudes read and written, bytes of slots and results."""

    operations: float
    state_bytes: float
    outer_bytes: float

    @property
    def intensity(self) -> float:
        """Operations for each byte of amplitudes."""
        return self.operations / self.state_bytes

    @property
    def outer_intensity(self) -> float:
        """Operations for each byte of slots and results, which come from memory and go there."""
        return self.operations / self.outer_bytes


def count(work: Work, task: str, precision: str) -> Count:
    """Return the count of a kernel task."""
    amplitudes, real = 2**work.qubits, 8 if precision == "float64" else 4
    rotations, exchanges = work.encodings * work.qubits, work.layers * len(work.couplings)
    single, double = rotations * amplitudes / 2, exchanges * amplitudes / 4
    measured = len(work.measured) * amplitudes / 4
    passes = single * 4 * 2 * real + double * 4 * 2 * real  # two amplitudes of a pair, read and written
    observing = measured * 4 * real
    forward = single * ROTATION["apply"] + double * EXCHANGE["apply"]
    slopes = single * ROTATION["slope"], double * EXCHANGE["slope"]
    slots = 3 * rotations + exchanges  # a vector times alpha is a slot
    if task == MOMENTS:
        operations, moved, outer = forward + measured * MEASURE, passes + observing, slots + len(work.measured)
    elif task == GRADIENT:
        operations = 3 * forward + measured * OBSERVE + sum(slopes)
        moved, outer = 3 * passes + 3 * observing, 2 * slots + len(work.measured)
    elif task == SECOND:
        tangents = single * ROTATION["tangent"] + double * EXCHANGE["tangent"]
        more = slopes[0] * SECOND_SLOPES["rotation"] + slopes[1] * SECOND_SLOPES["exchange"]
        operations = 3 * tangents + 2 * measured * OBSERVE + more
        moved, outer = 6 * passes + 6 * observing, 3 * slots + len(work.measured)
    else:
        raise ValueError(f"no count for the task '{task}'")
    return Count(work.circuits * operations, work.circuits * moved, work.circuits * outer * real)
