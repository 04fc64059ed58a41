"""The native circuit beside what pytket makes of the same program written as a user would write it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pytket.circuit import Circuit, OpType, PauliExpBox, Unitary3qBox
from pytket.extensions.quantinuum.backends.quantinuum import (
    DeviceNotAvailable,
    QuantinuumBackend,
    QuantinuumBackendCompilationConfig,
)
from pytket.pauli import Pauli

from qffc.ir.diagnostics import InternalError, error, quoted
from qffc.ir.pauli import triple_product
from qffc.ir.program import Program
from qffc.ir.reference import dense
from qffc.passes.circuit.split_program import split_program
from qffc.passes.counts import CircuitCounts
from qffc.passes.lower_pytket.collective import collective_exchanges
from qffc.passes.lower_pytket.kernel import PytketKernel
from qffc.passes.lower_pytket.ops import NumericOp, on_wires
from qffc.passes.lower_pytket.turns import euler_angles, half_turns, turn_about
from qffc.passes.target import Target

STATE_QUBITS = 8
"""Up to here the states of the circuits are compared, too."""
_TOLERANCE = 1e-6
_LETTERS = {"X": Pauli.X, "Y": Pauli.Y, "Z": Pauli.Z}


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
    circuit = Circuit(kernel.split.qubit_count)
    for op in on_wires(kernel.numeric_ops(slots), kernel.split.qubit_count):
        _append(circuit, op)
    return circuit


def _append(circuit: Circuit, op: NumericOp) -> None:
    match op.kind:
        case "zero":
            pass
        case "singlet":
            a, b = op.qubits
            circuit.X(a).X(b).H(a).CX(a, b)
        case "rotate":
            alpha, beta, gamma = map(half_turns, euler_angles(turn_about(op.vector)))
            circuit.TK1(alpha, beta, gamma, op.qubits[0])
        case "exchange":
            _append_exchange(circuit, op.qubits, op.angle)
        case "collective":
            # Its pairs do not commute, and a matrix of so many qubits is written with more gates than the closed form
            # has.
            for a, b, angle in collective_exchanges(len(op.qubits), op.angle):
                _append_exchange(circuit, (op.qubits[a], op.qubits[b]), angle)
        case "pauli_rotation":
            letters = [_LETTERS[letter] for _, letter in op.string]
            circuit.add_pauliexpbox(PauliExpBox(letters, half_turns(op.angle)), [qubit for qubit, _ in op.string])
        case "chirality":
            # Its Pauli strings do not all commute, so that gadgets would only approximate it.
            circuit.add_unitary3qbox(Unitary3qBox(_chirality_matrix(op.angle)), *op.qubits)
        case _:
            raise InternalError(f"no plain form of {op.kind}")


def _append_exchange(circuit: Circuit, pair: tuple[int, ...], angle: float) -> None:
    turns = half_turns(2 * angle)
    circuit.TK2(turns, turns, turns, *pair)


def _chirality_matrix(angle: float) -> NDArray[np.complex128]:
    levels, vectors = np.linalg.eigh(dense(triple_product(0, 1, 2), (0, 1, 2)))
    matrix: NDArray[np.complex128] = (vectors * np.exp(-1j * angle * levels)) @ vectors.conj().T
    return matrix


def _infidelity(native: Circuit, others: tuple[Circuit, ...]) -> float | None:
    if native.n_qubits > STATE_QUBITS:
        return None
    state = native.get_statevector()
    return max(1 - abs(complex(np.vdot(state, other.get_statevector()))) for other in others)
