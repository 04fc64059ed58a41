"""A folder that one process works in at a time; the lock goes with its process, however that ends."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock

LOCK_NAME = ".lock"


def lock_of(folder: Path) -> FileLock:
    """Return the lock of a folder, which is made when missing; hold it with ``with``, which waits until it is free.

    Args:
        folder: to work in.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder, lock_of(Path(folder)) as mine:
        ...     print(mine.is_locked)
        True
    """
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / LOCK_NAME)
