"""A folder with what bad commands and bad calls name: six frames of water, programs, and files that are none."""

from pathlib import Path

import pytest

from qffc.data import load_embedded, write_npz

PROGRAM = """\
import qffc as qf


@qf.ansatz
def bond(a, depth=1):
    left, right = (a.qubit(atom) for atom in a.atoms("H", "H"))
    a.singlet(left, right)
    return a.energy(a.dot(left, right))
"""

FILES = {
    "bond.py": PROGRAM,
    "done.py": f"{PROGRAM}\n\nprogram = bond.program\n",
    "bond.qffc": "qffc 1\n\nprogram bond\nscope molecule\nspecies H\nsite H1: H free\nsite H2: H free\nqubit q0: H1\n"
    "qubit q1: H2\nsinglet q0, q1\nobservable m0 = dot(q0, q1)\nenergy moment(m0)\n",
    "stops.py": "import qffc as qf\n\nbond = qf.ansatz(1 / 0)\n",
    "notes.txt": "nothing that a program reads\n",
    "nothing.json": "{}\n",
    "broken.safetensors": "cut off",
    "broken.db": "no database",
    "empty.xyz": "",
    "shapes.json": '{"J": [0.1, 0.2]}\n',
    "both.xyz": "1\nenergy=-13.6 e_unit=eV r_unit=Angstrom\nH 0 0 0\n"
    "2\nenergy=-31.7 e_unit=eV r_unit=Angstrom\nH 0 0 0\nH 0 0 0.74\n"
    "2\nenergy=-2050 e_unit=eV r_unit=Angstrom\nO 0 0 0\nH 0 0 0.97\n",
    "bohr.xyz": "2\nr_unit=Bohr e_unit=Hartree\nH 0 0 0\nH 0 0 1.4\n",
    "water.xyz": "3\n\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n",
    "alone.xyz": "3\nenergy=-2075.4 e_unit=eV r_unit=Angstrom\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n",
    "atom.xyz": "1\n\nN 0 0 0\n",
    "bell.qasm": 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\nh q[0];\ncx q[0],q[1];\n',
    "lab.toml": 'title = "our device"\nqubits = 4\ngates = ["CZ"]\n',
    "run.toml": 'program = "lib:sivqlm-h2o"\ndata = "water"\n',
    "bare.toml": 'data = "water"\n',
    "typo.toml": 'program = "lib:sivqlm-h2o"\ndata = "water"\nepoch = 3\n',
}
"""What bad commands and bad calls name, and what it holds."""


def in_a_place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go to a folder that holds water.npz, and what is said in FILES, for one test."""
    monkeypatch.chdir(folder)
    write_npz(load_embedded("water").subset(range(6)), folder / "water.npz")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
