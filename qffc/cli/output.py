"""How verbs speak: results on stdout, as text or JSON; talk on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from qffc.progress_line import hushed

AsJson = Annotated[bool, typer.Option("--json", help="print the result, or the error, as JSON")]


def emit(text: str, data: Mapping[str, object], as_json: bool) -> None:
    """Print a result: the text, or the data as JSON."""
    write_line(json.dumps(data, indent=2, allow_nan=False) if as_json else text.rstrip("\n"))


def write_line(text: str) -> None:
    """Print a part of a result, with no progress on the same screen."""
    with hushed():
        print(text, flush=True)


def say(text: str) -> None:
    """Print talk on stderr."""
    print(text, file=sys.stderr)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as plain text: the first column to the left, the others to the right.

    Example:
        >>> print(table(("gate", "count"), (("TK2", "3"), ("PhasedX", "12"))))
        gate     count
        TK2          3
        PhasedX     12
    """
    lines = [tuple(header), *(tuple(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
