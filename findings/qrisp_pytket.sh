#!/usr/bin/env bash
# qrisp 0.9.10 to pytket 2.18.5: `QuantumCircuit.to_pytket` writes a gate that acts where its control qubit is 0 as one that acts where it
# is 1, and a controlled phase as CRz, which lacks a phase of the control qubit. Nothing is said. `to_qiskit` and `to_cirq` are right, and so
# are gates with two controls, where zeros are kept, and controlled rotations. What a session of Qrisp has compiled does not show it,
# because it holds none of these gates any more. `from_qiskit` has the second mistake for CU1, and only by that name: the same gate as
# CPhase is right.
#
# Output seen (overlap with the unitary that NumPy has for it):
#   x where 0:          qrisp 1.000, pytket 0.000, qiskit 1.000, cirq 1.000
#   z where 0:          qrisp 1.000, pytket 0.000, qiskit 1.000, cirq 1.000
#   cp(0.3):            qrisp 1.000, pytket 0.997, qiskit 1.000, cirq 1.000
#   x where 00:         qrisp 1.000, pytket 1.000, qiskit 1.000, cirq 1.000
#   rz(0.3) where 1:    qrisp 1.000, pytket 1.000, qiskit 1.000, cirq 1.000
#   from_qiskit: CPhase(0.3) 1.000, CU1(0.3) 0.997
#   X where the first of two fresh qubits is 0, second qubit read as 1: qrisp 1.000, qiskit 1.000, pytket 0.000
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "qrisp==0.9.10" "pytket==2.18.5" "qiskit==2.5.2" "cirq-core==1.7.0"
"$work/venv/bin/python" -W ignore - <<'PY'
import numpy as np
import qiskit
from qiskit.circuit.library import CPhaseGate, CU1Gate
from qiskit.quantum_info import Operator
from qrisp import QuantumCircuit
from qrisp.circuit.standard_operations import PGate, RZGate, XGate, ZGate

X, Z = np.array([[0, 1], [1, 0]]), np.diag([1, -1])
EYE, ZERO, ONE = np.eye(2), np.diag([1, 0]), np.diag([0, 1])
PHASE, RZ = np.diag([1, np.exp(0.3j)]), np.diag([np.exp(-0.15j), np.exp(0.15j)])
CASES = {
    "x where 0": (XGate().control(1, ctrl_state="0"), np.kron(ZERO, X) + np.kron(ONE, EYE)),
    "z where 0": (ZGate().control(1, ctrl_state="0"), np.kron(ZERO, Z) + np.kron(ONE, EYE)),
    "cp(0.3)": (PGate(0.3).control(1), np.kron(ZERO, EYE) + np.kron(ONE, PHASE)),
    "x where 00": (XGate().control(2, ctrl_state="00"), np.eye(8)[[1, 0, *range(2, 8)]]),
    "rz(0.3) where 1": (RZGate(0.3).control(1), np.kron(ZERO, EYE) + np.kron(ONE, RZ)),
}
READ = {
    "qrisp": lambda circuit: circuit.get_unitary(),
    "pytket": lambda circuit: circuit.to_pytket().get_unitary(),
    "qiskit": lambda circuit: Operator(circuit.to_qiskit().reverse_bits()).data,
    "cirq": lambda circuit: circuit.to_cirq().unitary(),
}


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    return round(float(abs(np.vdot(one, other))) / len(one), 3)


found = {}
for case, (gate, meant) in CASES.items():
    circuit = QuantumCircuit(gate.num_qubits)
    circuit.append(gate, list(range(gate.num_qubits)))
    found[case] = {name: overlap(meant, np.asarray(read(circuit))) for name, read in READ.items()}
    print(f"{case + ':':<19} " + ", ".join(f"{name} {number:.3f}" for name, number in found[case].items()))
named = []
for gate in (CPhaseGate(0.3), CU1Gate(0.3)):
    given = qiskit.QuantumCircuit(2)
    given.append(gate, [0, 1])
    named.append(overlap(CASES["cp(0.3)"][1], np.asarray(QuantumCircuit.from_qiskit(given).get_unitary())))
print(f"from_qiskit: CPhase(0.3) {named[0]:.3f}, CU1(0.3) {named[1]:.3f}")

fresh = QuantumCircuit(2)
fresh.append(XGate().control(1, ctrl_state="0"), [0, 1])
read = {name: float(abs(np.asarray(READ[name](fresh))[1, 0]) ** 2) for name in ("qrisp", "qiskit", "pytket")}
told = ", ".join(f"{name} {value:.3f}" for name, value in read.items())
print(f"X where the first of two fresh qubits is 0, second qubit read as 1: {told}")
wrong = {"cp(0.3)": 0.997, "x where 0": 0.0, "z where 0": 0.0}
as_stated = all(
    number == (wrong.get(case, 1.0) if name == "pytket" else 1.0) for case, numbers in found.items() for name, number in numbers.items()
)
raise SystemExit(0 if as_stated and named == [1.0, 0.997] and [round(value, 6) for value in read.values()] == [1.0, 1.0, 0.0] else 1)
PY
