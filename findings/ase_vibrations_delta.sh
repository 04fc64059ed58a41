#!/usr/bin/env bash
# ASE 3.29.0: `Vibrations` keeps the forces that it has computed in a folder, `vib` unless named, and takes them from there the next time,
# without asking for which displacement and which atoms they were. A second run with another `delta` divides the old differences by the
# new displacement, so its frequency belongs to neither: it is the old one times the root of the ratio. One with atoms that were moved,
# or with another calculator, gives the old frequency again. A test whether frequencies depend on `delta`, as one should make, always
# finds a strong dependence, and one on the model finds none. Nothing is said; with a name of its own, or after `clean()`, each is right.
#
# Output seen (N2 with EMT, in 1/cm):
#   delta 0.01: 928.1
#   delta 0.3 after it: 169.5, in a folder of its own: 1027.6
#   atoms pulled apart by 0.2 after it: 928.1, in a folder of its own: 517.9
#   Lennard-Jones after it: 928.1, in a folder of its own: 1390.8
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "ase==3.29.0" "numpy<2.5"
cd "$work"
"$work/venv/bin/python" - <<'PY'
from ase import Atoms
from ase.build import molecule
from ase.calculators.emt import EMT
from ase.calculators.lj import LennardJones
from ase.vibrations import Vibrations


def stretch(atoms: Atoms, delta: float, folder: str = "vib") -> float:
    vibrations = Vibrations(atoms, delta=delta, name=folder)
    vibrations.run()
    return float(abs(vibrations.get_frequencies()[-1]))


atoms = molecule("N2", calculator=EMT())
first = stretch(atoms, 0.01)
print(f"delta 0.01: {first:.1f}")
wide = stretch(atoms, 0.3), stretch(atoms, 0.3, "wide")
print(f"delta 0.3 after it: {wide[0]:.1f}, in a folder of its own: {wide[1]:.1f}")
atoms.positions[0, 2] += 0.2
moved = stretch(atoms, 0.01), stretch(atoms, 0.01, "moved")
print(f"atoms pulled apart by 0.2 after it: {moved[0]:.1f}, in a folder of its own: {moved[1]:.1f}")
other = molecule("N2", calculator=LennardJones())
model = stretch(other, 0.01), stretch(other, 0.01, "model")
print(f"Lennard-Jones after it: {model[0]:.1f}, in a folder of its own: {model[1]:.1f}")
neither = abs(wide[0] / first - (0.01 / 0.3) ** 0.5) < 1e-6 and abs(wide[1] - first) > 50
old = all(abs(after - first) < 1e-6 and abs(fresh - first) > 50 for after, fresh in (moved, model))
raise SystemExit(0 if neither and old else 1)
PY
