"""A drawing of a circuit with characters, for terminals."""

from __future__ import annotations

from textwrap import wrap

from qffc.ir.program import Program
from qffc.reports.circuit_layout import Drawn, Layout, layout_of

_LINES_OF_A_VALUE = 3
"""Of the legend; a value that is longer is cut."""
_NARROWEST = 40


def text_drawing(program: Program, width: int = 100) -> str:
    """Return the circuit of a program as text: a line for each qubit, layers from left to right, then a legend.

    A circuit that is wider is continued below.

    Args:
        program: any program.
        width: characters of a line.

    Example:
        >>> from qffc.library import load
        >>> print(text_drawing(load("sivqlm-lih", depth=1), 60).split("╭ ╰")[0].rstrip())
        sivqlm-lih: 6 operations on 2 qubits in 4 layers
        <BLANKLINE>
                      1  2      3      4
        H_upper · H   ╭─┤R v1├──•─────┤R v3├─┤M
                      │         │J[0]
        H_lower · H   ╰─┤R v2├──•─────┤R v4├─┤M
    """
    layout, width = layout_of(program), max(width, _NARROWEST)
    margin = max(map(len, layout.wires), default=0) + 2
    parts = [layout.title]
    fresh = _prepared(layout)
    for first, last in _bands(layout, width - margin):
        parts.append(_band(layout, first, last, margin, fresh))
    parts.append(_legend(layout, width))
    return "\n\n".join(parts)


def _cell(drawn: Drawn) -> int:
    """Characters that an operation takes."""
    marks = max(len(mark) + (2 if drawn.boxed else 1) for mark in drawn.marks)
    return max(marks, 2 + len(drawn.label))


def _widths(layout: Layout) -> list[int]:
    return [max(2, *(1 + _cell(drawn) for drawn in column)) for column in layout.columns]


def _bands(layout: Layout, room: int) -> list[tuple[int, int]]:
    """The layers that stand side by side, from the first to before the last of each line."""
    end = 3 if layout.measured else 0
    bands, first, used = [], 0, 0
    for place, width in enumerate(_widths(layout)):
        if place > first and used + width > room - end:
            bands.append((first, place))
            first, used = place, 0
        used += width
    return [*bands, (first, len(layout.columns))]


def _prepared(layout: Layout) -> dict[int, int]:
    """For qubits that are prepared by an operation its layer; their wires begin there."""
    found: dict[int, int] = {}
    for place, column in enumerate(layout.columns):
        for drawn in column:
            if drawn.op.prepares:
                for qubit in drawn.op.qubits:
                    found.setdefault(qubit, place)
    return found


def _band(layout: Layout, first: int, last: int, margin: int, fresh: dict[int, int]) -> str:
    """The wires and the lines between them for some layers."""
    count, widths = len(layout.wires), _widths(layout)
    head = " " * margin
    wires = [f"{name:<{margin}}" for name in layout.wires]
    between = [" " * margin for _ in layout.wires]
    for place in range(first, last):
        width = widths[place]
        head += f" {place + 1}".ljust(width)
        line = [(" " if fresh.get(qubit, -1) >= place else "─") * width for qubit in range(count)]
        gap = [" " * width for _ in range(count)]
        for drawn in layout.columns[place]:
            _put(drawn, line, gap, width)
        wires = [before + here for before, here in zip(wires, line, strict=True)]
        between = [before + here for before, here in zip(between, gap, strict=True)]
    if last == len(layout.columns):
        wires = [wire + ("┤M" if qubit in layout.measured else "") for qubit, wire in enumerate(wires)]
    rows = [head]
    for wire, gap_line in zip(wires, between, strict=True):
        rows += [wire, gap_line]
    return "\n".join(row.rstrip() for row in rows[:-1])


def _put(drawn: Drawn, line: list[str], gap: list[str], width: int) -> None:
    """Write an operation into the wires and the gaps below them; its signs are the second character of the layer."""
    top, bottom = drawn.ends
    for wire in range(top, bottom):
        label = drawn.label if wire == top else ""
        gap[wire] = f" │{label}".ljust(width)
        if wire > top:
            line[wire] = line[wire][0] + ("┼" if line[wire][0] == "─" else "│") + line[wire][2:]
    for qubit, mark in zip(drawn.op.qubits, drawn.marks, strict=True):
        if drawn.op.prepares:
            sign = mark if drawn.boxed else "╭" if qubit == top else "╰"
            line[qubit] = f" {sign}".ljust(width, "─")
        else:
            line[qubit] = (f"┤{mark}├" if drawn.boxed else f"─{mark}").ljust(width, "─")


def _legend(layout: Layout, width: int) -> str:
    signs = max((len(sign) for sign, _ in layout.legend), default=0)
    lines: list[str] = []
    for sign, meaning in layout.legend:
        lead = f"{sign:<{signs}}  "
        shown = wrap(
            meaning,
            width,
            initial_indent=lead,
            subsequent_indent=" " * len(lead),
            max_lines=_LINES_OF_A_VALUE,
            placeholder=" …",
        )
        lines += shown
    return "\n".join(lines)
