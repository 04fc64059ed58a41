"""Processes that train one model together, on one machine or several.

All do the same steps, each on its part of the frames. The first one reads and writes the folder of the run, and decides
whatever depends on clocks or on rounding.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import jax
import numpy as np
from jax.experimental import multihost_utils

from qffc.folder_lock import folder_in_use, sole_user
from qffc.ir.diagnostics import QffcError, error

Tree = TypeVar("Tree")


def join(coordinator: str, processes: int, process_id: int) -> None:
    """Make this process one of those that train together; returns when all are there.

    Args:
        coordinator: ``HOST:PORT`` of the first process, a free port on its machine; the same in all.
        processes: how many there are.
        process_id: which one this is, from 0.

    Raises:
        QffcError: when the numbers do not fit, or the others do not come.
    """
    host, _, port = coordinator.rpartition(":")
    if not host or not port.isdigit():
        raise error(
            "address that cannot be read",
            found=f"'{coordinator}'",
            expected="HOST:PORT, a free port on the machine of the first process",
            help="write --coordinator node1:29500, the same for all processes",
        )
    if not 0 <= process_id < processes:
        raise error(
            "process that is not one of them",
            found=f"process {process_id} of {processes}",
            expected=f"a number from 0 to {processes - 1}" if processes > 0 else "at least one process",
            help="count --process-id from 0, each process with its own",
        )
    try:
        jax.distributed.initialize(coordinator, processes, process_id)
    except RuntimeError as problem:
        raise error(
            "processes that do not find each other",
            found=f"process {process_id} of {processes}, at '{coordinator}': {problem}",
            expected="all processes, at one address",
            help="start all of them with the same --coordinator and --processes, before anything else uses JAX",
        ) from None


def is_first() -> bool:
    """Return whether this process reads and writes the folder of the run; the only one of a run always does."""
    return bool(jax.process_index() == 0)


def from_first(tree: Tree) -> Tree:
    """Return the numbers of the first process, in every one: trees of arrays of the same shapes."""
    if jax.process_count() == 1:
        return tree
    found: Tree = multihost_utils.broadcast_one_to_all(tree)
    return found


@contextmanager
def file_of_first(path: Path) -> Iterator[Path | None]:
    """Provide a file of the first process to all; None when it has none.

    Args:
        path: the file; read by the first process alone, because others may be on other machines.
    """
    if jax.process_count() == 1:
        yield path if path.exists() else None
        return
    content = np.frombuffer(path.read_bytes() if is_first() and path.exists() else b"", np.uint8)
    size = int(from_first(np.array(content.size)))
    content = from_first(content if is_first() else np.zeros(size, np.uint8))
    if size == 0 or is_first():
        yield path if size else None
        return
    with TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        copy.write_bytes(np.asarray(content).tobytes())
        yield copy


@contextmanager
def folder_of_first(folder: Path) -> Iterator[None]:
    """Let no other run work in a folder; the first process holds it for all.

    Args:
        folder: of the run.

    Raises:
        QffcError: another run works there; in every process.
    """
    with ExitStack() as held:
        free = True
        if is_first():
            try:
                held.enter_context(sole_user(folder))
            except QffcError:
                free = False
        if not from_first(np.array(free)):
            raise folder_in_use(folder)
        yield


def need_same_run(identity: Mapping[str, str]) -> None:
    """Raise a diagnostic unless all processes have the same program, data and settings."""
    if jax.process_count() == 1:
        return
    digest = np.frombuffer(sha256(json.dumps(identity, sort_keys=True).encode()).digest(), np.uint8)
    # Gathered, not broadcast, so that every process sees a difference and none waits for one that left.
    digests = multihost_utils.process_allgather(digest)
    differs = np.any(digests != digests[:1], axis=1)
    if not differs.any():
        return
    raise error(
        "processes of different runs",
        found=f"in process {np.argmax(differs)} another program, other data or settings than in process 0",
        expected="the same in all",
        help="start every process with the same command, but for --process-id",
    )


def part() -> None:
    """Leave the other processes, when all have done their last step together; each may go on by itself."""
    jax.distributed.shutdown()  # type: ignore[no-untyped-call]  # of JAX
