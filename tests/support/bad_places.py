"""A folder with what bad commands and bad calls name: six frames of water, a program, and files that are none."""

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


def in_a_place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go to a folder that holds water.npz, bond.py, notes.txt and nothing.json, for one test."""
    monkeypatch.chdir(folder)
    write_npz(load_embedded("water").subset(range(6)), folder / "water.npz")
    (folder / "bond.py").write_text(PROGRAM, encoding="utf-8")
    (folder / "notes.txt").write_text("nothing that a program reads\n", encoding="utf-8")
    (folder / "nothing.json").write_text("{}\n", encoding="utf-8")
