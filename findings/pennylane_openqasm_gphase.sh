#!/usr/bin/env bash
# PennyLane 0.45.1: to_openqasm writes OPENQASM 2.0 in the first line, and below it `gphase`, which that language does not
# have, wherever a gate is decomposed with a global phase. Nobody has to write a GlobalPhase for it: SX, its adjoint, ECR and
# QubitUnitary are enough. Some of the lines name a qubit and some have a blank in its place. Qiskit 2.6.2 and pytket 2.18.5
# refuse the programs. Under a control PennyLane makes gates of the phase first, so that lines that are left are global, and
# can be dropped. Reported upstream for GlobalPhase (issue 9142 of PennyLane), where only the OpenQASM 3 reader was changed.
#
# Output seen:
#   SX: gphase(..) q[0]; qiskit refuses, pytket refuses; right without it: True
#   adjoint(SX): gphase(..) q[0]; qiskit refuses, pytket refuses; right without it: True
#   QubitUnitary: gphase(..) ; qiskit refuses, pytket refuses; right without it: True
#   ECR: gphase(..) q[1]; qiskit refuses, pytket refuses; right without it: True
#   ctrl(SX): none; qiskit reads, pytket reads; right without it: True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "pennylane==0.45.1" "qiskit==2.6.2" "pytket==2.18.5" "numpy<3"
"$work/venv/bin/python" - <<'PY'
import re

import numpy as np
import pennylane as qml
from pytket.qasm import circuit_from_qasm_str
from pytket.qasm.qasm import QASMParseError
from qiskit import QuantumCircuit, qasm2
from qiskit.quantum_info import Operator

gates = {
    "SX": lambda: qml.SX(0),
    "adjoint(SX)": lambda: qml.adjoint(qml.SX(0)),
    "QubitUnitary": lambda: qml.QubitUnitary(np.diag([1, 1j]), 0),
    "ECR": lambda: qml.ECR([0, 1]),
    "ctrl(SX)": lambda: qml.ctrl(qml.SX(0), 1),
}


def program(gate) -> str:
    @qml.qnode(qml.device("default.qubit", wires=2))
    def circuit():
        gate()
        return qml.state()

    return qml.to_openqasm(circuit, wires=[0, 1], rotations=False, measure_all=False)()


def in_qiskit(text: str) -> QuantumCircuit:
    return qasm2.loads(text, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)


def reads(reader, text: str) -> str:
    try:
        reader(text)
    except (qasm2.QASM2ParseError, QASMParseError):
        return "refuses"
    return "reads"


found = []
for name, gate in gates.items():
    text = program(gate)
    phase = re.search(r"gphase\(.*\)(.*;)", text)
    without = Operator(in_qiskit(re.sub(r"gphase.*;", "", text)))
    right = without.equiv(Operator(qml.matrix(gate, wire_order=[1, 0])()))
    seen = f"qiskit {reads(in_qiskit, text)}, pytket {reads(circuit_from_qasm_str, text)}"
    found.append(f"{name}: {f'gphase(..){phase[1]}' if phase else 'none;'} {seen}; right without it: {right}")
print(*found, sep="\n")
expected = [
    "SX: gphase(..) q[0]; qiskit refuses, pytket refuses; right without it: True",
    "adjoint(SX): gphase(..) q[0]; qiskit refuses, pytket refuses; right without it: True",
    "QubitUnitary: gphase(..) ; qiskit refuses, pytket refuses; right without it: True",
    "ECR: gphase(..) q[1]; qiskit refuses, pytket refuses; right without it: True",
    "ctrl(SX): none; qiskit reads, pytket reads; right without it: True",
]
raise SystemExit(0 if found == expected else 1)
PY
