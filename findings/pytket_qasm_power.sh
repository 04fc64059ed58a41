#!/usr/bin/env bash
# pytket 2.18.5: in an angle of OpenQASM 2 the reader takes `**` for a power, and lets it bind weaker than sums, products and
# quotients: 1+2**2 is (1+2)**2. A chain of powers goes from the left. `^`, the spelling of the OpenQASM 2 specification, is
# refused; Qiskit 2.6.2 takes only that one, and lets it bind strongest, from the right. This reaches people who never write
# a power into a text: circuit_to_qasm_str writes symbolic angles as SymPy prints them, so that a circuit that it wrote comes
# back as another one, although the documentation promises that what is exported can be imported, symbols included.
# Brackets around each power mend the text.
#
# Output seen:
#   1+2**2: pytket 9.0; 1+2^2: pytket refuses, Qiskit 5.0
#   8/4**2: pytket 4.0; 8/4^2: pytket refuses, Qiskit 0.5
#   2**1**2: pytket 4.0; 2^1^2: pytket refuses, Qiskit 2.0
#   1+(2**2): pytket 5.0; 1+(2^2): pytket refuses, Qiskit 5.0
#   rx((a + b**2)*pi) q[0]; is read as (a + b)**2
#   rx((a*b**2)*pi) q[0]; is read as a**2*b**2
#   rx((a**2 + b**2)*pi) q[0]; is read as a**(2*b + 4)
#   rx((-a**2)*pi) q[0]; is read as a**2
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "pytket==2.18.5" "qiskit==2.6.2"
"$work/venv/bin/python" - <<'PY'
import math

from lark.exceptions import UnexpectedToken
from pytket.circuit import Circuit
from pytket.qasm import circuit_from_qasm_str, circuit_to_qasm_str
from qiskit import qasm2
from sympy import symbols


def program(angle: str) -> str:
    return f'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; rx({angle}) q[0];'


def in_pytket(angle: str) -> str:
    try:
        (command,) = circuit_from_qasm_str(program(angle)).get_commands()
    except UnexpectedToken:
        return "refuses"
    return str(round(float(command.op.params[0]) * math.pi, 9))


def in_qiskit(angle: str) -> str:
    return str(qasm2.loads(program(angle)).data[0].operation.params[0])


found = []
for angle in ("1+2**2", "8/4**2", "2**1**2", "1+(2**2)"):
    hat = angle.replace("**", "^")
    found.append(f"{angle}: pytket {in_pytket(angle)}; {hat}: pytket {in_pytket(hat)}, Qiskit {in_qiskit(hat)}")
a, b = symbols("a b")
for angle in (a + b**2, a * b**2, a**2 + b**2, -(a**2)):
    text = circuit_to_qasm_str(Circuit(1).Rx(angle, 0))
    (command,) = circuit_from_qasm_str(text).get_commands()
    found.append(f"{text.splitlines()[-1]} is read as {command.op.params[0]}")
print(*found, sep="\n")
expected = [
    "1+2**2: pytket 9.0; 1+2^2: pytket refuses, Qiskit 5.0",
    "8/4**2: pytket 4.0; 8/4^2: pytket refuses, Qiskit 0.5",
    "2**1**2: pytket 4.0; 2^1^2: pytket refuses, Qiskit 2.0",
    "1+(2**2): pytket 5.0; 1+(2^2): pytket refuses, Qiskit 5.0",
    "rx((a + b**2)*pi) q[0]; is read as (a + b)**2",
    "rx((a*b**2)*pi) q[0]; is read as a**2*b**2",
    "rx((a**2 + b**2)*pi) q[0]; is read as a**(2*b + 4)",
    "rx((-a**2)*pi) q[0]; is read as a**2",
]
raise SystemExit(0 if found == expected else 1)
PY
