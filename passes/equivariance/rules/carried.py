"""Rounds of circuits: what atoms carry from one to the next follows the laws that the next one takes it to follow.

**Lemma (rounds).** Let the response of one circuit be symmetric for all numbers and vectors that atoms carry, where the
numbers stay the same under the symmetry, and the vectors turn along, stay under translations, and change their sign
under inversion. Let the same be true of the vectors that turn its qubits. Then the energy of all rounds is symmetric.

*Proof.* By induction over the rounds. Before the first one nothing is carried, which is symmetric. The features of the
atoms after a round are its responses. The numbers that are carried on are functions of features, numbers and distances
alone. The vectors are sums of those that turned the qubits, of (u . v) u and of u, u the direction of a neighbour, with
weights that are such numbers. Like atoms that trade places trade what they carry, since all weights are chosen by
species, and sums over neighbours have no order.

Rotations and translations need no more than the other rules ask: they hold each vector that turns a qubit against its
law. Inversion does not, for a rotation by an even vector may leave the response even; :func:`carried_failure` asks it.
"""

from __future__ import annotations

from qffc.ir.ops import Rotate
from qffc.ir.program import Program
from qffc.ir.values import CarriedVector, walk
from qffc.passes.equivariance.polynomials.motions import parity
from qffc.passes.equivariance.rules.translation import classical_values
from qffc.passes.equivariance.verdict import Failure, op_reference


def carried_failure(program: Program) -> Failure | None:
    """Return where a vector that atoms carry may not change its sign under inversion; None when all do."""
    if not any(isinstance(node, CarriedVector) for _, value in classical_values(program) for node in walk(value)):
        return None
    for index, op in enumerate(program.ops):
        if isinstance(op, Rotate) and op.vector.law.parity != -1 and parity(op.vector) != -1:
            left = f"atoms carry vectors made of {op.vector}, which does not change its sign ({op.vector.law.name})"
            return Failure(left, op_reference(program, index))
    return None
