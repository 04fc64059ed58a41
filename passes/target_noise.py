"""Noise of a device in a few published figures.

Depolarizing noise after gates, dephasing of what waits, and SPAM: errors of state preparation and measurement.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from qffc.ir.diagnostics import error

_PROBABILITY = {"preparation": 1.0, "measurement_0": 1.0, "measurement_1": 1.0}
_LARGEST = {"one_qubit": 2 / 3, "two_qubit": 4 / 5, "memory": 1 / 3, **_PROBABILITY}
"""Infidelities beyond these belong to no channel of the kind."""


@dataclass(frozen=True)
class NoiseModel:
    """Errors of gates as average infidelities, errors of preparation and measurement as probabilities.

    Gates are followed by a uniformly random Pauli other than the identity (depolarizing noise), waiting is dephasing.
    Rz is virtual and has no error. A TK2 has the error of as many ZZPhase as it costs, 2.4 for an exchange: counted as
    one gate, it would be flattered. The error of a ZZPhase does not depend on its angle here; on the hardware, smaller
    angles are better.

    Args:
        one_qubit: average infidelity of a PhasedX.
        two_qubit: average infidelity of a ZZPhase.
        memory: average infidelity of one qubit in one layer of two-qubit gates, whether it waits or takes part.
        preparation: probability that a qubit starts in |1>.
        measurement_0: probability that 0 is read as 1.
        measurement_1: probability that 1 is read as 0.
        source: where the figures come from.

    Raises:
        QffcError: when a figure is out of range.

    Example:
        >>> NoiseModel(one_qubit=2e-5, two_qubit=1e-3).pauli_two_qubit(1.0)
        0.00125
    """

    one_qubit: float = 0.0
    two_qubit: float = 0.0
    memory: float = 0.0
    preparation: float = 0.0
    measurement_0: float = 0.0
    measurement_1: float = 0.0
    source: str = ""

    def __post_init__(self) -> None:
        for name, largest in _LARGEST.items():
            value = getattr(self, name)
            if not 0 <= value <= largest:
                raise error(
                    "noise out of range",
                    found=f"{name} = {value}",
                    expected=f"from 0 to {largest:.3g}",
                    help="correct the figure; gates have average infidelities, not fidelities",
                )

    @property
    def pauli_one_qubit(self) -> float:
        """The probability that a PhasedX is followed by one of X, Y, Z."""
        return 1.5 * self.one_qubit

    def pauli_two_qubit(self, cost: float) -> float:
        """Return the probability that a two-qubit gate is followed by one of the 15 Paulis.

        Args:
            cost: of the gate, in units of a ZZPhase.
        """
        once = 1.25 * self.two_qubit
        return once if cost == 1 else float(1 - (1 - once) ** cost)

    def dephasing(self, layers: int) -> float:
        """Return the probability that a qubit has got a Z in that many layers of two-qubit gates."""
        return float((1 - (1 - 3 * self.memory) ** layers) / 2)

    @property
    def silent(self) -> bool:
        """Whether nothing ever goes wrong."""
        return all(getattr(self, field.name) == 0 for field in fields(self) if field.name != "source")
