#!/usr/bin/env bash
# dftd4 4.3.1: the D4 dispersion energy of two different neutral molecules is not the sum of theirs, however far apart
# they are. The charges that D4 makes its coefficients from equalize electronegativities over all atoms, at no cost for
# the distance, so methane and hydrogen fluoride 10 micrometres apart carry +0.11 and -0.11 elementary charges, and their
# dispersion energy is off by 6 % of itself: 1.5 meV. Equal molecules do not exchange charge, and add up. So labels with
# D4 in them have a part that no model of neighbours within a cutoff can learn from clusters of different molecules, and
# an audit of extensivity or locality finds it.
#
# Output seen:
#   CH4 CH4  100000 Angstrom  charge of the first +0.0000  energy beyond the sum  0.0 meV of -47.5
#   CH4 HF   100000 Angstrom  charge of the first +0.1122  energy beyond the sum  1.5 meV of -25.7
#   C2H4 SO2 100000 Angstrom  charge of the first +0.2027  energy beyond the sum  2.1 meV of -95.3
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "dftd4==4.3.1" "ase==3.29.0" "numpy<2.5"
OMP_NUM_THREADS=1 "$work/venv/bin/python" - <<'PY'
from ase.build import molecule
from ase.units import Bohr, Hartree
from dftd4.interface import DampingParam, DispersionModel

DISTANCE = 1e5


def model(atoms):
    return DispersionModel(atoms.numbers, atoms.positions / Bohr)


def energy(atoms):
    """meV."""
    return 1e3 * Hartree * model(atoms).get_dispersion(DampingParam(method="pbe"), grad=False)["energy"]


found = []
for first, second in (("CH4", "CH4"), ("CH4", "HF"), ("C2H4", "SO2")):
    one, other = molecule(first), molecule(second)
    apart = energy(one) + energy(other)
    other.translate([DISTANCE, 0, 0])
    both = one + other
    charge = float(model(both).get_properties()["partial charges"][: len(one)].sum())
    beyond = energy(both) - apart
    found.append((round(charge, 2) + 0.0, round(beyond, 1) + 0.0))
    print(
        f"{first + ' ' + second:<8} {DISTANCE:.0f} Angstrom  charge of the first {charge:+.4f}"
        f"  energy beyond the sum {beyond:.1f} meV of {apart:.1f}"
    )
raise SystemExit(0 if found == [(0.0, 0.0), (0.11, 1.5), (0.2, 2.1)] else 1)
PY
