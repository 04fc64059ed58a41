"""The lines of a program as people see them: those of the file that they wrote, or of its text where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qffc.ir.diagnostics import QffcError
from qffc.ir.program import Program
from qffc.ir.text.lines import lines_of
from qffc.ir.text.parser import parse_program

_SUFFIX = ".qffc"
_READOUTS = ("energy", "atomic")


@dataclass(frozen=True)
class Source:
    """Lines to show.

    Args:
        name: of what they are, for a heading.
        lines: from the first on.
        places: of lines of the program's text, by their numbers from 1, the numbers of these lines; empty when they
            are the same.
    """

    name: str
    lines: tuple[str, ...]
    places: Mapping[int, int]

    def number(self, line: int) -> int:
        """Return the number of a line of the program's text here."""
        return self.places.get(line, line)


def source_of(program: Program) -> Source:
    """Return the lines of the file that a program was read from, if it still says the same, else those of its text.

    Example:
        >>> from qffc.library import load
        >>> source_of(load("pair")).name
        'the text of the program'
    """
    return _file(program) or Source("the text of the program", tuple(program.text.splitlines()), {})


def op_line(program: Program, index: int) -> int:
    """Return the number of the line of an operation in the text of a program, from 1."""
    names = tuple(qubit.name for qubit in program.qubits)
    return program.text.splitlines().index(program.ops[0].text(names)) + 1 + index


def _file(program: Program) -> Source | None:
    spans = [op.span for op in program.ops if op.span is not None]
    files = {span.file for span in spans}
    if len(files) != 1 or len(spans) < len(program.ops) or not (file := files.pop()).endswith(_SUFFIX):
        return None
    try:
        text = Path(file).read_text(encoding="utf-8")
        if parse_program(text, file).text != program.text:
            return None
    except (OSError, UnicodeDecodeError, QffcError):  # moved, or changed since
        return None
    lines = tuple(lines_of(text))
    starts = {_start(line): number for number, line in enumerate(lines, 1)}
    places = {op_line(program, index): span.line for index, span in enumerate(spans)}
    for number, line in enumerate(program.text.splitlines(), 1):
        if line.startswith("observable ") or line.split(" ")[0] in _READOUTS:
            places[number] = starts[_start(line)]
    return Source(Path(file).name, lines, places)


def _start(line: str) -> str:
    """What tells the line of an observable or the readout from all others, however its formula is written."""
    words = line.partition("#")[0].partition("=")[0].split()
    return " ".join(words[:2] if words[:1] == ["observable"] else words[:1])
