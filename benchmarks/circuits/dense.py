"""Circuits by the matrices of their gates, in NumPy: states, and what a measurement of many shots gives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pytket.circuit import Circuit, OpType

from qffc.passes.measurement.settings import Setting

Floats = NDArray[np.float64]

_NO_GATES = (OpType.Measure, OpType.Barrier)


def dense_state(circuit: Circuit) -> NDArray[np.complex128]:
    """Return the state without the measurements, (2**qubits,), qubit 0 the most significant bit."""
    size = circuit.n_qubits
    state = np.zeros((2,) * size, dtype=np.complex128)
    state[(0,) * size] = 1.0
    for command in circuit:
        if command.op.type in _NO_GATES:
            continue
        axes = [qubit.index[0] for qubit in command.qubits]
        width = len(axes)
        matrix = command.op.get_unitary().reshape((2,) * (2 * width))
        state = np.moveaxis(np.tensordot(matrix, state, axes=(range(width, 2 * width), axes)), range(width), axes)
    return state.reshape(-1)


def string_means(circuit: Circuit, setting: Setting) -> Floats:
    """Return the mean of each string of a setting, from the probabilities of the bits, (strings,).

    Args:
        circuit: with a measurement for each measured qubit of the setting, in any order and of any wire.
        setting: bit k belongs to its k-th measured qubit.
    """
    wires = {c.bits[0].index[0]: c.qubits[0].index[0] for c in circuit if c.op.type == OpType.Measure}
    size = circuit.n_qubits
    chances = np.abs(dense_state(circuit)) ** 2
    signs = 1.0 - 2.0 * ((np.arange(chances.size)[:, None] >> np.arange(size)[::-1]) & 1)
    place = {qubit: wires[bit] for bit, qubit in enumerate(setting.measured)}
    return np.array(
        [
            sign * chances @ signs[:, [place[qubit] for qubit in parity]].prod(axis=1)
            for sign, parity in setting.readings
        ]
    )
