"""What pytket-quantinuum makes of measured circuits with numbers: each of its levels, for either two-qubit gate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from pytket.circuit import Circuit, OpType
from pytket.extensions.quantinuum.backends.quantinuum import QuantinuumBackend, QuantinuumBackendCompilationConfig

from benchmarks.circuits.figures import PLACE, Figures, Moments, figures
from qffc.passes.measurement.settings import MeasurementPlan

GATES = {"TK2": OpType.TK2, "ZZ": OpType.ZZPhase}
"""What it is told to use; ZZPhase is its default."""
LEVELS = (0, 1, 2, 3)


@cache
def device(gate: str) -> QuantinuumBackend:
    """Return the device as its users have it: wires may change places, since measurements say which bit is which.

    Qubits keep their names, so that no idle one is dropped.
    """
    config = QuantinuumBackendCompilationConfig(
        allow_implicit_swaps=True, target_2qb_gate=GATES[gate], preserve_qubit_names=True
    )
    return QuantinuumBackend(PLACE.device or PLACE.name, compilation_config=config)


def compiled_by_pytket(circuits: Sequence[Circuit], gate: str, level: int) -> list[Circuit]:
    return [device(gate).get_compiled_circuit(circuit, optimisation_level=level) for circuit in circuits]


def figures_of_pytket(circuits: Sequence[Circuit], plan: MeasurementPlan, exact: Moments) -> Iterator[Figures]:
    """Yield the figures of all levels, for either gate."""
    for gate in GATES:
        for level in LEVELS:
            yield figures(compiled_by_pytket(circuits, gate, level), plan, exact, f"{gate} {level}")
