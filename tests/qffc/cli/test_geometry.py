from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from qffc.cli.geometry import read_geometry, read_positions
from qffc.ir.diagnostics import QffcError


def test_a_geometry_in_another_unit_is_refused(tmp_path):
    path = tmp_path / "bohr.npz"
    np.savez(path, numbers=np.array([8, 1, 1]), positions=np.ones((1, 3, 3)), units_length="Bohr")
    with pytest.raises(QffcError, match="positions in 'Bohr'"):
        read_geometry(str(path))
    np.savez(path, numbers=np.array([8, 1, 1]), positions=np.ones((1, 3, 3)), units_length="Angstrom")
    assert read_geometry(str(path))[1].shape == (1, 3, 3)


WATER = {"numbers": np.array([8, 1, 1]), "positions": np.arange(18.0).reshape(2, 3, 3)}
XYZ = "3\n\nO 0 0 0\nH 0.96 0 0\nH 0 0.96 0\n"


@pytest.mark.parametrize("key", ["cell", "pbc", "box", "lattice_vectors", "unit_cell"])
@pytest.mark.parametrize("read", [read_geometry, lambda text: read_positions(Path(text))])
def test_a_cell_is_refused_by_name(tmp_path, key, read):
    path = tmp_path / "water.npz"
    np.savez(path, **WATER, **{key: np.ones(3)})
    with pytest.raises(QffcError, match=rf"periodic systems are not supported(.|\n)*key '{key}'"):
        read(str(path))
    np.savez(path, **WATER, **{key: np.zeros(3)})
    assert read(str(path))[1].shape == (2, 3, 3)
    path = tmp_path / "water.extxyz"
    path.write_text(XYZ + XYZ.replace("\n\n", f'\n{key}="1 1 1"\n'))
    with pytest.raises(QffcError, match=rf"periodic systems are not supported(.|\n)*frame 1, key '{key}'"):
        read(str(path))


def test_units_under_the_names_of_sgdml(tmp_path):
    path = tmp_path / "water.npz"
    np.savez(path, z=WATER["numbers"], R=WATER["positions"], r_unit="au")
    with pytest.raises(QffcError, match="positions in 'Bohr'"):
        read_geometry(str(path))
    np.savez(path, z=WATER["numbers"], R=WATER["positions"], r_unit="Ang")
    assert read_geometry(str(path))[1].tolist() == WATER["positions"].tolist()


def test_atomic_numbers_of_every_frame(tmp_path):
    path = tmp_path / "water.npz"
    np.savez(path, z=[[8, 1, 1]] * 2, R=WATER["positions"])
    assert read_geometry(str(path.rename(tmp_path / "WATER.NPZ")))[0].tolist() == [8, 1, 1]
    np.savez(path, z=[[8, 1, 1], [1, 8, 1]], R=WATER["positions"])
    with pytest.raises(QffcError, match=r"frames differ in their atoms(.|\n)*frame 1(.|\n)*1 8 1"):
        read_geometry(str(path))


@pytest.mark.parametrize("name", ["water.xyz", "water.EXTXYZ"])
def test_blank_lines_between_frames(tmp_path, name):
    (tmp_path / name).write_text(XYZ + "\n" + XYZ + "\n\n" + XYZ)
    numbers, positions = read_geometry(str(tmp_path / name))
    assert (numbers.tolist(), positions.shape) == ([8, 1, 1], (3, 3, 3))
    (tmp_path / name).write_text(XYZ + "the end\n")
    with pytest.raises(QffcError, match=r"not an extended XYZ file(.|\n)*frame 1, line 6(.|\n)*'the end'"):
        read_geometry(str(tmp_path / name))


@pytest.mark.parametrize(
    ("arrays", "found"),
    [
        ({"numbers": [8, 1, 1]}, "no 'coords', 'R', 'positions'"),
        ({"positions": np.zeros((1, 3, 3))}, "no atomic numbers"),
        ({**WATER, "R": WATER["positions"]}, "arrays 'R', 'positions'"),
        ({**WATER, "positions": np.zeros((3, 3))}, r"positions of shape \(3, 3\)"),
        ({**WATER, "positions": np.float64(1.0)}, r"positions of shape \(\)"),
        ({**WATER, "positions": np.full((1, 3, 3), np.nan)}, "positions with NaN or infinity"),
        ({**WATER, "positions": np.array(["a"])}, "such as .*'a'"),
        ({**WATER, "numbers": [8.0, 1.0, 1.0]}, "dtype float64"),
        ({**WATER, "numbers": [8, 1, 0]}, "atomic number 0"),
    ],
)
def test_arrays_that_are_no_geometry(tmp_path, arrays, found):
    np.savez(tmp_path / "water.npz", **arrays)
    with pytest.raises(QffcError, match=found):
        read_geometry(str(tmp_path / "water.npz"))


def test_a_reader_that_has_seen_enough_is_no_error():
    program = "import sys; from qffc.cli import main; sys.argv = ['qffc', 'targets', '--json']; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.close()
    _, message = process.communicate()
    assert message == ""
    assert process.returncode == -signal.SIGPIPE
