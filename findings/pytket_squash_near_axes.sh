#!/usr/bin/env bash
# pytket 2.18.5: passes that squash one-qubit gates (AutoSquash, SquashTK1, SquashRzPhasedX, EulerAngleReduction) are to keep
# the unitary. Where the product of numeric gates is a rotation about Z, or the X of it, but for 1e-8 to 1e-10 half-turns,
# some come back as another rotation: SquashTK1 by up to 0.8 of an operator norm of at most 2. Nothing is said. At 1e-3 or
# 1e-13 half-turns the same passes are right to 1e-11.
#
# Output seen:
#   1e-03 half-turns from an axis: off by less than 1e-8: True
#   1e-10 half-turns from an axis: off by more than 1e-2: True
#   1e-13 half-turns from an axis: off by less than 1e-8: True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "pytket==2.18.5" "numpy<3"
"$work/venv/bin/python" - <<'PY'
import numpy as np
from pytket.circuit import Circuit
from pytket.passes import SquashTK1


def off(size, random):
    before = Circuit(1)
    for base in (random.choice([0, 1, 2]), random.choice([0, 1])):
        before.TK1(random.uniform(0, 4), base + size * random.uniform(-1, 1), random.uniform(0, 4), 0)
    after = before.copy()
    SquashTK1().apply(after)
    one, other = before.get_unitary(), after.get_unitary()
    overlap = np.vdot(one, other)
    return np.linalg.norm(other - one * overlap / abs(overlap), 2)


def worst(size):
    random = np.random.default_rng(0)
    return max(off(size, random) for _ in range(500))


far, near, nearer = (worst(size) for size in (1e-3, 1e-10, 1e-13))
print(f"1e-03 half-turns from an axis: off by less than 1e-8: {far < 1e-8}")
print(f"1e-10 half-turns from an axis: off by more than 1e-2: {near > 1e-2}")
print(f"1e-13 half-turns from an axis: off by less than 1e-8: {nearer < 1e-8}")
raise SystemExit(0 if far < 1e-8 and near > 1e-2 and nearer < 1e-8 else 1)
PY
