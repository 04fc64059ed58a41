from __future__ import annotations

import json
import shlex
import subprocess
import sys

import pytest
from ase.io import read

from qffc.passes.equivariance.certificates.certificate import Certificate

LOPSIDED = """
import qffc as qf

@qf.ansatz
def lopsided(a):
    a.centre("O")
    hydrogens = a.neighbours("H", 2)
    (upper1, lower1), (upper2, lower2) = (a.twins(h) for h in hydrogens)
    a.rotate(upper1, hydrogens[0].direction)
    a.rotate(upper2, hydrogens[1].direction)
    a.exchange(upper1, lower2, angle=0.4)
    a.rotate(upper1, hydrogens[0].position)
    a.rotate(upper2, hydrogens[1].position)
    return a.energy(a.dot(upper1, upper2))
"""


@pytest.mark.parametrize("reference", ["lib:water-demo:depth=1", "FILE"])
def test_energies_of_the_written_frames_are_those_of_the_counterexample(qffc, tmp_path, reference):
    file = tmp_path / "lop sided.py"
    file.write_text(LOPSIDED)
    program = f"{file}:lopsided" if reference == "FILE" else reference
    code, out, err = qffc("check", program, "--counterexample", tmp_path / "numbers", "--json")
    assert code == 1
    verdicts = Certificate.from_json(json.dumps(json.loads(out)["certificate"])).verdicts
    example = next(v.counterexample for v in verdicts if v.counterexample is not None)
    command = shlex.split(err.splitlines()[-1])
    assert command[0] == "qffc"
    code, out, _ = qffc(*command[1:], "--json")
    assert code == 0
    assert json.loads(out)["energies"] == pytest.approx([*example.response, *example.transformed], abs=1e-9)
    assert example.difference > 1e-3


@pytest.mark.parametrize("program", ["lib:sivqlm-h2o:depth=1", "lib:pair:channels=1,depth=1,hidden=8"])
def test_nothing_is_written_without_a_counterexample(qffc, tmp_path, program):
    code, _, err = qffc("check", program, "--counterexample", tmp_path / "numbers")
    assert code == 0
    assert f"nothing written to {tmp_path / 'numbers'}: there is no counterexample" in err
    assert not (tmp_path / "numbers").exists()


PAIR = """
qffc 1
program lopsided-pair
symmetry exchange
scope pair
species H
site c: H centre
site a: any neighbour
site b: any neighbour
qubit u: a
qubit d: b
singlet u, d
rotate u, r(c, a)
observable e = X(u)
observable f = dot(u, d)
"""
ATOMIC = "atomic weight cutoff(norm(r(c, a)), 5)*cutoff(norm(r(c, b)), 5) features e, f head 4 silu\n"


@pytest.mark.parametrize("readout", [ATOMIC, "energy moment(f)\n"])
def test_counterexample_of_one_circuit_comes_with_a_script(qffc, tmp_path, readout):
    file, folder = tmp_path / "pair.qffc", tmp_path / "numbers"
    file.write_text(PAIR.lstrip() + readout)
    code, out, err = qffc("check", file, "--counterexample", folder, "--json")
    assert code == 1
    assert "exchange a b: what one pair of neighbours gives differs by" in err
    verdicts = Certificate.from_json(json.dumps(json.loads(out)["certificate"])).verdicts
    example = next(v.counterexample for v in verdicts if v.counterexample is not None)
    command = shlex.split(err.splitlines()[-1])
    assert command[0] == "python"
    printed = subprocess.run([sys.executable, *command[1:]], capture_output=True, text=True, check=True).stdout
    before, after = ([float(number) for number in line.split()] for line in printed.splitlines())
    assert before == pytest.approx(example.response, abs=1e-12)
    assert after == pytest.approx(example.transformed, abs=1e-12)
    frames = read(folder / "geometry.xyz", index=":")
    assert [frame.get_chemical_symbols() for frame in frames] == [list(example.species)] * 2
    assert frames[0].positions == pytest.approx(frames[1].positions[[0, 2, 1]])


def test_places_in_a_certificate_name_no_folder(qffc, tmp_path):
    file = tmp_path / "lopsided.py"
    file.write_text(LOPSIDED)
    code, out, _ = qffc("check", f"{file}:lopsided", "--json")
    assert code == 1
    assert str(tmp_path) not in out
    data = json.loads(out)
    assert data["places"]["exchange H1 H2"]["op"] == "lopsided.py:11:5"
    assert "lopsided.py" not in json.dumps(data["certificate"])  # what a text does not tell, nobody can check
