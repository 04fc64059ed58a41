from __future__ import annotations

import json

import pytest
from ase.io import read


@pytest.fixture
def well(tmp_path, monkeypatch):
    """A file with a calculator whose energy is a well around a point, so that it is not translated."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "well.py").write_text(
        "from ase.calculators.calculator import Calculator, all_changes\n"
        "class Well(Calculator):\n"
        "    implemented_properties = ['energy', 'forces']\n"
        "    def calculate(self, atoms=None, properties=('energy',), changes=tuple(all_changes)):\n"
        "        super().calculate(atoms, properties, changes)\n"
        "        x = self.atoms.positions\n"
        "        self.results = {'energy': 0.5 * (x**2).sum(), 'forces': -x}\n"
        "well = Well()\n"
        "number = 3\n"
        "def nothing():\n"
        "    return 3\n",
        encoding="utf-8",
    )
    return tmp_path


def test_a_report_is_written_and_what_fails_is_shown(qffc, well):
    code, out, talk = qffc("audit", "well.py:Well", "--geometry", "H2", "--out", "report")
    assert code == 1
    assert "well.py:Well, H2: " in out
    assert out.count("FAILS") == len(list((well / "report").glob("fails-*.xyz")))
    data = json.loads((well / "report" / "audit.json").read_text())
    failed = {row["property"] for row in data["properties"] if row["verdict"] == "fails"}
    assert {"translation: energy", "net force", "an atom far away: energy"} <= failed
    assert not failed & {"rotation: energy", "inversion: forces", "forces = -gradient", "symmetric Hessian"}
    page = (well / "report" / "audit.html").read_text()
    assert all(f"<td>{name}" in page for name in failed)
    near, far = read(next((well / "report").glob("*an-atom-far-away-energy.xyz")), index=":")
    assert near.get_distance(0, 1) < far.get_distance(0, 1)
    assert "written: report/audit.html" in talk


def test_a_later_report_leaves_no_geometries_of_an_earlier_one(qffc, well):
    (well / "report").mkdir()
    (well / "report" / "fails-99-old.xyz").write_text("old")
    code, _, _ = qffc(
        "audit", "well.py:well", "--geometry", "H2", "--out", "report", "--without", "translation", "--json"
    )
    assert code == 1
    assert not (well / "report" / "fails-99-old.xyz").exists()
    assert not list((well / "report").glob("*net-force.xyz"))


@pytest.mark.parametrize(
    ("arguments", "title", "found"),
    [
        (["well"], "not a calculator", "'well'"),
        (["well.py:other"], "no calculator of that name", "no 'other'"),
        (["well.py:number"], "no calculator of that name", "'number' of type int"),
        (["well.py:nothing"], "no calculator of that name", "'nothing()' of type int"),
        (["no_such_module_here:Well"], "module that cannot be imported", "no_such_module_here"),
        (["well.py:Well", "--geometry", "none.xyz"], "no atoms", "no such file"),
        (["well.py:Well", "--geometry", "bulk:Zz"], "no atoms", "no crystal that ASE knows"),
        (["well.py:Well", "--geometry", "well.py"], "no atoms", "well.py"),
        (["well.py:Well", "--without", "parity"], "unknown symmetry", "'parity'"),
    ],
)
def test_what_is_none_is_told(qffc, well, arguments, title, found):
    code, out, _ = qffc("audit", *arguments, "--json")
    assert code == 2
    told = json.loads(out)["error"]
    assert told["title"] == title
    assert found in told["found"]
