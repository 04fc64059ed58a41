"""One trial of a search: a training that is watched on its validation frames, and stopped when it falls behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qffc.ir.diagnostics import Diagnostic, QffcError
from qffc.studies.run import Label, Run, how_to_train, load_data
from qffc.studies.tables import SearchTable
from qffc.training.stopping import objective_of

if TYPE_CHECKING:
    from optuna import Trial

    from qffc.training.talk import Progress

_ENERGY, _FORCES = "validation_energy_mae_meV", "validation_force_mae_meV_per_Angstrom"


@dataclass(frozen=True)
class Outcome:
    """What became of a trial.

    Args:
        folder: its name.
        labels: what was chosen.
        state: ``COMPLETE``, ``PRUNED`` or ``FAIL``.
        objective: after the last epoch that was evaluated, with early stopping after the best; None before the first.
        failure: why it failed.
    """

    folder: str
    labels: tuple[tuple[str, Label], ...]
    state: str
    objective: float | None
    failure: Diagnostic | None = None


class _Pruned(Exception):
    """Raised inside a training to leave it; its checkpoint stays."""


def do_trial(run: Run, folder: Path, table: SearchTable, trial: Trial) -> Outcome:
    """Train, or go on training, with the choices of a trial.

    Args:
        run: what to train, choices made.
        folder: of the trial.
        table: the objective, and whether to prune.
        trial: receives the objective at every evaluation.
    """
    share = table.energy_share
    # What was evaluated before a kill is told again, for a trial that goes on is a new one to optuna.
    for epoch, value in logged_objectives(folder, share).items():
        trial.report(value, epoch)

    def watch(progress: Progress) -> None:
        if progress.validation is None:
            return
        value = objective_of(progress.validation.energy_mae, progress.validation.force_mae, share)
        trial.report(value, progress.epoch)
        if table.prune and progress.epoch < progress.epochs and trial.should_prune():
            raise _Pruned

    state, failure = "COMPLETE", None
    try:
        _train(run, folder, watch)
    except _Pruned:
        state = "PRUNED"
    except QffcError as problem:
        state, failure = "FAIL", problem.diagnostic
    return Outcome(folder.name, run.labels, state, objective_kept(folder, share), failure)


def objective_kept(folder: Path, share: float) -> float | None:
    """Return the objective of the model that a run keeps: the last one, or with early stopping the best.

    The log does not have the errors of a model that a run starts from. Where none was better, the best that training
    came to counts: the start is the same for all trials.
    """
    values = logged_objectives(folder, share)
    if not values:
        return None
    best = _rows(folder)[-1].get("best_epoch", max(values))
    return values.get(int(best), min(values.values()))


def logged_objectives(folder: Path, share: float) -> dict[int, float]:
    """Return the objective by epoch, from the log of a run; nothing without a log."""
    rows = _rows(folder)
    return {int(row["epoch"]): objective_of(row[_ENERGY], row[_FORCES], share) for row in rows if _ENERGY in row}


def _rows(folder: Path) -> list[Mapping[str, float]]:
    from qffc.training.log import LOG_NAME, read_log

    file = folder / LOG_NAME
    return list(read_log(file)) if file.exists() else []


def _train(run: Run, folder: Path, watch: Callable[[Progress], None]) -> None:
    from qffc.toolchain import train

    train(run.program, load_data(run.data), folder, config=run.config, report=watch, **how_to_train(run))
