from __future__ import annotations

import re

import numpy as np
import pytest

from qffc.data import load_embedded
from qffc.ir.ops import Exchange, Rotate
from qffc.library import load
from qffc.models.errors import errors_of
from qffc.reports.circuit_drawing import draw_circuit
from qffc.reports.circuit_layout import columns_of
from qffc.reports.evaluation import Evaluation
from qffc.reports.plots import parity_plot, training_curve

WATER = load_embedded("water").subset(range(8))


def test_errors_are_in_milli_units():
    energies, forces = WATER.energies.copy(), WATER.forces.copy()
    energies[0] += 0.008
    forces[0, 0, 0] -= 0.072
    errors = errors_of(energies, forces, WATER)
    assert errors.energy_mae == pytest.approx(1.0)
    assert errors.energy_rmse == pytest.approx(8.0 / np.sqrt(8))
    assert errors.force_mae == pytest.approx(1.0)
    assert errors.force_rmse == pytest.approx(72.0 / np.sqrt(72))
    assert errors.frames == 8


def test_figures_name_their_units():
    errors = errors_of(WATER.energies + 0.003, WATER.forces, WATER)
    evaluation = Evaluation(WATER, WATER.energies + 0.003, WATER.forces, errors, (("constant", errors),))
    figures = evaluation.to_json()
    assert list(figures) == ["model", "constant"]
    assert figures["model"]["energy_mae_meV"] == pytest.approx(3.0)
    assert figures["model"]["energy_mae_per_atom_meV"] == pytest.approx(1.0)


def test_columns_keep_the_order_on_every_qubit():
    program = load("pair")
    columns = columns_of(program)
    assert sorted(map(id, (op for column in columns for op in column))) == sorted(map(id, program.ops))
    for qubit in range(len(program.qubits)):
        drawn = [op for column in columns for op in column if qubit in op.qubits]
        assert drawn == [op for op in program.ops if qubit in op.qubits]
    for column in columns:
        crossed = [w for op in column for w in range(min(op.qubits), max(op.qubits) + 1)]
        assert len(set(crossed)) == len(crossed), "two operations overlap in the drawing"


def test_drawing_shows_every_operation(tmp_path):
    program = load("pair", depth=1)
    draw_circuit(program, tmp_path / "circuit.svg")
    text = (tmp_path / "circuit.svg").read_text()
    assert "<svg" in text
    labels = len(re.findall(r">R v\d+</text>", text))
    assert labels == sum(isinstance(op, Rotate) for op in program.ops)
    assert any(isinstance(op, Exchange) for op in program.ops)


@pytest.mark.parametrize("name", ["a.png", "a.svg"])
def test_plots_are_written_whole(tmp_path, name):
    errors = errors_of(WATER.energies + 0.003, WATER.forces, WATER)
    parity_plot(Evaluation(WATER, WATER.energies + 0.003, WATER.forces, errors), tmp_path / name)
    rows = [{"epoch": 1.0, "training_loss": 1.0}, {"epoch": 2.0, "validation_energy_mae_meV": 3.0}]
    training_curve(rows, tmp_path / f"curve-{name}")
    for path in tmp_path.iterdir():
        head = path.read_bytes()[:200]
        assert head.startswith(b"\x89PNG") or b"svg" in head or b"xml" in head
    assert len(list(tmp_path.iterdir())) == 2
