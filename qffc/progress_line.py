"""What a long call does, on stderr: a line that moves in a terminal, lines elsewhere, nothing for what is quick.

Verbs of the command and long functions show themselves by :func:`shown`; what they tell comes from
:mod:`qffc.ir.telling`. Results go to stdout and are not touched.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from threading import Event, RLock, Thread
from time import monotonic
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from qffc.ir.telling import listening

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

PATIENCE = 2.0
"""Seconds after which a terminal shows what is going on."""
SILENCE = 10.0
"""Seconds without a line, after which there is one where there is no terminal."""
_TICK = 0.1

Given = ParamSpec("Given")
Result = TypeVar("Result")


class ProgressLine:
    """Shows one call; see :func:`shown`.

    Args:
        title: of the call, such as ``check``.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._what, self._done, self._of = "", 0, None
        self._begin = self._said = monotonic()
        self._lock, self._over = RLock(), Event()
        self._quiet = 0
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._thread = Thread(target=self._watch, name="qffc progress", daemon=True)

    _of: int | None

    def start(self) -> None:
        """Begin to watch the time."""
        self._thread.start()

    def stop(self) -> None:
        """End, and leave nothing on the screen."""
        self._over.set()
        self._thread.join()
        with self._lock:
            self._clear()

    def hear(self, what: str, done: int, of: int | None) -> None:
        """Take what is told."""
        self._what, self._done, self._of = what, done, of

    def hush(self) -> None:
        """Show nothing until :meth:`go_on`; calls may be nested."""
        with self._lock:
            self._quiet += 1
            self._clear()

    def go_on(self) -> None:
        """Show again, after as long as at the beginning."""
        with self._lock:
            self._quiet -= 1
            self._said = monotonic()

    def _watch(self) -> None:
        while not self._over.wait(_TICK):
            with self._lock:
                if self._quiet == 0 and not self._over.is_set():
                    self._show()

    def _show(self) -> None:
        quiet_for = monotonic() - self._said
        if not sys.stderr.isatty() and self._bar is None:
            if quiet_for >= SILENCE:
                self._said = monotonic()
                sys.stderr.write(f"{self.words()}\n")
                sys.stderr.flush()
            return
        if self._bar is None and quiet_for >= PATIENCE:
            self._open()
        if self._bar is not None and self._task is not None:
            self._bar.update(
                self._task, description=self._step(), total=self._of, completed=self._done if self._of else 0
            )

    def words(self) -> str:
        """Return the line, as it is where there is no terminal."""
        return f"{self._step()}, {monotonic() - self._begin:.0f} s"

    def _step(self) -> str:
        if not self._what:
            return self._title
        count = "" if self._of is None else f" {self._done} of {self._of}"
        return f"{self._title}: {self._what}{count}"

    def _open(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
        # Talk on stderr goes above the bar; stdout is the result, and stays what it is.
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False)
        self._task = self._bar.add_task(self._step(), total=self._of, start=True)
        self._bar.start()

    def _clear(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar, self._task = None, None


_now: list[ProgressLine] = []
"""The line of the call that is going on; calls inside it share it."""
_hushed: list[object] = []
"""Who wants nothing to be shown."""


@contextmanager
def shown(title: str) -> Iterator[None]:
    """Show what goes on inside, once it takes long; inside another call that is shown, nothing more."""
    if _now or _hushed:
        yield
        return
    line = ProgressLine(title)
    _now.append(line)
    line.start()
    try:
        with listening(line.hear):
            yield
    finally:
        _now.remove(line)
        line.stop()


@contextmanager
def hushed() -> Iterator[None]:
    """Show nothing inside: something else there does, a result is printed, or nothing is wanted."""
    lines, here = tuple(_now), object()
    _hushed.append(here)
    for line in lines:
        line.hush()
    try:
        yield
    finally:
        _hushed.remove(here)
        for line in lines:
            line.go_on()


def shown_as(title: str) -> Callable[[Callable[Given, Result]], Callable[Given, Result]]:
    """Return a decorator for functions that may take long.

    Example:
        >>> @shown_as("adding")
        ... def add(a: int, b: int) -> int:
        ...     return a + b
        >>> add(1, 2)
        3
    """

    def decorate(function: Callable[Given, Result]) -> Callable[Given, Result]:
        @wraps(function)
        def call(*arguments: Given.args, **named: Given.kwargs) -> Result:
            with shown(title):
                return function(*arguments, **named)

        return call

    return decorate
