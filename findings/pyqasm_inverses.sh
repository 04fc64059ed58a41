#!/usr/bin/env bash
# pyqasm 1.3.0: the modifier `inv` of OpenQASM 3 does nothing to a gate of two qubits with an angle, once a program is unrolled: what comes
# out of `inv @ crx(0.3)` is `crx(0.3)`, so a gate and its inverse after it are the gate twice. `pow(-1)` is the gate itself, too, and
# `pow(-2)` its square. The same holds for `cry`, `crz`, `cp` and `cu`. Nothing is said. Gates of one qubit and those that are their own
# inverses are right, so is the order of gates in a definition that is inverted (but not its `crx`), and `ctrl @ inv @ rx(0.3)`. qBraid
# 0.13.0 unrolls OpenQASM 3 by pyqasm on its way to other packages, and hands the same wrong circuit to Cirq.
#
# Output seen (overlap of what is unrolled with the inverse that NumPy takes of the gate, and with the gate):
#   inv @ rx(0.3):                inverse 1.000, gate 0.955
#   inv @ u3(0.3,0.4,0.5):        inverse 1.000, gate 0.585
#   inv @ cx:                     inverse 1.000, gate 1.000
#   inv @ crx(0.3):               inverse 0.978, gate 1.000
#   inv @ cry(0.3):               inverse 0.978, gate 1.000
#   inv @ crz(0.3):               inverse 0.978, gate 1.000
#   inv @ cp(0.3):                inverse 0.967, gate 1.000
#   inv @ cu(0.3,0.4,0.5,0.6):    inverse 0.433, gate 1.000
#   ctrl @ inv @ rx(0.3):         inverse 1.000, gate 0.978
#   crx(pi/2), then inv @ crx(pi/2): |11> is left with probability 0.000 (should be 1); qBraid to Cirq 0.000
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "pyqasm==1.3.0" "qbraid==0.13.0" "qiskit==2.6.2" "qiskit-qasm3-import==0.6.0" "cirq-core==1.7.0" "ply==3.11"
"$work/venv/bin/python" -W ignore - <<'PY'
import numpy as np
import pyqasm
import qbraid
from qiskit import qasm3
from qiskit.quantum_info import Operator

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\n'
ONE, TWO = "q[0];", "q[0], q[1];"


def matrix(text: str) -> np.ndarray:
    """The unitary of a program, the first qubit in front."""
    return np.asarray(Operator(qasm3.loads(text).reverse_bits()).data)


def unrolled(line: str) -> np.ndarray:
    module = pyqasm.loads(HEAD + line)
    module.unroll()
    return matrix(pyqasm.dumps(module))


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    return round(float(abs(np.vdot(one, other))) / len(one), 3)


def rotation(angle: float) -> np.ndarray:
    cos, sin = np.cos(angle / 2), np.sin(angle / 2)
    return np.array([[cos, -1j * sin], [-1j * sin, cos]])


def controlled(gate: np.ndarray) -> np.ndarray:
    return np.block([[np.eye(2), np.zeros((2, 2))], [np.zeros((2, 2)), gate]])


assert overlap(unrolled("crx(0.3) " + TWO), controlled(rotation(0.3))) == 1  # what `crx` means here, written out
right = {"rx(0.3)": ONE, "u3(0.3,0.4,0.5)": ONE, "cx": TWO}
ignored = {gate: TWO for gate in ("crx(0.3)", "cry(0.3)", "crz(0.3)", "cp(0.3)", "cu(0.3,0.4,0.5,0.6)")}
as_stated = True
for gate, qubits in {**right, **ignored}.items():
    plain, inverse = unrolled(f"{gate} {qubits}"), unrolled(f"inv @ {gate} {qubits}")
    found = overlap(inverse, plain.conj().T), overlap(inverse, plain)
    print(f"inv @ {gate + ':':<23} inverse {found[0]:.3f}, gate {found[1]:.3f}")
    as_stated &= found[0] == 1 if gate in right else found[0] < 0.98 and found[1] == 1
    as_stated &= overlap(unrolled(f"pow(-1) @ {gate} {qubits}"), inverse) == 1
inside = unrolled("ctrl @ inv @ rx(0.3) " + TWO)
found = overlap(inside, controlled(rotation(-0.3))), overlap(inside, controlled(rotation(0.3)))
print(f"{'ctrl @ inv @ rx(0.3):':<29} inverse {found[0]:.3f}, gate {found[1]:.3f}")
as_stated &= found[0] == 1

TWICE = f"x q[0];\nx q[1];\ncrx(pi/2) {TWO}\ninv @ crx(pi/2) {TWO}\n"
assert abs(matrix(HEAD + TWICE)[3, 0]) ** 2 > 1 - 1e-9  # Qiskit reads it as it is meant
left = abs(unrolled(TWICE)[3, 0]) ** 2
through = abs(qbraid.transpile(HEAD + TWICE, "cirq").unitary()[3, 0]) ** 2
print(f"crx(pi/2), then inv @ crx(pi/2): |11> is left with probability {left:.3f} (should be 1); qBraid to Cirq {through:.3f}")
as_stated &= abs(left) < 1e-6 and abs(through - left) < 1e-6
raise SystemExit(0 if as_stated else 1)
PY
