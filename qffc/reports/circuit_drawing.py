"""A drawing of the circuit of a program, in its own operations rather than in native gates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qffc.atomic_files import write_text
from qffc.ir.ops import Exchange, Rotate, Singlet
from qffc.ir.program import Program
from qffc.reports.circuit_layout import Drawn, Layout, bands_of, layout_of
from qffc.reports.circuit_svg import circuit_svg
from qffc.reports.plots import ACCENT, FAINT, INK, SECOND, new_figure, save_figure
from qffc.reports.site_colours import site_colours

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = {Rotate: ACCENT, Exchange: SECOND, Singlet: INK}
_UNIT = 0.5
"""Inches between two wires; all lengths below are in it."""
_CHARACTER = 0.15
_GAP = 0.45
"""Between the operations of two layers."""
_WIDEST = 26.0
"""Of a line of layers; a longer circuit is continued below."""
_HEAD = 2.0
"""Above the first wire: the title, and the numbers of layers."""
_LEGEND_LINE = 0.34
_LEGEND_CHARACTER = 0.12
_LEGEND_CHARACTERS = 110
_BAND, _NUMBERS = "#f4f6f8", "#6b7780"


def draw_circuit(program: Program, path: Path) -> None:
    """Write the circuit as PNG or SVG, by the suffix of ``path``.

    Qubits run from top to bottom in the colours of their atoms, layers from left to right, with their numbers above.
    Boxes and signs are explained below, as are angles and vectors that are too long for the drawing; M marks qubits
    that the readout looks at.
    """
    if path.suffix == ".svg":
        write_text(path, circuit_svg(program) + "\n")
    else:
        save_figure(circuit_figure(program), path)


def circuit_figure(program: Program) -> Figure:
    """Return the circuit as a figure of matplotlib."""
    layout, colours = layout_of(program), site_colours(program)
    tints = [FAINT if qubit.site is None else colours[qubit.site] for qubit in program.qubits]
    widths = [_width(column) for column in layout.columns]
    bands = bands_of(widths, _WIDEST)
    legend = _legend_lines(layout, program, colours)
    height = len(layout.wires) + 1.6
    margin = _CHARACTER * max(map(len, layout.wires), default=0) + 0.8
    width = max([sum(widths[a:b]) for a, b in bands] + [0.0]) + margin + 1.2
    column = _LEGEND_CHARACTER * (max((len(line) for line, _ in legend), default=0) + 3)
    columns = max(1, min(3, int(max(width, 0.8 * _WIDEST) / max(column, 1.0))))
    rows = -(-len(legend) // columns)
    below = _LEGEND_LINE * (rows + 1)
    width = max(width, column * columns, _CHARACTER * len(layout.title))
    bottom = -len(bands) * height - below + 1.0
    figure = new_figure(_UNIT * width, _UNIT * (_HEAD - bottom))
    figure.set_layout_engine("none")  # a unit stays what it is, however long the texts are
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(-margin, width - margin)
    axes.set_ylim(bottom, _HEAD)
    for number, (first, last) in enumerate(bands):
        _draw_band(axes, layout, widths, (first, last), -number * height, tints)
    for number, (line, colour) in enumerate(legend):
        x, y = column * (number // rows) - margin, -len(bands) * height + 1.0 - _LEGEND_LINE * (number % rows)
        if colour:
            axes.plot([x + 0.1], [y - 0.1], marker="o", color=colour, markersize=5)
        axes.text(x + (0.3 if colour else 0.0), y, line, ha="left", va="top", color=INK, fontsize=7, family="monospace")
    axes.text(-margin, _HEAD - 0.4, layout.title, ha="left", va="center", color=INK, fontsize=10)
    return figure


def _width(column: tuple[Drawn, ...]) -> float:
    signs = max(max(map(len, drawn.marks)) + (1 if drawn.boxed else 0) for drawn in column)
    labels = max(len(drawn.label) + 2 if drawn.label else 0 for drawn in column)
    return _CHARACTER * max(signs, labels, 1) + _GAP


def _legend_lines(layout: Layout, program: Program, colours: dict[str, str]) -> list[tuple[str, str]]:
    """Lines below the drawing, and the colours of the dots before them."""
    signs = max((len(sign) for sign, _ in layout.legend), default=0)
    lines = [
        (f"site {each.name}: {each.species or 'any element'}, {each.role}", colours[each.name])
        for each in program.sites
    ]
    for sign, meaning in layout.legend:
        line = f"{sign:<{signs}}  {meaning}"
        lines.append((line if len(line) <= _LEGEND_CHARACTERS else f"{line[: _LEGEND_CHARACTERS - 2]} …", ""))
    return lines


def _draw_band(  # type: ignore[no-untyped-def]  # matplotlib axes
    axes, layout: Layout, widths: list[float], band: tuple[int, int], top: float, tints: list[str]
) -> None:
    first, last = band
    end = sum(widths[first:last])
    closing = last == len(layout.columns)
    for wire, name in enumerate(layout.wires):
        right = end + (0.5 if closing and wire in layout.measured else 0.0)
        axes.plot([-0.1, right], [top - wire] * 2, color=tints[wire], linewidth=1, alpha=0.6, zorder=0.5)
        axes.plot([-0.25], [top - wire], marker="o", color=tints[wire], markersize=6, zorder=2)
        axes.text(-0.5, top - wire, name, ha="right", va="center", color=INK, fontsize=9)
        if closing and wire in layout.measured:
            _box(axes, "M", end + 0.5, top - wire, INK)
    x = 0.0
    for place in range(first, last):
        middle = x + widths[place] / 2
        if place % 2:
            low = top - len(layout.wires) + 0.4
            axes.fill_between([x, x + widths[place]], low, top + 1.0, color=_BAND, linewidth=0, zorder=0)
        axes.text(middle, top + 0.75, str(place + 1), ha="center", va="center", color=_NUMBERS, fontsize=7)
        for drawn in layout.columns[place]:
            _draw(axes, drawn, middle, top, tints)
        x += widths[place]


def _draw(  # type: ignore[no-untyped-def]  # matplotlib axes
    axes, drawn: Drawn, x: float, top: float, tints: list[str]
) -> None:
    op = drawn.op
    colour = _COLOURS.get(type(op), INK)
    x -= 0.5 * _CHARACTER * len(drawn.label)  # the line and its label are centred together
    first, last = drawn.ends
    if first < last:
        axes.plot([x, x], [top - first, top - last], color=colour, linewidth=1.6, zorder=1)
    if drawn.label:
        axes.text(x + 0.1, top - first - 0.5, drawn.label, ha="left", va="center", color=colour, fontsize=7, zorder=3)
    for qubit, mark in zip(op.qubits, drawn.marks, strict=True):
        if drawn.boxed:
            _box(axes, mark, x, top - qubit, tints[qubit] if len(op.qubits) == 1 and tints[qubit] != FAINT else colour)
        elif op.prepares:
            axes.plot([x, x + 0.25], [top - qubit] * 2, color=colour, linewidth=1.6, zorder=2)
        else:
            axes.plot([x], [top - qubit], marker="o", color=colour, markersize=6, zorder=2)


def _box(axes, text: str, x: float, y: float, colour: str) -> None:  # type: ignore[no-untyped-def]  # matplotlib axes
    box = {"boxstyle": "round,pad=0.18", "facecolor": "white", "edgecolor": colour}
    axes.text(x, y, text, ha="center", va="center", color=colour, fontsize=8, bbox=box, zorder=3)
