#!/usr/bin/env bash
# amazon-braket-sdk 1.127.5 with amazon-braket-default-simulator 1.41.2: a `gphase` in the body of a gate of OpenQASM 3 is applied to the
# whole circuit, whatever stands before the gate when it is called. Under `ctrl @` it should be a phase of the control qubit, under
# `inv @` change its sign, under `pow(2) @` count twice; it does none of that, neither in the two local simulators nor in
# `Circuit.from_ir`. So the square root of X as a rotation with its phase is right alone and another gate when it is controlled, which
# changes probabilities. Nothing is said. Where the phase belongs to a qubit of the gate, `ctrl @ gphase(pi/2) x;`, all is right.
#
# Output seen (H on both qubits, a controlled square root of X, H on both again; probability of 00, which should be 1):
#   ctrl @ v:                           braket_sv 1.000, braket_dm 1.000, Circuit 1.000, qiskit (sx) 1.000
#   ctrl @ root, rotation and gphase:   braket_sv 0.854, braket_dm 0.854, Circuit 0.854, qiskit 1.000
#   ctrl @ root, rotation alone:        braket_sv 0.854, braket_dm 0.854, Circuit 0.854, qiskit 0.854
#   ctrl @ root, phase of the qubit:    braket_sv 1.000, braket_dm 1.000, Circuit 1.000, qiskit 1.000
#   phases of a gate of gphase(0.3) alone: 0.3, with inv @ 0.3 (should be -0.3), with pow(2) @ 0.3 (should be 0.6)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "amazon-braket-sdk==1.127.5" "amazon-braket-default-simulator==1.41.2" "qiskit==2.6.2" \
    "qiskit-qasm3-import==0.6.0"
"$work/venv/bin/python" -W ignore - <<'PY'
import logging

import numpy as np
from braket.circuits import Circuit
from braket.devices import LocalSimulator
from braket.ir.openqasm import Program
from qiskit import qasm3
from qiskit.quantum_info import Operator

logging.disable(logging.WARNING)
HEAD = "OPENQASM 3.0;\nqubit[2] q;\n"
CASES = {
    "ctrl @ v": "",
    "ctrl @ root, rotation and gphase": "gate root x { rx(pi/2) x; gphase(pi/4); }\n",
    "ctrl @ root, rotation alone": "gate root x { rx(pi/2) x; }\n",
    "ctrl @ root, phase of the qubit": "gate root x { h x; ctrl @ gphase(pi/2) x; h x; }\n",
}
RESULTS = {"braket_sv": "state_vector", "braket_dm": "density_matrix"}


def simulated(device: str, text: str) -> np.ndarray:
    asked = Program(source=f"{text}#pragma braket result {RESULTS[device]}\n")
    return np.asarray(LocalSimulator(device).run(asked, shots=0).result().values[0])


def by_qiskit(text: str) -> float:
    text = text.replace("qubit", 'include "stdgates.inc";\nqubit', 1).replace("@ v ", "@ sx ")
    return float(abs(Operator(qasm3.loads(text)).data[0, 0]) ** 2)


# What is meant, by hand: the root of X leaves |+> as it is, so a control qubit feels nothing of it.
h, root = np.array([[1, 1], [1, -1]]) / 2**0.5, np.array([[1 + 1j, 1 - 1j], [1 - 1j, 1 + 1j]]) / 2
hh = np.kron(h, h)
meant = abs((hh @ np.block([[np.eye(2), np.zeros((2, 2))], [np.zeros((2, 2)), root]]) @ hh)[0, 0]) ** 2
found = {}
for case, gate in CASES.items():
    called = case.split(",")[0]
    text = f"{HEAD}{gate}h q[0];\nh q[1];\n{called} q[0], q[1];\nh q[0];\nh q[1];\n"
    numbers = [
        abs(simulated("braket_sv", text)[0]) ** 2,
        simulated("braket_dm", text)[0, 0].real,
        abs(Circuit.from_ir(text).to_unitary()[0, 0]) ** 2,
        by_qiskit(text),
    ]
    found[case] = [round(float(number), 3) for number in numbers]
    sv, dm, circuit, qiskit = found[case]
    name = "qiskit (sx)" if called.endswith("v") else "qiskit"
    print(f"{case + ':':<35} braket_sv {sv:.3f}, braket_dm {dm:.3f}, Circuit {circuit:.3f}, {name} {qiskit:.3f}")
TURN = "gate turn x { gphase(0.3); }\n"
phases = []
for modifier in ("", "inv @ ", "pow(2) @ "):
    text = f"{HEAD}{TURN}i q[0];\ni q[1];\n{modifier}turn q[0];\n"
    phases.append(round(float(np.angle(simulated("braket_sv", text)[0])), 3))
alone, inverse, twice = phases
print(f"phases of a gate of gphase(0.3) alone: {alone}, with inv @ {inverse} (should be -0.3), with pow(2) @ {twice} (should be 0.6)")
right, off = [1.0] * 4, [0.854] * 4
as_stated = list(found.values()) == [right, [*off[:3], 1.0], off, right]
raise SystemExit(0 if as_stated and round(meant, 3) == 1 and phases == [0.3] * 3 else 1)
PY
