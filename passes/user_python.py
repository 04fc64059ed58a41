"""Python files of users, which are run where the user names them; what fails there is told with its line."""

from __future__ import annotations

import linecache
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType

from qffc.ir.diagnostics import InternalError, QffcError, Span, error


def run_file(path: Path) -> ModuleType:
    """Run a Python file and return it as a module.

    Raises:
        QffcError: when it cannot be read, or fails; shown with its line.
    """
    source = text_of(path)
    linecache.checkcache(str(path))
    module = ModuleType(path.stem)
    module.__file__ = str(path)
    name, folder = f"qffc_user_file_{path.stem}", str(path.resolve().parent)
    module.__name__ = name
    sys.modules[name] = module  # dataclasses look their module up
    sys.path.insert(0, folder)  # so that the file can import its neighbours
    try:
        with users_code(path):
            exec(compile(source, str(path), "exec"), vars(module))
    finally:
        sys.path.remove(folder)
    return module


@contextmanager
def users_code(path: Path) -> Iterator[None]:
    """Turn any failure of the user's Python into a diagnostic with its line; what it prints goes to stderr."""
    try:
        with redirect_stdout(sys.stderr):
            yield
    except (QffcError, InternalError, KeyboardInterrupt):
        raise
    except SyntaxError as problem:
        at = Span(problem.filename or str(path), problem.lineno or 1, problem.offset or 1)
        raise _failed("Python file that cannot be read", f"{type(problem).__name__}: {problem.msg}", at) from None
    except ImportError as problem:
        raise _failed("import that fails", str(problem), _place(problem, path)) from None
    except (Exception, SystemExit) as problem:  # whatever it is, it is the user's, and belongs to a line
        found = f"{type(problem).__name__}: {problem}"
        raise _failed("Python file that fails", found, _place(problem, path)) from problem


def place_in(problem: BaseException, module: ModuleType | None) -> Span | None:
    """Return the innermost place of a failure that is in the file of a module; None when none is."""
    file = getattr(module, "__file__", None)
    return None if file is None else _place(problem, Path(file))


def _place(problem: BaseException, path: Path) -> Span | None:
    for frame in reversed(traceback.extract_tb(problem.__traceback__)):
        if frame.filename == str(path) and frame.lineno is not None:
            return Span(frame.filename, frame.lineno, (frame.colno or 0) + 1)
    return None


def _failed(title: str, found: str, span: Span | None) -> QffcError:
    return error(
        title,
        found=found,
        expected="a file that Python runs without an error",
        help="correct the line; 'python FILE.py' shows the whole traceback",
        span=span,
    )


def text_of(path: Path) -> str:
    """Return the text of a file as it is, line ends included.

    Raises:
        QffcError: when it cannot be read, or is no UTF-8.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:  # a lone CR ends no line
            return file.read()
    except (OSError, UnicodeDecodeError) as problem:
        reason = "not UTF-8 text" if isinstance(problem, UnicodeDecodeError) else problem.strerror
        raise error(
            "file that cannot be read",
            found=f"'{path}': {reason}",
            expected="a text file",
            help=f"check the path; relative paths start at {Path.cwd()}",
        ) from None
