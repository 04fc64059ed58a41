#!/usr/bin/env bash
# One line of OpenQASM 2, `cu3(0.3,0.4,0.5) q[0],q[1];`, is one of two gates. qiskit 2.6.2, pytket 2.18.5 and cirq-core 1.7.0 read the
# controlled form of the matrix u3 that begins with cos(theta/2); qibo 0.3.6 and qutip-qip 0.4.2 read the controlled form of the rotation
# Rz(phi) Ry(theta) Rz(lambda) of determinant 1. The two u3 differ by a phase that nobody can measure, but controlled by a qubit it is a
# rotation of that qubit by (phi + lambda)/2. All five agree on u3, cu1, crz and ch. The language is no judge: its paper defines U as the
# rotation, and the library file that goes with it gained the phase in a later edition. In `cu`, which has an argument for that phase,
# qibo does not read it: what is missing is (phi + lambda)/2 + gamma. cirq-core 1.6.1, which mitiq 1.1.0 asks for, is on the other side,
# and takes `cu1` for `crz`, too.
#
# Output seen (beside qiskit; a phase is one of the control qubit, in radians):
#   pytket:    u3 same, cu1 same, crz same, ch same, cu3 same
#   cirq:      u3 same, cu1 same, crz same, ch same, cu3 same
#   qibo:      u3 same, cu1 same, crz same, ch same, cu3 phase -0.45
#   qutip-qip: u3 same, cu1 same, crz same, ch same, cu3 phase -0.45
#   cu(0.3,0.4,0.5,0.6): pytket same, qibo phase -1.05
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "qiskit==2.6.2" "pytket==2.18.5" "cirq-core==1.7.0" "ply==3.11" "qibo==0.3.6" \
    "qutip-qip==0.4.2" "qutip==5.3.1"
"$work/venv/bin/python" -W ignore - <<'PY'
import cirq
import numpy as np
import qibo
from cirq.contrib.qasm_import import circuit_from_qasm
from pytket.qasm import circuit_from_qasm_str
from qiskit import qasm2
from qiskit.quantum_info import Operator
from qutip_qip.qasm import read_qasm

qibo.set_backend("numpy")
GATES = {
    "u3": "u3(0.3,0.4,0.5) q[0];",
    "cu1": "cu1(0.3) q[0],q[1];",
    "crz": "crz(0.3) q[0],q[1];",
    "ch": "ch q[0],q[1];",
    "cu3": "cu3(0.3,0.4,0.5) q[0],q[1];",
}
CU = "cu(0.3,0.4,0.5,0.6) q[0],q[1];"
QUBITS = [cirq.NamedQubit(f"q_{i}") for i in range(2)]
READ = {
    "pytket": lambda text: circuit_from_qasm_str(text).get_unitary(),
    "cirq": lambda text: circuit_from_qasm(text).unitary(QUBITS, QUBITS),
    "qibo": lambda text: qibo.Circuit.from_qasm(text).unitary(),
    "qutip-qip": lambda text: read_qasm(text, strmode=True).compute_unitary().full(),
}


def seen(package: str, line: str) -> str:
    """What one unitary leaves of that of qiskit, up to a phase of all: nothing, or a phase where the first qubit is 1."""
    text = f'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\n{line}\n'
    circuit = qasm2.loads(text, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
    rest = np.asarray(READ[package](text)) @ Operator(circuit.reverse_bits()).data.conj().T
    rest = rest / rest[0, 0]
    phase = float(np.angle(rest[2, 2]))
    if not np.allclose(rest, np.diag([1, 1, np.exp(1j * phase), np.exp(1j * phase)]), atol=1e-6):
        return "another gate"
    return "same" if abs(phase) < 1e-6 else f"phase {phase:.2f}"


found = {package: {gate: seen(package, line) for gate, line in GATES.items()} for package in READ}
for package, told in found.items():
    print(f"{package + ':':<10} " + ", ".join(f"{gate} {what}" for gate, what in told.items()))
cu = [seen(package, CU) for package in ("pytket", "qibo")]
print(f"{CU.split()[0]}: pytket {cu[0]}, qibo {cu[1]}")
same = dict.fromkeys(GATES, "same")
off = {**same, "cu3": "phase -0.45"}
as_stated = found == {"pytket": same, "cirq": same, "qibo": off, "qutip-qip": off} and cu == ["same", "phase -1.05"]
raise SystemExit(0 if as_stated else 1)
PY
