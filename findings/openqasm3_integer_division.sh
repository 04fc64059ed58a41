#!/usr/bin/env bash
# OpenQASM 2 divides as pocket calculators do, OpenQASM 3 divides whole numbers as C does: `rx(1/2*pi)` is a quarter turn in the one and
# no gate at all in the other. qBraid 0.13.0, with pyqasm 1.3.0, makes OpenQASM 3 of OpenQASM 2 by its header and declarations and takes
# the angles over as they stand, so what `transpile(text, "qasm3")` returns is another circuit for Qiskit (qiskit-qasm3-import 0.6.0),
# Braket 1.127.5 and Q# 1.31.0. Nobody warns. qBraid does not see it itself, because pyqasm divides real numbers in OpenQASM 3, too, so
# ways to Cirq, even over OpenQASM 3, are right. Nor do the others agree on what is negative: Qiskit and Braket take -7/4 for -2, Q# for -1.
#
# Output seen (the angle about x, in units of pi and modulo 2):
#   rx(1/2*pi) of OpenQASM 2: qiskit 0.5, pytket 0.5
#   rx(1/2*pi) after qBraid, "qasm3": qiskit 0.0, braket 0.0, qsharp 0.0, pyqasm 0.5
#   rx(-7/4*pi) after qBraid, "qasm3": qiskit 0.0, braket 0.0, qsharp 1.0, pyqasm 0.25
#   rx(pi*3/2) after qBraid, "qasm3": qiskit 1.5, braket 1.5, qsharp 1.5, pyqasm 1.5
#   rx(0.5*pi) after qBraid, "qasm3": qiskit 0.5, braket 0.5, qsharp 0.5, pyqasm 0.5
#   rx(1/2*pi) after qBraid, "cirq": 0.5; "qasm3" and then "cirq": 0.5
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "qbraid==0.13.0" "pyqasm==1.3.0" "qiskit==2.6.2" "qiskit-qasm3-import==0.6.0" "pytket==2.18.5" \
    "amazon-braket-sdk==1.127.5" "qsharp==1.31.0" "cirq-core==1.7.0" "ply==3.11"
"$work/venv/bin/python" -W ignore - <<'PY'
from collections.abc import Sequence
from math import atan2, pi

import pyqasm
import qbraid
import qsharp
from braket.circuits import Circuit
from pytket.qasm import circuit_from_qasm_str
from qiskit import qasm2, qasm3
from qiskit.quantum_info import Operator
from qsharp.openqasm import ProgramType, import_openqasm

REAL = {"1/2*pi": 0.5, "-7/4*pi": 0.25, "pi*3/2": 1.5, "0.5*pi": 0.5}
FLOORED = {**REAL, "1/2*pi": 0.0, "-7/4*pi": 0.0}
CUT = {**REAL, "1/2*pi": 0.0, "-7/4*pi": 1.0}
EXPECTED = {"qiskit": FLOORED, "braket": FLOORED, "qsharp": CUT, "pyqasm": REAL}


def old(angle: str) -> str:
    return f'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[1];\nrx({angle}) q[0];\n'


def angle_of(column: Sequence[complex]) -> float:
    """The angle of a rotation about x, from what it makes of |0>, up to a phase: cos and -i sin of its half."""
    cos, sin = complex(column[0]), 1j * complex(column[1])
    phase = (cos if abs(cos) > abs(sin) else sin) / max(abs(cos), abs(sin))
    return round(2 * atan2((sin / phase).real, (cos / phase).real) / pi % 2, 6) % 2


def by_qiskit(text: str) -> float:
    return angle_of(Operator(qasm3.loads(text)).data[:, 0])


def by_braket(text: str) -> float:
    # Braket knows its gates without a library.
    return angle_of(Circuit.from_ir(text.replace('include "stdgates.inc";\n', "")).to_unitary()[:, 0])


def by_qsharp(text: str) -> float:
    qsharp.init()
    import_openqasm(text, program_type=ProgramType.Fragments)
    return angle_of(qsharp.dump_machine().as_dense_state())


def by_pyqasm(text: str) -> float:
    module = pyqasm.loads(text)
    module.unroll()
    return by_qiskit(pyqasm.dumps(module))


READ = {"qiskit": by_qiskit, "braket": by_braket, "qsharp": by_qsharp, "pyqasm": by_pyqasm}
first = [
    angle_of(Operator(qasm2.loads(old("1/2*pi"))).data[:, 0]),
    angle_of(circuit_from_qasm_str(old("1/2*pi")).get_unitary()[:, 0]),
]
print(f"rx(1/2*pi) of OpenQASM 2: qiskit {first[0]}, pytket {first[1]}")
found = {package: {} for package in READ}
for angle in REAL:
    new = qbraid.transpile(old(angle), "qasm3")
    for package, read in READ.items():
        found[package][angle] = read(new)
    told = ", ".join(f"{package} {angles[angle]}" for package, angles in found.items())
    print(f'rx({angle}) after qBraid, "qasm3": {told}')
direct = qbraid.transpile(old("1/2*pi"), "cirq")
around = qbraid.transpile(qbraid.transpile(old("1/2*pi"), "qasm3"), "cirq")
last = [angle_of(circuit.unitary()[:, 0]) for circuit in (direct, around)]
print(f'rx(1/2*pi) after qBraid, "cirq": {last[0]}; "qasm3" and then "cirq": {last[1]}')
raise SystemExit(0 if found == EXPECTED and first == last == [0.5, 0.5] else 1)
PY
