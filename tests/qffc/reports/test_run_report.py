"""The parts of a report, and its charts."""

from __future__ import annotations

import re

import numpy as np
import pytest

import qffc as qf
from qffc.data import Dataset, load_embedded
from qffc.models.errors import errors_of
from qffc.reports.evaluation import Evaluation
from qffc.reports.model_card import CardSet
from qffc.reports.run_report import ReportedSet, report_page
from qffc.reports.svg_charts import Scale, Series, chart

WATER = load_embedded("water").subset(range(30))
MODEL = qf.load_model("trained:water")


def section(text: str, title: str) -> str:
    return re.split("<h2>", text.partition(f"<h2>{title}</h2>")[2])[0]


def test_the_worst_frames_are_named_by_their_numbers_in_the_data():
    rng = np.random.default_rng(0)
    forces = WATER.forces + rng.normal(size=WATER.forces.shape) * np.arange(30)[:, None, None] * 1e-3
    evaluation = Evaluation(WATER, WATER.energies + 1e-3, forces, errors_of(WATER.energies + 1e-3, forces, WATER))
    rows = tuple(range(100, 130))
    text = report_page("water", MODEL, tests=[ReportedSet(CardSet(0, evaluation, "water"), rows, True)])
    sizes = np.sqrt(np.mean((forces - WATER.forces) ** 2, axis=(1, 2))) * 1e3
    worst = np.argsort(-sizes)[:5]
    assert [int(number) for number in re.findall(r"<td>frame (\d+)</td>", text)] == [100 + place for place in worst]
    assert f"{sizes[worst[0]]:.2f}" in text
    assert "+1.00" in text
    assert section(text, "Learned functions").count("<svg") >= 3


def test_energies_alone_have_no_force_errors():
    alone = Dataset(WATER.numbers, WATER.positions, WATER.energies, None, name="alone")
    energies = WATER.energies + 1e-3
    evaluation = Evaluation(alone, energies, np.zeros(alone.positions.shape), errors_of(energies, alone.forces, alone))
    text = report_page("water", MODEL, tests=[ReportedSet(CardSet(0, evaluation, "water"), tuple(range(30)), False)])
    found = section(text, "Errors on alone")
    assert "1.00" in found
    assert "nan" not in found
    assert "Forces by element" not in found
    assert "No log lies beside" in text


def test_errors_of_the_run_are_told_where_there_are_no_frames():
    row = {"energy_mae_meV": 1.5, "energy_rmse_meV": 2.5, "force_mae_meV_per_Angstrom": None}
    for told in ({"data": "acid", "test": {"model": row}}, {"data": ["acid"], "test": {"acid": {"model": row}}}):
        assert "1.50" in section(report_page("acid", MODEL, told=told), "Errors on acid")


def test_charts_show_every_point_inside_their_axes():
    drawn = chart([Series("", [1, 10, 100], [5.0, 0.5, -1.0], line=False, dots=True)], "x", "y", log_x=True)
    places = [(float(x), float(y)) for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', drawn)]
    assert len(places) == 3
    assert places == sorted(places)  # to the right and, as numbers fall, down
    assert all(62 <= x <= 446 and 12 <= y <= 256 for x, y in places)
    left_out = chart([Series("", [1, 2], [1.0, 0.0], dots=True)], "x", "y", log_y=True)
    assert left_out.count("<circle") == 1


@pytest.mark.parametrize(
    ("low", "high", "log"), [(0, 1, False), (-3e-5, 4e4, False), (0.2, 90, True), (9.1, 9.9, True)]
)
def test_axes_have_some_round_ticks(low, high, log):
    ticks = Scale(low, high, log).ticks()
    assert 2 <= len(ticks) <= 12
    assert all(low <= tick <= high for tick in ticks)
