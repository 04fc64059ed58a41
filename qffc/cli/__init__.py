"""The command ``qffc``.

Exit codes: 0 good, 1 the answer is no, 2 wrong use, 70 a mistake of qffc itself, 130 stopped by Ctrl-C. Results go to
stdout, talk to stderr.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from typing import TextIO

import typer

from qffc.cli.app import build
from qffc.ir.diagnostics import Diagnostic, InternalError, QffcError, QffcWarning
from qffc.progress_line import shown

NO, WRONG_USE, INTERNAL = 1, 2, 70


def main() -> None:
    """Run the command line of this process and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without ± still shows the number
    # XLA fills the screen with features of the processor when it reads its cache; what goes wrong, Python raises.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # a reader that has seen enough, such as head, ends us quietly
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line.

    Args:
        arguments: without the name of the command.

    Returns:
        The exit code.

    Example:
        >>> run(["targets", "--nothing"])
        2
    """
    given = list(arguments) or ["--help"]
    as_json = "--json" in given
    try:
        with _warnings_told(), shown(given[0].removeprefix("-")):
            code = build().main(args=given, prog_name="qffc", standalone_mode=False)
    except QffcError as problem:
        return _refuse(problem.diagnostic, as_json)
    except typer.TyperException as problem:
        return _refuse(_said_by_a_parser(problem) or _misuse(problem, given), as_json)
    except OSError as problem:
        return _refuse(_no_file(problem), as_json)
    except Exception as problem:  # the last resort: nothing leaves with a bare traceback
        if isinstance(problem, MemoryError) or "RESOURCE_EXHAUSTED" in str(problem):  # the latter is what XLA says
            return _refuse(_no_memory(problem), as_json)
        traceback.print_exc()
        ours = isinstance(problem, InternalError)
        report = problem if ours else InternalError(f"{type(problem).__name__}: {problem}")
        if as_json:
            print(json.dumps({"error": {"title": "internal error", "found": str(report)}}, indent=2))
        print(str(report), file=sys.stderr)
        return INTERNAL
    return code if isinstance(code, int) else 0


@contextmanager
def _warnings_told() -> Iterator[None]:
    """Print a warning of qffc on stderr as the message that it is, each once in a run."""
    with warnings.catch_warnings():
        usual, told = warnings.showwarning, set[str]()

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if not isinstance(message, QffcWarning):
                usual(message, category, filename, lineno, file, line)
            elif str(message) not in told:
                told.add(str(message))
                print(message, file=sys.stderr)

        warnings.simplefilter("always", QffcWarning)
        warnings.showwarning = show
        yield


def _no_file(problem: OSError) -> Diagnostic:
    return Diagnostic(
        title="file that cannot be used",
        found=f"'{problem.filename}': {problem.strerror}" if problem.filename else str(problem),
        expected="a file or folder that can be read and written",
        help="check the path, the permissions and the space that is left",
    )


def _no_memory(problem: Exception) -> Diagnostic:
    return Diagnostic(
        title="not enough memory",
        found=(str(problem).splitlines() or [type(problem).__name__])[0],
        expected="a computation that fits into the memory of this machine",
        help="take smaller batches (--batch-size, --accumulate), fewer frames or circuits of fewer qubits",
    )


def _refuse(diagnostic: Diagnostic, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"error": diagnostic.to_json()}, indent=2))
    else:
        print(diagnostic.render(), file=sys.stderr)
    return WRONG_USE


def _said_by_a_parser(problem: typer.TyperException) -> Diagnostic | None:
    """The diagnostic of a function that reads an option, where one has refused it: typer makes it text."""
    cause = problem.__cause__ or problem.__context__
    return cause.diagnostic if isinstance(cause, QffcError) else None


def _misuse(problem: typer.TyperException, arguments: Sequence[str]) -> Diagnostic:
    context = getattr(problem, "ctx", None)
    path = context.command_path if context else "qffc"
    return Diagnostic(
        title="wrong use of the command",
        found=problem.format_message().rstrip("."),
        expected=context.get_usage().removeprefix("Usage: ") if context else "qffc VERB ...",
        help=f"{_missing(problem)}'{path} --help' lists what there is",
    )


def _missing(problem: typer.TyperException) -> str:
    """Say what a word is that was left out."""
    parameter = getattr(problem, "param", None)
    if type(problem).__name__ != "MissingParameter" or parameter is None or not parameter.help:
        return ""
    said = parameter.help.removesuffix("  [required]")
    return f"add {parameter.opts[0]}, {said}; "
