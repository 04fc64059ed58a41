"""The table of audits from reports on disk; and that damage is told from what means the same."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("benchmarks.audits", reason="needs the source tree on the path: python -m pytest")

from benchmarks.audits.__main__ import main
from benchmarks.audits.calculators import OUTSIDE
from benchmarks.faults import __main__ as faults
from benchmarks.faults import damaged as damages
from benchmarks.faults import killed
from benchmarks.faults.outcome import Outcome, table
from qffc.ir.declarations import SYMMETRIES


def report(folder, name, verdict, asked="local: forces"):
    of = folder / "audits" / name
    of.mkdir(parents=True)
    row = {"property": asked, "verdict": verdict, "deviation": None, "tolerance": 1e-5, "unit": "eV/Å"}
    other = row | {"property": "rotation: energy", "verdict": "does not apply", "reason": "not declared"}
    found = {"formula": "Cu4", "precision": "double precision", "properties": [row, other]}
    (of / "audit.json").write_text(json.dumps(found))
    (of / "version.json").write_text(json.dumps("package 1.2"))


def test_the_table_says_what_fails_and_what_does_not_apply_is_not_asked(tmp_path, capsys):
    report(tmp_path, "emt", "fails")
    report(tmp_path, "lj", "holds")
    report(tmp_path, "mace", "fails", "far apart: the calculator raised ValueError: no such shapes | (3, 4)")
    assert main(["--table", "--folder", str(tmp_path)]) == 0
    emt, lj, mace = capsys.readouterr().out.splitlines()[2:]
    assert mace.endswith("| far apart: an error | not finite eV/Å | 1.0e-05 |")
    assert emt == "| EMT | package 1.2 | none | Cu4 | double | 1 | local: forces | not finite eV/Å | 1.0e-05 |"
    assert lj == "| LennardJones | package 1.2 | none | Cu4 | double | 1 | nothing |  |  |"


def test_an_unknown_calculator_is_named(capsys):
    with pytest.raises(SystemExit):
        main(["emtt"])
    assert "emtt" in capsys.readouterr().err


@pytest.mark.parametrize("name", [name for name, each in OUTSIDE.items() if not each.requirements])
def test_calculators_of_ase_take_their_atoms(name):
    outside = OUTSIDE[name]
    atoms = outside.atoms()
    atoms.calc = outside.make()
    assert atoms.get_forces().shape == (len(atoms), 3)
    assert outside.version.startswith("ase 3.")
    assert set(outside.without) <= set(SYMMETRIES)


def test_damage_that_changes_the_meaning_is_a_wrong_answer(tmp_path, monkeypatch):
    path = tmp_path / "plain.txt"
    path.write_bytes(b"0123456789" * 20)
    monkeypatch.setattr(damages, "files", lambda run, folder: {"text": (path, lambda file: file.read_bytes())})
    cut, flipped = damages.damaged(5, tmp_path, tmp_path)
    assert (cut.tries, cut.hit, cut.wrong) == (flipped.tries, flipped.hit, flipped.wrong) == (5, 0, 5)
    assert list(table(iter([Outcome("t", 2, 1)])))[-1] == "| t | 2 | 1 | 0 | 0 |"


def test_treatments_are_chosen_by_name_and_none_needs_another(tmp_path, monkeypatch, capsys):
    made = []

    def finished(*command):
        out = command[-1]
        made.append((command[0], out.name))
        (out / "run").mkdir(parents=True)
        (out / "trajectory.xyz").write_text("frames")
        (out / "run" / "model.safetensors").write_text("numbers")
        return ""

    def stopped_once(reached, by, *command):
        return True, killed.STOPPED, "the same command goes on"

    monkeypatch.setattr(killed, "finished", finished)
    monkeypatch.setattr(killed, "stopped_once", stopped_once)
    monkeypatch.setattr(killed, "same_model", lambda one, other: one.exists() and other.exists())
    assert faults.main(["interrupted", "--tries", "3"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("| 3 | 3 | 0 | 0 |")
    assert [verb for verb, name in made if name in ("undisturbed", "md", "curve")] == ["train", "md", "curve"]
    with pytest.raises(SystemExit):
        faults.main(["interrupted", "pulled"])
    assert "'pulled'" in capsys.readouterr().err
