from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

from qffc.data import load_embedded, write_npz
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.files.model_file import MODEL_NAME, save_model
from qffc.models.force_field import untrained
from qffc.passes.equivariance.check import check_equivariance
from qffc.references.data import resolve_data
from qffc.references.programs import program_of, resolve_program

ANSATZ = """import qffc as qf
from neighbour_file import DEPTH

@qf.ansatz
def lih(a, depth=DEPTH):
    lithium, hydrogen = a.centre("Li"), a.neighbour("H")
    upper, lower = a.twins(hydrogen)
    for layer in a.layers(depth):
        a.rotate(upper, layer.param("alpha") * hydrogen.position)
    return a.energy(a.dot(upper, lower))

@qf.ansatz
def wrong(a):
    lithium, hydrogen = a.centre("Li"), a.neighbour("H")
    return a.energy(a.dot(*a.twins(hydrogen)) + hydrogen.position)

@qf.ansatz
def crash(a):
    return 1 / 0

@qf.ansatz
def deep(a, depth: int):
    return lih

fixed = lih(depth=2)
"""


@pytest.fixture
def ansatz(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(ANSATZ)
    (tmp_path / "neighbour_file.py").write_text("DEPTH = 3\n")
    yield file
    sys.modules.pop("neighbour_file", None)


def test_library_and_programs():
    program = load("sivqlm-lih", depth=2)
    assert program_of("lib:sivqlm-lih:depth=2") == program
    assert program_of(program) is program


def test_text_file(tmp_path):
    file = tmp_path / "p.qffc"
    file.write_text(load("sivqlm-lih").text)
    assert resolve_program(str(file)) == load("sivqlm-lih")
    file.write_text("qffc 1\nprogram p\nscope nowhere\n")
    with pytest.raises(QffcError) as caught:
        resolve_program(str(file))
    assert caught.value.diagnostic.span.line == 3
    assert caught.value.diagnostic.span.file == str(file)


def test_model(tmp_path):
    program = load("sivqlm-lih", depth=1)
    proof = {"certificate": check_equivariance(program).to_json()}
    save_model(replace(untrained(program, 0), metadata=proof), tmp_path / MODEL_NAME)
    assert resolve_program(str(tmp_path)) == program
    assert resolve_program(str(tmp_path / MODEL_NAME)) == program


def test_python_file(ansatz):
    path = list(sys.path)
    assert len(resolve_program(f"{ansatz}:lih").parameters) == 1
    assert len(resolve_program(f"{ansatz}:lih").ops) == 4
    assert len(resolve_program(f"{ansatz}:lih:depth=5").ops) == 6
    assert len(resolve_program(f"{ansatz}:fixed").ops) == 3
    assert sys.path == path


@pytest.mark.parametrize(
    ("name", "title", "line"),
    [
        (":nobody", "no program of that name in the file", None),
        ("", "no program of that name in the file", None),
        (":DEPTH", "no program of that name in the file", None),
        (":deep", "option without a value", None),
        (":fixed:depth=1", "options for a finished program", None),
        (":lih:width=1", "unknown option", None),
        (":lih:depth=deep", "value of an option", None),
        (":crash", "Python file that fails", 19),
    ],
)
def test_refusals_of_a_python_file(ansatz, name, title, line):
    with pytest.raises(QffcError) as caught:
        resolve_program(f"{ansatz}{name}")
    diagnostic = caught.value.diagnostic
    assert diagnostic.title == title
    assert (diagnostic.span and diagnostic.span.line) == line


def test_what_stands_under_the_name_is_said(ansatz):
    with pytest.raises(QffcError, match="'DEPTH', of type int"):
        resolve_program(f"{ansatz}:DEPTH")
    with pytest.raises(QffcError, match="deep:depth=..."):
        resolve_program(f"{ansatz}:deep")


def test_no_text_is_no_program():
    with pytest.raises(QffcError, match="not a program"):
        resolve_program("")


def test_mistake_in_the_ansatz_has_its_line(ansatz):
    with pytest.raises(QffcError) as caught:
        resolve_program(f"{ansatz}:wrong")
    assert caught.value.diagnostic.span.line == 15
    assert "hydrogen.position" in caught.value.diagnostic.render()


@pytest.mark.parametrize(
    ("source", "title", "line"),
    [
        ("x = 1\nimport no_such_module\n", "import that fails", 2),
        ("from qffc import nothing\n", "import that fails", 1),
        ("x = 1\n\ny = (\n", "Python file that cannot be read", 3),
        ("x = 1\nraise RuntimeError('no')\n", "Python file that fails", 2),
        ("import sys\nsys.exit(0)\n", "Python file that fails", 2),
        ("def f():\n    return missing\n\nf()\n", "Python file that fails", 2),
    ],
)
def test_files_that_do_not_run(tmp_path, source, title, line):
    file = tmp_path / "bad.py"
    file.write_text(source)
    with pytest.raises(QffcError) as caught:
        resolve_program(f"{file}:x")
    assert caught.value.diagnostic.title == title
    assert caught.value.diagnostic.span.line == line


@pytest.mark.parametrize("text", ["", "nothing", "nothing.py:x", "nothing.qffc", "nothing.safetensors", "lib:"])
def test_names_of_nothing(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(QffcError):
        resolve_program(text)


def test_file_that_is_no_text(tmp_path):
    file = tmp_path / "p.qffc"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(QffcError, match="not UTF-8"):
        resolve_program(str(file))


def test_data(tmp_path):
    water = load_embedded("water")
    assert resolve_data("water").fingerprint == water.fingerprint
    assert resolve_data("water", "ase").fingerprint == water.fingerprint
    file = tmp_path / "few.npz"
    write_npz(water.subset(range(5)), file)
    assert np.array_equal(resolve_data(str(file)).positions, water.positions[:5])


@pytest.mark.parametrize(("text", "units"), [("water", "rmd17"), ("nothing", None), ("nothing.npz", "ase")])
def test_data_refused(text, units):
    with pytest.raises(QffcError):
        resolve_data(text, units)


def test_undeclared_units_are_refused(tmp_path):
    file = tmp_path / "bare.npz"
    water = load_embedded("water").subset(range(3))
    np.savez(file, z=water.numbers, R=water.positions, E=water.energies, F=water.forces)
    with pytest.raises(QffcError, match="unit not declared"):
        resolve_data(str(file))
    assert len(resolve_data(str(file), "ase")) == 3
