"""Progress of a training run on stderr: a bar in a terminal, lines elsewhere."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Self

from qffc.progress_line import hushed
from qffc.training.talk import Progress, Steps, figures

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

_SILENCE = 10.0
"""Seconds without a line, after which there is one where there is no bar."""


class TrainingProgress:
    """Shows a run; a context manager that is called with the :class:`Progress` of each epoch.

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
        self._begin = self._said = monotonic()
        self._compiled: tuple[float, float] | None = None
        self.epochs_shown = 0

    def __enter__(self) -> Self:
        self._alone = ExitStack()
        self._alone.enter_context(hushed())
        self._begin = self._said = monotonic()
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (TextColumn("epoch {task.completed:.1f} of {task.total}"), BarColumn(), TimeRemainingColumn())
            loss = TextColumn("{task.description}")
            self._bar = Progress(*columns, loss, console=Console(stderr=True), redirect_stdout=False)
            self._task = self._bar.add_task("compiling", total=self._epochs, completed=self._done)
            self._bar.start()
        return self

    def __call__(self, progress: Progress) -> None:
        self.epochs_shown += 1
        self._open()
        if progress.validation is not None:
            shots = "" if progress.shots is None else f"  shots for 1 meV {progress.shots:.2g}"
            self._figures = f"  {figures(progress.validation)}{shots}"
        text = f"loss {progress.loss:.3g}{self._figures}"
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=progress.epoch, description=text)
        elif progress.validation is not None or progress.epoch == progress.epochs or self._is_silent():
            self.say(f"epoch {progress.epoch}/{progress.epochs}  {text}{self._left(progress.epoch)}")

    def stepped(self, steps: Steps) -> None:
        """Show what is done within an epoch."""
        self._open()
        here = steps.epoch + steps.done / steps.of
        if steps.first:
            self._compiled = here, monotonic()
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=here, description="training" if steps.first else None)
        elif steps.first:
            each = "1 step" if steps.of == 1 else f"{steps.of} steps"
            self.say(f"compiled in {monotonic() - self._begin:.0f} s; an epoch is {each}")
        elif self._is_silent():
            self.say(f"epoch {steps.epoch + 1}/{self._epochs}  step {steps.done} of {steps.of}{self._left(here)}")

    def say(self, text: str) -> None:
        """Print a line on stderr, above the bar where there is one."""
        self._said = monotonic()
        if self._bar is not None:
            self._bar.console.print(text, markup=False, highlight=False)
        else:
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        self._alone.close()

    def _open(self) -> None:
        if self._opening:
            self.say(self._opening)
            self._opening = ""

    def _is_silent(self) -> bool:
        return monotonic() - self._said >= _SILENCE

    def _left(self, here: float) -> str:
        """How long the rest takes, if it goes on as since the first step."""
        if self._compiled is None or not self._compiled[0] < here < self._epochs:
            return ""
        begin, since = self._compiled
        return f"  about {duration((monotonic() - since) * (self._epochs - here) / (here - begin))} left"


def duration(seconds: float) -> str:
    """Return a time for people.

    Example:
        >>> duration(42.0), duration(130.0), duration(8000.0)
        ('42 s', '2 min', '2.2 h')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
