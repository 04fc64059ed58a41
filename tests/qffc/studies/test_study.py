"""Studies in this process: done once, gone on with exactly, not ended by a run that fails."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qffc.models.files.model_file import load_model
from qffc.studies import ClusterTable, CurveTable, Study, SweepTable, learning_curve, summarize, sweep_runs
from qffc.studies.run import Result, do_run
from qffc.training import trainer

SWEEP = SweepTable.model_validate({"learning_rate": [0.01, 0.02], "seed": [0, 1]})


def same_models(first: Path, second: Path) -> bool:
    a, b = load_model(first).arrays, load_model(second).arrays
    return all(np.array_equal(a[name], b[name]) for name in a)


def test_complete_runs_are_not_repeated(tiny, tmp_path, monkeypatch):
    study = Study(tmp_path, sweep_runs(tiny, SWEEP)[:2])
    seen: list[int] = []
    first = study.do(ClusterTable(), lambda result, done: seen.append(done))
    assert seen == [1, 2]
    monkeypatch.setattr(trainer, "train", lambda *_, **__: pytest.fail("trained again"))
    second = study.do(ClusterTable())
    assert [result.errors for result in second] == [result.errors for result in first]
    assert [result.seconds for result in second] == [0.0, 0.0]


def test_interrupted_run_goes_on_to_the_same_bits(tiny, tmp_path):
    run = sweep_runs(tiny, SWEEP)[0]
    whole = do_run(run, tmp_path / "whole")

    def stop(progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        do_run(run, tmp_path / "cut", stop)
    assert not (tmp_path / "cut" / "result.json").exists()
    epochs: list[int] = []
    steps = []
    rest = do_run(run, tmp_path / "cut", lambda progress: epochs.append(progress.epoch), steps.append)
    assert epochs == [2]
    assert steps[0].first
    assert rest.errors == whole.errors
    assert same_models(tmp_path / "whole", tmp_path / "cut")


def test_a_run_out_of_time_is_not_complete_and_goes_on(tiny, tmp_path):
    run = sweep_runs(tiny, SWEEP)[0]
    whole = do_run(run, tmp_path / "whole")
    hurried = replace(run, config=run.config.model_copy(update={"max_minutes": 1e-9}))
    first = do_run(hurried, tmp_path / "cut")
    assert first.failure is not None
    assert "1 of 2 epochs" in first.failure.found
    assert do_run(hurried, tmp_path / "cut").errors == whole.errors == do_run(run, tmp_path / "cut").errors
    assert same_models(tmp_path / "whole", tmp_path / "cut")


def test_another_run_in_the_folder_is_a_failure_of_that_run(tiny, tmp_path):
    first, second = sweep_runs(tiny, SWEEP)[:2]
    do_run(first, tmp_path)
    result = do_run(second, tmp_path)
    assert result.failure is not None
    assert result.failure.title == "another run in this folder"
    assert "settings" in result.failure.found


def test_a_run_that_fails_does_not_end_the_study(tiny, tmp_path):
    good, bad = sweep_runs(tiny, SWEEP)[:2]
    bad = replace(bad, program="lib:water-demo:depth=1")  # not proven
    results = Study(tmp_path, (bad, good)).do(ClusterTable())
    assert [result.failure is None for result in results] == [False, True]
    assert [summary.runs for summary in summarize(results)] == [1]


def test_means_over_seeds():
    def result(rate: float, seed: int, value: float) -> Result:
        return Result((("learning_rate", rate), ("seed", seed)), {"energy_mae": value})

    results = [result(0.1, 0, 1.0), result(0.2, 0, 5.0), result(0.1, 1, 3.0)]
    summaries = summarize(results)
    assert [(each.labels, each.runs, each.means) for each in summaries] == [
        ((("learning_rate", 0.1),), 2, {"energy_mae": 2.0}),
        ((("learning_rate", 0.2),), 1, {"energy_mae": 5.0}),
    ]
    assert summaries[0].deviations["energy_mae"] == pytest.approx(np.sqrt(2))
    assert summaries[1].deviations == {}


def test_curve_writes_what_it_found(tiny, tmp_path):
    curve = learning_curve(tiny, CurveTable(sizes=(5, 20)), tmp_path)
    assert set(curve.fits) == {"energy_mae", "force_mae"}
    rows = list(csv.DictReader((tmp_path / "curve.csv").read_text().splitlines()))
    assert [row["train"] for row in rows] == ["5", "20"]
    assert float(rows[0]["force_mae_meV_per_Angstrom"]) == curve.results[0].errors["force_mae"]
    saved = json.loads((tmp_path / "curve.json").read_text())
    assert saved["fits"]["force_mae"]["exponent"] == curve.fits["force_mae"].exponent
    assert (tmp_path / "curve.png").stat().st_size > 1000
    # A size more, later: the others are not done again.
    more = learning_curve(tiny, CurveTable(sizes=(5, 20, 10)), tmp_path)
    assert [result.seconds > 0 for result in more.results] == [False, True, False]
