"""Writes the circuits of this folder, with the packages that published them.

    python3 -m venv peers && peers/bin/pip install pennylane==0.45.1 qiskit==2.6.2 sympy==1.14.0
    peers/bin/python tests/qffc/importing/circuits/make_circuits.py

The files are what the packages write, to the letter; nothing in qffc imports them.
"""

from pathlib import Path

import autoray
import numpy as np
import pennylane as qml
import sympy
from qiskit import QuantumCircuit, qasm3
from qiskit.circuit import Parameter
from qiskit.circuit.library import (
    efficient_su2,
    qaoa_ansatz,
    real_amplitudes,
    zz_feature_map,
)
from qiskit.quantum_info import SparsePauliOp

HERE = Path(__file__).resolve().parent

# PennyLane asks autoray how to make numbers of its parameters: those of SymPy stay as they are.
autoray.register_function("sympy", "to_numpy", lambda symbol: symbol)
autoray.register_function("sympy", "asarray", lambda symbols, **_: np.array(symbols, dtype=object))


def named(name, *shape):
    """An array of symbols: w_0_1 is the entry [0, 1] of w."""
    entries = [sympy.Symbol("_".join([name, *map(str, index)])) for index in np.ndindex(*shape)]
    return np.array(entries, dtype=object).reshape(shape)


def pennylane_text(circuit, wires, *arguments):
    """The circuit as text; without `wires` its qubits would be numbered as they are used first."""
    node = qml.QNode(circuit, qml.device("default.qubit"))
    return qml.to_openqasm(node, wires=range(wires), rotations=False, measure_all=False)(*arguments)


def water_demo(a, b, c, w, epsilon):
    """The circuit of the demonstration `tutorial_eqnn_force_field`, its unitaries as gates with angles."""

    def singlet(first, second):
        qml.Hadamard(first)
        qml.PauliZ(first)
        qml.PauliX(second)
        qml.CNOT([first, second])

    def encode(layer):
        for qubit in range(4):
            qml.Rot(a[qubit, layer], b[qubit, layer], c[qubit, layer], wires=qubit)

    singlet(0, 1)
    singlet(2, 3)
    encode(0)
    for layer in range(6):
        for qubit in (0, 2, 1, 3):
            pair = [qubit, (qubit + 1) % 4]
            for coupling in (qml.IsingXX, qml.IsingYY, qml.IsingZZ):
                coupling(2 * w[qubit, layer], wires=pair)
        for qubit in range(4):
            qml.RZ(epsilon[layer, qubit], wires=qubit)
        encode(layer + 1)
    return qml.expval(qml.X(0) @ qml.X(1) + qml.Y(0) @ qml.Y(1) + qml.Z(0) @ qml.Z(1))


def strongly_entangling(x, w):
    """Features as angles, then the template `StronglyEntanglingLayers` (Schuld et al., arXiv:1804.00633)."""
    qml.AngleEmbedding(x, wires=range(3))
    qml.StronglyEntanglingLayers(w, wires=range(3))
    return qml.expval(qml.Z(0))


def reuploading(x, w):
    """Data re-uploading (Perez-Salinas et al., arXiv:1907.02085): three coordinates are three angles of a rotation."""
    for layer in range(2):
        qml.Rot(*x, wires=0)
        qml.Rot(*w[layer], wires=0)
    return qml.expval(qml.Z(0))


def spin_chain(w):
    """Every coupling of PennyLane that `to_openqasm` writes with other gates."""
    qml.IsingXX(w[0], wires=[0, 1])
    qml.IsingYY(w[1], wires=[1, 2])
    qml.IsingZZ(w[2], wires=[0, 2])
    qml.IsingXY(w[3], wires=[0, 1])
    qml.PauliRot(w[4], "XYZ", wires=[0, 1, 2])
    qml.MultiRZ(w[5], wires=[0, 1, 2])
    qml.SingleExcitation(w[6], wires=[0, 1])
    qml.CRX(w[7], wires=[0, 1])
    qml.ControlledPhaseShift(w[8], wires=[1, 2])
    qml.ISWAP(wires=[0, 2])
    return qml.expval(qml.Z(0))


def bound_unitaries():
    """Unitaries with numbers, for which `to_openqasm` writes `gphase`, that OpenQASM 2 does not have."""
    generator = np.array([[0.3, 0.2], [0.2, -0.3]])
    qml.QubitUnitary(np.cos(0.7) * np.eye(2) - 1j * np.sin(0.7) / np.sqrt(0.13) * generator, wires=0)
    qml.CNOT([0, 1])
    return qml.expval(qml.Z(1))


def features_and_amplitudes():
    """The feature map of Havlicek et al. (arXiv:1804.11326) before an ansatz of the circuit library."""
    circuit = QuantumCircuit(2)
    circuit.compose(zz_feature_map(2, reps=1), inplace=True)
    circuit.compose(real_amplitudes(2, reps=1), inplace=True)
    return qasm3.dumps(circuit)


def alternating():
    """The alternating operator ansatz for the cut of largest weight (Farhi et al., arXiv:1411.4028)."""
    weights = np.array([Parameter(f"d_{a}{b}") for a, b in ((0, 1), (1, 2), (0, 2))], dtype=object)
    return qasm3.dumps(qaoa_ansatz(SparsePauliOp(["IZZ", "ZZI", "ZIZ"], weights), reps=1))


def files():
    layers = [named(letter, 4, 7) for letter in "abc"]
    yield "water_demo.qasm", pennylane_text(water_demo, 4, *layers, named("w", 4, 6), named("epsilon", 6, 4))
    yield "strongly_entangling.qasm", pennylane_text(strongly_entangling, 3, named("x", 3), named("w", 1, 3, 3))
    yield "reuploading.qasm", pennylane_text(reuploading, 1, named("x", 3), named("w", 2, 3))
    yield "spin_chain.qasm", pennylane_text(spin_chain, 3, named("w", 9))
    yield "bound_unitaries.qasm", pennylane_text(bound_unitaries, 2)
    yield "features_and_amplitudes.qasm", features_and_amplitudes()
    yield "efficient_su2.qasm", qasm3.dumps(efficient_su2(2, reps=1))
    yield "alternating.qasm", alternating()


if __name__ == "__main__":
    for name, text in files():
        (HERE / name).write_text(text, encoding="utf-8")
        print(name)
