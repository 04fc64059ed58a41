#!/usr/bin/env bash
# pytket 2.18.5: NormaliseTK2 is to bring the angles of TK2(a, b, c) into the Weyl chamber, a >= b >= |c|, so c may be
# negative. It does, up to whole periods: parameters are stored modulo 4, so a third angle of -0.1 half-turns comes back as
# 3.9. A program that reads op.params and tests a >= b >= |c|, or ranks gates by the size of c, is wrong by a whole period.
#
# Output seen:
#   params [0.4, 0.3, 3.9]
#   chamber as read: False; with angles above 2 taken minus 4: True
#   same unitary: True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "pytket==2.18.5" "numpy<3"
"$work/venv/bin/python" - <<'PY'
import numpy as np
from pytket.circuit import Circuit, OpType
from pytket.passes import NormaliseTK2

circuit = Circuit(2).add_gate(OpType.TK2, [0.4, 0.3, -0.1], [0, 1])
before = circuit.get_unitary()
NormaliseTK2().apply(circuit)
(gate,) = [command.op for command in circuit.get_commands() if command.op.type == OpType.TK2]
a, b, c = (round(float(angle), 9) for angle in gate.params)
nearest = c - 4 if c > 2 else c
print(f"params {[a, b, c]}")
as_read, taken_back = a >= b >= abs(c), a >= b >= abs(nearest)
print(f"chamber as read: {as_read}; with angles above 2 taken minus 4: {taken_back}")
same = bool(np.allclose(circuit.get_unitary(), before))
print(f"same unitary: {same}")
raise SystemExit(0 if ([a, b, c], as_read, taken_back, same) == ([0.4, 0.3, 3.9], False, True, True) else 1)
PY
