"""A hyperparameter search by optuna, whose journal lies in the folder of the search and is all that workers share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from filelock import Timeout

from qffc.atomic_files import write_text
from qffc.folder_lock import lock_of
from qffc.ir.diagnostics import error
from qffc.references.programs import resolve_program
from qffc.studies.grid import base_run
from qffc.studies.in_parallel import as_done
from qffc.studies.program_options import with_options
from qffc.studies.run import Label, Run, beginning_of, errors_held_out, fingerprint_of, load_data, need_same, read_saved
from qffc.studies.run_file import RunFile
from qffc.studies.study import COLUMNS
from qffc.studies.tables import OPTION, ClusterTable, Range, SearchTable
from qffc.studies.trial import Outcome, do_trial
from qffc.training.config import settled, stored_config, training_config

if TYPE_CHECKING:
    import optuna

JOURNAL_NAME, SUMMARY_NAME, SPACE_NAME = "journal.log", "search.json", "space.json"
_STARTUP, _NAME, _FOLDER = 5, "search", "folder"


@dataclass(frozen=True)
class Task:
    """One trial to be done: all that a worker needs.

    Args:
        folder: of the search; absolute.
        run: what every trial has in common.
        table: the search space.
    """

    folder: Path
    run: Run
    table: SearchTable


@dataclass(frozen=True)
class Found:
    """What a search came to.

    Args:
        trials: every trial, in the order in which they began: folder, state, values, objective.
        best: the trial with the lowest objective; None when none came to its end.
        test: errors of the best trial on test frames, which no choice has seen; None without test frames.
    """

    trials: tuple[dict[str, Any], ...]
    best: dict[str, Any] | None
    test: dict[str, float] | None

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {"best": self.best, "test": self.test, "trials": list(self.trials)}


def run_search(
    given: RunFile,
    table: SearchTable,
    folder: Path,
    place: ClusterTable | None = None,
    report: Callable[[Outcome, int], None] | None = None,
) -> Found:
    """Do what is left of a search, and test the best trial.

    Trials that a killed process left are begun again with the same choices in the same folder, where they go on from
    their checkpoint.

    Args:
        given: program, data and settings; the search space wins over them.
        table: the search.
        folder: of the search.
        place: where trials run; in this process by default.
        report: called with each outcome and the number of trials done.

    Raises:
        QffcError: when optuna is not installed, there are no validation frames, or the folder holds another search.
    """
    run = base_run(given)
    _need_validation(run, table)
    _need_whole_trials(run, table)
    task = Task(folder.absolute(), run, table)
    with lock_of(task.folder):
        _need_same_search(task)
        done = len(_finished(_study(task, 0)))
    left = range(done, table.trials)
    for _, outcome in as_done(partial(_next_trial, task), left, place or ClusterTable()):
        done += 1
        if report is not None:
            report(outcome, done)
    found = _found(task)
    write_text(folder / SUMMARY_NAME, json.dumps(found.to_json(), indent=2, allow_nan=False) + "\n")
    return found


def _next_trial(task: Task, number: int) -> Outcome:
    import optuna

    # Which trial it is decides only what the sampler draws: the same search draws the same.
    study = _study(task, number)
    with lock_of(task.folder):
        _adopt_abandoned(task, study)
        trial = study.ask()
        folder = task.folder / str(trial.user_attrs.get(_FOLDER, f"trial-{trial.number:04d}"))
        trial.set_user_attr(_FOLDER, folder.name)
        run = _chosen(task, trial)
        lock = lock_of(folder)
        try:
            # Taken before the search is let go: whoever finds the trial without its lock may begin it again.
            lock.acquire(blocking=False)
        except Timeout:
            raise error(
                "trial that another process works on",
                found=f"'{folder}'",
                expected="a trial without a process",
                help="wait for the other search to end",
            ) from None
    try:
        outcome = do_trial(run, folder, task.table, trial)
    finally:
        lock.release()
    state = optuna.trial.TrialState[outcome.state]
    if outcome.failure is not None:
        trial.set_user_attr("failure", outcome.failure.title)
    study.tell(trial, outcome.objective if outcome.state == "COMPLETE" else None, state=state)
    return outcome


def _adopt_abandoned(task: Task, study: optuna.Study) -> None:
    """Trials that run without a process are closed, and put into the queue again with their choices and folder."""
    import optuna

    for trial in study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,)):
        name = trial.user_attrs.get(_FOLDER)
        if name is None:  # killed before its choices were made
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
            continue
        try:
            with lock_of(task.folder / name).acquire(blocking=False):
                study.enqueue_trial(trial.params, user_attrs={_FOLDER: name})
                study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        except Timeout:  # its process is alive
            continue


def _chosen(task: Task, trial: optuna.Trial) -> Run:
    options = {name: _suggest(trial, OPTION + name, space) for name, space in task.table.options.items()}
    settings = {name: _suggest(trial, name, space) for name, space in task.table.settings.items()}
    labels = (*((OPTION + name, value) for name, value in options.items()), *settings.items())
    config = training_config({**task.run.config.model_dump(), **settings})
    return replace(task.run, program=with_options(task.run.program, options), config=config, labels=labels)


def _suggest(trial: optuna.Trial, name: str, space: Range | tuple[Label, ...]) -> Label:
    if isinstance(space, tuple):
        return cast(Label, trial.suggest_categorical(name, space))
    if space.whole:
        return trial.suggest_int(name, int(space.low), int(space.high), log=space.log)
    return trial.suggest_float(name, space.low, space.high, log=space.log)


def _study(task: Task, number: int) -> optuna.Study:
    try:
        import optuna
        from optuna.storages.journal import JournalFileBackend
    except ImportError:
        raise error(
            "package that is not installed",
            found="no 'optuna'",
            expected="the extra 'search'",
            help="pip install 'qffc[search]'",
        ) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    seed = int(np.random.SeedSequence((task.table.sampler_seed, number)).generate_state(1)[0])
    return optuna.create_study(
        storage=optuna.storages.JournalStorage(JournalFileBackend(str(task.folder / JOURNAL_NAME))),
        sampler=optuna.samplers.TPESampler(seed=seed),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=_STARTUP),
        study_name=_NAME,
        load_if_exists=True,
    )


def _latest(trials: Iterable[optuna.trial.FrozenTrial]) -> list[optuna.trial.FrozenTrial]:
    """The last trial of each folder, in the order of the folders: those before it were interrupted."""
    by_folder: dict[str, optuna.trial.FrozenTrial] = {}
    for trial in trials:
        if _FOLDER in trial.user_attrs:
            by_folder[trial.user_attrs[_FOLDER]] = trial
    return [by_folder[name] for name in sorted(by_folder)]


def _finished(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    return [trial for trial in _latest(study.get_trials(deepcopy=False)) if trial.state.is_finished()]


def _found(task: Task) -> Found:
    finished = _finished(_study(task, 0))
    trials = tuple(
        {
            "folder": trial.user_attrs[_FOLDER],
            "state": trial.state.name.lower(),
            "chosen": dict(trial.params),
            "objective": _last(trial),
            **({"failure": trial.user_attrs["failure"]} if "failure" in trial.user_attrs else {}),
        }
        for trial in finished
    )
    whole = [trial for trial in trials if trial["state"] == "complete"]
    best = min(whole, key=lambda trial: trial["objective"]) if whole else None
    return Found(trials, best, None if best is None else _test(task, str(best["folder"])))


def _last(trial: optuna.trial.FrozenTrial) -> float | None:
    values = trial.intermediate_values
    return trial.value if trial.value is not None else values[max(values)] if values else None


def _test(task: Task, name: str) -> dict[str, float] | None:
    from qffc.models.files.model_file import load_model

    model = load_model(task.folder / name)
    config = stored_config(model.metadata)
    assert config is not None  # training writes it
    errors, part = errors_held_out(model, load_data(task.run.data), config)
    return (
        None if errors is None or part != "test" else {COLUMNS[key]: value for key, value in errors.figures().items()}
    )


def _need_validation(run: Run, table: SearchTable) -> None:
    if run.config.validation and "validation" not in table.settings:
        return
    raise error(
        "search without validation frames",
        found="validation in the search space" if run.config.validation else "validation = 0",
        expected="the same frames to compare all trials on, which are not trained on",
        help="set validation to some tens of frames",
    )


def _need_whole_trials(run: Run, table: SearchTable) -> None:
    if run.config.max_minutes is None and "max_minutes" not in table.settings:
        return
    raise error(
        "search whose trials have no time",
        found="max_minutes",
        expected="trials that are trained to their end, or pruned",
        help="leave max_minutes out; a search that is stopped goes on with the trials it was at",
    )


def _need_same_search(task: Task) -> None:
    """A journal belongs to one program, data and space; how many trials there are, and who prunes, may change."""
    run = task.run
    program = resolve_program(run.program)
    entry = {
        "program": program.digest,
        "data": fingerprint_of(load_data(run.data)),
        **beginning_of(run),
        "settings": settled(run.config, program, tuning=run.start_from is not None).model_dump(),
        "search": task.table.model_dump(exclude={"trials", "prune", "sampler_seed"}),
    }
    file = task.folder / SPACE_NAME
    wanted = json.loads(json.dumps(entry))
    if file.exists():
        need_same(read_saved(file), wanted, file)
    else:
        write_text(file, json.dumps(entry, indent=2) + "\n")
