"""Several processes under one verb: meeting, talking, parting."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import typer

from qffc.ir.diagnostics import error

Coordinator = Annotated[
    str | None, typer.Option(metavar="HOST:PORT", help="where several processes that train together meet")
]
Processes = Annotated[int | None, typer.Option(help="how many they are; each is given the same command")]
ProcessId = Annotated[int | None, typer.Option(help="which one this is, from 0; process 0 writes the folder")]


@dataclass(frozen=True)
class Together:
    """The processes of a run, as this one was told of them.

    Args:
        coordinator: where they meet; None for a process by itself.
        processes: how many.
        process_id: which one this is.
    """

    coordinator: str | None
    processes: int
    process_id: int

    @property
    def is_first(self) -> bool:
        """Whether this process talks, and writes the folder."""
        return self.process_id == 0

    @contextmanager
    def met(self) -> Iterator[None]:
        """Meet the others, and part from them afterwards, so that none waits for what the first one does alone."""
        if self.coordinator is None:
            yield
            return
        from qffc.training.processes import join, part

        with _talk_on_stderr():
            join(self.coordinator, self.processes, self.process_id)
            yield
            part()


def together(coordinator: str | None, processes: int | None, process_id: int | None) -> Together:
    """Return what the options say.

    Raises:
        QffcError: when some are there and some are not.
    """
    if coordinator is None and processes is None and process_id is None:
        return Together(None, 1, 0)
    if coordinator is None or processes is None or process_id is None:
        given = {"--coordinator": coordinator, "--processes": processes, "--process-id": process_id}
        raise error(
            "processes that cannot meet",
            found=", ".join(f"no {name}" for name, value in given.items() if value is None),
            expected="--coordinator, --processes and --process-id, or none of them",
            help="for two processes on one machine: --coordinator localhost:29500 --processes 2 --process-id 0, and 1",
        )
    return Together(coordinator, processes, process_id)


@contextmanager
def _talk_on_stderr() -> Iterator[None]:
    """What connects processes prints its own lines on stdout, which is for the result."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
