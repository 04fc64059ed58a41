"""Which runs a sweep and a curve have."""

from __future__ import annotations

import pytest

from qffc.data import load_embedded
from qffc.ir.diagnostics import QffcError
from qffc.studies import CurveTable, Study, SweepTable, sweep_runs
from qffc.studies.grid import curve_runs
from qffc.studies.run import Run
from qffc.training.split import split_of


def test_sweep_is_the_product(tiny):
    table = SweepTable.model_validate({"program": {"depth": [1, 2]}, "learning_rate": [0.1, 0.2], "seed": [0, 1]})
    runs = sweep_runs(tiny, table)
    assert len(runs) == 8
    assert runs[0].labels == (("program.depth", 1), ("learning_rate", 0.1), ("seed", 0))
    assert runs[-1].program == "lib:sivqlm-h2o:depth=2"
    assert (runs[-1].config.learning_rate, runs[-1].config.seed, runs[-1].config.train) == (0.2, 1, 20)


def test_sweep_over_programs(tiny):
    runs = sweep_runs(tiny, SweepTable.model_validate({"program": ["lib:pair", "lib:sivqlm-h2o"]}))
    assert [run.program for run in runs] == ["lib:pair", "lib:sivqlm-h2o"]


def test_sweep_refuses_an_impossible_value(tiny):
    with pytest.raises(QffcError, match="setting 'epochs'"):
        sweep_runs(tiny, SweepTable.model_validate({"epochs": [1, 0]}))


def test_curve_keeps_the_test_frames(tiny):
    open_test = tiny.model_copy(update={"settings": tiny.settings.model_copy(update={"test": None})})
    runs = curve_runs(open_test, CurveTable(sizes=(50, 10), splits=2), 1000)
    assert [run.config.train for run in runs] == [10, 10, 50, 50]
    data = load_embedded("water")
    small, large = (split_of(data, runs[index].config) for index in (0, 2))
    assert len(large.test) == 1000 - 50 - 4
    assert small.test == large.test
    assert small.validation == large.validation
    assert set(small.train) < set(large.train)
    assert split_of(data, runs[1].config).test != small.test


def test_curve_keeps_the_number_of_steps_up_to_a_limit(tiny):
    runs = curve_runs(tiny, CurveTable(sizes=(10, 50, 100), stretch=4), 1000)
    assert [run.config.epochs for run in runs] == [8, 4, 2]
    assert [run.config.evaluate_every for run in runs] == [4, 2, 1]


def test_curve_over_published_splits(tiny):
    runs = curve_runs(tiny, CurveTable(sizes=(10,), splits=3, published=True), 1000)
    assert [run.config.published_split for run in runs] == [1, 2, 3]
    assert [dict(run.labels)["published_split"] for run in runs] == [1, 2, 3]


def test_curve_without_test_frames(tiny):
    open_test = tiny.model_copy(update={"settings": tiny.settings.model_copy(update={"test": None})})
    with pytest.raises(QffcError, match="no test frames for a learning curve"):
        curve_runs(open_test, CurveTable(sizes=(996,)), 1000)


def test_names_of_folders(tiny, tmp_path):
    runs = sweep_runs(tiny, SweepTable.model_validate({"program": ["a/b.qffc", "a_b.qffc"]}))
    names = [run.name for run in runs]
    assert len(set(names)) == 2
    assert not any("/" in name for name in names)
    run = Run("lib:pair", (), tiny.settings, (("seed", 0),))
    with pytest.raises(QffcError, match="run that occurs twice"):
        Study(tmp_path, (run, run))


def test_studies_of_too_many_runs_are_refused_before_they_are_listed(tiny):
    table = {"program": {"depth": list(range(1, 400))}, "seed": list(range(400))}
    with pytest.raises(QffcError, match=r"study of too many runs(.|\n)*159,600"):
        sweep_runs(tiny, SweepTable.model_validate(table))
    with pytest.raises(QffcError, match="study of too many runs"):
        curve_runs(tiny, CurveTable.model_validate({"sizes": [2, 4], "seeds": 10**9}), 1000)
