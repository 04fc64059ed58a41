#!/usr/bin/env bash
# pyzx 0.10.8: in an angle of OpenQASM 2 a plain number is radians, until `pi` stands anywhere in the same angle; then it counts in
# half-turns. So rz(pi/2+0.1) is a rotation by 0.6 pi, rz(0.5*pi-0.5) by nothing at all, and rz(pi*pi) by pi. Products and quotients of pi,
# as most programs write them, come out right, so nothing tells. Numbers without pi become fractions of pi with denominators up to 2**20,
# which keeps eleven digits of 0.3 and none of a millionth: rz(0.000001) is no gate.
#
# Output seen (radians):
#   pi/3+pi/5        means 1.675516  is read as 1.675516
#   2*pi*0.3         means 1.884956  is read as 1.884956
#   0.1+0.2          means 0.300000  is read as 0.300000
#   pi/2+0.1         means 1.670796  is read as 1.884956
#   0.5*pi-0.5       means 1.070796  is read as 0.000000
#   2*pi-0.3         means 5.983185  is read as 5.340708
#   pi*pi            means 9.869604  is read as 3.141593
#   0.000001         means 0.000001  is read as 0.000000
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "pyzx==0.10.8"
"$work/venv/bin/python" - <<'PY'
import cmath
import math

import pyzx

# An angle, and the number that it is read as where that is another one.
ANGLES = {
    "pi/3+pi/5": None,
    "2*pi*0.3": None,
    "0.1+0.2": None,
    "pi/2+0.1": 0.6 * math.pi,
    "0.5*pi-0.5": 0.0,
    "2*pi-0.3": 1.7 * math.pi,
    "pi*pi": math.pi,
    "0.000001": 0.0,
}


def read(angle: str) -> float:
    """The angle of the diagonal matrix that the gate has, so it is what the circuit does, from 0 to a turn."""
    program = f'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[1];\nrz({angle}) q[0];\n'
    matrix = pyzx.Circuit.from_qasm(program).to_matrix()
    return cmath.phase(matrix[1, 1] / matrix[0, 0]) % math.tau


as_stated = True
for angle, other in ANGLES.items():
    meant, found = eval(angle, {"pi": math.pi}), read(angle)
    print(f"{angle:<16} means {meant:.6f}  is read as {found:.6f}")
    as_stated &= math.isclose(found, meant if other is None else other, abs_tol=1e-9)
raise SystemExit(0 if as_stated else 1)
PY
