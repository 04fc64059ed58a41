"""Progress of a training run on stderr: a bar in a terminal, a line per evaluation elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

from qffc.cli.output import say

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from qffc.models.errors import Errors
    from qffc.training.trainer import Progress


class TrainingProgress:
    """Shows each epoch; a context manager that is called with the :class:`Progress` of each epoch.

    Args:
        epochs: of the whole run.
        done: epochs that were there before.
        opening: what to say before the first epoch is shown.
    """

    def __init__(self, epochs: int, done: int = 0, opening: str = "") -> None:
        self._epochs, self._done, self._opening = epochs, done, opening
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._figures = ""
        self.epochs_shown = 0

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (TextColumn("epoch"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._bar = Progress(*columns, TextColumn("{task.description}"), console=Console(stderr=True))
            self._task = self._bar.add_task("compiling", total=self._epochs, completed=self._done)
            self._bar.start()
        return self

    def __call__(self, progress: Progress) -> None:
        self.epochs_shown += 1
        if self._opening:
            say(self._opening)
            self._opening = ""
        if progress.validation is not None:
            self._figures = _figures(progress.validation)
        text = f"loss {progress.loss:.3g}{self._figures}"
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=progress.epoch, description=text)
        elif progress.validation is not None or progress.epoch == progress.epochs:
            say(f"epoch {progress.epoch}/{progress.epochs}  {text}")

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()


def _figures(errors: Errors) -> str:
    return f"  validation: energy {errors.energy_mae:.2f} meV, forces {errors.force_mae:.2f} meV/Å"
