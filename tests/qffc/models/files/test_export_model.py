"""Exported models where there is no qffc."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile

import jax
import numpy as np
import pytest

from qffc.cli import run
from qffc.data import load_embedded
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.files.export_model import export_model
from qffc.models.files.load_exported import load_exported
from qffc.models.files.model_file import save_model
from qffc.models.force_field import untrained

WATER = load_embedded("water")
FRAMES = WATER.positions[:3]

ELSEWHERE = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "qffc":
            raise ImportError("there is no qffc here")

sys.meta_path.insert(0, Refuse())
import json
import numpy as np
from load_exported import load_exported

header, function = load_exported(sys.argv[1])
energies, forces = function(np.array(json.loads(sys.argv[2])))
print(json.dumps([header["symbols"], energies.tolist(), forces.tolist()]))
"""


@pytest.fixture(scope="module")
def model():
    return untrained(load("pair", channels=1, depth=1, hidden=(4,)), seed=1)


@pytest.fixture(scope="module")
def exported(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("exported") / "water.zip"
    export_model(model, ["O", "H", "H"], path)
    return path


def test_energies_and_forces_without_qffc(model, exported, tmp_path):
    with zipfile.ZipFile(exported) as file:
        file.extract("load_exported.py", tmp_path)
    command = [sys.executable, "-c", ELSEWHERE, str(exported), json.dumps(FRAMES.tolist())]
    # The folder of the loader stands first; nothing of this process' own path is passed on.
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "JAX_ENABLE_X64": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    symbols, energies, forces = json.loads(done.stdout)
    expected, expected_forces = model.predict(WATER.numbers, FRAMES)
    assert symbols == ["O", "H", "H"]
    np.testing.assert_allclose(energies, expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(forces, expected_forces, rtol=0, atol=1e-9)


@pytest.mark.slow
def test_any_number_of_frames_and_a_gradient(model, exported):
    header, function = load_exported(exported)
    assert header["units"]["forces"] == "eV/Angstrom"
    assert header["digest"] == model.program.digest
    for count in (1, 2):
        energies, forces = function(FRAMES[:count])
        np.testing.assert_allclose(energies, model.predict(WATER.numbers, FRAMES[:count])[0], atol=1e-9)
    gradient = jax.grad(lambda r: function(r)[0].sum())(FRAMES[:2])
    np.testing.assert_allclose(gradient, -forces, atol=1e-9)


def test_what_does_not_fit_is_refused(exported):
    function = load_exported(exported)[1]
    with pytest.raises(ValueError, match=r"positions \(3, 3\), expected \(frames, 3, 3\)"):
        function(FRAMES[0])
    with (
        jax.enable_x64(False),
        pytest.warns(UserWarning, match="float64"),
        pytest.raises(TypeError, match="enable_x64"),
    ):
        function(FRAMES)


def test_molecules_of_other_elements_are_refused(model, tmp_path):
    with pytest.raises(QffcError, match="Au"):
        export_model(model, ["Au", "H"], tmp_path / "gold.zip")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_the_command_writes_the_same_function(model, exported, tmp_path, capsys):
    file, out = tmp_path / "model.npz", tmp_path / "out.zip"
    save_model(model, file)
    assert run(["export", str(file), "--atoms", "8,1,1", "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["numbers"] == [8, 1, 1]
    (energies, _), (expected, _) = (load_exported(each)[1](FRAMES) for each in (out, exported))
    np.testing.assert_array_equal(energies, expected)
    assert run(["export", str(file), "--out", str(out)]) == 2
    assert "export without a molecule" in capsys.readouterr().err
    assert run(["export", str(file), "--atoms", "O H H", "--geometry", "water", "--out", str(out)]) == 2
    assert "export of two molecules" in capsys.readouterr().err
