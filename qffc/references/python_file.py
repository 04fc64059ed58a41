"""Programs in the Python files of users, which are run; what fails there is told with its line."""

from __future__ import annotations

import inspect
import linecache
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from pathlib import Path
from types import GenericAlias, ModuleType

from qffc.dsl import Ansatz
from qffc.ir.diagnostics import InternalError, QffcError, Span, error, quoted
from qffc.ir.program import Program
from qffc.library.options import parse_options


def program_in(path: Path, name: str, options: str) -> Program:
    """Run a Python file and return the program, or the ansatz with these options, that has the name there.

    Raises:
        QffcError: when there is none, the options do not fit, or the file fails; shown with its line.
    """
    module = _run_file(path)
    named = {key: value for key, value in vars(module).items() if isinstance(value, Ansatz | Program)}
    own = [key for key in named if not key.startswith("_")]
    if name not in named:
        raise error(
            "no program of that name in the file",
            found=_what_is_there(module, name),
            expected=f"one of {quoted(own)}" if own else "a function decorated with @qf.ansatz, or a Program",
            help=f"write {path}:{own[0] if own else 'NAME'}",
            where=str(path),
        )
    chosen = named[name]
    if isinstance(chosen, Program):
        if options:
            raise error(
                "options for a finished program",
                found=f"'{options}' for '{name}'",
                expected="no options: it is a Program, not an ansatz",
                help="leave the options out, or name a function decorated with @qf.ansatz",
                where=str(path),
            )
        return chosen
    with _users_code(path):
        return chosen(**_options(chosen, options, f"{path}:{name}"))


def _what_is_there(module: ModuleType, name: str) -> str:
    if not name:
        return "no name after the file"
    if not hasattr(module, name):
        return f"'{name}', which is not there"
    return f"'{name}', of type {type(getattr(module, name)).__name__}"


def _options(ansatz: Ansatz, text: str, where: str) -> dict[str, object]:
    typed = {name: _with_type(option) for name, option in ansatz.options.items()}
    try:
        given = parse_options(ansatz.name, text, typed)
    except QffcError as problem:
        raise QffcError(replace(problem.diagnostic, where=where)) from None
    missing = [name for name, option in typed.items() if option.default is option.empty and name not in given]
    if missing:
        raise error(
            "option without a value",
            found=f"no {quoted(missing)}",
            expected=f"a value for {quoted(missing)}",
            help=f"write {where}:{','.join(f'{name}=...' for name in missing)}, or give the argument a default",
            where=where,
        )
    return given


def _with_type(option: inspect.Parameter) -> inspect.Parameter:
    """The option; without an annotation, with the type of its default for one."""
    if option.annotation is not option.empty or option.default is option.empty:
        return option
    default = option.default
    if isinstance(default, tuple) and default:
        return option.replace(annotation=GenericAlias(tuple, (type(default[0]), ...)))
    return option.replace(annotation=type(default))


def _run_file(path: Path) -> ModuleType:
    source = text_of(path)
    linecache.checkcache(str(path))
    module = ModuleType(path.stem)
    module.__file__ = str(path)
    name, folder = f"qffc_user_file_{path.stem}", str(path.resolve().parent)
    module.__name__ = name
    sys.modules[name] = module  # dataclasses look their module up
    sys.path.insert(0, folder)  # so that the file can import its neighbours
    try:
        with _users_code(path):
            exec(compile(source, str(path), "exec"), vars(module))
    finally:
        sys.path.remove(folder)
    return module


@contextmanager
def _users_code(path: Path) -> Iterator[None]:
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
