"""Where the author wrote something: spans of the nearest line of Python that is not part of the authoring layer."""

from __future__ import annotations

import contextlib
import functools
import linecache
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import CodeType, FrameType, TracebackType

from qffc.ir import diagnostics
from qffc.ir.diagnostics import QffcError, Span

_FOLDERS = tuple(str(Path(file).parent) for file in (__file__, diagnostics.__file__))
_MODULES = ("qffc.dsl.", "qffc.ir.")


def caller_span() -> Span | None:
    """Return the place of the call that led here, outside the authoring layer."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _is_ours(frame):
        frame = frame.f_back
    return None if frame is None else _span(frame.f_code, frame.f_lineno, frame.f_lasti)


def function_span(code: CodeType) -> Span:
    """Return the first line of a function, its decorator included."""
    line = code.co_firstlineno
    return Span(code.co_filename, line, source=_source(code.co_filename, line))


def located(error: QffcError, fallback: Span | None) -> QffcError:
    """Return the error with a place: its own, else the author's innermost line of its traceback, else the fallback."""
    if error.diagnostic.span is not None:
        return error
    span = _traceback_span(error.__traceback__) or fallback
    return QffcError(replace(error.diagnostic, span=span))


def _traceback_span(traceback: TracebackType | None) -> Span | None:
    span = None
    while traceback is not None:
        if not _is_ours(traceback.tb_frame):
            span = _span(traceback.tb_frame.f_code, traceback.tb_lineno, traceback.tb_lasti)
        traceback = traceback.tb_next
    return span


def _is_ours(frame: FrameType) -> bool:
    file = frame.f_code.co_filename
    if file.startswith(_FOLDERS) or file in (functools.__file__, contextlib.__file__):
        return True
    # Methods that dataclasses write have no file, but the names of their module.
    return file == "<string>" and str(frame.f_globals.get("__name__")).startswith(_MODULES)


def _span(code: CodeType, line: int, instruction: int) -> Span:
    source = _source(code.co_filename, line)
    start, end, column, end_column = next(islice(code.co_positions(), instruction // 2, None), (None,) * 4)
    if source is None or start != line or column is None:
        return Span(code.co_filename, line, source=source)
    first = _characters(source, column) + 1
    if end != line or end_column is None:
        return Span(code.co_filename, line, first, source=source)
    return Span(code.co_filename, line, first, _characters(source, end_column) + 1, source)


def _source(file: str, line: int) -> str | None:
    return linecache.getline(file, line).rstrip("\n") or None


def _characters(source: str, byte_offset: int) -> int:
    return len(source.encode()[:byte_offset].decode(errors="ignore"))
