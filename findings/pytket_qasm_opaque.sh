#!/usr/bin/env bash
# pytket 2.18.5: the OpenQASM 2 reader takes `opaque`, the declaration of a gate without a body, as a gate with an empty body.
# The circuit shows a call of it, and passes such as FullPeepholeOptimise leave it alone, as one hopes. But `get_unitary` and
# DecomposeBoxes take it for the identity, and circuit_to_qasm_str writes neither its declaration nor its call, each without a
# word. So a program with a gate of a machine's own loses it in the first round trip. The same text with `gate my(a) x {}`,
# which is the identity, makes an equal circuit.
#
# Output seen:
#   read: ['X q[0];', 'my(0.3/pi) q[0];', 'X q[0];']
#   after FullPeepholeOptimise it is there: True
#   unitary of the identity: True
#   after DecomposeBoxes: ['X q[0];', 'X q[0];']
#   written: ['x q[0];', 'x q[0];']
#   equal to the circuit with an empty gate: True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "pytket==2.18.5" "numpy<3"
"$work/venv/bin/python" - <<'PY'
import numpy as np
from pytket.circuit import OpType
from pytket.passes import DecomposeBoxes, FullPeepholeOptimise
from pytket.qasm import circuit_from_qasm_str, circuit_to_qasm_str

text = """OPENQASM 2.0;
include "qelib1.inc";
opaque my(a) x;
qreg q[1];
x q[0];
my(0.3) q[0];
x q[0];
"""
empty = text.replace("opaque my(a) x;", "gate my(a) x {}")
circuit = circuit_from_qasm_str(text)
optimised, decomposed = circuit.copy(), circuit.copy()
FullPeepholeOptimise().apply(optimised)
DecomposeBoxes().apply(decomposed)
written = circuit_to_qasm_str(circuit).splitlines()
found = [
    f"read: {[str(each) for each in circuit.get_commands()]}",
    f"after FullPeepholeOptimise it is there: {optimised.n_gates_of_type(OpType.CustomGate) == 1}",
    f"unitary of the identity: {bool(np.allclose(circuit.get_unitary(), np.eye(2)))}",
    f"after DecomposeBoxes: {[str(each) for each in decomposed.get_commands()]}",
    f"written: {written[written.index('qreg q[1];') + 1 :]}",
    f"equal to the circuit with an empty gate: {circuit == circuit_from_qasm_str(empty)}",
]
print(*found, sep="\n")
expected = [
    "read: ['X q[0];', 'my(0.3/pi) q[0];', 'X q[0];']",
    "after FullPeepholeOptimise it is there: True",
    "unitary of the identity: True",
    "after DecomposeBoxes: ['X q[0];', 'X q[0];']",
    "written: ['x q[0];', 'x q[0];']",
    "equal to the circuit with an empty gate: True",
]
raise SystemExit(0 if found == expected else 1)
PY
