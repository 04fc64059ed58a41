#!/usr/bin/env bash
# chgnet 0.4.2, model 0.3.0: the energy has a kink wherever three atoms stand in a line, as they do in most crystals. Angles
# are arccosines of 0.999999 times the cosine, and enter through sines and cosines of learned multiples of them, which meet a
# straight line with a slope. So the force on an atom of copper does not grow in proportion to its displacement, and the force
# constant that finite displacements give depends on their size: 1.5 eV/A^2 from 0.0003 A, where the factor 0.999999 rounds
# the kink off, 3.1 from 0.01 A, which is what phonopy takes by default, 4.1 from 0.03 A.
#
# Output seen:
#   displacement 0.0003 A  force constant 1.5 eV/A^2
#   displacement 0.0010 A  force constant 1.7 eV/A^2
#   displacement 0.0030 A  force constant 2.4 eV/A^2
#   displacement 0.0100 A  force constant 3.1 eV/A^2
#   displacement 0.0300 A  force constant 4.1 eV/A^2
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "chgnet==0.4.2" "torch==2.13.0" "ase==3.29.0"
OMP_NUM_THREADS=1 "$work/venv/bin/python" -W ignore - <<'PY'
from ase.build import bulk
from chgnet.model.dynamics import CHGNetCalculator

calculator = CHGNetCalculator(use_device="cpu", verbose=False)
found = []
for displacement in (0.0003, 0.001, 0.003, 0.01, 0.03):
    forces = []
    for sign in (1, -1):
        copper = bulk("Cu", cubic=True).repeat(2)
        copper.positions[0, 0] += sign * displacement
        copper.calc = calculator
        forces.append(float(copper.get_forces()[0, 0]))
    found.append((forces[1] - forces[0]) / (2 * displacement))
    print(f"displacement {displacement:.4f} A  force constant {found[-1]:.1f} eV/A^2")
raise SystemExit(0 if 1.3 < found[0] < 1.7 and 2.9 < found[3] < 3.3 and 3.9 < found[4] < 4.3 else 1)
PY
