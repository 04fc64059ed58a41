#!/usr/bin/env bash
# pytket 2.18.5: EulerAngleReduction(Rz, Rx) is to write rotations in a row as at most three, and to keep the unitary. With
# a symbol in one of them, after a CX on their qubit, it takes the first of the three new rotations through the CX, finds
# that the others are no shorter than what was there, and leaves the old ones; the new one before the CX stays. The
# circuit is another one, and apply() returns False: nothing changed. With numbers alone it is right, and so is
# SquashTK1. The same is seen where the new angle has symbols itself, as atan2.
#
# Output seen:
#   changed: False
#   before: CX q[0], q[1]; Rz(a) q[1]; Rx(1) q[1]; Rz(0.5) q[1];
#   after:  Rx(3) q[1]; CX q[0], q[1]; Rz(a) q[1]; Rx(1) q[1]; Rz(0.5) q[1];
#   overlap of unitaries at a = 0.3: 0.000; with 0.3 for a before the pass: 1.000
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "pytket==2.18.5" "numpy<3"
"$work/venv/bin/python" - <<'PY'
import numpy as np
from pytket.circuit import Circuit, OpType
from pytket.passes import EulerAngleReduction
from sympy import Symbol


def text(circuit):
    return " ".join(str(command) for command in circuit.get_commands())


def overlap(one, other):
    return abs(np.trace(one.get_unitary().conj().T @ other.get_unitary())) / 4


def circuit_of(a):
    return Circuit(2).CX(0, 1).Rz(a, 1).Rx(1, 1).Rz(0.5, 1)


a = Symbol("a")
before, number = circuit_of(a), circuit_of(0.3)
after = before.copy()
changed = EulerAngleReduction(OpType.Rz, OpType.Rx).apply(after)
print(f"changed: {changed}\nbefore: {text(before)}\nafter:  {text(after)}")
after.symbol_substitution({a: 0.3})
first = EulerAngleReduction(OpType.Rz, OpType.Rx)
copy = number.copy()
first.apply(copy)
symbolic, numeric = overlap(number, after), overlap(number, copy)
print(f"overlap of unitaries at a = 0.3: {symbolic:.3f}; with 0.3 for a before the pass: {numeric:.3f}")
raise SystemExit(0 if (changed, round(symbolic, 3), round(numeric, 3)) == (False, 0.0, 1.0) else 1)
PY
