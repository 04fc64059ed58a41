"""What is known of each candidate, and the journal that keeps it: an optuna study, one trial for each candidate.

Optuna keeps the history, and its own tools open it. Its samplers draw values of named parameters; a program that is
made from another one is no such value, so who begets whom is decided in ``evolve.py``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from qffc.atomic_files import write_text
from qffc.ir.diagnostics import error
from qffc.studies.architecture.figures import OBJECTIVES, Figures
from qffc.studies.architecture.genome import Source

if TYPE_CHECKING:
    import optuna

JOURNAL_NAME = "journal.log"
_NAME, _KEY = "architecture", "entry"


@dataclass(frozen=True)
class Birth:
    """A candidate before it is trained.

    Args:
        number: from 0, in the order in which candidates are made; its folder and the journal go by it.
        generation: from 0.
        words: what was done, for people.
        digest: of its program.
        verdict: ``proven``, or why it is never trained: ``refuted``, ``unproven``.
        text: its program.
        parent: the number of the candidate that it comes from; None for none.
        origin: the file of the model whose numbers it starts with, beside the journal; None for fresh numbers.
        sources: of tables that begin as entries of other ones.
        control: whether it is a program that the search began with, trained on unchanged.
        epochs: those that its numbers will have behind them, of its ancestors too.
    """

    number: int
    generation: int
    words: str
    digest: str
    verdict: str
    text: str
    parent: int | None = None
    origin: str | None = None
    sources: Mapping[str, Source] = field(default_factory=dict)
    control: bool = False
    epochs: int = 0

    @property
    def folder(self) -> str:
        """The name of its folder."""
        return f"candidate-{self.number:04d}"


@dataclass(frozen=True)
class Outcome:
    """What became of a candidate.

    Args:
        state: ``complete``; ``stopped``, when it fell behind; ``failed``; or its verdict, when it was not trained.
        figures: of a complete one.
        zz: cost of its circuit; None when it was not trained.
        watched: its error when it was looked at, halfway; None when it was not.
        failure: why it failed.
    """

    state: str
    figures: Figures | None = None
    zz: float | None = None
    watched: float | None = None
    failure: str | None = None


@dataclass(frozen=True)
class Entry:
    """A candidate and what became of it."""

    birth: Birth
    outcome: Outcome

    @property
    def complete(self) -> bool:
        """Whether it was trained to its end."""
        return self.outcome.figures is not None

    @property
    def objectives(self) -> tuple[float, float, float]:
        """Of a complete candidate."""
        assert self.outcome.figures is not None
        return self.outcome.figures.objectives

    def to_json(self) -> dict[str, object]:
        """Return everything as plain data."""
        return {"birth": asdict(self.birth), "outcome": asdict(self.outcome)}


def entry_from(data: Mapping[str, object]) -> Entry:
    """Return what :meth:`Entry.to_json` gave."""
    birth, outcome = dict(_table(data["birth"])), dict(_table(data["outcome"]))
    sources = {
        name: Source(str(_table(each)["table"]), _picks(_table(each)["picks"]))
        for name, each in _table(birth.pop("sources")).items()
    }
    figures = outcome.pop("figures")
    found = None if figures is None else Figures(**_table(figures))  # type: ignore[arg-type]  # as written below
    return Entry(Birth(**birth, sources=sources), Outcome(**outcome, figures=found))  # type: ignore[arg-type]  # likewise


def _table(given: object) -> dict[str, object]:
    assert isinstance(given, dict)
    return given


def _picks(given: object) -> tuple[int | None, ...]:
    assert isinstance(given, list | tuple)
    return tuple(given)


class Journal:
    """The history of a search, in the order of the candidates."""

    def __init__(self, folder: Path) -> None:
        """Open the journal of a folder, or begin it.

        Raises:
            QffcError: when optuna is not installed.
        """
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
        file = folder / JOURNAL_NAME
        _drop_half_line(file)
        self._study: optuna.Study = optuna.create_study(
            storage=optuna.storages.JournalStorage(JournalFileBackend(str(file))),
            directions=["minimize"] * len(OBJECTIVES),
            study_name=_NAME,
            load_if_exists=True,
        )

    def entries(self) -> tuple[Entry, ...]:
        """Return all candidates so far."""
        trials = self._study.get_trials(deepcopy=False)
        return tuple(entry_from(json.loads(trial.user_attrs[_KEY])) for trial in trials)

    def append(self, entry: Entry) -> None:
        """Add the next candidate."""
        import optuna

        states = {"complete": optuna.trial.TrialState.COMPLETE, "stopped": optuna.trial.TrialState.PRUNED}
        trial = optuna.trial.create_trial(
            state=states.get(entry.outcome.state, optuna.trial.TrialState.FAIL),
            values=list(entry.objectives) if entry.complete else None,
            user_attrs={_KEY: json.dumps(entry.to_json(), allow_nan=False)},
        )
        self._study.add_trial(trial)

    def front(self) -> tuple[int, ...]:
        """Return the numbers of the candidates that no other one dominates."""
        return tuple(sorted(trial.number for trial in self._study.best_trials))


def _drop_half_line(file: Path) -> None:
    """A process that was killed while it wrote leaves a line without an end; the next one would be glued to it."""
    if not file.exists():
        return
    text = file.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        write_text(file, whole)
