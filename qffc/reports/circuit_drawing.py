"""A drawing of the circuit of a program, in its own operations rather than in native gates."""

from __future__ import annotations

from pathlib import Path
from textwrap import shorten, wrap

from qffc.ir.ops import Exchange, Rotate, Singlet
from qffc.ir.program import Program
from qffc.reports.circuit_layout import Drawn, Layout, layout_of
from qffc.reports.plots import ACCENT, FAINT, INK, SECOND, new_figure, save_figure

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


def draw_circuit(program: Program, path: Path) -> None:
    """Write the circuit as PNG or SVG, by the suffix of ``path``.

    Qubits run from top to bottom, layers from left to right, with their numbers above. Boxes and signs are explained
    below, as are angles and vectors that are too long for the drawing; M marks qubits that the readout looks at.
    """
    layout = layout_of(program)
    widths = [_width(column) for column in layout.columns]
    bands = _bands(widths)
    legend = _legend_lines(layout)
    height = len(layout.wires) + 1.6
    margin = _CHARACTER * max(map(len, layout.wires), default=0) + 0.6
    width = max([sum(widths[a:b]) for a, b in bands] + [0.0]) + margin + 1.2
    below = _LEGEND_LINE * (len(legend) + 1)
    longest = _LEGEND_CHARACTER * max((len(line) for line in legend), default=0)
    width = max(width, longest, _CHARACTER * len(layout.title))
    bottom = -len(bands) * height - below + 1.0
    figure = new_figure(_UNIT * width, _UNIT * (_HEAD - bottom))
    figure.set_layout_engine("none")  # a unit stays what it is, however long the texts are
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(-margin, width - margin)
    axes.set_ylim(bottom, _HEAD)
    for number, (first, last) in enumerate(bands):
        _draw_band(axes, layout, widths, (first, last), -number * height)
    for number, line in enumerate(legend):
        y = -len(bands) * height + 1.0 - _LEGEND_LINE * number
        axes.text(-margin, y, line, ha="left", va="top", color=INK, fontsize=7, family="monospace")
    axes.text(-margin, _HEAD - 0.4, layout.title, ha="left", va="center", color=INK, fontsize=10)
    save_figure(figure, path)


def _width(column: tuple[Drawn, ...]) -> float:
    signs = max(max(map(len, drawn.marks)) + (1 if drawn.boxed else 0) for drawn in column)
    labels = max(2 * len(drawn.label) if drawn.label else 0 for drawn in column)
    return _CHARACTER * max(signs, labels, 1) + _GAP


def _bands(widths: list[float]) -> list[tuple[int, int]]:
    """The layers of each line, from the first to before the last."""
    bands, first, used = [], 0, 0.0
    for place, width in enumerate(widths):
        if place > first and used + width > _WIDEST:
            bands.append((first, place))
            first, used = place, 0.0
        used += width
    return [*bands, (first, len(widths))]


def _legend_lines(layout: Layout) -> list[str]:
    signs = max((len(sign) for sign, _ in layout.legend), default=0)
    lines = []
    for sign, meaning in layout.legend:
        shown = meaning if sign == "M" else shorten(meaning, _LEGEND_CHARACTERS, placeholder=" …")
        indent = " " * (signs + 2)
        lines += wrap(shown, _LEGEND_CHARACTERS, initial_indent=f"{sign:<{signs}}  ", subsequent_indent=indent)
    return lines


def _draw_band(  # type: ignore[no-untyped-def]  # matplotlib axes
    axes, layout: Layout, widths: list[float], band: tuple[int, int], top: float
) -> None:
    first, last = band
    end = sum(widths[first:last])
    closing = last == len(layout.columns)
    for wire, name in enumerate(layout.wires):
        right = end + (0.5 if closing and wire in layout.measured else 0.0)
        axes.plot([-0.1, right], [top - wire] * 2, color=FAINT, linewidth=1, zorder=0)
        axes.text(-0.3, top - wire, name, ha="right", va="center", color=INK, fontsize=9)
        if closing and wire in layout.measured:
            _box(axes, "M", end + 0.5, top - wire, INK)
    x = 0.0
    for place in range(first, last):
        middle = x + widths[place] / 2
        axes.text(middle, top + 0.75, str(place + 1), ha="center", va="center", color=FAINT, fontsize=7)
        for drawn in layout.columns[place]:
            _draw(axes, drawn, middle, top)
        x += widths[place]


def _draw(axes, drawn: Drawn, x: float, top: float) -> None:  # type: ignore[no-untyped-def]  # matplotlib axes
    op = drawn.op
    colour = _COLOURS.get(type(op), INK)
    first, last = drawn.ends
    if first < last:
        axes.plot([x, x], [top - first, top - last], color=colour, linewidth=1.6, zorder=1)
    if drawn.label:
        axes.text(x + 0.1, top - first - 0.5, drawn.label, ha="left", va="center", color=colour, fontsize=7, zorder=3)
    for qubit, mark in zip(op.qubits, drawn.marks, strict=True):
        if drawn.boxed:
            _box(axes, mark, x, top - qubit, colour)
        elif op.prepares:
            axes.plot([x, x + 0.25], [top - qubit] * 2, color=colour, linewidth=1.6, zorder=2)
        else:
            axes.plot([x], [top - qubit], marker="o", color=colour, markersize=6, zorder=2)


def _box(axes, text: str, x: float, y: float, colour: str) -> None:  # type: ignore[no-untyped-def]  # matplotlib axes
    box = {"boxstyle": "round,pad=0.18", "facecolor": "white", "edgecolor": colour}
    axes.text(x, y, text, ha="center", va="center", color=colour, fontsize=8, bbox=box, zorder=3)
