#!/usr/bin/env bash
# dftd3 1.7.0 (s-dftd3) as a calculator of ASE 3.29.0: whether energies have a three-body term depends on how the same damping is asked for.
# By the name of a functional there is none; by the parameters of that functional, as numbers, there is one. The documentation lists the
# scaling of the three-body term, `s9`, with the default 1.0, and says that it can be set beside a name; that raises an error, so by
# name the calculator cannot have the term at all. Nothing is said of what is missing. For two benzene molecules it is 7.7 meV.
#
# Output seen (PBE, rational damping, in meV):
#   two benzene molecules: by name -799.732, by numbers -792.012, by numbers with s9 of 0 -799.732
#   the same from the interface below it: atm=False -799.732, atm=True -792.012
#   what three argon atoms have beyond their pairs: by name 0.00000, by numbers 0.00624, formula of Axilrod and Teller 0.00628
#   a name with s9 of 1: TypeError
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "dftd3==1.7.0" "ase==3.29.0" "numpy<2.5"
"$work/venv/bin/python" - <<'PY'
from ase import Atoms
from ase.build import molecule
from ase.units import Bohr, Hartree
from dftd3.ase import DFTD3
from dftd3.interface import DispersionModel, RationalDampingParam

PBE = {"s6": 1.0, "s8": 0.7875, "a1": 0.4289, "a2": 4.4407}


def by_name() -> DFTD3:
    return DFTD3(method="PBE", damping="d3bj")


def by_numbers(**more: float) -> DFTD3:
    return DFTD3(damping="d3bj", params_tweaks={**PBE, **more})


def energy(atoms: Atoms, calculator: DFTD3) -> float:
    """In meV."""
    atoms = atoms.copy()
    atoms.calc = calculator
    return 1000 * atoms.get_potential_energy()


pair = molecule("C6H6")
other = pair.copy()
other.positions[:, 2] += 3.5
pair += other
name, numbers, without = energy(pair, by_name()), energy(pair, by_numbers()), energy(pair, by_numbers(s9=0.0))
print(f"two benzene molecules: by name {name:.3f}, by numbers {numbers:.3f}, by numbers with s9 of 0 {without:.3f}")
model = DispersionModel(pair.numbers, pair.positions / Bohr)
below = [
    1000 * Hartree * float(model.get_dispersion(RationalDampingParam(method="PBE", atm=atm), grad=False)["energy"]) for atm in (False, True)
]
print(f"the same from the interface below it: atm=False {below[0]:.3f}, atm=True {below[1]:.3f}")

SIDE = 6.0
triangle = Atoms("Ar3", positions=[[0, 0, 0], [SIDE, 0, 0], [SIDE / 2, SIDE * 3**0.5 / 2, 0]])
beyond = [energy(triangle, asked()) - 3 * energy(triangle[:2], asked()) for asked in (by_name, by_numbers)]
# C6 of two argon atoms, from energies far out, where what is left of -E r^6 goes as 1/r^2; then C9 is C6^(3/2), and all angles are 60 degrees.
far = [(r / Bohr, -energy(Atoms("Ar2", positions=[[0, 0, 0], [r, 0, 0]]), by_name()) * (r / Bohr) ** 6) for r in (18.0, 24.0)]
(near_r, near), (far_r, further) = far
c6 = (further * far_r**2 - near * near_r**2) / (far_r**2 - near_r**2) / (1000 * Hartree)
formula = 1000 * Hartree * c6**1.5 * (1 + 3 / 8) / (SIDE / Bohr) ** 9
told = f"by name {abs(beyond[0]):.5f}, by numbers {beyond[1]:.5f}, formula of Axilrod and Teller {formula:.5f}"
print(f"what three argon atoms have beyond their pairs: {told}")
try:
    energy(pair, DFTD3(method="PBE", damping="d3bj", params_tweaks={"s9": 1.0}))
    raised = "no error"
except TypeError as caught:
    raised = type(caught).__name__
print(f"a name with s9 of 1: {raised}")
same = abs(name - without) < 1e-6 and abs(name - below[0]) < 1e-6 and abs(numbers - below[1]) < 1e-6
as_stated = same and 7 < numbers - name < 8 and abs(beyond[0]) < 1e-9 and abs(beyond[1] / formula - 1) < 0.02
raise SystemExit(0 if as_stated and raised == "TypeError" else 1)
PY
