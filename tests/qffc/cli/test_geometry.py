from __future__ import annotations

import signal
import subprocess
import sys

import numpy as np
import pytest

from qffc.cli.geometry import read_geometry
from qffc.ir.diagnostics import QffcError


def test_a_geometry_in_another_unit_is_refused(tmp_path):
    path = tmp_path / "bohr.npz"
    np.savez(path, numbers=np.array([8, 1, 1]), positions=np.ones((1, 3, 3)), units_length="Bohr")
    with pytest.raises(QffcError, match="positions in 'Bohr'"):
        read_geometry(str(path))
    np.savez(path, numbers=np.array([8, 1, 1]), positions=np.ones((1, 3, 3)), units_length="Angstrom")
    assert read_geometry(str(path))[1].shape == (1, 3, 3)


def test_a_reader_that_has_seen_enough_is_no_error():
    program = "import sys; from qffc.cli import main; sys.argv = ['qffc', 'targets', '--json']; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.close()
    _, message = process.communicate()
    assert message == ""
    assert process.returncode == -signal.SIGPIPE
