"""The native circuit beside what pytket makes of the same program written as a user would write it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pytket.circuit import Circuit, OpType
from pytket.extensions.quantinuum.backends.quantinuum import (
    DeviceNotAvailable,
    QuantinuumBackend,
    QuantinuumBackendCompilationConfig,
)

from qffc.ir.diagnostics import error, quoted
from qffc.ir.program import Program
from qffc.passes.circuit.split_program import split_program
from qffc.passes.counts import CircuitCounts
from qffc.passes.lower_pytket.kernel import PytketKernel
from qffc.passes.lower_pytket.ops import on_wires
from qffc.passes.lower_pytket.plain import circuit_of
from qffc.passes.target import Target

STATE_QUBITS = 8
"""Up to here the states of the circuits are compared, too."""
_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Comparison:
    """Counts of one program at one point.

    Args:
        native: what qffc emits.
        default: pytket at its default optimization level and two-qubit gate, ZZPhase.
        preferred: pytket at its default optimization level, told to use the two-qubit gate that the target prefers.
        infidelity: the largest 1 - |<state|state>| between the native circuit and the other two; None above eight
            qubits.
    """

    native: CircuitCounts
    default: CircuitCounts
    preferred: CircuitCounts
    infidelity: float | None

    @property
    def equal(self) -> bool | None:
        """Whether all circuits prepare the same state up to a phase; None when there are too many qubits to tell."""
        return None if self.infidelity is None else self.infidelity < _TOLERANCE


def compare_with_pytket(program: Program, slots: NDArray[np.float64], target: Target) -> Comparison:
    """Compile one program at one point natively and with pytket alone.

    Args:
        program: any program.
        slots: (slot_count,), radians.
        target: a target that pytket-quantinuum compiles for.

    Raises:
        QffcError: when the target has no device, one that pytket-quantinuum does not know, or too few qubits.
    """
    if target.device is None:
        raise error(
            "target that pytket does not know",
            found=f"'{target.name}'",
            expected="a target with a device, such as 'H2-1'",
            help="choose another target",
        )
    kernel = PytketKernel(split_program(program), target)
    native = kernel.bind(slots)
    plain = naive_circuit(kernel, slots)
    default = _compile(plain, target.device, OpType.ZZPhase)
    preferred = _compile(plain, target.device, OpType.TK2 if target.two_qubit == "TK2" else OpType.ZZPhase)
    return Comparison(
        native=kernel.counts(native),
        default=kernel.counts(default),
        preferred=kernel.counts(preferred),
        infidelity=_infidelity(native, (default, preferred)),
    )


def _compile(circuit: Circuit, device: str, gate: OpType) -> Circuit:
    config = QuantinuumBackendCompilationConfig(target_2qb_gate=gate, preserve_qubit_names=True)
    try:
        return QuantinuumBackend(device, compilation_config=config).get_compiled_circuit(circuit)
    except DeviceNotAvailable:
        known = (info.device_name for info in QuantinuumBackend.available_devices())
        raise error(
            "device that pytket-quantinuum does not know",
            found=f"device '{device}'",
            expected=f"one of {quoted(sorted(name for name in known if name))}",
            help="correct the target file; local emulators, such as 'H2-1LE', are known with the extra 'emulator' "
            "alone (pip install \"pytket-quantinuum[pecos]\"), and 'H2-1' is compiled for in the same way",
        ) from None


def naive_circuit(kernel: PytketKernel, slots: NDArray[np.float64]) -> Circuit:
    """Return the program gate by gate: TK1 for a rotation, TK2 for an exchange, Pauli gadgets for the rest.

    Relabels rename wires, as in the native circuit.
    """
    return circuit_of(on_wires(kernel.numeric_ops(slots), kernel.split.qubit_count), kernel.split.qubit_count)


def _infidelity(native: Circuit, others: tuple[Circuit, ...]) -> float | None:
    if native.n_qubits > STATE_QUBITS:
        return None
    state = native.get_statevector()
    return max(1 - abs(complex(np.vdot(state, other.get_statevector()))) for other in others)
