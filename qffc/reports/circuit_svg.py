"""A drawing of the circuit of a program as SVG of a few kilobytes, for pages and notebooks."""

from __future__ import annotations

from html import escape

from qffc.ir.ops import Exchange, Rotate, Singlet
from qffc.ir.program import Program
from qffc.reports.circuit_layout import Drawn, Layout, bands_of, layout_of
from qffc.reports.site_colours import site_colours
from qffc.reports.svg_charts import svg

_WIRE, _HEAD, _GAP = 34, 52, 34
_CHARACTER, _SPACE = 6.6, 16
_WIDEST = 980
_LEGEND_LINE, _LEGEND_CHARACTER, _LEGEND_CHARACTERS = 15, 6.05, 140
_NO_SITE = "var(--q-faint)"
_TONES = {Rotate: "1", Exchange: "2", Singlet: "3"}


def circuit_svg(program: Program, legend: bool = True) -> str:
    """Return the circuit: qubits from top to bottom in the colours of their atoms, layers from left to right.

    Args:
        program: any program.
        legend: whether what signs and names mean stands below. Boxes say it, too, where a pointer rests on them.

    Example:
        >>> from qffc.library import load
        >>> drawn = circuit_svg(load("sivqlm-lih", depth=1))
        >>> drawn.count('<rect class="box')
        6
    """
    layout, colours = layout_of(program), site_colours(program)
    sites = [qubit.site for qubit in program.qubits]
    tints = [_NO_SITE if site is None else colours[site] for site in sites]
    widths = [_width(column) for column in layout.columns]
    margin = 26 + _CHARACTER * max((len(name) for name in layout.wires), default=0)
    bands = bands_of(widths, _WIDEST - margin)
    height = len(layout.wires) * _WIRE + _HEAD
    parts = [f'<text x="8" y="18" font-weight="600">{escape(layout.title)}</text>']
    for number, (first, last) in enumerate(bands):
        top = _GAP + number * height + 26.0
        parts.append(_band(layout, widths, (first, last), margin, top, tints))
    bottom = _GAP + len(bands) * height
    width = max([sum(widths[a:b]) for a, b in bands] + [0.0]) + margin + 40
    if legend:
        lines = _legend_lines(layout, program, colours)
        column = 26 + _LEGEND_CHARACTER * max((len(text) for text, _ in lines), default=0)
        columns = max(1, min(3, int(max(width, 1.02 * _WIDEST) / column)))
        rows = -(-len(lines) // columns)
        for place, (text, colour) in enumerate(lines):
            parts.append(_line(text, colour, column * (place // rows), bottom + _LEGEND_LINE * (place % rows)))
        bottom += _LEGEND_LINE * rows + 4
        width = max(width, column * columns)
    return svg(parts, max(width, 8 + 7.5 * len(layout.title)), bottom)


def _width(column: tuple[Drawn, ...]) -> float:
    signs = max(max(map(len, drawn.marks)) + (1 if drawn.boxed else 0) for drawn in column)
    labels = max(len(drawn.label) + 2 if drawn.label else 0 for drawn in column)
    return _CHARACTER * max(signs, labels, 1) + _SPACE


def _band(
    layout: Layout,
    widths: list[float],
    band: tuple[int, int],
    margin: float,
    top: float,
    tints: list[str],
) -> str:
    first, last = band
    end = margin + sum(widths[first:last])
    closing = last == len(layout.columns)
    low = top + (len(layout.wires) - 1) * _WIRE
    parts, x = [], margin
    for place in range(first, last):
        if place % 2:
            parts.append(
                f'<rect x="{x:.1f}" y="{top - 27:.1f}" width="{widths[place]:.1f}" height="{low - top + 46:.1f}" '
                'fill="var(--q-band)"/>'
            )
        middle = x + widths[place] / 2
        parts.append(f'<text class="f" x="{middle:.1f}" y="{top - 17:.1f}" text-anchor="middle">{place + 1}</text>')
        x += widths[place]
    for wire, name in enumerate(layout.wires):
        y = top + wire * _WIRE
        right = end + (26 if closing and wire in layout.measured else 0)
        parts.append(f'<path stroke="{tints[wire]}" stroke-opacity="0.55" d="M{margin - 6:.1f} {y:.1f}H{right:.1f}"/>')
        parts.append(f'<circle cx="{margin - 12:.1f}" cy="{y:.1f}" r="4.5" fill="{tints[wire]}"/>')
        parts.append(f'<text x="{margin - 21:.1f}" y="{y + 4:.1f}" text-anchor="end">{escape(name)}</text>')
        if closing and wire in layout.measured:
            parts.append(_box("M", right, y, "var(--q-ink)", "measured"))
    x = margin
    for place in range(first, last):
        for drawn in layout.columns[place]:
            parts.append(_operation(drawn, x + widths[place] / 2, top, tints))
        x += widths[place]
    return "".join(parts)


def _operation(drawn: Drawn, x: float, top: float, tints: list[str]) -> str:
    tone = _TONES.get(type(drawn.op), "4")
    x -= 0.5 * _CHARACTER * len(drawn.label)  # the line and its label are centred together
    first, last = drawn.ends
    meaning = drawn.op.word + ("" if drawn.op.value is None else f" {drawn.op.value.text}")
    parts = [f"<g><title>{escape(meaning)}</title>"]
    if first < last:
        parts.append(
            f'<path class="t{tone}" stroke-width="2" d="M{x:.1f} {top + first * _WIRE:.1f}V{top + last * _WIRE:.1f}"/>'
        )
    if drawn.label:
        parts.append(
            f'<text class="d{tone}" x="{x + 5:.1f}" y="{top + (first + 0.5) * _WIRE + 4:.1f}" font-size="10">'
            f"{escape(drawn.label)}</text>"
        )
    for qubit, mark in zip(drawn.op.qubits, drawn.marks, strict=True):
        y = top + qubit * _WIRE
        if drawn.boxed:
            of_atom = len(drawn.op.qubits) == 1 and tints[qubit] != _NO_SITE
            parts.append(_box(mark, x, y, tints[qubit] if of_atom else f"var(--q-tone{tone})", ""))
        elif drawn.op.prepares:
            parts.append(f'<path class="t{tone}" stroke-width="2" d="M{x:.1f} {y:.1f}h9"/>')
        else:
            parts.append(f'<circle class="d{tone}" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>')
    return "".join([*parts, "</g>"])


def _box(text: str, x: float, y: float, colour: str, title: str) -> str:
    width = _CHARACTER * len(text) + 9
    said = f"<title>{escape(title)}</title>" if title else ""
    return (
        f'<g>{said}<rect class="box" x="{x - width / 2:.1f}" y="{y - 10:.1f}" width="{width:.1f}" height="20" rx="4" '
        f'fill="var(--q-paper)" stroke="{colour}" stroke-width="1.4"/>'
        f'<text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle">{escape(text)}</text></g>'
    )


def _legend_lines(layout: Layout, program: Program, colours: dict[str, str]) -> list[tuple[str, str]]:
    signs = max((len(sign) for sign, _ in layout.legend), default=0)
    lines = [
        (f"site {site.name}: {site.species or 'any element'}, {site.role}", colours[site.name])
        for site in program.sites
    ]
    for sign, meaning in layout.legend:
        text = f"{sign:<{signs}}  {meaning}"
        lines.append((text if len(text) <= _LEGEND_CHARACTERS else text[: _LEGEND_CHARACTERS - 2] + " …", ""))
    return lines


def _line(text: str, colour: str, left: float, y: float) -> str:
    dot = f'<circle cx="{left + 13:.1f}" cy="{y - 4:.1f}" r="4.5" fill="{colour}"/>' if colour else ""
    x = left + (24 if colour else 8)
    return (
        f'{dot}<text x="{x:.1f}" y="{y:.1f}" xml:space="preserve" style="font:10px ui-monospace,monospace">'
        f"{escape(text)}</text>"
    )
