"""Energies under the noise of a target with infinitely many shots: a density matrix in place of the emulator."""

from __future__ import annotations

from functools import cache, reduce
from itertools import product

import numpy as np
from numpy.typing import NDArray
from pytket.circuit import Circuit, Command, OpType

from qffc.execution.estimate import MomentEstimate, device_kernel, gather
from qffc.execution.measured_circuits import measured_circuits
from qffc.execution.shots import ShotResult
from qffc.passes.circuit.split_program import Split
from qffc.passes.measurement.settings import MeasurementPlan
from qffc.passes.target import Target
from qffc.passes.target_noise import NoiseModel

MANY = 10**12
PAULIS = (np.eye(2), np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1]))


def without_shot_noise(
    split: Split, slots: NDArray, target: Target, *, plan: MeasurementPlan, shots: NDArray, seed: int
) -> MomentEstimate:
    """Moments in the limit of many shots: a sampler for ``estimate_energies``."""
    del seed
    kernel = device_kernel(split, target)
    results = [
        [_result(circuit, target) for circuit in measured_circuits(kernel, point[None], plan.settings)]
        if used
        else None
        for point, used in zip(slots, shots.any(axis=1), strict=True)
    ]
    return gather(plan, results)


def probabilities(circuit: Circuit, target: Target) -> NDArray[np.float64]:
    """Of the outcomes of a circuit that ends with its measurements, (2,) * bits, under the noise of a target."""
    noise = target.noise or NoiseModel()
    size = circuit.n_qubits
    place = {qubit: index for index, qubit in enumerate(circuit.qubits)}
    rho = np.zeros((2**size, 2**size), dtype=complex)
    rho[0, 0] = 1
    for qubit in range(size):
        rho = _mixed(rho, noise.preparation, ("X",), (qubit,), size)
    layers, bits = [0] * size, {}
    for command in circuit.get_commands():
        qubits = tuple(place[qubit] for qubit in command.qubits)
        if command.op.type == OpType.Measure:
            bits[circuit.bits.index(command.bits[0])] = qubits[0]
        elif command.op.type != OpType.Barrier:
            rho = _gate(rho, command, qubits, layers, noise, target)
    read = np.array([[1 - noise.measurement_0, noise.measurement_1], [noise.measurement_0, 1 - noise.measurement_1]])
    order = [bits[bit] for bit in sorted(bits)]
    found = np.diagonal(rho).real.reshape([2] * size)
    found = found.sum(axis=tuple(q for q in range(size) if q not in order)).transpose(np.argsort(np.argsort(order)))
    return (reduce(np.kron, [read] * len(order)) @ found.reshape(-1)).reshape([2] * len(order))


def _gate(
    rho: NDArray, command: Command, qubits: tuple[int, ...], layers: list[int], noise: NoiseModel, target: Target
) -> NDArray:
    size, kind = len(layers), command.op.type
    layer = 1 + max(layers[qubit] for qubit in qubits)
    if len(qubits) == 2:
        for qubit in qubits:
            rho = _mixed(rho, noise.dephasing(layer - 1 - layers[qubit]), ("Z",), (qubit,), size)
    unitary = _on(command.op.get_unitary(), qubits, size)
    rho = unitary @ rho @ unitary.conj().T
    if len(qubits) == 1:
        return rho if kind == OpType.Rz else _mixed(rho, noise.pauli_one_qubit, tuple("XYZ"), qubits, size)
    angles = sum(abs(float(angle)) > 1e-11 for angle in command.op.params)
    cost = target.weights.tk2(angles) if kind == OpType.TK2 else target.weights.zz
    words = tuple("".join(word) for word in product("IXYZ", repeat=2))[1:]
    rho = _mixed(rho, noise.pauli_two_qubit(cost), words, qubits, size)
    for qubit in qubits:
        rho = _mixed(rho, noise.dephasing(1), ("Z",), (qubit,), size)
        layers[qubit] = layer
    return rho


def _mixed(rho: NDArray, probability: float, words: tuple[str, ...], qubits: tuple[int, ...], size: int) -> NDArray:
    """One of some Pauli errors, all as likely, with a probability."""
    if not probability:
        return rho
    errors = _errors(words, qubits, size)
    return (1 - probability) * rho + probability / len(words) * (errors @ rho @ errors).sum(axis=0)


@cache
def _errors(words: tuple[str, ...], qubits: tuple[int, ...], size: int) -> NDArray:
    return np.array([_on(reduce(np.kron, [PAULIS["IXYZ".index(c)] for c in word]), qubits, size) for word in words])


def _on(matrix: NDArray, qubits: tuple[int, ...], size: int) -> NDArray:
    """A matrix on some qubits of a register; qubit 0 is the most significant."""
    rest = [qubit for qubit in range(size) if qubit not in qubits]
    full = np.kron(matrix, np.eye(2 ** len(rest))).reshape([2] * 2 * size)
    order = np.argsort([*qubits, *rest])
    return full.transpose([*order, *(order + size)]).reshape(2**size, 2**size)


def _result(circuit: Circuit, target: Target) -> ShotResult:
    found = probabilities(circuit, target)
    outcomes = np.array(list(np.ndindex(found.shape)), dtype=np.uint8)
    return ShotResult(outcomes, np.rint(MANY * found.reshape(-1)).astype(np.int64))
