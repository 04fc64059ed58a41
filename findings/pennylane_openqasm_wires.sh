#!/usr/bin/env bash
# PennyLane 0.45.1: to_openqasm of a QNode numbers qubits in the order of first use, also where its device has wires 0 to 3.
# So q[0] need not be wire 0, unused wires have no qubit, and a gate put in front renumbers the whole program, whereas draw
# and matrix of the same QNode keep the order of the device. An observable written for the wires, or two programs compared,
# is then about other qubits. The documentation (0.45.1) says that by default all wires of the circuit are used, and nothing
# of their order; `wires=dev.wires` mends it. Reported upstream, and open: issues 1500 and 9768 of PennyLane.
#
# Output seen:
#   matrix: (16, 16)
#   by default: qreg q[3]; ry(0.1) q[0]; rx(0.2) q[1]; cx q[0],q[2];
#   an identity in front: qreg q[3]; id q[0]; ry(0.1) q[1]; rx(0.2) q[0]; cx q[1],q[2];
#   with the wires of the device: qreg q[4]; ry(0.1) q[2]; rx(0.2) q[0]; cx q[2],q[1];
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "pennylane==0.45.1" "numpy<3"
"$work/venv/bin/python" - <<'PY'
import pennylane as qml

device = qml.device("default.qubit", wires=4)


@qml.qnode(device)
def circuit(front: bool):
    if front:
        qml.Identity(0)
    qml.RY(0.1, 2)
    qml.RX(0.2, 0)
    qml.CNOT([2, 1])
    return qml.expval(qml.Z(0))


def written(front: bool, **choices) -> str:
    text = qml.to_openqasm(circuit, rotations=False, measure_all=False, **choices)(front)
    return " ".join(line for line in text.splitlines()[2:] if not line.startswith(("creg", "measure")))


found = [
    f"matrix: {qml.matrix(circuit)(False).shape}",
    f"by default: {written(False)}",
    f"an identity in front: {written(True)}",
    f"with the wires of the device: {written(False, wires=device.wires)}",
]
print(*found, sep="\n")
expected = [
    "matrix: (16, 16)",
    "by default: qreg q[3]; ry(0.1) q[0]; rx(0.2) q[1]; cx q[0],q[2];",
    "an identity in front: qreg q[3]; id q[0]; ry(0.1) q[1]; rx(0.2) q[0]; cx q[1],q[2];",
    "with the wires of the device: qreg q[4]; ry(0.1) q[2]; rx(0.2) q[0]; cx q[2],q[1];",
]
raise SystemExit(0 if found == expected else 1)
PY
