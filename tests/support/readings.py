"""What measured circuits give: exact probabilities of their bits, and the readings of a setting."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pytket.circuit import Circuit, OpType

from qffc.passes.measurement.settings import Setting

Floats = NDArray[np.float64]


def bit_probabilities(circuit: Circuit) -> tuple[Floats, tuple[int, ...]]:
    """Return the probabilities of the bits of a circuit, (2,) * bits, and the qubit that each bit belongs to."""
    bare = Circuit(circuit.n_qubits)
    found: dict[int, int] = {}
    for command in circuit:
        if command.op.type == OpType.Measure:
            found[command.bits[0].index[0]] = command.qubits[0].index[0]
        else:
            bare.add_gate(command.op, [qubit.index[0] for qubit in command.qubits])
    table = np.abs(bare.get_statevector().reshape((2,) * circuit.n_qubits)) ** 2
    unread = tuple(qubit for qubit in range(circuit.n_qubits) if qubit not in found.values())
    measured = tuple(found[bit] for bit in range(len(found)))
    # The axes that are left are in the order of the qubits.
    return np.transpose(table.sum(axis=unread), np.argsort(np.argsort(measured))), measured


def readings(circuit: Circuit, setting: Setting) -> tuple[Floats, Floats]:
    """Return the values of the strings of a setting, (strings, outcomes), and the probabilities of the outcomes."""
    probabilities, measured = bit_probabilities(circuit)
    bits = np.indices(probabilities.shape).reshape(len(measured), -1)
    signs = dict(zip(measured, 1.0 - 2.0 * bits, strict=True))
    rows = [sign * np.prod([signs[qubit] for qubit in parity], axis=0) for sign, parity in setting.readings]
    return np.array(rows), probabilities.reshape(-1)


def mean_and_covariance(values: Floats, probabilities: Floats) -> tuple[Floats, Floats]:
    """Return the mean of values, (rows, outcomes), and their covariance in one shot."""
    mean = values @ probabilities
    centred = values - mean[:, None]
    return mean, (centred * probabilities) @ centred.T
