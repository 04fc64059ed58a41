#!/usr/bin/env bash
# ASE 3.29.0: `NoseHooverChainNVT` with `FixAtoms`, as one moves a slab on fixed layers, keeps another temperature than it is asked for, less
# than a third of it here. It integrates momenta of its own, which the constraint never sees, by forces that ASE leaves unconstrained in
# dynamics: fixed atoms collect momentum there that no atom has, the thermostat counts it, and cools those that move. Nothing is raised,
# no warning comes, and the documentation of the class does not speak of constraints. Without fixed atoms it is right, and with them the
# thermostat of Bussi and Langevin dynamics are.
#
# Output seen (32 argon atoms, 30 K asked; mean of 2 K / (3 n k) over the n atoms that move, from their momenta):
#   none fixed:  NoseHooverChainNVT 29.8, Bussi 29.6, Langevin 30.1
#   8 fixed:     NoseHooverChainNVT 8.8, Bussi 29.6, Langevin 30.2
#   16 fixed:    NoseHooverChainNVT 7.3, Bussi 29.5, Langevin 29.6
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "ase==3.29.0" "numpy<2.5"
"$work/venv/bin/python" -W ignore - <<'PY'
import numpy as np
from ase import Atoms, units
from ase.build import bulk
from ase.calculators.lj import LennardJones
from ase.constraints import FixAtoms
from ase.md.bussi import Bussi
from ase.md.langevin import Langevin
from ase.md.nose_hoover_chain import NoseHooverChainNVT
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution

ASKED = 30.0
STEP, TIME = 5 * units.fs, 100 * units.fs
SAMPLERS = {
    "NoseHooverChainNVT": lambda atoms: NoseHooverChainNVT(atoms, STEP, temperature_K=ASKED, tdamp=TIME),
    "Bussi": lambda atoms: Bussi(atoms, STEP, temperature_K=ASKED, taut=TIME, rng=np.random.default_rng(1)),
    "Langevin": lambda atoms: Langevin(
        atoms, STEP, temperature_K=ASKED, friction=1 / TIME, fixcm=False, rng=np.random.default_rng(1)
    ),
}


def argon(fixed: int) -> Atoms:
    atoms = bulk("Ar", "fcc", a=5.3, cubic=True) * (2, 2, 2)
    atoms.calc = LennardJones(sigma=3.4, epsilon=0.0104, rc=5.2)
    if fixed:
        atoms.set_constraint(FixAtoms(range(fixed)))
    atoms.rattle(0.1, seed=1)
    MaxwellBoltzmannDistribution(atoms, temperature_K=ASKED, rng=np.random.default_rng(0))
    return atoms


def mean_temperature(sampler: str, fixed: int) -> float:
    atoms = argon(fixed)
    seen = []

    def look() -> None:
        momenta = atoms.get_momenta()[fixed:]
        kinetic = (momenta**2 / (2 * atoms.get_masses()[fixed:, None])).sum()
        seen.append(2 * kinetic / (3 * len(momenta) * units.kB))

    dynamics = SAMPLERS[sampler](atoms)
    dynamics.attach(look, interval=5)
    dynamics.run(2000)
    return float(np.mean(seen[60:]))


as_stated = True
for fixed in (0, 8, 16):
    found = {sampler: mean_temperature(sampler, fixed) for sampler in SAMPLERS}
    about = f"{fixed or 'none'} fixed:"
    print(f"{about:<12} " + ", ".join(f"{sampler} {kelvin:.1f}" for sampler, kelvin in found.items()))
    cold = found.pop("NoseHooverChainNVT")
    as_stated &= all(abs(kelvin / ASKED - 1) < 0.15 for kelvin in found.values())
    as_stated &= cold < 0.6 * ASKED if fixed else abs(cold / ASKED - 1) < 0.15
raise SystemExit(0 if as_stated else 1)
PY
