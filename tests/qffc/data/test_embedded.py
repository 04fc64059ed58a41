from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from qffc.data import EMBEDDED, load_embedded
from qffc.ir.diagnostics import QffcError
from qffc.units import Units


def test_a_known_frame_of_water() -> None:
    water = load_embedded("water")
    assert water.symbols == ("O", "H", "H")
    assert len(water) == 1000
    assert water.source == Units("kcal/mol", "Angstrom")
    # -47861.06967203 kcal/mol and 27.433395 kcal/mol/Angstrom in the file
    assert water.energies[0] == pytest.approx(-2075.4522, abs=1e-4)
    assert water.forces[0, 0, 0] == pytest.approx(1.189625, abs=1e-6)
    bond = np.linalg.norm(water.positions[0, 1] - water.positions[0, 0])
    assert 0.8 < bond < 1.2


def test_ammonia() -> None:
    ammonia = load_embedded("ammonia")
    assert ammonia.symbols == ("N", "H", "H", "H")
    assert len(ammonia) == 500
    assert ammonia.energies.mean() == pytest.approx(-1535.466, abs=1e-3)


@pytest.mark.parametrize("name", EMBEDDED)
def test_magnitudes(name: str) -> None:
    dataset = load_embedded(name)
    assert 0.03 < dataset.energies.std() < 0.15
    assert 0.5 < np.abs(dataset.forces).mean() < 1.5
    assert np.abs(dataset.forces.sum(axis=1)).max() < 1e-5, "no net force on a molecule"
    torque = np.cross(dataset.positions, dataset.forces).sum(axis=1)
    assert np.abs(torque).max() < 1e-3, "no net torque on a molecule"


def test_unknown_name_lists_the_known() -> None:
    with pytest.raises(QffcError, match=r"no such embedded dataset(.|\n)*'methane'(.|\n)*'water', 'ammonia'"):
        load_embedded("methane")


def test_loading_needs_neither_jax_nor_ase() -> None:
    code = (
        "import sys; from qffc.data import load_embedded; load_embedded('water'); print({'jax','ase'} & {*sys.modules})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
