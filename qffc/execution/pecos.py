"""Circuits on the PECOS emulator, which pytket-pecos drives: one state vector, shot by shot, with or without noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qffc.passes.target import CostWeights, Target
from qffc.passes.target_noise import NoiseModel

if TYPE_CHECKING:
    from pytket.circuit import Circuit

_GATES = {"R2XXYYZZ": "TK2", "RZZ": "ZZPhase", "SZZ": "ZZMax", "RXX": "XXPhase"}
"""Names of two-qubit gates that PECOS and pytket spell differently."""
_ZERO = 1e-11
"""Radians below this count as zero."""


def emulate(circuit: Circuit, target: Target, shots: int, seed: int) -> NDArray[np.uint8]:
    """Return the outcomes of a measured circuit, (shots, bits), under the noise of the target.

    Wrong readings are drawn for the outcomes afterwards; every measurement is the last thing that happens to its qubit.
    """
    from pytket_pecos import Emulator

    from qffc.passes.lower_pytket.files import measured_in_order, numbered_through

    noise = target.noise
    model = None if noise is None or noise.silent else PauliNoise(noise, target.weights, seed)
    # Without barriers the emulator takes measurements of different qubits in an order that changes from run to run, and
    # with it the random number that each of them gets.
    ready = measured_in_order(numbered_through(circuit), apart=True)
    emulator = Emulator(ready, error_model=model, qsim="state-vector", seed=seed)
    outcomes = emulator.run(shots).to_readouts().astype(np.uint8)
    return outcomes if noise is None else misread(outcomes, noise, seed)


def misread(outcomes: NDArray[np.uint8], noise: NoiseModel, seed: int) -> NDArray[np.uint8]:
    """Return outcomes, (shots, bits), with the reading errors of a noise model.

    Example:
        >>> misread(np.array([[0, 1]], dtype=np.uint8), NoiseModel(measurement_1=1.0), seed=0).tolist()
        [[0, 0]]
    """
    draws = np.random.default_rng([seed, 1]).random(outcomes.shape)
    flipped = draws < np.where(outcomes == 0, noise.measurement_0, noise.measurement_1)
    return np.asarray(outcomes ^ flipped, dtype=np.uint8)


class PauliNoise:
    """An error model for PECOS with the conventions of :class:`~qffc.passes.target_noise.NoiseModel`.

    PECOS has a model of its own, which charges Rz as a gate, knows no TK2, and none of the memory. Memory is charged by
    layers: a qubit that sat out k layers of two-qubit gates meets its next gate after k rounds of dephasing.

    Args:
        noise: the figures.
        weights: the cost of two-qubit gates, which scales their errors.
        seed: of its random numbers.
    """

    def __init__(self, noise: NoiseModel, weights: CostWeights, seed: int) -> None:
        from pecos.reps.pyphir.op_types import QOp

        self._noise = noise
        self._weights = weights
        self._operation: Callable[..., Any] = QOp
        self._random = np.random.default_rng([seed, 0])
        self._layers: list[int] = []
        self._fresh: set[int] = set()

    def reset(self) -> PauliNoise:
        """Return the model for another run; random numbers go on."""
        return self

    def init(self, num_qubits: int, machine: object = None) -> None:
        """Take the number of qubits."""
        del machine
        self._layers = [0] * num_qubits

    def shot_reinit(self) -> None:
        """Begin a shot."""
        self._layers = [0] * len(self._layers)
        self._fresh = set(range(len(self._layers)))

    def process(self, qops: Sequence[Any], call_back: object = None) -> list[Any]:
        """Return operations of PECOS with errors among them."""
        del call_back
        noisy: list[Any] = []
        for operation in qops:
            for place in operation.args:
                self._one(operation, (place,) if isinstance(place, int) else tuple(place), noisy)
        return noisy

    def _one(self, operation: Any, qubits: tuple[int, ...], noisy: list[Any]) -> None:
        for qubit in self._fresh.intersection(qubits):
            self._maybe(self._noise.preparation, "X", qubit, noisy)
        self._fresh.difference_update(qubits)
        layer = max(self._layers[qubit] for qubit in qubits) + 1
        if len(qubits) == 2:
            for qubit in qubits:
                self._maybe(self._noise.dephasing(layer - 1 - self._layers[qubit]), "Z", qubit, noisy)
        # One place at a time, so that no error can come between an operation and the place that it belongs to.
        place = qubits[0] if len(qubits) == 1 else list(qubits)
        noisy.append(
            self._operation(operation.name, [place], operation.returns, dict(operation.metadata), operation.angles)
            if len(operation.args) > 1
            else operation
        )
        if len(qubits) == 2:
            if self._random.random() < self._noise.pauli_two_qubit(self._cost(operation)):
                chosen = int(self._random.integers(1, 16))
                self._pauli(chosen // 4, qubits[0], noisy)
                self._pauli(chosen % 4, qubits[1], noisy)
            for qubit in qubits:
                self._maybe(self._noise.dephasing(1), "Z", qubit, noisy)
                self._layers[qubit] = layer
        elif operation.name not in ("Measure", "RZ") and self._random.random() < self._noise.pauli_one_qubit:
            self._pauli(int(self._random.integers(1, 4)), qubits[0], noisy)

    def _cost(self, operation: Any) -> float:
        gate = _GATES.get(operation.name, operation.name)
        return self._weights.of(gate, sum(abs(angle) > _ZERO for angle in operation.angles or ()))

    def _maybe(self, probability: float, letter: str, qubit: int, noisy: list[Any]) -> None:
        if probability and self._random.random() < probability:
            noisy.append(self._operation(name=letter, args=[qubit], metadata={}))

    def _pauli(self, index: int, qubit: int, noisy: list[Any]) -> None:
        if index:
            noisy.append(self._operation(name="IXYZ"[index], args=[qubit], metadata={}))
