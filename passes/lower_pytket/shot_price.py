"""What the gates of one shot cost on a target: circuits are compared by it."""

from __future__ import annotations

from dataclasses import dataclass

from pytket.circuit import Circuit

from qffc.passes.counts import CircuitCounts
from qffc.passes.lower_pytket.counts import count_circuit, nonzero_angles
from qffc.passes.lower_pytket.gate_columns import NativeBatch
from qffc.passes.target import Pricing, Target
from qffc.passes.target_gates import IONS

Cost = tuple[float, float]
"""What a shot costs, in units of the price formula, then the error of the two-qubit gates."""


@dataclass(frozen=True)
class ShotPrice:
    """Prices gates.

    Args:
        target: gives the formula; that of all ions where it has none.
    """

    target: Target

    def counts(self, circuit: Circuit) -> CircuitCounts:
        """Return the counts of a circuit, with the cost weights of the target."""
        return count_circuit(circuit, self.target.weights, (*IONS, *self.target.gates, *self.target.one_qubit))

    def circuit(self, circuit: Circuit) -> Cost:
        """Return the cost of a circuit."""
        counts = self.counts(circuit)
        return self.gates(counts.phased_x, counts.two_qubit), round(counts.cost, 6)

    def batch(self, batch: NativeBatch) -> Cost:
        """Return that of the first circuit of a batch, which need not be made."""
        turns, gates, error = 0, 0, 0.0
        for kind, angles in batch.gates_of(0):
            if kind == "PhasedX":
                turns += 1
            elif kind != "Rz":
                gates += 1
                error += self.target.weights.of(kind, nonzero_angles(angles))
        return self.gates(turns, gates), round(error, 6)

    def gates(self, turns: int, two_qubit: int) -> float:
        """Return what turns and two-qubit gates cost.

        Example:
            >>> from qffc.targets.catalogue import target
            >>> ShotPrice(target("H2-1")).gates(3, 2)
            23.0
        """
        return self.pricing.one_qubit * turns + self.pricing.two_qubit * two_qubit

    @property
    def pricing(self) -> Pricing:
        """The formula."""
        return self.target.pricing or Pricing()
