"""A folder that one process works in at a time; the lock goes with its process, however that ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from qffc.ir.diagnostics import QffcError, error

LOCK_NAME = ".lock"


def lock_of(folder: Path) -> FileLock:
    """Return the lock of a folder, which is made when missing; hold it with ``with``, which waits until it is free.

    Who holds it may take it again, in the same thread.

    Args:
        folder: to work in.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder, lock_of(Path(folder)) as mine:
        ...     print(mine.is_locked)
        True
    """
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder.resolve() / LOCK_NAME, is_singleton=True)


@contextmanager
def sole_user(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, which is made when missing; it is gone again when nothing was written into it.

    Args:
        folder: to work in.

    Raises:
        QffcError: another process, or another thread, works there.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     with sole_user(Path(folder) / "run"):
        ...         print(sorted(path.name for path in (Path(folder) / "run").iterdir()))
        ...     print((Path(folder) / "run").exists())
        ['.lock']
        False
    """
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    lock = lock_of(folder)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise folder_in_use(folder) from None
    try:
        yield
    finally:
        if made and [path.name for path in folder.iterdir()] == [LOCK_NAME]:
            (folder / LOCK_NAME).unlink()
            for place in made:
                place.rmdir()
        lock.release()


def folder_in_use(folder: Path) -> QffcError:
    """Return the refusal of a folder that another process works in, to be raised.

    Example:
        >>> folder_in_use(Path("runs/water")).diagnostic.title
        'folder that another run works in'
    """
    return error(
        "folder that another run works in",
        found=f"'{folder}', where a process is at work",
        expected="a folder for each run: two would mix their logs, and one would lose its model",
        help="choose another folder with --out, or wait: the lock goes with its process, nothing has to be removed",
    )
