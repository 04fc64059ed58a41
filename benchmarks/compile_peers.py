"""What pytket-quantinuum makes of a program, with and without measurements, and whether circuits are right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pytket.circuit import Circuit, OpType
from pytket.extensions.quantinuum.backends.quantinuum import QuantinuumBackend, QuantinuumBackendCompilationConfig

from qffc.ir.evaluate import Evaluator, Instance
from qffc.ir.program import Program
from qffc.ir.reference import expectation
from qffc.passes.circuit.split_program import Split
from qffc.passes.counts import CircuitCounts
from qffc.passes.lower_pytket.compare import naive_circuit
from qffc.passes.lower_pytket.counts import count_circuit
from qffc.passes.lower_pytket.kernel import PytketKernel
from qffc.passes.measurement.kernel_states import kernel_states
from qffc.passes.measurement.settings import MeasurementPlan, Setting
from qffc.targets.catalogue import target

PLACE = target("H2-1LE")
REWRITES = (
    "schedule-layers,check-equivariance,canonicalize,light-cone,slide-singlet,canonicalize,"
    "push-cliffords,light-cone,synthesize-gadgets"
)
LEVELS = (0, 1, 2, 3)
TOLERANCE = 1e-7


def configuration(gate: OpType) -> QuantinuumBackendCompilationConfig:
    return QuantinuumBackendCompilationConfig(
        target_2qb_gate=gate, allow_implicit_swaps=False, preserve_qubit_names=True
    )


DEVICES = {
    gate: QuantinuumBackend(PLACE.device, compilation_config=configuration(gate))
    for gate in (OpType.TK2, OpType.ZZPhase)
}


def slots_at(split: Split, instance: Instance) -> np.ndarray:
    """The angle program in NumPy: parallel vectors are parallel, as they are in a molecule."""
    evaluate = Evaluator(split.program, instance, np)
    scalars = [float(evaluate(value)) for value in split.scalars]
    return np.concatenate([scalars, *(evaluate(value) for value in split.vectors)])


def moments(circuit: Circuit, program: Program) -> np.ndarray:
    state = circuit.get_statevector()
    return np.array([expectation(observable, state, len(program.qubits)) for _, observable in program.observables])


def exact_moments(split: Split, slots: np.ndarray) -> np.ndarray:
    state = kernel_states(split, slots[None])[0]
    return np.array([expectation(observable, state, split.qubit_count) for observable in split.observables])


def right(circuit: Circuit, split: Split, slots: np.ndarray) -> bool:
    """Whether a circuit has the moments of its program at these slots."""
    return bool(np.abs(moments(circuit, split.program) - exact_moments(split, slots)).max() < TOLERANCE)


def compiled_by_pytket(circuit: Circuit, gate: OpType, levels: Sequence[int] = LEVELS) -> list[Circuit]:
    return [DEVICES[gate].get_compiled_circuit(circuit, optimisation_level=level) for level in levels]


def counted(circuits: Sequence[Circuit]) -> tuple[CircuitCounts, ...]:
    return tuple(count_circuit(circuit, PLACE.weights) for circuit in circuits)


def with_measurement(kernel: PytketKernel, slots: np.ndarray, setting: Setting, places: Sequence[int]) -> Circuit:
    """The program as a user of pytket writes it, with the measurement of a setting.

    Args:
        kernel: of the program as it was written.
        slots: radians.
        setting: of the compiled program.
        places: of its qubits among those of the program.
    """
    plain = naive_circuit(kernel, slots)
    circuit = Circuit(plain.n_qubits, len(setting.measured))
    circuit.append(plain)
    for a, b in setting.pairs:
        circuit.CX(places[a], places[b]).H(places[a])
    for qubit, letter in enumerate(setting.letters):
        if letter == "Y":
            circuit.Sdg(places[qubit])
        if letter in ("X", "Y"):
            circuit.H(places[qubit])
    for bit, qubit in enumerate(setting.measured):
        circuit.Measure(places[qubit], bit)
    return circuit


def bell_readings(setting: Setting) -> list[tuple[int, tuple[int, ...]]]:
    """As ``Setting.readings``, for pairs that CX and H turn: X X is read on the first, Z Z on the second qubit."""
    found = []
    for string in setting.strings:
        letters, sign, qubits = dict(string), 1, []
        for a, b in setting.pairs:
            letter = letters.pop(a, None)
            letters.pop(b, None)
            qubits += {None: [], "X": [a], "Y": [a, b], "Z": [b]}[letter]
            sign = -sign if letter == "Y" else sign
        found.append((sign, (*qubits, *letters)))
    return found


def means(circuit: Circuit, setting: Setting, readings: Sequence[tuple[int, tuple[int, ...]]]) -> np.ndarray:
    """The exact mean of each string of a setting, from the probabilities of the bits."""
    bare = Circuit(circuit.n_qubits)
    qubits: dict[int, int] = {}
    for command in circuit:
        if command.op.type == OpType.Measure:
            qubits[command.bits[0].index[0]] = command.qubits[0].index[0]
        else:
            bare.add_gate(command.op, [qubit.index[0] for qubit in command.qubits])
    chances = np.abs(bare.get_statevector()) ** 2
    signs = 1.0 - 2.0 * ((np.arange(chances.size)[:, None] >> np.arange(circuit.n_qubits)[::-1]) & 1)
    place = {qubit: qubits[bit] for bit, qubit in enumerate(setting.measured)}
    return np.array([sign * chances @ signs[:, [place[q] for q in parity]].prod(axis=1) for sign, parity in readings])


def planned_moments(plan: MeasurementPlan, strings: Sequence[np.ndarray]) -> np.ndarray:
    parts = [plan.weights(index) @ values for index, values in enumerate(strings)]
    return np.array(plan.constants) + np.sum(parts, axis=0)
