"""Searches: which trials are done, in which order, and that a killed one goes on."""

from __future__ import annotations

import json

import pytest

from qffc.ir import Rotate
from qffc.ir.diagnostics import QffcError
from qffc.models.errors import Errors
from qffc.models.files.model_file import load_model
from qffc.studies import SearchTable, run_search
from qffc.studies.grid import base_run
from qffc.studies.tables import Range
from qffc.studies.trial import do_trial, logged_objectives, objective_kept
from qffc.training.log import LOG_NAME, append_row
from qffc.training.stopping import Best, objective_of

optuna = pytest.importorskip("optuna", reason="comes with the extra search")

# The spread of the first angles is in no compiled function, unlike the learning rate.
SPACE = {"angle_spread": {"low": 1e-3, "high": 1e-1, "log": True}, "program": {"depth": [1, 2]}}


def table(trials: int = 2, **more: object) -> SearchTable:
    return SearchTable.model_validate({"trials": trials, "space": SPACE, **more})


def test_space():
    found = table()
    assert found.settings == {"angle_spread": Range(low=1e-3, high=1e-1, log=True)}
    assert found.options == {"depth": (1, 2)}
    assert Range(low=1, high=3).whole
    assert not Range(low=1.0, high=3).whole


@pytest.mark.parametrize(("share", "expected"), [(0.0, 9.0), (1.0, 4.0), (0.5, 6.0)])
def test_objective(share, expected):
    assert objective_of(4.0, 9.0, share) == pytest.approx(expected)


def test_search_finds_and_tests_the_best(tiny, tmp_path):
    seen = []
    found = run_search(tiny, table(), tmp_path, report=lambda outcome, done: seen.append((outcome.folder, done)))
    assert seen == [("trial-0000", 1), ("trial-0001", 2)]
    assert found.best is not None
    assert found.best["objective"] == min(trial["objective"] for trial in found.trials)
    assert found.test is not None
    assert found.test["frames"] == 10
    model = load_model(tmp_path / found.best["folder"])
    settings = json.loads(model.metadata["config"])
    assert settings["angle_spread"] == found.best["chosen"]["angle_spread"]
    assert len([op for op in model.program.ops if isinstance(op, Rotate)]) >= 4
    # The same search again does nothing, more trials do the rest.
    again = run_search(tiny, table(), tmp_path, report=lambda *_: pytest.fail("tried again"))
    assert again.trials == found.trials
    more = run_search(tiny, table(3), tmp_path)
    assert more.trials[:2] == found.trials
    assert len(more.trials) == 3


def test_the_same_search_draws_the_same(tiny, tmp_path):
    first, second = (run_search(tiny, table(1), tmp_path / name).trials for name in ("a", "b"))
    assert first == second


def test_a_killed_trial_goes_on_with_its_choices(tiny, tmp_path, monkeypatch):
    def killed(run, folder, *_):
        do_trial(run, folder, *_)
        (folder / "model.safetensors").unlink()
        raise KeyboardInterrupt

    monkeypatch.setattr("qffc.studies.search.do_trial", killed)
    with pytest.raises(KeyboardInterrupt):
        run_search(tiny, table(2), tmp_path)
    monkeypatch.undo()
    journal = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(tmp_path / "journal.log")))
    (abandoned,) = optuna.load_study(study_name="search", storage=journal).trials
    assert abandoned.state.name == "RUNNING"
    found = run_search(tiny, table(2), tmp_path)
    assert [trial["folder"] for trial in found.trials] == ["trial-0000", "trial-0002"]
    assert found.trials[0]["chosen"] == abandoned.params
    assert (tmp_path / "trial-0000" / "model.safetensors").exists()
    assert found.trials == run_search(tiny, table(2), tmp_path).trials


def test_a_trial_that_falls_behind_is_stopped(tiny, tmp_path):
    study = optuna.create_study(pruner=optuna.pruners.ThresholdPruner(upper=1e-9))
    trial = study.ask()
    outcome = do_trial(base_run(tiny), tmp_path, table(), trial)
    assert outcome.state == "PRUNED"
    assert list(logged_objectives(tmp_path, 0.5)) == [1]
    assert outcome.objective == logged_objectives(tmp_path, 0.5)[1]
    kept = do_trial(base_run(tiny), tmp_path, table(prune=False), study.ask())
    assert kept.state == "COMPLETE"


def test_a_trial_that_fails_does_not_end_the_search(tiny, tmp_path):
    space = {"train": [20, 5000]}
    values = SearchTable.model_validate({"trials": 4, "space": space})
    found = run_search(tiny, values, tmp_path)
    assert {trial["state"] for trial in found.trials} == {"complete", "fail"}
    assert found.best is not None
    assert found.best["chosen"] == {"train": 20}


@pytest.mark.parametrize("change", [{"learning_rate": 0.3}, {"epochs": 3}])
def test_another_search_in_the_folder(tiny, tmp_path, change):
    run_search(tiny, table(1), tmp_path)
    other = tiny.model_copy(update={"settings": tiny.settings.model_copy(update=change)})
    with pytest.raises(QffcError, match="another run in this folder"):
        run_search(other, table(1), tmp_path)


def test_a_search_needs_validation_frames(tiny, tmp_path):
    none = tiny.model_copy(update={"settings": tiny.settings.model_copy(update={"validation": 0})})
    with pytest.raises(QffcError, match="search without validation frames"):
        run_search(none, table(1), tmp_path)


def test_a_search_has_no_trials_out_of_time(tiny, tmp_path):
    hurried = tiny.model_copy(update={"settings": tiny.settings.model_copy(update={"max_minutes": 1.0})})
    with pytest.raises(QffcError, match="max_minutes"):
        run_search(hurried, table(), tmp_path)


def test_the_objective_is_that_of_the_model_that_is_kept(tiny, tmp_path):
    early = {"patience": 1, "epochs": 40, "learning_rate": 0.5}
    run = base_run(tiny.model_copy(update={"settings": tiny.settings.model_copy(update=early)}))
    outcome = do_trial(run, tmp_path, table(prune=False), optuna.create_study().ask())
    values = logged_objectives(tmp_path, 0.5)
    assert outcome.objective == min(values.values()) < values[max(values)]
    assert max(values) < 40


def test_a_start_that_nothing_beat_has_the_objective_of_the_best_after_it(tmp_path):
    for epoch, error in ((5, 4.0), (10, 9.0)):
        append_row(tmp_path / LOG_NAME, epoch, 1.0, Errors(error, error, error, error, 3), Best(1.0, 0, 1, {}))
    assert objective_kept(tmp_path, 0.5) == pytest.approx(4.0)


@pytest.mark.slow
def test_over_two_workers(tiny, tmp_path):
    from qffc.studies import ClusterTable

    found = run_search(tiny, table(2), tmp_path, ClusterTable(workers=2))
    assert [trial["state"] for trial in found.trials] == ["complete"] * 2
    assert {path.name for path in tmp_path.glob("trial-*")} == {trial["folder"] for trial in found.trials}
